// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"errors"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

var errNoRecord = errors.New("record: missing")

// normalizeFluent reads one record of the Fluent forward protocol, as the input writes it:
//
//	{"tag":"app.access","time":1795600000.5,"record":{…}}
//
// The record is read as JSON is; the time counts where it tells none, and so does the
// tag as the service. The text under log, where Docker and Fluent Bit have the line, is
// the message of a record that has none.
func normalizeFluent(raw []byte, h *Hint, out []*event.Event) ([]*event.Event, error) {
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
		case "record":
			inside = value
		case "time":
			marks = append(marks, env.when(value, h)...)
		case "tag":
			env.service = wordOf(value)
			env.attr("tag", value)
		default:
			env.attr(name, value)
		}
	}
	if len(inside) == 0 || inside[0] != '{' {
		return out, errNoRecord
	}
	before := len(out)
	out = env.carry(inside, "record", h, out)
	for _, e := range out[before:] {
		e.Marks = append(e.Marks, marks...)
		d := document{e: e, h: h}
		if v, _ := e.Attr("log"); e.Message == "" && v.Kind == event.KindText {
			e.SetCore(event.FieldMessage, v.Text)
			d.drop("log")
		}
		if e.Source == "stdout" || e.Source == "stderr" { // Docker's word for the stream
			e.SetAttr("origin_source", event.Text(e.Source))
			e.Source = h.Source
			if e.Source == "" {
				e.Source = "application"
			}
		}
		if e.Category == "" {
			e.Category = categoryLine
		}
	}
	return out, nil
}
