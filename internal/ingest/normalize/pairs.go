// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"slices"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// Lines that tell their fields as key=value (CEF, LEEF, logfmt, auditd) are read to
// attributes by the sender's names first; the fields are then filled from these, as
// dialects of JSON do.

const (
	// maxPairs bounds the pairs of a line; what comes behind is kept as one text.
	maxPairs = maxParams
	// longBody is the length from which what fills a field is not kept as an attribute
	// beside it, so that no line becomes longer than an event may be.
	longBody = event.MaxFieldBytes
)

// apart takes the header's attributes out of the way, so that a body can tell the
// same names; together puts them back, as envelope.<name> where the body has told one.
func (l *line) apart() {
	mem := l.h.arena()
	mem.headAttrs = append(mem.headAttrs[:0], l.attrs...)
	l.attrs = l.attrs[:0]
}

func (l *line) together() {
	for _, a := range l.h.arena().headAttrs {
		if l.find(a.Key) >= 0 {
			a.Key = "envelope." + a.Key
		}
		if len(a.Key) <= event.MaxKeyBytes {
			l.attr(a.Key, a.Value)
		}
	}
}

// product names who wrote the line. The name of the program in the header, which
// passed it on, is kept.
func (l *line) product(name string) {
	if name == "" {
		return
	}
	if l.program != "" && l.program != "CEF" && l.program != "LEEF" && l.program != name {
		l.text("envelope.service", l.program)
	}
	l.e.SetCore(event.FieldService, name)
}

// device sets the host from the first of the attributes that is told; the header's,
// which can be a relay's, is kept.
func (l *line) device(names ...string) {
	host := l.told(names...)
	if host == "" || host == l.e.Host {
		return
	}
	if l.e.Host != "" {
		l.text("envelope.host", l.e.Host)
	}
	l.e.SetCore(event.FieldHost, host)
}

// pair adds what a line tells as key=value. A key that comes again makes a list,
// whose first member counts, and a mark.
func (l *line) pair(key, value string) {
	v := pairValue(value)
	at, twice := l.place(key)
	if !twice {
		l.attrs = slices.Insert(l.attrs, at, event.Attr{Key: key, Value: v})
		return
	}
	l.more(key, v)
	for _, m := range l.e.Marks {
		if m.Field == "attrs."+key {
			return
		}
	}
	if len(l.e.Marks) < maxTaken {
		l.e.Marks = append(l.e.Marks, event.Mark{Kind: event.MarkInvalid, Field: "attrs." + key, Detail: "told twice"})
	}
}

// pairValue is a whole number as number, anything else as text.
func pairValue(s string) event.Value {
	if isDigits(s) {
		return event.Number(s)
	}
	return event.Text(s)
}

// find returns the place of an attribute, -1 when there is none.
func (l *line) find(key string) int {
	if i, ok := l.place(key); ok {
		return i
	}
	return -1
}

// place returns where an attribute is, or would be.
func (l *line) place(key string) (i int, ok bool) {
	lo, hi := 0, len(l.attrs)
	for lo < hi {
		if m := int(uint(lo+hi) >> 1); l.attrs[m].Key < key {
			lo = m + 1
		} else {
			hi = m
		}
	}
	return lo, lo < len(l.attrs) && l.attrs[lo].Key == key
}

// told returns the text of the first of the attributes that tells one; "", - and N/A
// tell none.
func (l *line) told(names ...string) string {
	_, s := l.toldBy(names...)
	return s
}

func (l *line) toldBy(names ...string) (name, s string) {
	for _, name := range names {
		i := l.find(name)
		if i < 0 {
			continue
		}
		v := l.attrs[i].Value
		if v.Kind == event.KindList {
			v = v.List[0]
		}
		switch v.Text {
		case "", "-", "N/A", "n/a":
		default:
			return name, v.Text
		}
	}
	return "", ""
}

// fill sets a core text field from the first of the attributes that tells it.
func (l *line) fill(f event.Field, names ...string) {
	name, s := l.toldBy(names...)
	if s == "" {
		return
	}
	l.e.SetCore(f, s)
	if len(l.body) > longBody {
		l.drop(name)
	}
}

// address sets ip from the first of the attributes that is an address.
func (l *line) address(names ...string) {
	for _, name := range names {
		if ip, port, ok := parseAddress(l.told(name)); ok {
			if l.e.IP = ip; port != "" && l.find("port") < 0 {
				l.number("port", port)
			}
			return
		}
	}
}

// clock sets the time from the first of the attributes that tells one, and drops it.
func (l *line) clock(read func(s string, h *Hint) (ns int64, ok bool), names ...string) {
	name, s := l.toldBy(names...)
	if s == "" {
		return
	}
	if ns, ok := read(s, l.h); ok {
		l.e.Time = ns
		l.drop(name)
		return
	}
	l.e.Marks = append(l.e.Marks, event.Mark{Kind: event.MarkInvalid, Field: "time", Detail: clip(s)})
}

// origin sets the source's own id, and drops the attribute.
func (l *line) origin(name string) {
	if s := l.told(name); s != "" {
		l.e.SetCore(event.FieldOriginID, s)
		l.drop(name)
	}
}

// drop removes an attribute that is told elsewhere; a list stays.
func (l *line) drop(name string) {
	if i := l.find(name); i >= 0 && l.attrs[i].Value.Kind != event.KindList {
		l.attrs = slices.Delete(l.attrs, i, i+1)
	}
}

// states sets a severity that the body tells, and keeps the sender's word for it.
func (l *line) states(s event.Severity, word string) {
	l.e.Severity, l.stated = s, true
	if l.find("level") < 0 {
		l.pair("level", word)
	}
}

// isKey tells whether a text can be the key of a pair.
func isKey(s string) bool {
	if s == "" || len(s) > 128 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		switch {
		case c|0x20 >= 'a' && c|0x20 <= 'z', c == '_', c == '@':
		case i > 0 && (isDigit(c) || c == '.' || c == '-' || c == '[' || c == ']'):
		default:
			return false
		}
	}
	return true
}
