// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"fmt"
	"strconv"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// fill reads the value of a member that is a field. c is the value's first byte.
func (r *reader) fill(s slot, rank uint8, key string, c byte, depth int) error {
	if s > slots {
		return r.container(s, key, c, depth)
	}
	if c == '{' && s.field() != event.FieldNone {
		r.path = append(append(r.path[:0], key...), '.')
		return r.object(depth+1, fromRecord, true, s)
	}
	if r.rank[s] >= rank {
		return r.other(key, c, depth, fromRecord)
	}
	if r.rank[s] != rankNone {
		if err := r.displace(s, depth); err != nil {
			return err
		}
	}
	r.rank[s] = rank
	if rank != rankOwn {
		r.alias[s], r.at[s] = key, r.i
	}
	if f := s.field(); f != event.FieldNone {
		return r.fillText(s, f, key, c)
	}
	return r.fillTyped(s, key, c, depth)
}

// displace makes the alias that filled s an attribute.
func (r *reader) displace(s slot, depth int) error {
	here := r.i
	r.i = r.at[s]
	err := r.other(r.alias[s], r.b[r.i], depth, fromRecord)
	r.i = here
	return err
}

// container goes into an object whose members are attributes or fields.
func (r *reader) container(s slot, key string, c byte, depth int) error {
	core := s == slotCompliance || s == slotGeo
	switch {
	case c == 'n':
		return r.literal("null")
	case c != '{' && s == slotAttrs, c != '{' && s == slotCompliance:
		return typeError(key, "object", c, r.i)
	case c != '{':
		return r.other(key, c, depth, fromRecord)
	case core:
		r.path = append(append(r.path[:0], key...), '.')
		return r.object(depth+1, fromRecord, true, slotNone)
	}
	from := fromAttrs
	switch s {
	case slotDetails:
		from = fromDetails
	case slotMetadata:
		from = fromMetadata
	default:
	}
	r.path = r.path[:0]
	return r.object(depth+1, from, false, slotNone)
}

func (r *reader) fillText(s slot, f event.Field, key string, c byte) error {
	switch {
	case c == '"':
		t, err := r.str()
		if err != nil {
			return err
		}
		r.e.SetCore(f, t)
	case c == 'n':
		if err := r.literal("null"); err != nil {
			return err
		}
		r.e.SetNull(f)
	case kindOf(c) == "number" && s.takesNumber():
		t, err := r.number()
		if err != nil {
			return err
		}
		r.e.SetCore(f, t)
	default:
		return typeError(key, "text", c, r.i)
	}
	return nil
}

func (r *reader) fillTyped(s slot, key string, c byte, depth int) error {
	switch s {
	case slotIP:
		return r.fillIP(key, c)
	case slotTime:
		return r.fillTime(key, c)
	case slotSeverity, slotLevel:
		return r.fillLevel(s, key, c)
	case slotOutcome:
		return r.fillOutcome(key, c)
	case slotTags:
		return r.fillTags(key, c, depth)
	case slotRaw:
		if c == '"' {
			t, err := r.str()
			r.e.Raw = t
			return err
		}
		r.rank[s] = rankNone
		return r.other(key, c, depth, fromRecord)
	case slotGDPR, slotPCI, slotHIPAA:
		return r.fillFlag(s, key, c)
	case slotRetention:
		return r.fillRetention(key, c)
	default:
		return r.fillGeo(s, key, c, depth)
	}
}

func (r *reader) own(key string, v event.Value) {
	r.attrs = append(r.attrs, found{event.Attr{Key: key, Value: v}, fromTocsin})
}

// unfit keeps a value that does not fit its field: as <field>_text and in a mark.
func (r *reader) unfit(field string, v event.Value) {
	r.own(field+"_text", v)
	r.e.Marks = append(r.e.Marks, event.Mark{Kind: event.MarkInvalid, Field: field, Detail: clip(v.String())})
}

func (r *reader) fillIP(key string, c byte) error {
	switch c {
	case 'n':
		r.e.SetNull(event.FieldIP)
		return r.literal("null")
	case '"':
	default:
		return typeError(key, "text", c, r.i)
	}
	t, err := r.str()
	if err != nil {
		return err
	}
	ip, port, ok := parseAddress(t)
	switch {
	case t == "":
		r.e.SetCore(event.FieldIP, "")
	case !ok:
		r.unfit("ip", event.Text(t))
	default:
		r.e.IP = ip
		if port != "" {
			r.own("port", event.Number(port))
		}
		if zone := zoneOf(t); zone != "" {
			r.own("ip_zone", event.Text(zone))
		}
	}
	return nil
}

