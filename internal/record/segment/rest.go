// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"encoding/binary"
	"fmt"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// A row of ColRest holds what has no column of its own. It is absent when there
// is nothing; else it is a byte of flags and, for each flag in this order:
//
//	place       text origin, text stream (where they are not the block's)
//	tags        count, texts
//	compliance  3 bytes, zigzag days
//	geo         4 texts: country, lat, lon, as
//	attrs       count, then for each: key, value
//	raw         text
//	marks       count, then for each: texts kind, field, hash, detail, zigzag length
//
// Counts, codes and lengths are unsigned varints; a text is its length and its
// bytes; a key is its code in the column's dictionary, or 0 and a text; a value
// is as in value.go. The attributes here are those that have no column of their
// own: keys that came too late or are too long, and all of an event whose keys do
// not rise, so that they come back in their order.
const (
	restPlace = 1 << iota
	restTags
	restCompliance
	restGeo
	restAttrs
	restRaw
	restMarks
	restKnown = 1<<iota - 1
)

const (
	maxKeys     = 4096 // of the dictionary; others stay in the row
	maxKeyBytes = 128
)

// restWriter makes rows of ColRest; dict is the column's.
type restWriter struct {
	dict *dictionary
	buf  []byte
}

// encode returns the row of an event with those of its attributes that have no
// column, valid until the next call. The place is written when it is not that of
// the block.
func (w *restWriter) encode(e *event.Event, attrs []event.Attr, elsewhere bool) ([]byte, error) {
	flags := byte(0)
	set := func(flag byte, on bool) {
		if on {
			flags |= flag
		}
	}
	set(restPlace, elsewhere)
	set(restTags, e.Tags != nil)
	set(restCompliance, e.Compliance != event.Compliance{})
	set(restGeo, e.Geo != event.Geo{})
	set(restAttrs, len(attrs) > 0)
	set(restRaw, e.Raw != "")
	set(restMarks, len(e.Marks) > 0)
	if flags == 0 {
		return nil, nil
	}
	b := append(w.buf[:0], flags)
	if elsewhere {
		b = appendText(appendText(b, e.Place.Origin), e.Place.Stream)
	}
	if e.Tags != nil {
		b = binary.AppendUvarint(b, uint64(len(e.Tags)))
		for _, t := range e.Tags {
			b = appendText(b, t)
		}
	}
	if c := &e.Compliance; flags&restCompliance != 0 {
		b = append(b, byte(c.GDPR), byte(c.PCI), byte(c.HIPAA))
		b = binary.AppendVarint(b, int64(c.RetentionDays))
	}
	if flags&restGeo != 0 {
		b = appendText(appendText(appendText(appendText(b, e.Geo.Country), e.Geo.Lat), e.Geo.Lon), e.Geo.AS)
	}
	b, err := w.attrs(b, attrs)
	if err != nil {
		return nil, err
	}
	if e.Raw != "" {
		b = appendText(b, e.Raw)
	}
	if len(e.Marks) > 0 {
		b = binary.AppendUvarint(b, uint64(len(e.Marks)))
		for i := range e.Marks {
			m := &e.Marks[i]
			b = appendText(appendText(appendText(appendText(b, m.Kind), m.Field), m.Hash), m.Detail)
			b = binary.AppendVarint(b, m.Length)
		}
	}
	if w.buf = b[:0]; len(b) > maxRow {
		return nil, fmt.Errorf("%d bytes beside the columns, at most %d are possible", len(b), maxRow)
	}
	return b, nil
}

