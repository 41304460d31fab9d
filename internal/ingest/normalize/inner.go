// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"slices"
	"strings"
	"unsafe"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// maxInner bounds how deep records inside records are read.
const maxInner = 3

// inner reads a text that the document carries as a record of its own, and makes the
// document's event that record's: what the record says wins, the document tells what it
// is silent about (merge). read fills the line (asLine, asBody). On false the text is no
// record that is known, and nothing has changed.
func (d *document) inner(text string, read func(l *line)) bool {
	mem := d.h.arena()
	if mem.depth >= maxInner || text == "" {
		return false
	}
	if mem.inner == nil {
		mem.inner = &arena{nEvents: firstEvents, nAttrs: firstAttrs, depth: mem.depth + 1}
	}
	r := &mem.inner.reader
	r.severity, r.level, r.found = event.Value{}, event.Value{}, false // what an earlier record said
	h := Hint{Source: d.h.Source, Received: d.h.Received, Zone: d.h.Zone, mem: mem.inner}
	var room [1]*event.Event
	// Formats never write to the bytes that they read.
	raw := unsafe.Slice(unsafe.StringData(text), len(text)) //nolint:gosec // G103: as above
	stated := false
	events, err := readLine(raw, &h, room[:0], func(l *line) {
		l.message(l.body)
		read(l)
		stated = l.stated
	})
	if err != nil || len(events) != 1 || events[0].Category == categoryLine {
		return false
	}
	d.merge(events[0], stated || r.statedSeverity())
	return true
}

// asLine reads a line as auto does.
func asLine(l *line) {
	if read := bodyLike(l.body); read != nil && read(l, l.body) {
		return
	}
	l.header()
	l.message(l.body)
	l.e.Service = l.program
	l.parseBody()
}

// asBody returns a reader of what a program writes, without a header; of texts whose look
// alone tells what they are where program is "".
func asBody(program string) func(l *line) {
	return func(l *line) {
		if program != "" {
			l.program, l.e.Service = program, program
			l.parseBody()
		} else if read := bodyLike(l.body); read != nil {
			read(l, l.body)
		}
	}
}

// merge makes the document's event that of a record inside the document. own says that
// the record names a severity.
func (d *document) merge(e *event.Event, own bool) {
	outer := d.e
	if e.Time == 0 {
		e.Time = outer.Time
	}
	if d.stated && !own {
		e.Severity = outer.Severity
	}
	for f := event.FieldSource; f <= event.FieldService; f++ {
		if v := outer.Core(f).Text; v != "" && (e.Core(f).Text == "" || f == event.FieldSource) {
			e.SetCore(f, v)
		}
	}
	if e.Outcome == event.OutcomeAbsent {
		e.Outcome = outer.Outcome
	}
	if e.Raw == "" {
		e.Raw = outer.Raw
	}
	e.Tags = append(outer.Tags, e.Tags...)
	if e.Geo == (event.Geo{}) {
		e.Geo = outer.Geo
	}
	if e.Compliance == (event.Compliance{}) {
		e.Compliance = outer.Compliance
	}
	e.Marks = append(outer.Marks, e.Marks...)
	e.Attrs = joinAttrs(e.Attrs, outer.Attrs, own)
	d.stated = d.stated || own
	*outer = *e
}

// joinAttrs puts together the attributes of a record and of the document around it, as
// envelope.around does: of two with one name the document's becomes envelope.<name>, and
// so does its level where own says that the record has a severity.
func joinAttrs(inner, outer []event.Attr, own bool) []event.Attr {
	const prefix = "envelope."
	all := append(make([]event.Attr, 0, len(inner)+len(outer)), inner...)
	for _, a := range outer {
		if own && a.Key == "level" {
			a.Key = prefix + a.Key
		}
		all = append(all, a)
	}
	byKey := func(a, b event.Attr) int { return strings.Compare(a.Key, b.Key) }
	for range 2 * maxInner { // an envelope of an envelope may have that name already
		slices.SortStableFunc(all, byKey)
		again := false
		for i := len(all) - 1; i > 0; i-- {
			if all[i].Key == all[i-1].Key && len(prefix+all[i].Key) <= event.MaxKeyBytes {
				all[i].Key = prefix + all[i].Key
				again = true
			}
		}
		if !again {
			break
		}
	}
	slices.SortStableFunc(all, byKey)
	return slices.CompactFunc(all, func(a, b event.Attr) bool { return a.Key == b.Key })
}
