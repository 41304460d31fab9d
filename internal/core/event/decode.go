// SPDX-License-Identifier: Apache-2.0

package event

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrNotCanonical is returned for bytes that no event encodes to.
var ErrNotCanonical = errors.New("not the canonical bytes of an event")

// Decode reads the three canonical parts into e, which it overwrites. The
// strings of e are parts of the arguments. It refuses, with ErrNotCanonical,
// whatever AppendPublic and AppendSlot would not have written, so that
// encoding the result again gives the same bytes.
func Decode(public, slot0, slot1 string, e *Event) error {
	attrs, tags, marks := e.Attrs[:0], e.Tags[:0], e.Marks[:0]
	*e = Event{}
	if err := decodePublic(public, e); err != nil {
		return err
	}
	for slot, part := range [Slots]string{slot0, slot1} {
		if err := decodeSlot(part, slot, e, attrs, tags, marks); err != nil {
			return err
		}
	}
	return nil
}

func decodePublic(part string, e *Event) error {
	r := reader{s: part}
	if v := r.byte(); v != EncodingVersion {
		return fmt.Errorf("public part: version %d: %w", v, ErrNotCanonical)
	}
	e.Place.Origin = r.text(int(r.uint16()))
	e.Place.Stream = r.text(int(r.uint16()))
	e.Place.Seq = r.uint64()
	e.Place.Ord = r.uint64()
	e.Received = int64(r.uint64()) //nolint:gosec // two's complement is the format
	e.Time = int64(r.uint64())     //nolint:gosec // two's complement is the format
	copy(e.ID[:], r.text(len(e.ID)))
	for _, f := range [...]Field{FieldSource, FieldCategory, FieldAction} {
		switch Kind(r.byte()) {
		case KindText:
			e.SetCore(f, r.text(int(r.uint16())))
		case KindNull:
			e.SetNull(f)
		case KindAbsent:
		default:
			r.bad = true
		}
	}
	e.Outcome, e.Severity = Outcome(r.byte()), Severity(r.byte())
	if r.bad || r.s != "" || e.Outcome > Unknown || e.Severity > Critical {
		return fmt.Errorf("public part: %w", ErrNotCanonical)
	}
	return nil
}

func decodeSlot(part string, slot int, e *Event, attrs []Attr, tags []string, marks []Mark) error {
	r := reader{s: part}
	if v := r.byte(); v != EncodingVersion {
		return fmt.Errorf("slot %d: version %d: %w", slot, v, ErrNotCanonical)
	}
	n := r.uint32()
	last := ""
	for i := uint32(0); i < n && !r.bad; i++ {
		name := r.text(int(r.uint16()))
		if i > 0 && name <= last {
			return fmt.Errorf("slot %d: field %.60q after %.60q: %w", slot, name, last, ErrNotCanonical)
		}
		last = name
		if key, found := strings.CutPrefix(name, "attrs."); found && slot == 1 {
			attrs = append(attrs, Attr{Key: key, Value: r.value(0)})
			continue
		}
		if !e.decodeField(&r, slot, name, tags, marks) {
			return fmt.Errorf("slot %d: field %.60q: %w", slot, name, ErrNotCanonical)
		}
	}
	if r.bad || r.s != "" {
		return fmt.Errorf("slot %d: %w", slot, ErrNotCanonical)
	}
	if len(attrs) > 0 {
		e.Attrs = attrs
	}
	return nil
}

// slotOf returns the slot of a core text field, -1 for one of the public part.
func slotOf(f Field) int {
	switch f {
	case FieldHost, FieldIP, FieldSession, FieldUser, FieldUserAgent:
		return 0
	case FieldInput, FieldMessage, FieldOriginID, FieldSender, FieldService:
		return 1
	default:
		return -1
	}
}