func (w *restWriter) attrs(b []byte, attrs []event.Attr) ([]byte, error) {
	if len(attrs) == 0 {
		return b, nil
	}
	b = binary.AppendUvarint(b, uint64(len(attrs)))
	for i := range attrs {
		key := attrs[i].Key
		code := uint16(0)
		switch {
		case key == "" || len(key) > maxKeyBytes:
		case w.dict.n < maxKeys:
			code = code16(w.dict, key)
		default:
			code = known16(w.dict, key)
		}
		b = binary.AppendUvarint(b, uint64(code))
		if code == 0 {
			b = appendText(b, key)
		}
		var err error
		if b, err = appendValue(b, &attrs[i].Value, 0); err != nil {
			return nil, fmt.Errorf("attrs.%.60s: %w", key, err)
		}
	}
	return b, nil
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// decodeRest reads a row of ColRest into e; its strings are parts of row.
func decodeRest(row string, keys Dict, e *event.Event) error {
	if row == "" {
		return nil
	}
	if len(row) > maxRow {
		return ErrCorrupt
	}
	r := scanner[string]{s: row}
	flags := r.byte()
	if flags&restPlace != 0 {
		e.Place.Origin, e.Place.Stream = r.text(), r.text()
	}
	if flags&restTags != 0 {
		e.Tags = make([]string, r.count(1))
		for i := range e.Tags {
			e.Tags[i] = r.text()
		}
	}
	if flags&restCompliance != 0 {
		e.Compliance.GDPR, e.Compliance.PCI, e.Compliance.HIPAA = event.Flag(r.byte()), event.Flag(r.byte()), event.Flag(r.byte())
		e.Compliance.RetentionDays = int32(r.varint()) //nolint:gosec // 32 bits were written
	}
	if flags&restGeo != 0 {
		e.Geo = event.Geo{Country: r.text(), Lat: r.text(), Lon: r.text(), AS: r.text()}
	}
	if flags&restAttrs != 0 {
		e.Attrs = make([]event.Attr, r.count(2))
		for i := range e.Attrs {
			code, key := r.key()
			if e.Attrs[i].Key = key; code != 0 {
				r.bad = r.bad || int(code) >= keys.Len()
				e.Attrs[i].Key = keys.Text(code)
			}
			decodeValue(&r, &e.Attrs[i].Value, 0)
		}
	}
	if flags&restRaw != 0 {
		e.Raw = r.text()
	}
	if flags&restMarks != 0 {
		e.Marks = make([]event.Mark, r.count(5))
		for i := range e.Marks {
			e.Marks[i] = event.Mark{Kind: r.text(), Field: r.text(), Hash: r.text(), Detail: r.text(), Length: r.varint()}
		}
	}
	if r.bad || len(r.s) > 0 || flags > restKnown {
		return ErrCorrupt
	}
	return nil
}

// RestTexts yields, out of a row of ColRest, what a text search looks at: the
// tags, the texts and numbers among the attributes' values (in lists too), and
// raw. It stops when yield returns false. A damaged row yields what was read.
func RestTexts(row []byte, yield func([]byte) bool) {
	walkRest(row, restWalk{
		text: yield,
		attr: func(_ uint16, _ []byte, r *scanner[[]byte]) bool {
			return walkValue(r, func(kind event.Kind, text []byte) bool {
				return kind != event.KindText && kind != event.KindNumber || yield(text)
			}, 0)
		},
	})
}

// restWalk is what walkRest calls for tags and raw, and for each attribute with
// the code of its key or, when that is 0, the key; attr must read the value.
// Either stops the walk by returning false.
type restWalk struct {
	text func([]byte) bool
	attr func(code uint16, key []byte, r *scanner[[]byte]) bool
}

func walkRest(row []byte, w restWalk) {
	if len(row) == 0 {
		return
	}
	r := scanner[[]byte]{s: row}
	flags := r.byte()
	if flags&restPlace != 0 {
		r.texts(2)
	}
	if flags&restTags != 0 {
		for range r.count(1) {
			if t := r.text(); r.bad || !w.text(t) {
				return
			}
		}
	}
	if flags&restCompliance != 0 {
		r.take(3)
		r.varint()
	}
	if flags&restGeo != 0 {
		r.texts(4)
	}
	if flags&restAttrs != 0 {
		for range r.count(2) {
			code, key := r.key()
			if r.bad || !w.attr(code, key, &r) || r.bad {
				return
			}
		}
	}
	if flags&restRaw != 0 {
		if t := r.text(); !r.bad {
			w.text(t)
		}
	}
}
