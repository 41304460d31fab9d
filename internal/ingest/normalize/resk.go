// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"slices"
	"strconv"
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// normalizeResk reads one event of the resk-llm-ts client (SIEMIntegration, 0.9).
//
// That client reports what its guard finds inside validation events of severity
// medium. So the severity of a validation event comes from the confidence of what
// it found, and each detection in it becomes an event of its own, marked derived,
// with the origin id of the first and the suffix :injection, :content or :pii.
//
// It also sends the prompt along. No text that is or may be a prompt or an answer
// is kept: only its length, its SHA-256 and a masked sample (promptMask).
func normalizeResk(raw []byte, h *Hint, out []*event.Event) ([]*event.Event, error) {
	mem := h.arena()
	r := &mem.reader
	e := mem.event()
	r.reset(raw, h, e)
	r.spread = true
	if err := r.read("llm"); err != nil {
		*e = event.Event{}
		return out, err
	}
	g := guardEvent{e: e, stated: r.severity}
	g.read()
	g.lift()
	g.mask()
	g.settle()
	return append(append(out, e), g.derive(mem)...), nil
}

// Where the client puts what its guard found.
const (
	underInjection  = "result.details.injection."
	underModeration = "result.details.moderation."
	underViolations = underModeration + "violations."
)

// guardEvent is one event of the client and what its guard found.
type guardEvent struct {
	e      *event.Event
	stated event.Value // the severity as it was sent

	validation bool // request_validation or response_validation

	injection  bool
	confidence event.Value // of the injection
	techniques []string

	moderated   bool
	categories  []string
	actions     []string
	modConf     event.Value
	modSeverity event.Severity
	modStated   bool

	pii     bool
	blocked event.Value

	content string // the longest text that was masked
}

func (g *guardEvent) attr(key string) event.Value {
	v, _ := g.e.Attr(key)
	return v
}

// read collects the findings of a validation event.
func (g *guardEvent) read() {
	e := g.e
	g.validation = e.Category == "request_validation" || e.Category == "response_validation"
	if !g.validation {
		return
	}
	g.blocked = g.attr("result.blocked")
	g.injection = g.attr(underInjection+"detected").Kind == event.KindTrue
	g.confidence = g.attr(underInjection + "confidence")
	for _, m := range g.attr(underInjection + "techniques").List {
		g.techniques = appendNew(g.techniques, techniqueName(m.Text))
	}
	g.pii = g.attr("result.details.piiDetected").Kind == event.KindTrue
	g.moderated = g.attr(underModeration+"blocked").Kind == event.KindTrue
	for i := range e.Attrs {
		rest, ok := strings.CutPrefix(e.Attrs[i].Key, underViolations)
		if !ok {
			continue
		}
		g.moderated = true
		_, member, _ := strings.Cut(rest, ".")
		g.violation(member, e.Attrs[i].Value)
	}
}

func (g *guardEvent) violation(member string, v event.Value) {
	switch member {
	case "category", "type":
		g.categories = appendNew(g.categories, snakeCase(v.Text))
	case "action":
		g.actions = appendNew(g.actions, snakeCase(v.Text))
	case "confidence":
		if f, ok := v.Float64(); ok {
			if most, had := g.modConf.Float64(); !had || f > most {
				g.modConf = v
			}
		}
	case "severity":
		if s, ok := event.SeverityOfLevel(v.Text); ok {
			g.modSeverity, g.modStated = max(g.modSeverity, s), true
		}
	}
}

// lift moves what is a field of ours out of the details, where the event has none.
func (g *guardEvent) lift() {
	kept := g.e.Attrs[:0]
	for _, a := range g.e.Attrs {
		s, _ := slotOf(a.Key)
		f := s.field()
		switch {
		case a.Value.Kind != event.KindText && a.Value.Kind != event.KindNumber || a.Value.Text == "":
		case s == slotIP && g.e.IP == "":
			if ip, _, ok := parseAddress(a.Value.Text); ok {
				g.e.SetCore(event.FieldIP, ip)
				continue
			}
		case (s == slotUser || s == slotSession || s == slotUserAgent) && g.e.Core(f).Text == "":
			g.e.SetCore(f, a.Value.Text)
			continue
		}
		kept = append(kept, a)
	}
	g.e.Attrs = slices.Clip(kept)
}

