// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"encoding/binary"
	"fmt"
	"hash/maphash"

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
// bytes; a key is its code in the column's dictionary, or 0 and a text. A value
// is its kind as a byte, then a text (number, text, bytes) or a count and values
// (list).
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
	maxDepth    = event.MaxDepth + 1
)

// restWriter makes rows of ColRest; dict and seed are the column's.
type restWriter struct {
	dict *dictionary
	seed maphash.Seed
	buf  []byte
}

// encode returns the row of an event, valid until the next call. The place is
// written when it is not that of the block.
func (w *restWriter) encode(e *event.Event, elsewhere bool) ([]byte, error) {
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
	set(restAttrs, len(e.Attrs) > 0)
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
	b, err := w.attrs(b, e.Attrs)
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
	w.buf = b
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
		if w.dict.n > 0 {
			code, _ = w.dict.find(key, w.seed)
		}
		if code == 0 && w.dict.n < maxKeys && len(key) <= maxKeyBytes && key != "" {
			code = w.dict.code(key, w.seed)
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

func appendValue(b []byte, v *event.Value, depth int) ([]byte, error) {
	b = append(b, byte(v.Kind))
	switch v.Kind {
	case event.KindNumber, event.KindText, event.KindBytes:
		return appendText(b, v.Text), nil
	case event.KindList:
		if depth >= maxDepth {
			return nil, fmt.Errorf("list more than %d levels deep", maxDepth)
		}
		b = binary.AppendUvarint(b, uint64(len(v.List)))
		for i := range v.List {
			var err error
			if b, err = appendValue(b, &v.List[i], depth+1); err != nil {
				return nil, err
			}
		}
	default:
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
			e.Attrs[i].Key = r.key(keys)
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

func decodeValue(r *scanner[string], v *event.Value, depth int) {
	v.Kind = event.Kind(r.byte())
	switch v.Kind {
	case event.KindNumber, event.KindText, event.KindBytes:
		v.Text = r.text()
	case event.KindList:
		if depth >= maxDepth {
			r.bad = true
			return
		}
		v.List = make([]event.Value, r.count(1))
		for i := range v.List {
			decodeValue(r, &v.List[i], depth+1)
		}
	default:
	}
}

// RestTexts yields, out of a row of ColRest, what a text search looks at: the
// tags, the texts and numbers among the attributes' values (in lists too), and
// raw. It stops when yield returns false. A damaged row yields what was read.
func RestTexts(row []byte, yield func([]byte) bool) {
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
			if t := r.text(); r.bad || !yield(t) {
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
			r.key(Dict{})
			if !yieldValue(&r, yield, 0) {
				return
			}
		}
	}
	if flags&restRaw != 0 {
		if t := r.text(); !r.bad {
			yield(t)
		}
	}
}

func yieldValue(r *scanner[[]byte], yield func([]byte) bool, depth int) bool {
	switch event.Kind(r.byte()) {
	case event.KindNumber, event.KindText:
		t := r.text()
		return !r.bad && yield(t)
	case event.KindBytes:
		r.text()
	case event.KindList:
		for n := r.count(1); n > 0 && !r.bad && depth < maxDepth; n-- {
			if !yieldValue(r, yield, depth+1) {
				return false
			}
		}
	default:
	}
	return !r.bad
}

// scanner takes values off the front of s; bad is set, and stays set, when it
// is too short or wrong.
type scanner[T string | []byte] struct {
	s   T
	bad bool
}

func (r *scanner[T]) take(n int) (t T) {
	if r.bad || n < 0 || n > len(r.s) {
		r.bad = true
		return t
	}
	t, r.s = r.s[:n], r.s[n:]
	return t
}

func (r *scanner[T]) byte() byte {
	if r.bad || len(r.s) == 0 {
		r.bad = true
		return 0
	}
	b := r.s[0]
	r.s = r.s[1:]
	return b
}

func (r *scanner[T]) uvarint() uint64 {
	var x uint64
	for shift := uint(0); shift < 64; shift += 7 {
		b := r.byte()
		x |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return x
		}
	}
	r.bad = true
	return 0
}

func (r *scanner[T]) varint() int64 {
	u := r.uvarint()
	return int64(u>>1) ^ -int64(u&1)
}

func (r *scanner[T]) text() (t T) {
	n := r.uvarint()
	if n > uint64(len(r.s)) {
		r.bad = true
		return t
	}
	return r.take(int(n)) //nolint:gosec // compared with a length
}

func (r *scanner[T]) texts(n int) {
	for range n {
		r.text()
	}
}

// count reads a number of things that take at least size bytes each, so that it
// is never larger than what is left.
func (r *scanner[T]) count(size int) int {
	n := r.uvarint()
	if r.bad || n > uint64(len(r.s)/size) { //nolint:gosec // a length
		r.bad = true
		return 0
	}
	return int(n) //nolint:gosec // compared with a length
}

// key reads an attribute's key; without a dictionary a code gives no text.
func (r *scanner[T]) key(keys Dict) string {
	switch code := r.uvarint(); {
	case code == 0:
		return string(r.text())
	case code < uint64(keys.Len()): //nolint:gosec // a length
		return keys.Text(uint16(code)) //nolint:gosec // compared with the length of a dictionary
	default:
		r.bad = r.bad || keys.Len() > 0 || code > maxCodes
		return ""
	}
}
