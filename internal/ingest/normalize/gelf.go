// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"slices"
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// fillGELF fills the fields of a message of the Graylog Extended Log Format, version 1.1
// and what is left of 1.0 (facility, line, file). Additional fields, which begin with an
// underscore, are attributes without it, and fill fields by our names and aliases; what
// the format itself says cannot be said again by one of them.
func fillGELF(d *document) bool {
	if v, ok := d.e.Attr("short_message"); !ok || v.Kind != event.KindText {
		return false
	}
	d.time("timestamp")
	d.gelfLevel()
	d.set(event.FieldHost, "host")
	d.set(event.FieldMessage, "short_message")
	short, _ := d.e.Attr("short_message")
	full, _ := d.e.Attr("full_message")
	for _, name := range [...]string{"host", "short_message"} {
		if v, _ := d.e.Attr(name); v.Kind == event.KindText {
			d.drop(name)
		}
	}
	if full.Kind == event.KindText && full.Text == short.Text {
		d.drop("full_message")
	}
	d.e.Attrs = gelfFields(d.e.Attrs)
	d.additional()
	if d.e.Category == "" {
		d.e.Category = categoryLine
	}
	return true
}

// gelfLevel sets the severity from the level, a number of syslog.
func (d *document) gelfLevel() {
	v, _ := d.e.Attr("level")
	if v.Kind == event.KindNumber && len(v.Text) == 1 && v.Text[0] <= '7' {
		v = event.Text(syslogLevel(v.Text[0] - '0'))
		d.e.SetAttr("level", v)
	}
	if v.Text == "" {
		return
	}
	if s, ok := event.SeverityOfLevel(v.Text); ok {
		d.e.Severity, d.stated = s, true
	}
}

// gelfFields takes the underscore from the names of additional fields. One that would
// then have the name of another, or a name that only the format gives, keeps it; so does
// _id, which the format reserves.
func gelfFields(attrs []event.Attr) []event.Attr {
	bare := make([]event.Attr, len(attrs))
	copy(bare, attrs)
	for i := range bare {
		name, ok := strings.CutPrefix(bare[i].Key, "_")
		if !ok || name == "" || gelfOwn(name) {
			continue
		}
		if _, taken := slices.BinarySearchFunc(attrs, name, func(a event.Attr, key string) int { return strings.Compare(a.Key, key) }); !taken {
			bare[i].Key = name
		}
	}
	slices.SortFunc(bare, func(a, b event.Attr) int { return strings.Compare(a.Key, b.Key) })
	return bare
}

// gelfOwn tells whether the format has a field of that name.
func gelfOwn(name string) bool {
	switch name {
	case "id", "version", "host", "short_message", "full_message", "timestamp", "level", "facility", "line", "file":
		return true
	default:
		return false
	}
}

// additional fills fields from attributes by our names and aliases, where they are not
// filled and the value fits.
func (d *document) additional() {
	var best [slots]string
	var rank [slots]uint8
	for _, a := range d.e.Attrs {
		if s, r := slotOf(a.Key); s < slots && r > rank[s] {
			best[s], rank[s] = a.Key, r
		}
	}
	for _, s := range [...]slot{slotSource, slotCategory, slotAction, slotUser, slotSession, slotUserAgent, slotService} {
		if best[s] == "" || d.e.Core(s.field()).Kind != event.KindAbsent {
			continue
		}
		v, _ := d.e.Attr(best[s])
		if v.Text != "" && (v.Kind == event.KindText || v.Kind == event.KindNumber && s.takesNumber()) {
			d.e.SetCore(s.field(), v.Text)
			d.drop(best[s])
		}
	}
	if v, ok := d.e.Attr(best[slotIP]); ok && d.e.IP == "" {
		d.address(best[slotIP])
		if d.e.IP == v.Text {
			d.drop(best[slotIP])
		}
	}
	if v, ok := d.e.Attr(best[slotOutcome]); ok {
		if o, exact := outcomeOf(v.Text); exact {
			d.e.Outcome = o
			d.drop(best[slotOutcome])
		}
	}
}
