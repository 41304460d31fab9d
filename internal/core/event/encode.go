// SPDX-License-Identifier: Apache-2.0

package event

import (
	"encoding/binary"
	"strconv"
)

// EncodingVersion is the first byte of every canonical part. It is raised when
// a byte of the encoding changes its meaning; readers know all versions.
const EncodingVersion = 1

// The canonical encoding (docs/journal-format.md has every byte) has three
// parts. The public part holds the fields of the allow-list. Slot 0 holds who
// and where, slot 1 what was said. Integers are big-endian, texts carry their
// length, a slot's fields are sorted bytewise by name and occur once.

// Slots is the number of personal slots.
const Slots = 2

// AppendPublic appends the canonical bytes of the public part.
func (e *Event) AppendPublic(dst []byte) []byte {
	dst = append(dst, EncodingVersion)
	dst = appendText16(dst, e.Place.Origin)
	dst = appendText16(dst, e.Place.Stream)
	dst = binary.BigEndian.AppendUint64(dst, e.Place.Seq)
	dst = binary.BigEndian.AppendUint64(dst, e.Place.Ord)
	dst = binary.BigEndian.AppendUint64(dst, uint64(e.Received)) //nolint:gosec // two's complement is the format
	dst = binary.BigEndian.AppendUint64(dst, uint64(e.Time))     //nolint:gosec // two's complement is the format
	dst = append(dst, e.ID[:]...)
	dst = e.appendOptional(dst, FieldSource, e.Source)
	dst = e.appendOptional(dst, FieldCategory, e.Category)
	dst = e.appendOptional(dst, FieldAction, e.Action)
	return append(dst, byte(e.Outcome), byte(e.Severity))
}

// AppendSlot appends the canonical bytes of a personal slot: 0 is user,
// session, ip, user_agent, host, geo and as; 1 is everything else. An empty
// slot has bytes too: its version and a count of zero.
func (e *Event) AppendSlot(dst []byte, slot int) []byte {
	dst = append(dst, EncodingVersion, 0, 0, 0, 0)
	at := len(dst)
	var n uint32
	if slot == 0 {
		dst, n = e.appendWho(dst)
	} else {
		dst, n = e.appendWhat(dst)
	}
	binary.BigEndian.PutUint32(dst[at-4:at], n)
	return dst
}

func (e *Event) appendWho(dst []byte) (_ []byte, n uint32) {
	dst, n = appendNumberField(dst, n, "as.number", e.Geo.AS)
	dst, n = appendTextField(dst, n, "geo.country", e.Geo.Country)
	dst, n = appendNumberField(dst, n, "geo.lat", e.Geo.Lat)
	dst, n = appendNumberField(dst, n, "geo.lon", e.Geo.Lon)
	dst, n = e.appendCore(dst, n, FieldHost, e.Host)
	dst, n = e.appendCore(dst, n, FieldIP, e.IP)
	dst, n = e.appendCore(dst, n, FieldSession, e.Session)
	dst, n = e.appendCore(dst, n, FieldUser, e.User)
	return e.appendCore(dst, n, FieldUserAgent, e.UserAgent)
}

func (e *Event) appendWhat(dst []byte) (_ []byte, n uint32) {
	for i := range e.Attrs {
		a := &e.Attrs[i]
		dst = binary.BigEndian.AppendUint16(dst, uint16(len("attrs.")+len(a.Key))) //nolint:gosec // keys are at most MaxKeyBytes
		dst = append(dst, "attrs."...)
		dst = append(dst, a.Key...)
		dst = appendValue(dst, a.Value)
	}
	n = uint32(len(e.Attrs)) //nolint:gosec // an event has at most MaxEventBytes
	dst, n = appendFlag(dst, n, "compliance.gdpr_relevant", e.Compliance.GDPR)
	dst, n = appendFlag(dst, n, "compliance.hipaa_protected", e.Compliance.HIPAA)
	dst, n = appendFlag(dst, n, "compliance.pci_scope", e.Compliance.PCI)
	if d := e.Compliance.RetentionDays; d != 0 {
		var buf [12]byte
		dst = appendName(dst, "compliance.retention_days")
		dst = append(dst, byte(KindNumber))
		dst = appendBytes32(dst, strconv.AppendInt(buf[:0], int64(d), 10))
		n++
	}
	dst, n = e.appendCore(dst, n, FieldInput, e.Input)
	if len(e.Marks) > 0 {
		dst = appendMarks(appendName(dst, "marks"), e.Marks)
		n++
	}
	dst, n = e.appendCore(dst, n, FieldMessage, e.Message)
	dst, n = e.appendCore(dst, n, FieldOriginID, e.OriginID)
	if e.Raw != "" {
		dst = append(appendName(dst, "raw"), byte(KindBytes))
		dst = appendText32(dst, e.Raw)
		n++
	}
	dst, n = e.appendCore(dst, n, FieldSender, e.Sender)
	dst, n = e.appendCore(dst, n, FieldService, e.Service)
	if e.Tags != nil {
		dst = append(appendName(dst, "tags"), byte(KindList))
		dst = binary.BigEndian.AppendUint32(dst, uint32(len(e.Tags))) //nolint:gosec // an event has at most MaxEventBytes
		for _, t := range e.Tags {
			dst = appendText32(append(dst, byte(KindText)), t)
		}
		n++
	}
	return dst, n
}