// decodeField reads one field that is no attribute; false when it does not
// belong there or has the wrong kind.
func (e *Event) decodeField(r *reader, slot int, name string, tags []string, marks []Mark) bool {
	kind := Kind(r.byte())
	if f := CoreField(name); f != FieldNone {
		if slotOf(f) != slot {
			return false
		}
		switch kind {
		case KindText:
			e.SetCore(f, r.text(int(r.uint32())))
		case KindNull:
			e.SetNull(f)
		default:
			return false
		}
		return true
	}
	if slot == 0 {
		return e.Geo.decode(r, name, kind)
	}
	switch name {
	case "compliance.gdpr_relevant":
		return e.Compliance.GDPR.decode(kind)
	case "compliance.hipaa_protected":
		return e.Compliance.HIPAA.decode(kind)
	case "compliance.pci_scope":
		return e.Compliance.PCI.decode(kind)
	case "compliance.retention_days":
		s := r.text(int(r.uint32()))
		d, err := strconv.ParseInt(s, 10, 32)
		e.Compliance.RetentionDays = int32(d)
		return kind == KindNumber && err == nil && d != 0 && strconv.FormatInt(d, 10) == s
	case "marks":
		e.Marks = r.marks(marks)
		return kind == KindList && len(e.Marks) > 0
	case "raw":
		e.Raw = r.text(int(r.uint32()))
		return kind == KindBytes && e.Raw != ""
	case "tags":
		n := r.uint32()
		if tags == nil {
			tags = []string{}
		}
		for i := uint32(0); i < n && !r.bad; i++ {
			r.bad = r.bad || Kind(r.byte()) != KindText
			tags = append(tags, r.text(int(r.uint32())))
		}
		e.Tags = tags
		return kind == KindList
	default:
		return false
	}
}

func (g *Geo) decode(r *reader, name string, kind Kind) bool {
	s := r.text(int(r.uint32()))
	want := KindNumber
	switch name {
	case "as.number":
		g.AS = s
	case "geo.country":
		g.Country, want = s, KindText
	case "geo.lat":
		g.Lat = s
	case "geo.lon":
		g.Lon = s
	default:
		return false
	}
	return kind == want && s != ""
}

func (f *Flag) decode(kind Kind) bool {
	*f = FlagOf(kind == KindTrue)
	return kind == KindTrue || kind == KindFalse
}

// reader takes values off the front of a part; bad is set, and stays set, when
// it is too short or wrong.
type reader struct {
	s   string
	bad bool
}

func (r *reader) text(n int) string {
	if r.bad || n < 0 || n > len(r.s) {
		r.bad = true
		return ""
	}
	t := r.s[:n]
	r.s = r.s[n:]
	return t
}

func (r *reader) byte() byte {
	if r.bad || r.s == "" {
		r.bad = true
		return 0
	}
	b := r.s[0]
	r.s = r.s[1:]
	return b
}

func (r *reader) fixed(n int) uint64 {
	if r.bad || n > len(r.s) {
		r.bad = true
		return 0
	}
	var b [8]byte
	copy(b[8-n:], r.s)
	r.s = r.s[n:]
	return binary.BigEndian.Uint64(b[:])
}

func (r *reader) uint16() uint16 { return uint16(r.fixed(2)) } //nolint:gosec // two bytes were read
func (r *reader) uint32() uint32 { return uint32(r.fixed(4)) } //nolint:gosec // four bytes were read
func (r *reader) uint64() uint64 { return r.fixed(8) }

// value reads one value with its kind; lists may lie at most MaxDepth deep.
func (r *reader) value(depth int) Value {
	v := Value{Kind: Kind(r.byte())}
	switch v.Kind {
	case KindNull, KindFalse, KindTrue:
	case KindNumber, KindText, KindBytes:
		v.Text = r.text(int(r.uint32()))
	case KindList:
		n := r.uint32()
		if depth >= MaxDepth || int64(n) > int64(len(r.s)) {
			r.bad = true
			return v
		}
		v.List = make([]Value, 0, min(n, 1024))
		for i := uint32(0); i < n && !r.bad; i++ {
			v.List = append(v.List, r.value(depth+1))
		}
	default:
		r.bad = true
	}
	return v
}

func (r *reader) marks(marks []Mark) []Mark {
	n := r.uint32()
	for i := uint32(0); i < n && !r.bad; i++ {
		if r.text(5) != "\x06\x00\x00\x00\x05" {
			r.bad = true
			break
		}
		var m Mark
		m.Kind = r.member(KindText)
		m.Field = r.member(KindText)
		length := r.member(KindNumber)
		m.Hash = r.member(KindText)
		m.Detail = r.member(KindText)
		var err error
		if m.Length, err = strconv.ParseInt(length, 10, 64); err != nil || strconv.FormatInt(m.Length, 10) != length {
			r.bad = true
		}
		marks = append(marks, m)
	}
	return marks
}

func (r *reader) member(want Kind) string {
	if Kind(r.byte()) != want {
		r.bad = true
	}
	return r.text(int(r.uint32()))
}
