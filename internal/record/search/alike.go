// SPDX-License-Identifier: Apache-2.0

package search

import (
	"encoding/binary"
	"slices"
	"time"

	"github.com/tocsin-siem/tocsin/internal/record/query"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// alike sorts the rows of a page that match into classes of rows that are alike to a
// hunt's stages (query.Folding), by the codes of their columns. It is used by one
// goroutine, page after page.
type alike struct {
	rows   []uint16 // of the page, those that match
	class  []uint32 // of each of rows
	most   uint32   // classes are below
	fields []codes  // of each field
	spans  []int64  // of each of rows, the begin of its span; empty for none

	first []int32 // of each class, its first place in rows; -1 for none
	count []int64
	dense map[uint64]uint32
	key   []byte
}

// codes are what a column has in each of alike.rows.
type codes struct {
	codes []uint16
	texts segment.Texts     // of a raw page
	local map[string]uint16 // of a raw page: its texts with their states
}

// maxClasses is up to how many classes are numbered by multiplying the numbers of the
// columns' codes.
const maxClasses = 1 << 13

// page sorts the rows of a page; ok is false when a field has no column there.
func (a *alike) page(v *view, page int, rows *segment.Bits, f *query.Folding) (ok bool, err error) {
	a.rows = a.rows[:0]
	for i := range rows.All {
		a.rows = append(a.rows, uint16(i)) //nolint:gosec // below PageRows
	}
	a.class = slices.Grow(a.class[:0], len(a.rows))[:len(a.rows)]
	clear(a.class)
	a.most, a.spans = 1, a.spans[:0]
	if f.Span != 0 {
		if err := a.addSpans(v, page, f.Span); err != nil {
			return false, err
		}
	}
	for len(a.fields) < len(f.Fields) {
		a.fields = append(a.fields, codes{})
	}
	for i, name := range f.Fields {
		if ok, err := a.read(v, page, name, &a.fields[i]); !ok || err != nil {
			return false, err
		}
		a.split(a.fields[i].codes)
	}
	a.tally()
	return true, nil
}

// addSpans splits the classes by spans of time.
func (a *alike) addSpans(v *view, page int, span time.Duration) error {
	times, err := v.r.Ints(segment.ColTime, page)
	if err != nil {
		return err
	}
	numbers := a.code(0)
	begin, end, number := int64(0), int64(0), uint16(0)
	seen := map[int64]uint16{}
	for _, i := range a.rows {
		if t := times[i]; end == 0 || t < begin || t >= end {
			begin = query.SpanBegin(t, span)
			end = begin + int64(span)
			var known bool
			if number, known = seen[begin]; !known {
				number = uint16(len(seen)) //nolint:gosec // at most PageRows
				seen[begin] = number
			}
		}
		a.spans, numbers = append(a.spans, begin), append(numbers, number)
	}
	a.fields[0].codes = numbers
	a.split(numbers)
	return nil
}

// code returns the empty codes of a field.
func (a *alike) code(field int) []uint16 {
	for len(a.fields) <= field {
		a.fields = append(a.fields, codes{})
	}
	return a.fields[field].codes[:0]
}

// read reads the codes of a field.
func (a *alike) read(v *view, page int, name string, c *codes) (ok bool, err error) {
	c.codes, c.texts = c.codes[:0], segment.Texts{}
	switch name {
	case "severity", "severity_number":
		return true, a.readBytes(v, page, segment.ColSeverity, c)
	case "outcome":
		return true, a.readBytes(v, page, segment.ColOutcome, c)
	}
	column, own, ok, err := v.textColumn(page, name)
	if err != nil || !ok {
		return false, err
	}
	if !own {
		for range a.rows {
			c.codes = append(c.codes, segment.CodeAbsent)
		}
		return true, nil
	}
	if c.texts, err = v.r.Texts(column, page); err != nil {
		return false, err
	}
	if !c.texts.Raw() {
		c.codes = c.texts.Codes(c.codes, a.rows)
		return true, nil
	}
	a.number(c)
	return true, nil
}

func (a *alike) readBytes(v *view, page int, column segment.Column, c *codes) error {
	values, err := v.r.Bytes(column, page)
	if err != nil {
		return err
	}
	for _, i := range a.rows {
		c.codes = append(c.codes, uint16(values[i]))
	}
	return nil
}

// number gives each different text of a raw page a code of its own.
func (a *alike) number(c *codes) {
	if c.local == nil {
		c.local = map[string]uint16{}
	}
	clear(c.local)
	for _, i := range a.rows {
		text, state := c.texts.At(int(i))
		a.key = append(append(a.key[:0], byte(state)), text...)
		code, known := c.local[string(a.key)]
		if !known {
			code = uint16(len(c.local)) //nolint:gosec // at most PageRows
			c.local[string(a.key)] = code
		}
		c.codes = append(c.codes, code)
	}
}

// split makes classes of all combinations with these codes.
func (a *alike) split(codes []uint16) {
	n := uint32(0)
	for _, c := range codes {
		n = max(n, uint32(c)+1)
	}
	if a.most == 1 || a.most*n <= maxClasses { // neither is over 65,536
		for i, c := range codes {
			a.class[i] = a.class[i]*n + uint32(c)
		}
		a.most *= n
		return
	}
	if a.dense == nil {
		a.dense = map[uint64]uint32{}
	}
	clear(a.dense)
	for i, c := range codes {
		both := uint64(a.class[i])<<16 | uint64(c)
		class, known := a.dense[both]
		if !known {
			class = uint32(len(a.dense)) //nolint:gosec // at most PageRows
			a.dense[both] = class
		}
		a.class[i] = class
	}
	a.most = uint32(len(a.dense)) //nolint:gosec // at most PageRows
}

// tally counts the rows of each class.
func (a *alike) tally() {
	a.first, a.count = slices.Grow(a.first[:0], int(a.most))[:a.most], slices.Grow(a.count[:0], int(a.most))[:a.most]
	clear(a.count)
	for i, class := range a.class {
		if a.count[class] == 0 {
			a.first[class] = int32(i)
		}
		a.count[class]++
	}
}

// classes yields, for each class, a key that is the same for the same class of other
// pages of the segment, one of its rows, and how many there are.
func (a *alike) classes(fields int, yield func(key []byte, row int, n int64)) {
	for class, n := range a.count {
		if n == 0 {
			continue
		}
		at := int(a.first[class])
		a.key = a.key[:0]
		if len(a.spans) > 0 {
			a.key = binary.LittleEndian.AppendUint64(a.key, uint64(a.spans[at])) //nolint:gosec // two's complement
		}
		for k := range fields {
			f := &a.fields[k]
			if !f.texts.Raw() {
				a.key = binary.LittleEndian.AppendUint16(append(a.key, 0), f.codes[at])
				continue
			}
			text, state := f.texts.At(int(a.rows[at]))
			a.key = binary.AppendUvarint(append(a.key, 1, byte(state)), uint64(len(text)))
			a.key = append(a.key, text...)
		}
		yield(a.key, int(a.rows[at]), n)
	}
}
