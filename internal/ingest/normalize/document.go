// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"slices"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// document is an object that has been read, for a dialect to fill the event's
// fields from its attributes. The methods take the names of attributes in order of
// preference and use the first that is there and fits. Attributes stay, but for the
// time and the source's id, which would be told twice.
type document struct {
	e *event.Event
	h *Hint
	// stated tells that the object named a severity by a field or alias of ours.
	stated bool
}

// text returns the first of the attributes that is a text, a number or a bool, or a list
// that begins with a text; "" when none is.
func (d *document) text(names ...string) string {
	for _, name := range names {
		switch v, _ := d.e.Attr(name); v.Kind {
		case event.KindText, event.KindNumber:
			if v.Text != "" {
				return v.Text
			}
		case event.KindTrue, event.KindFalse:
			return v.String()
		case event.KindList:
			if len(v.List) > 0 && v.List[0].Kind == event.KindText && v.List[0].Text != "" {
				return v.List[0].Text
			}
		default:
		}
	}
	return ""
}

// has tells whether there is an attribute of that name.
func (d *document) has(name string) bool {
	_, ok := d.e.Attr(name)
	return ok
}

// is sets what happened. The severity counts unless the object named one.
func (d *document) is(category string, o event.Outcome, s event.Severity) {
	d.e.SetCore(event.FieldCategory, category)
	d.e.Outcome = o
	if !d.stated {
		d.e.Severity = s
	}
}

// set fills a core text field, where it is not filled, from the first attribute that
// is there.
func (d *document) set(f event.Field, names ...string) {
	if d.e.Core(f).Text != "" {
		return
	}
	if s := d.text(names...); s != "" {
		d.e.SetCore(f, s)
	}
}

// address fills ip from the first attribute that is an address; a port behind it
// goes to attrs.port. A host name stays an attribute.
func (d *document) address(names ...string) {
	if d.e.IP != "" {
		return
	}
	for _, name := range names {
		ip, port, ok := parseAddress(d.text(name))
		if !ok {
			continue
		}
		d.e.SetCore(event.FieldIP, ip)
		if port != "" && !d.has("port") {
			d.e.SetAttr("port", event.Number(port))
		}
		return
	}
}

// time fills the time from the first attribute that is one, and removes it.
func (d *document) time(names ...string) {
	if d.e.Time != 0 {
		return
	}
	for _, name := range names {
		v, ok := d.e.Attr(name)
		if !ok {
			continue
		}
		var ns int64
		if v.Kind == event.KindNumber {
			ns, ok = parseEpoch(v.Text)
		} else {
			ns, ok = parseTime(v.Text, d.h.Zone)
		}
		if ok {
			d.e.Time = ns
			d.drop(name)
			return
		}
		d.e.Marks = append(d.e.Marks, event.Mark{Kind: event.MarkInvalid, Field: "time", Detail: clip(v.String())})
		return
	}
}

// level takes the severity from the first attribute that is there, whose word becomes
// attrs.level.
func (d *document) level(names ...string) {
	for _, name := range names {
		v, ok := d.e.Attr(name)
		if !ok || v.Text == "" {
			continue
		}
		if s, ok := severityOf(v); ok {
			d.e.Severity, d.stated = s, true
			d.drop(name)
			d.e.SetAttr("level", v)
			return
		}
	}
}

// place fills where the address lies.
func (d *document) place(country, lat, lon string) {
	if v, _ := d.e.Attr(country); v.Kind == event.KindText {
		d.e.Geo.Country = v.Text
	}
	y, _ := d.e.Attr(lat)
	x, _ := d.e.Attr(lon)
	if y.Kind == event.KindNumber && x.Kind == event.KindNumber {
		d.e.Geo.Lat, d.e.Geo.Lon = y.Text, x.Text
	}
}

// origin fills the origin id from the first attribute that is there, and removes it.
func (d *document) origin(names ...string) {
	if d.e.OriginID != "" {
		return
	}
	for _, name := range names {
		if s := d.text(name); s != "" {
			d.e.SetCore(event.FieldOriginID, s)
			d.drop(name)
			return
		}
	}
}

// drop removes an attribute.
func (d *document) drop(name string) {
	if i := slices.IndexFunc(d.e.Attrs, func(a event.Attr) bool { return a.Key == name }); i >= 0 {
		d.e.Attrs = slices.Delete(d.e.Attrs, i, i+1)
	}
}
