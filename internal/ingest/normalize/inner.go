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
// is silent about (merge). read fills the line (asLine, asBody), and tells whether it is
// one of a kind that is known. Of the attributes that begin with firm, where that is not
// "", only the document can know: the record's own become record.<name>. On false nothing
// has changed.
func (d *document) inner(text, firm string, read func(l *line) bool) bool {
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
	stated, known := false, false
	events, err := readLine(raw, &h, room[:0], func(l *line) {
		l.message(l.body)
		known = read(l) || l.e.Category != categoryLine
		stated = l.stated
	})
	if err != nil || len(events) != 1 || !known {
		return false
	}
	d.merge(events[0], firm, stated || r.statedSeverity())
	return true
}

// asLine reads a line as auto does.
func asLine(l *line) bool {
	if read := bodyLike(l.body); read != nil && read(l, l.body) {
		return true
	}
	l.header()
	l.message(l.body)
	l.e.Service = l.program
	l.parseBody()
	return false // but for what its category says
}

// asBody returns a reader of what a program writes, without a header; of texts whose look
// alone tells what they are where program is "".
func asBody(program string) func(l *line) bool {
	return func(l *line) bool {
		if program == "" {
			read := bodyLike(l.body)
			return read != nil && read(l, l.body)
		}
		l.program, l.e.Service = program, program
		l.parseBody()
		return false
	}
}

// merge makes the document's event that of a record inside the document. own says that
// the record names a severity.
func (d *document) merge(e *event.Event, firm string, own bool) {
	outer := d.e
	switch {
	case e.Time == 0:
		e.Time = outer.Time
	case outer.Time != 0 && outer.Time != e.Time:
		outer.SetAttr("envelope.time", event.Text(event.FormatTime(outer.Time)))
	}
	if d.stated && !own {
		e.Severity = outer.Severity
	}
	for f := event.FieldSource; f <= event.FieldOriginID; f++ {
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
	e.Attrs = joinAttrs(e.Attrs, outer.Attrs, firm, own)
	d.stated = d.stated || own
	*outer = *e
}

// joinAttrs puts together the attributes of a record and of the document around it, as
// envelope.around does: of two with one name the document's becomes envelope.<name>, and
// so does its level where own says that the record has a severity. What begins with firm
// stays the document's, and the record's becomes record.<name>.
func joinAttrs(inner, outer []event.Attr, firm string, own bool) []event.Attr {
	const prefix = "envelope."
	all := append(make([]event.Attr, 0, len(inner)+len(outer)), inner...)
	byKey := func(a, b event.Attr) int { return strings.Compare(a.Key, b.Key) }
	for _, a := range outer {
		if name := "record." + a.Key; firm != "" && strings.HasPrefix(a.Key, firm) && len(name) <= event.MaxKeyBytes {
			if i, taken := slices.BinarySearchFunc(inner, a, byKey); taken && !inner[i].Value.Equal(a.Value) {
				all[i].Key = name
			} else if taken {
				continue
			}
		}
		if own && a.Key == "level" {
			a.Key = prefix + a.Key
		}
		all = append(all, a)
	}
	for range 2 * maxInner { // an envelope of an envelope may have that name already
		slices.SortStableFunc(all, byKey)
		kept, moved := all[:0], []event.Attr(nil)
		for _, a := range all {
			if len(kept) > 0 && kept[len(kept)-1].Key == a.Key && len(prefix+a.Key) <= event.MaxKeyBytes {
				a.Key = prefix + a.Key
				moved = append(moved, a)
			} else {
				kept = append(kept, a)
			}
		}
		if all = append(kept, moved...); moved == nil {
			break
		}
	}
	slices.SortStableFunc(all, byKey)
	return slices.CompactFunc(all, func(a, b event.Attr) bool { return a.Key == b.Key })
}