func (r *reader) fillTime(key string, c byte) error {
	var v event.Value
	var ns int64
	var ok bool
	switch {
	case c == 'n':
		return r.literal("null")
	case c == '"':
		t, err := r.str()
		if err != nil {
			return err
		}
		if t == "" {
			return nil
		}
		v = event.Text(t)
		ns, ok = parseTime(t, r.h.Zone)
	case kindOf(c) == "number":
		t, err := r.number()
		if err != nil {
			return err
		}
		v = event.Number(t)
		ns, ok = parseEpoch(t)
	default:
		return typeError(key, "text or number", c, r.i)
	}
	if !ok {
		r.unfit("time", v)
	}
	r.e.Time = ns
	return nil
}

func (r *reader) fillLevel(s slot, key string, c byte) (err error) {
	var v event.Value
	switch {
	case c == '"':
		v.Kind = event.KindText
		v.Text, err = r.str()
	case c == 'n':
		return r.literal("null")
	case s == slotLevel && kindOf(c) == "number":
		v.Kind = event.KindNumber
		v.Text, err = r.number()
	default:
		return typeError(key, "text", c, r.i)
	}
	if s == slotSeverity {
		r.severity = v
	} else {
		r.level = v
	}
	return err
}

func (r *reader) fillOutcome(key string, c byte) error {
	if c == 'n' {
		return r.literal("null")
	}
	if c != '"' {
		return typeError(key, "text", c, r.i)
	}
	t, err := r.str()
	if err != nil || t == "" {
		return err
	}
	o, exact := outcomeOf(t)
	r.e.Outcome = o
	if !exact {
		r.own("outcome_text", event.Text(t))
	}
	return nil
}

// fillTags reads a list of texts, or one text as a list of one.
func (r *reader) fillTags(key string, c byte, depth int) error {
	start := r.i
	switch c {
	case 'n':
		return r.literal("null")
	case '"':
		t, err := r.str()
		r.e.Tags = []string{t}
		return err
	case '[':
	default:
		return typeError(key, "list", c, r.i)
	}
	v, err := r.value(c, depth)
	if err != nil {
		return err
	}
	r.e.Tags = make([]string, len(v.List))
	for i, m := range v.List {
		if m.Kind != event.KindText {
			return fmt.Errorf("%s: want list of texts, got another member at byte %d", key, start)
		}
		r.e.Tags[i] = m.Text
	}
	return nil
}

func (r *reader) fillFlag(s slot, key string, c byte) error {
	flag := event.FlagTrue
	switch c {
	case 't':
		if err := r.literal("true"); err != nil {
			return err
		}
	case 'f':
		if err := r.literal("false"); err != nil {
			return err
		}
		flag = event.FlagFalse
	case 'n':
		return r.literal("null")
	default:
		return typeError(key, "bool", c, r.i)
	}
	switch s {
	case slotGDPR:
		r.e.Compliance.GDPR = flag
	case slotPCI:
		r.e.Compliance.PCI = flag
	default:
		r.e.Compliance.HIPAA = flag
	}
	return nil
}

// maxRetentionDays is the longest retention class.
const maxRetentionDays = 2557

// fillRetention reads a number of days; more than the longest class means that
// class, and the figure is kept.
func (r *reader) fillRetention(key string, c byte) error {
	if c == 'n' {
		return r.literal("null")
	}
	if kindOf(c) != "number" {
		return typeError(key, "number", c, r.i)
	}
	t, err := r.number()
	if err != nil {
		return err
	}
	days, err := strconv.ParseUint(t, 10, 31)
	switch {
	case err != nil:
		r.unfit("compliance.retention_days", event.Number(t))
	case days > maxRetentionDays:
		r.unfit("compliance.retention_days", event.Number(t))
		r.e.Compliance.RetentionDays = maxRetentionDays
	default:
		r.e.Compliance.RetentionDays = int32(days)
	}
	return nil
}

// fillGeo reads where an address lies; what is no such value stays an attribute.
func (r *reader) fillGeo(s slot, key string, c byte, depth int) error {
	number := kindOf(c) == "number"
	if (s == slotCountry && c != '"') || (s != slotCountry && !number) {
		r.rank[s] = rankNone
		return r.other(key, c, depth, fromRecord)
	}
	v, err := r.value(c, depth)
	switch s {
	case slotCountry:
		r.e.Geo.Country = v.Text
	case slotLat:
		r.e.Geo.Lat = v.Text
	case slotLon:
		r.e.Geo.Lon = v.Text
	default:
		r.e.Geo.AS = v.Text
	}
	return err
}