// appendOptional appends a text of the public part with its kind.
func (e *Event) appendOptional(dst []byte, f Field, s string) []byte {
	switch {
	case s != "" || e.Blank.Has(f):
		return appendText16(append(dst, byte(KindText)), s)
	case e.Null.Has(f):
		return append(dst, byte(KindNull))
	default:
		return append(dst, byte(KindAbsent))
	}
}

func (e *Event) appendCore(dst []byte, n uint32, f Field, s string) ([]byte, uint32) {
	switch {
	case s != "" || e.Blank.Has(f):
		dst = append(appendName(dst, f.String()), byte(KindText))
		return appendText32(dst, s), n + 1
	case e.Null.Has(f):
		return append(appendName(dst, f.String()), byte(KindNull)), n + 1
	default:
		return dst, n
	}
}

func appendTextField(dst []byte, n uint32, name, s string) ([]byte, uint32) {
	if s == "" {
		return dst, n
	}
	return appendText32(append(appendName(dst, name), byte(KindText)), s), n + 1
}

func appendNumberField(dst []byte, n uint32, name, s string) ([]byte, uint32) {
	if s == "" {
		return dst, n
	}
	return appendText32(append(appendName(dst, name), byte(KindNumber)), s), n + 1
}

func appendFlag(dst []byte, n uint32, name string, f Flag) ([]byte, uint32) {
	switch f {
	case FlagTrue:
		return append(appendName(dst, name), byte(KindTrue)), n + 1
	case FlagFalse:
		return append(appendName(dst, name), byte(KindFalse)), n + 1
	default:
		return dst, n
	}
}

func appendMarks(dst []byte, marks []Mark) []byte {
	dst = append(dst, byte(KindList))
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(marks))) //nolint:gosec // an event has at most MaxEventBytes
	for i := range marks {
		m := &marks[i]
		dst = append(dst, byte(KindList), 0, 0, 0, 5)
		dst = appendText32(append(dst, byte(KindText)), m.Kind)
		dst = appendText32(append(dst, byte(KindText)), m.Field)
		dst = appendText32(append(dst, byte(KindNumber)), strconv.FormatInt(m.Length, 10))
		dst = appendText32(append(dst, byte(KindText)), m.Hash)
		dst = appendText32(append(dst, byte(KindText)), m.Detail)
	}
	return dst
}

func appendValue(dst []byte, v Value) []byte {
	dst = append(dst, byte(v.Kind))
	switch v.Kind {
	case KindNumber, KindText, KindBytes:
		return appendText32(dst, v.Text)
	case KindList:
		dst = binary.BigEndian.AppendUint32(dst, uint32(len(v.List))) //nolint:gosec // an event has at most MaxEventBytes
		for _, m := range v.List {
			dst = appendValue(dst, m)
		}
	default: // the kind says it all
	}
	return dst
}

func appendName(dst []byte, name string) []byte { return appendText16(dst, name) }

func appendText16(dst []byte, s string) []byte {
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(s))) //nolint:gosec // Validate bounds names and short texts
	return append(dst, s...)
}

func appendText32(dst []byte, s string) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(s))) //nolint:gosec // an event has at most MaxEventBytes
	return append(dst, s...)
}

func appendBytes32(dst, b []byte) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(b))) //nolint:gosec // an event has at most MaxEventBytes
	return append(dst, b...)
}
