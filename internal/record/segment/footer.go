// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// footer is the whole description of a file; docs/segment-format.md has its
// bytes.
type footer struct {
	rows           int
	origin, stream string
	meta           []byte
	bounds         []Bounds
	columns        [numColumns]column
	attrs          []column
	keys           []Attr // of attrs
	rollup         extent
	words          extent   // the filter of the dictionaries
	filter         extent   // of the raw pages
	unused         []extent // filters of version 2
	size           int64
}

// column is what the footer says about one column.
type column struct {
	of    uint64 // hash of its name
	dict  extent
	codes int
	pages pageList
}

// attr begins the next attribute's column. Keys must rise.
func (f *footer) attr(key string) *column {
	f.keys = append(f.keys, Attr{Key: key, Column: numColumns + Column(len(f.attrs))}) //nolint:gosec // at most maxColumns
	f.attrs = append(f.attrs, column{of: columnHash(attrPrefix + key)})
	return &f.attrs[len(f.attrs)-1]
}

// column returns a column, nil when there is no such.
func (f *footer) column(c Column) *column {
	switch {
	case c < numColumns:
		return &f.columns[c]
	case int(c-numColumns) < len(f.attrs):
		return &f.attrs[c-numColumns]
	default:
		return nil
	}
}

// name returns a column's name in the file.
func (f *footer) name(c Column) string {
	if c.isAttr() && int(c-numColumns) < len(f.keys) {
		return attrPrefix + f.keys[c-numColumns].Key
	}
	return c.String()
}

func (f *footer) append(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(f.rows)) //nolint:gosec // not negative
	b = binary.AppendUvarint(b, PageRows)
	b = appendText(appendText(appendText(b, f.origin), f.stream), string(f.meta))
	var last Bounds
	for i := range f.bounds {
		b = f.bounds[i].append(b, &last)
		last = f.bounds[i]
	}
	b = binary.AppendUvarint(b, uint64(int(numColumns)+len(f.attrs)))
	for c := range numColumns + Column(len(f.attrs)) { //nolint:gosec // at most maxColumns
		col := f.column(c)
		b = col.dict.append(appendText(b, f.name(c)))
		b = binary.AppendUvarint(b, uint64(col.codes)) //nolint:gosec // not negative
		b = col.pages.append(b)
	}
	return f.filter.append(f.words.append(f.rollup.append(b)))
}

// append appends the bounds; the smallest values are those of the page before
// plus a difference.
func (p *Bounds) append(b []byte, last *Bounds) []byte {
	span := func(from, to, before int64) {
		b = binary.AppendVarint(b, from-before)
		b = binary.AppendUvarint(b, uint64(to)-uint64(from)) //nolint:gosec // two's complement, and back
	}
	span(p.MinTime, p.MaxTime, last.MinTime)
	span(p.MinReceived, p.MaxReceived, last.MinReceived)
	span(p.MinMillis, p.MaxMillis, last.MinMillis)
	span(int64(p.MinOrd), int64(p.MaxOrd), int64(last.MinOrd)) //nolint:gosec // two's complement, and back
	span(int64(p.MinSeq), int64(p.MaxSeq), int64(last.MinSeq)) //nolint:gosec // two's complement, and back
	return b
}

func parseBounds(r *scanner[[]byte], last *Bounds) (b Bounds) {
	span := func(before int64) (from, to int64) {
		from = before + r.varint()
		to = int64(uint64(from) + r.uvarint()) //nolint:gosec // two's complement, and back
		return from, to
	}
	b.MinTime, b.MaxTime = span(last.MinTime)
	b.MinReceived, b.MaxReceived = span(last.MinReceived)
	b.MinMillis, b.MaxMillis = span(last.MinMillis)
	from, to := span(int64(last.MinOrd))          //nolint:gosec // two's complement, and back
	b.MinOrd, b.MaxOrd = uint64(from), uint64(to) //nolint:gosec // two's complement, and back
	from, to = span(int64(last.MinSeq))           //nolint:gosec // two's complement, and back
	b.MinSeq, b.MaxSeq = uint64(from), uint64(to) //nolint:gosec // two's complement, and back
	return b
}

// parseFooter reads the footer of a file of that version whose checksum was good.
// Bodies fill the file from the magic to limit.
func parseFooter(b []byte, limit int64, version int) (*footer, error) {
	r := extentReader{scanner: scanner[[]byte]{s: b}, offset: int64(magicSize), limit: limit, partRows: partRows(version)}
	f := &footer{}
	rows, pageRows := r.uvarint(), r.uvarint()
	if r.bad || rows > MaxRows || pageRows != PageRows {
		return nil, fmt.Errorf("footer: %d rows in pages of %d: %w", rows, pageRows, ErrCorrupt)
	}
	f.rows = int(rows)
	f.origin, f.stream = string(r.text()), string(r.text())
	f.meta = append([]byte(nil), r.text()...)
	f.bounds = make([]Bounds, pagesOf(f.rows))
	var last Bounds
	for i := range f.bounds {
		f.bounds[i] = parseBounds(&r.scanner, &last)
		last = f.bounds[i]
	}
	if err := f.parseColumns(&r); err != nil {
		return nil, err
	}
	f.rollup, f.words = r.extent(), r.extent()
	if version == version2 { // its filters are of another kind, and not used
		f.unused, f.words = append(r.pages(f.rows).list, f.words), extent{}
	} else {
		f.filter = r.extent()
	}
	if r.bad || len(r.s) > 0 {
		return nil, fmt.Errorf("footer: rollup and filters: %w", ErrCorrupt)
	}
	if r.offset != limit {
		return nil, fmt.Errorf("footer: bodies end at %d, not at %d: %w", r.offset, limit, ErrCorrupt)
	}
	return f, nil
}

func (f *footer) parseColumns(r *extentReader) error {
	columns := r.uvarint()
	if r.bad || columns > maxColumns {
		return fmt.Errorf("footer: %d columns: %w", columns, ErrCorrupt)
	}
	var known [numColumns]string
	for c := range numColumns {
		known[c] = c.String()
	}
	var seen [numColumns]bool
	next := Column(0) // columns mostly come in their order
	for range columns {
		name := string(r.text())
		col := column{of: columnHash(name), dict: r.extent()}
		codes := r.uvarint()
		if codes > maxCodes || (codes == 0) != (col.dict.form == formNone) {
			r.bad = true
		}
		col.codes = int(codes & maxCodes)
		if col.pages = r.pages(f.rows); r.bad {
			return fmt.Errorf("footer: column %.40q: %w", name, ErrCorrupt)
		}
		if key, ok := strings.CutPrefix(name, attrPrefix); ok {
			if n := len(f.keys); n > 0 && f.keys[n-1].Key >= key {
				return fmt.Errorf("footer: column %.40q is not in its place: %w", name, ErrCorrupt)
			}
			*f.attr(key) = col
			continue
		}
		if next == numColumns || known[next] != name {
			for next = 0; next < numColumns && known[next] != name; next++ {
			}
		}
		if next < numColumns { // others are of a later time
			f.columns[next], seen[next] = col, true
			next++
		}
	}
	for c := range numColumns {
		if !seen[c] {
			return fmt.Errorf("footer: no column %s: %w", c, ErrCorrupt)
		}
	}
	return nil
}
