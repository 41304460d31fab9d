// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"slices"
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// ours fills the fields that attributes name by a name or alias of ours, and removes
// those attributes. It is for plain dialects that share our names but not our types: what
// does not fit its field stays an attribute, where a reader of objects would refuse it.
func (d *document) ours() {
	var rank [slots]uint8
	var at [slots]int
	clashes := false
	for i, a := range d.e.Attrs {
		s, r := slotOf(a.Key)
		if s == slotNone {
			clashes = clashes || bareName(a.Key) != a.Key
		} else if s < slots && r > rank[s] {
			rank[s], at[s] = r, i
		}
	}
	port := ""
	for s := slotNone + 1; s < slots; s++ {
		if rank[s] == rankNone {
			continue
		}
		a := &d.e.Attrs[at[s]]
		if s == slotIP {
			_, port, _ = parseAddress(textOf(a.Value))
		}
		if d.put(s, a.Value) {
			a.Key = ""
		}
	}
	d.e.Attrs = slices.DeleteFunc(d.e.Attrs, func(a event.Attr) bool { return a.Key == "" })
	if clashes {
		d.bare()
	}
	if port != "" && !d.has("port") {
		d.e.SetAttr("port", event.Number(port))
	}
}

// textOf is a text, or the first of a list of texts; "" for everything else.
func textOf(v event.Value) string {
	if v.Kind == event.KindList && len(v.List) > 0 {
		v = v.List[0]
	}
	if v.Kind != event.KindText {
		return ""
	}
	return v.Text
}

// put fills a field. On true all of the value is in the field.
func (d *document) put(s slot, v event.Value) bool {
	if f := s.field(); f != event.FieldNone {
		text := textOf(v)
		if v.Kind == event.KindNumber && s.takesNumber() {
			text = v.Text
		}
		if text != "" {
			d.e.SetCore(f, text)
		}
		return text != "" && len(v.List) < 2
	}
	switch s {
	case slotTime:
		return d.putTime(v)
	case slotIP:
		ip, _, ok := parseAddress(textOf(v))
		if ok {
			d.e.SetCore(event.FieldIP, ip)
		}
		return ok && len(v.List) < 2
	case slotSeverity, slotLevel:
		return d.levelOf(v)
	case slotOutcome:
		o, exact := outcomeOf(textOf(v))
		d.e.Outcome = o
		return exact
	case slotTags:
		return d.putTags(v)
	default:
		return d.putGeo(s, v)
	}
}

func (d *document) putTime(v event.Value) (ok bool) {
	var ns int64
	switch v.Kind {
	case event.KindNumber:
		ns, ok = parseEpoch(v.Text)
	case event.KindText:
		ns, ok = parseTime(v.Text, d.h.Zone)
	default:
	}
	if ok {
		d.e.Time = ns
	} else {
		d.e.Marks = append(d.e.Marks, event.Mark{Kind: event.MarkInvalid, Field: "time", Detail: clip(v.String())})
	}
	return ok
}

// levelOf reads a severity or a level. On true its word is one of the five severities, so
// that no attribute need hold it.
func (d *document) levelOf(v event.Value) (exact bool) {
	if v.Kind == event.KindList {
		v = event.Text(textOf(v))
	}
	if d.stated || v.Text == "" {
		return false
	}
	sev, ok := severityOf(v)
	if !ok {
		d.e.Marks = append(d.e.Marks, event.Mark{Kind: event.MarkInvalid, Field: "severity", Detail: clip(v.Text)})
		return false
	}
	d.e.Severity, d.stated = sev, true
	_, exact = event.ParseSeverity(v.Text)
	return exact
}

func (d *document) putTags(v event.Value) bool {
	if v.Kind == event.KindText {
		v = event.List(v)
	}
	if v.Kind != event.KindList || slices.ContainsFunc(v.List, func(m event.Value) bool { return m.Kind != event.KindText }) {
		return false
	}
	for _, m := range v.List {
		d.e.Tags = append(d.e.Tags, m.Text)
		tagCompliance(&d.e.Compliance, m.Text)
	}
	return true
}

// putGeo fills a field of a place.
func (d *document) putGeo(s slot, v event.Value) bool {
	switch {
	case s == slotCountry && v.Kind == event.KindText:
		d.e.Geo.Country = v.Text
	case v.Kind != event.KindNumber:
		return false
	case s == slotLat:
		d.e.Geo.Lat = v.Text
	case s == slotLon:
		d.e.Geo.Lon = v.Text
	case s == slotAS:
		d.e.Geo.AS = v.Text
	default:
		return false
	}
	return true
}

// bareName is the name of an attribute without the prefix that search takes away.
func bareName(key string) string {
	for _, o := range [...]origin{fromAttrs, fromDetails, fromMetadata} {
		if rest, ok := strings.CutPrefix(key, o.prefix()); ok && rest != "" {
			return rest
		}
	}
	return key
}

// bare takes those prefixes from the attributes, unless two would then have one name.
func (d *document) bare() {
	for _, o := range [...]origin{fromAttrs, fromDetails, fromMetadata} {
		if !d.under(o.prefix()) {
			continue
		}
		all := slices.Clone(d.e.Attrs)
		for i := range all {
			if rest, ok := strings.CutPrefix(all[i].Key, o.prefix()); ok && rest != "" && !d.has(rest) {
				all[i].Key = rest
			}
		}
		slices.SortStableFunc(all, func(a, b event.Attr) int { return strings.Compare(a.Key, b.Key) })
		d.e.Attrs = all
	}
}