// mask takes the prompts out.
func (g *guardEvent) mask() {
	m := promptMask{e: g.e}
	m.run()
	g.content = m.longest
	if g.content == "" {
		return
	}
	describeContent(g.e, g.content)
}

// describeContent says what is known of a text that is not kept.
func describeContent(e *event.Event, content string) {
	if v, ok := e.Attr("contentLength"); !ok || v.Kind != event.KindNumber {
		e.SetAttr("contentLength", event.Int(int64(utf16Length(content))))
	}
	e.SetAttr("contentHash", event.Text(sha256Hex(content)))
	if _, ok := e.Attr("contentSample"); !ok {
		e.SetAttr("contentSample", event.Text(maskOf(content)))
	}
}

// settle sets severity, outcome, flags and message of the event itself.
func (g *guardEvent) settle() {
	e := g.e
	switch e.Category {
	case "request_validation", "response_validation":
		g.settleValidation()
	case "injection_detected":
		var names []string
		for _, m := range g.attr("techniques").List {
			names = appendNew(names, techniqueName(m.Text))
		}
		if names != nil {
			e.SetAttr("techniques", event.Texts(names...))
		}
	case "pii_detected":
		var names []string
		for _, m := range g.attr("types").List {
			names = appendNew(names, piiType(m.Text))
		}
		if names != nil {
			e.SetAttr("types", event.Texts(names...))
		}
		personalData(e)
	case "performance_metric":
		if ms := g.attr("metrics.totalTime"); ms.Kind == event.KindNumber && g.attr("duration_ms").Kind == event.KindAbsent {
			e.SetAttr("duration_ms", ms)
		}
	}
	describe(e)
}

// settleValidation derives the severity: by the confidence of the injection, and
// where the guard looked for none, by what it says of the worst violation.
func (g *guardEvent) settleValidation() {
	e := g.e
	if g.stated.Text != "" {
		e.SetAttr("origin_severity", g.stated)
	}
	e.Severity = event.Low
	if _, ok := g.confidence.Float64(); ok {
		e.Severity = severityOfConfidence(g.confidence)
	} else if g.moderated && g.modStated {
		e.Severity = g.modSeverity
	}
	switch {
	case e.Outcome != event.OutcomeAbsent:
	case g.blocked.Kind == event.KindTrue || g.attr("result.valid").Kind == event.KindFalse:
		e.Outcome = event.Failure
	case g.attr("result.valid").Kind == event.KindTrue:
		e.Outcome = event.Success
	}
}

func severityOfConfidence(v event.Value) event.Severity {
	switch f, _ := v.Float64(); {
	case f > .8:
		return event.Critical
	case f > .6:
		return event.High
	case f > .4:
		return event.Medium
	default:
		return event.Low
	}
}

