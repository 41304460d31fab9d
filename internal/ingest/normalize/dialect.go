// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"errors"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// dialect is the way in which one product writes its events as JSON objects. What
// they have in common is read for all of them: every member is an attribute by its
// dotted name, so that rules find the product's own names. A dialect adds the
// fields that they mean.
type dialect struct {
	// plain says that no member is a field by its name: the product's names clash with
	// ours. Otherwise fields and aliases are filled first.
	plain bool
	// fill sets the fields. On false the object is none of this dialect, and fill has
	// changed nothing.
	fill func(d *document) bool
}

// dialectOf returns the dialect that a member at the top of an object tells by its
// name; fill is nil for all other names. Names that are fields or aliases of ours
// (slotOf) are not asked about while an object can be read without a dialect. One
// line each.
func dialectOf(member string) dialect {
	switch member {
	case "eventVersion":
		return dialect{plain: true, fill: fillCloudTrail}
	case "auditID":
		return dialect{plain: true, fill: fillKubernetes}
	case "published":
		return dialect{plain: true, fill: fillOkta}
	case "scenario":
		return dialect{plain: true, fill: fillCrowdSec}
	case "stream", "kubernetes", "container_id":
		return dialect{plain: true, fill: fillDocker}
	case "ecs", "ecs.version":
		return dialect{plain: true, fill: fillECS}
	case "output_fields":
		return dialect{plain: true, fill: fillFalco}
	case "gen_ai", "gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.system", "gen_ai.request.model", "gen_ai.conversation.id",
		"gen_ai.usage.input_tokens", "gen_ai.prompt", "gen_ai.completion", "gen_ai.input.messages", "gen_ai.output.messages":
		return dialect{plain: true, fill: fillGenAIObject}
	case "__REALTIME_TIMESTAMP", "__CURSOR":
		return dialect{plain: true, fill: fillJournald}
	case "class_uid":
		return dialect{plain: true, fill: fillOCSF}
	case "error_severity":
		return dialect{plain: true, fill: fillPostgreSQL}
	case "flow_id", "dest_ip", "stats":
		return dialect{plain: true, fill: fillSuricata}
	case "operationName", "appDisplayName", "activityDisplayName":
		return dialect{plain: true, fill: fillEntra}
	case "events":
		return dialect{plain: true, fill: fillGoogleWorkspace}
	case "_document_id", "actor_location":
		return dialect{plain: true, fill: fillGitHub}
	case "EventID", "Event", "winlog", "winlog.event_id", "log_name", "event_data":
		return dialect{plain: true, fill: fillWindowsJSON}
	case "short_message":
		return dialect{plain: true, fill: fillGELF}
	default:
		return dialect{}
	}
}

// ofDialect makes a format of a dialect: objects of another kind are read as they
// are, and marked.
func ofDialect(name string, dia dialect) func([]byte, *Hint, []*event.Event) ([]*event.Event, error) {
	return func(raw []byte, h *Hint, out []*event.Event) ([]*event.Event, error) {
		mem := h.arena()
		e := mem.event()
		if err := mem.reader.object1(raw, h, e, dia); err != nil {
			*e = event.Event{}
			return out, err
		}
		if !dia.filled(&document{e: e, h: h}) {
			if many, ok := bundle(raw, h, out); ok {
				return many, nil
			}
			mem.reader.h, mem.reader.e = h, e // the reader has been at other records
			e.Marks = append(e.Marks, event.Mark{Kind: event.MarkInvalid, Field: "message", Detail: "not " + name})
		}
		mem.reader.settleSource("")
		return append(out, e), nil
	}
}

// filled fills the fields, and takes out the content of people and models, which events
// of every dialect can have beside their own members.
func (dia dialect) filled(d *document) bool {
	if !dia.fill(d) {
		return false
	}
	fillGenAI(d)
	return true
}

// object1 reads an object for a dialect.
func (r *reader) object1(raw []byte, h *Hint, e *event.Event, dia dialect) error {
	r.reset(raw, h, e)
	r.spread, r.plain = true, dia.plain
	if err := r.record(); err != nil {
		return err
	}
	r.settleSeverity()
	for _, t := range e.Tags {
		tagCompliance(&e.Compliance, t)
	}
	if r.lone {
		e.Marks = append(e.Marks, event.Mark{Kind: event.MarkInvalid, Detail: "half of a surrogate pair"})
	}
	return r.sorted()
}

// inDialect reads the record again in the dialect that one of its members tells. err
// is why it cannot be read without one, nil when it could be. done is false where no
// dialect fits.
func (r *reader) inDialect(raw []byte, h *Hint, e *event.Event, err error) (done bool) {
	if errors.Is(err, ErrJSON) {
		return false
	}
	if err != nil {
		r.sniff(raw)
	}
	names := append([]string(nil), r.told...)
	for _, name := range names {
		dia := dialectOf(name)
		again := event.Event{}
		if r.object1(raw, h, &again, dia) != nil {
			continue
		}
		d := document{e: &again, h: h, stated: r.statedSeverity()}
		if !dia.filled(&d) {
			continue
		}
		r.found = d.stated
		r.settleSource("")
		*e = again
		r.e = e
		return true
	}
	return false
}

// sniff collects the members at the top of an object that tell a dialect.
func (r *reader) sniff(raw []byte) {
	r.told = r.told[:0]
	s := reader{scanner: scanner{b: raw}}
	if s.peek() != '{' {
		return
	}
	s.i++
	for s.peek() == '"' {
		name, err := s.str()
		if err != nil || s.peek() != ':' {
			return
		}
		s.i++
		r.tells(name)
		if c := s.peek(); c == '{' {
			err = s.skip(2)
		} else {
			_, err = s.value(c, 1)
		}
		if err != nil || s.peek() != ',' {
			return
		}
		s.i++
	}
}

// maxTold bounds the members of one object that are tried for a dialect.
const maxTold = 4

// tells notes a member that tells a dialect.
func (r *reader) tells(name string) {
	r.bundle = r.bundle || isBundle(name)
	if len(r.told) < maxTold && dialectOf(name).fill != nil {
		r.told = append(r.told, name)
	}
}
