// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strings"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// filler puts values that the user's format names into an event. attr adds an
// attribute where the format keeps them.
type filler struct {
	c    *custom
	e    *event.Event
	h    *Hint
	attr func(key string, v event.Value)
}

// put fills a field or an attribute. A value that does not fit its field is kept as
// <field>_text, and marked.
func (f *filler) put(name, value string) {
	field, known := event.Canonical(name)
	if !known {
		f.attr(name, pairValue(value))
		return
	}
	if key, ok := strings.CutPrefix(field, "attrs."); ok {
		f.attr(key, pairValue(value))
		return
	}
	if core := event.CoreField(field); core != event.FieldNone && core != event.FieldIP {
		f.e.SetCore(core, value)
		return
	}
	if !f.typed(field, value) {
		f.attr(field+"_text", event.Text(value))
		f.e.Marks = append(f.e.Marks, event.Mark{Kind: event.MarkInvalid, Field: field, Detail: clip(value)})
	}
}

// typed fills a field that is no text; false where the value does not fit.
func (f *filler) typed(field, value string) bool {
	switch field {
	case "time":
		return f.time(value)
	case "ip":
		ip, port, ok := parseAddress(value)
		if ok {
			f.e.SetCore(event.FieldIP, ip)
			if port != "" {
				f.attr("port", event.Number(port))
			}
		}
		return ok
	case "severity":
		v := pairValue(value)
		s, ok := event.ParseSeverity(value)
		if !ok {
			if s, ok = severityOf(v); ok {
				f.attr("level", v)
			}
		}
		if ok {
			f.e.Severity = s
		}
		return ok
	case "outcome":
		o, exact := outcomeOf(value)
		f.e.Outcome = o
		if !exact {
			f.attr("outcome_text", event.Text(value))
		}
		return true
	case "tags":
		f.e.Tags = strings.FieldsFunc(value, func(c rune) bool { return c == ',' || c == ' ' })
		return true
	case "raw":
		f.e.Raw = value
		return true
	default: // geography, compliance: as attributes, under their own names
		f.attr(field, pairValue(value))
		return true
	}
}

// time reads a time in the layout of the format, else in those of all formats.
func (f *filler) time(value string) bool {
	if f.c.layout != "" {
		zone := f.h.Zone
		if zone == nil {
			zone = time.UTC
		}
		t, err := time.ParseInLocation(f.c.layout, value, zone)
		if err != nil {
			return false
		}
		if t.Year() == 0 { // the layout has none
			if ns, ok := yearless(int(t.Month()), t.Day(), clockOf(t), f.h.Received, f.h.Zone); ok {
				f.e.Time = ns
				return true
			}
			return false
		}
		f.e.Time = t.UnixNano()
		return t.Unix() > 0
	}
	ns, ok := deviceTime(value, f.h)
	if !ok {
		ns, ok = webTime(value)
	}
	if !ok {
		ns, ok = parseEpoch(value)
	}
	if ok {
		f.e.Time = ns
	}
	return ok
}

// clockOf is the time of day in nanoseconds.
func clockOf(t time.Time) int64 {
	return int64(t.Hour())*int64(time.Hour) + int64(t.Minute())*int64(time.Minute) + int64(t.Second())*int64(time.Second) + int64(t.Nanosecond())
}

// webTime reads the time of access logs, 22/Nov/2026:10:00:00 +0000.
func webTime(s string) (ns int64, ok bool) {
	t, err := time.Parse("02/Jan/2006:15:04:05 -0700", s)
	return t.UnixNano(), err == nil && t.Unix() > 0
}

// conclude sets what every event of the format has, and what the first case that fits
// adds. look finds the text of a field.
func (f *filler) conclude(look func(name string) string) {
	for _, s := range f.c.set {
		f.put(s.field, s.text)
	}
	for i := range f.c.cases {
		c := &f.c.cases[i]
		if !c.fits(look(c.field)) {
			continue
		}
		for _, s := range c.set {
			f.put(s.field, s.text)
		}
		return
	}
}

func (c *customCase) fits(text string) bool {
	switch {
	case c.is != "":
		return strings.EqualFold(text, c.is)
	case c.contains != "":
		return strings.Contains(strings.ToLower(text), c.contains)
	default:
		return len(text) <= maxMatched && c.matches.MatchString(text)
	}
}