// derive makes an event of each detection.
func (g *guardEvent) derive(mem *arena) []*event.Event {
	if !g.validation {
		return nil
	}
	var out []*event.Event
	if g.injection {
		e := g.child(mem, "injection_detected", ":injection")
		e.Severity = severityOfConfidence(g.confidence)
		if stated, ok := event.ParseSeverity(g.attr(underInjection + "severity").Text); ok && g.confidence.Kind != event.KindNumber {
			e.Severity = stated
		}
		put(e, "confidence", g.confidence)
		put(e, "blocked", g.blocked)
		e.SetAttr("techniques", event.Texts(g.techniques...))
		out = append(out, g.finish(e))
	}
	if g.moderated {
		e := g.child(mem, "content_blocked", ":content")
		e.Severity = severityOfConfidence(g.modConf)
		if g.modStated {
			e.Severity = g.modSeverity
		}
		put(e, "confidence", g.modConf)
		put(e, "blocked", g.attr(underModeration+"blocked"))
		e.SetAttr("categories", event.Texts(g.categories...))
		e.SetAttr("actions", event.Texts(g.actions...))
		out = append(out, g.finish(e))
	}
	if g.pii {
		e := g.child(mem, "pii_detected", ":pii")
		e.Severity = event.Medium
		types := piiTypes(g.content)
		e.SetAttr("types", event.Texts(types...))
		e.SetAttr("count", event.Int(int64(max(1, len(types)))))
		e.SetAttr("redacted", event.Bool(false))
		e.SetAttr("context", event.Text(direction(g.e.Category)))
		put(e, "blocked", g.blocked)
		personalData(e)
		out = append(out, g.finish(e))
	}
	return out
}

// direction says on which side of the model a validation looked.
func direction(category string) string {
	if category == "response_validation" {
		return "model_output"
	}
	return "user_input"
}

// child starts an event that was found in this one.
func (g *guardEvent) child(mem *arena, category, suffix string) *event.Event {
	e := mem.event()
	p := g.e
	*e = event.Event{
		Time: p.Time, Source: p.Source, Category: category, User: p.User, IP: p.IP, Session: p.Session,
		UserAgent: p.UserAgent, Host: p.Host, Service: p.Service, Tags: p.Tags, Compliance: p.Compliance, Geo: p.Geo,
	}
	if p.OriginID != "" {
		e.OriginID = p.OriginID + suffix
	}
	e.Marks = []event.Mark{{Kind: event.MarkDerived, Detail: clip(p.OriginID)}}
	for _, key := range [...]string{"provider", "model", "origin_source"} {
		put(e, key, g.attr(key))
	}
	return e
}

func (g *guardEvent) finish(e *event.Event) *event.Event {
	if g.content != "" {
		describeContent(e, g.content)
	}
	describe(e)
	return e
}

func put(e *event.Event, key string, v event.Value) {
	if v.Kind != event.KindAbsent {
		e.SetAttr(key, v)
	}
}

// personalData sets the flags that found personal data means, even against what
// the client's configuration states.
func personalData(e *event.Event) {
	e.Compliance.GDPR = event.FlagTrue
	if v, _ := e.Attr("types"); v.Kind == event.KindList {
		for _, m := range v.List {
			if m.Text == "card" {
				e.Compliance.PCI = event.FlagTrue
			}
		}
	}
}

// describe gives an event without a message one, of its own figures.
func describe(e *event.Event) {
	if e.Message != "" {
		return
	}
	list := func(key string) string {
		v, _ := e.Attr(key)
		if v.Kind != event.KindList || len(v.List) == 0 {
			return ""
		}
		return ": " + clip(strings.ReplaceAll(v.String(), ",", ", "))
	}
	text := ""
	switch e.Category {
	case "injection_detected":
		text = "prompt injection" + list("techniques")
	case "content_blocked":
		text = "content blocked" + list("categories")
		if v, ok := e.Attr("blocked"); ok && v.Kind == event.KindFalse {
			text = "content flagged" + list("categories")
		}
	case "pii_detected":
		text = "personal data" + list("types")
	case "request_validation":
		text = "request validated"
	case "response_validation":
		text = "response validated"
	case "performance_metric":
		text = "performance metric"
	default:
		return
	}
	if v, ok := e.Attr("confidence"); ok {
		if f, ok := v.Float64(); ok {
			text += ", confidence " + strconv.FormatFloat(f, 'f', 2, 64)
		}
	}
	isTrue := func(key string) bool { v, _ := e.Attr(key); return v.Kind == event.KindTrue }
	if isTrue("blocked") || isTrue("result.blocked") {
		text += ", blocked"
	}
	e.SetCore(event.FieldMessage, text)
}
