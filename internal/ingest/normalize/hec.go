// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"errors"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// errNoEvent refuses an envelope with nothing in it.
var errNoEvent = errors.New("event: missing or blank")

// normalizeHEC reads one event of Splunk's HTTP Event Collector
//
//	{"time":…, "host":…, "source":…, "sourcetype":…, "index":…, "event":…, "fields":{…}}
//
// (docs.splunk.com, "Format events for HTTP Event Collector"). The event, an object or a
// text, is read as what it is; time and host count where it tells none, the other
// members and the fields are attributes.
func normalizeHEC(raw []byte, h *Hint, out []*event.Event) ([]*event.Event, error) {
	env := envelope{}
	var inside []byte
	var marks []event.Mark
	m := members{scanner: scanner{b: raw}}
	for {
		name, value, done, err := m.next()
		if err != nil {
			return out, err
		}
		if done {
			break
		}
		switch name {
		case "event":
			inside = value
		case "time":
			marks = append(marks, env.when(value, h)...)
		case "host":
			env.host = wordOf(value)
		case "source":
			env.attr("origin_source", value)
		case "fields":
			env.fields(value)
		default:
			env.attr(name, value)
		}
	}
	if len(inside) == 0 || inside[0] == 'n' || string(inside) == `""` {
		return out, errNoEvent
	}
	before := len(out)
	out = env.carry(inside, "event", h, out)
	for _, e := range out[before:] {
		e.Marks = append(e.Marks, marks...)
	}
	return out, nil
}

// carry reads the record that a member holds and puts the envelope around its events.
func (v *envelope) carry(value []byte, field string, h *Hint, out []*event.Event) []*event.Event {
	before := len(out)
	if value[0] == '"' {
		s := scanner{b: value}
		text, err := s.str()
		if err != nil { // it was a text when it was split
			text = alias(value)
		}
		out = readInsideText(text, field, h, out)
		if v.host == "" && Detect(value) != "json" {
			v.host = validText(h.Host)
		}
	} else {
		out = readInside(value, field, h, out)
	}
	for _, e := range out[before:] {
		v.around(e, false)
	}
	return out
}

// attr adds a member of the envelope as an attribute; null is nothing.
func (v *envelope) attr(name string, value []byte) {
	if len(value) > 0 && value[0] == 'n' {
		return
	}
	v.attrs = append(v.attrs, event.Attr{Key: attrName(name), Value: anyValue(value)})
}

// fields adds the members of an object as attributes.
func (v *envelope) fields(object []byte) {
	if object[0] != '{' {
		v.attr("fields", object)
		return
	}
	m := members{scanner: scanner{b: object}}
	for {
		name, value, done, err := m.next()
		if err != nil || done {
			return
		}
		v.attr(name, value)
	}
}

// when sets the time from a number or a text; what is none is kept as time_text.
func (v *envelope) when(value []byte, h *Hint) []event.Mark {
	word := wordOf(value)
	if word == "" {
		return nil
	}
	var ok bool
	if v.time, ok = parseTime(word, h.Zone); ok {
		return nil
	}
	v.time = 0
	v.attrs = append(v.attrs, event.Attr{Key: "time_text", Value: anyValue(value)})
	return []event.Mark{{Kind: event.MarkInvalid, Field: "time", Detail: clip(word)}}
}
