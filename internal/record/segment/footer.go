// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// A segment file, version 1. Fixed integers are little-endian; varints are
// those of Go's encoding/binary, signed ones zigzag; a text is its length as a
// varint and its bytes.
//
//	file    = magic, bodies, footer, trailer
//	magic   = "TOCSEG" and the version as two bytes, high byte first
//	trailer = u32 length of the footer, u32 CRC-32C of the footer, magic
//	footer  = varint rows, varint rows of a page (2048)
//	          text origin, text stream, text meta (the caller's)
//	          bounds of each page: for time, received, the ids' milliseconds, ord
//	            and seq a signed varint min and a varint max-min
//	          varint number of columns, and for each
//	            text name, extent of its dictionary, varint number of codes,
//	            an extent for each page
//	          extent of the rollup
//	          an extent for the filter of each page
//	extent  = byte form; for formNone nothing more; for formConst a varint code;
//	          else varint offset, varint stored length, varint raw length,
//	          u32 CRC-32C of the stored bytes
//
// A body is stored as it is, or as one zstd frame when the form's bit formZstd
// is set. Its raw length is at most 1 MiB + 512 times the stored one, so that a
// reader's memory is bounded by the file's size. Columns that a reader does not
// know are skipped. The raw bodies:
//
//	formInts    a signed varint for each row, the difference to the row before
//	formBytes   the rows' bytes; of column id byte 0 of all rows, byte 1 …
//	formCodes8  a byte for each row
//	formCodes16 the low bytes of all rows, then the high bytes
//	formRaw     for each row a varint length<<2 | state, then all texts
//	formDict    a text for each code from 3 on (0 absent, 1 blank, 2 null)
//	formFilter  the words of filter.go, 8 bytes each
//	formRollup  four lists of counts (hour, source code, category code, severity):
//	            varint length, and for each a signed varint key minus the key
//	            before and a varint number of rows; then a byte, 1 when there are
//	            buckets: varint length, and for each: signed varint hour minus the
//	            hour before, varint source code, varint category code, byte
//	            severity, varint number of rows
const (
	formNone = iota
	formConst
	formInts
	formBytes
	formCodes8
	formCodes16
	formRaw
	formDict
	formRollup
	formFilter

	formZstd = 0x80
)

const (
	magic       = "TOCSEG\x00\x01"
	magicSize   = len(magic)
	trailerSize = 8 + magicSize
	maxColumns  = 1024
	maxFooter   = 16 << 20
	// maxBody is the most that a body holds, uncompressed: a page and the
	// lengths of its rows.
	maxBody      = maxPageBytes + 1<<20
	expandBase   = 1 << 20
	expandFactor = 512
)

// extent says where a body lies and what it is.
type extent struct {
	form        byte
	code        uint16 // of formConst
	crc         uint32
	offset      int64
	stored, raw int
}

// column is what the footer says about one column.
type column struct {
	dict  extent
	codes int
	pages []extent
}

// footer is the whole description of a file.
type footer struct {
	rows           int
	origin, stream string
	meta           []byte
	bounds         []Bounds
	columns        [numColumns]column
	rollup         extent
	filters        []extent
}

func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

func (x *extent) append(b []byte) []byte {
	b = append(b, x.form)
	switch x.form {
	case formNone:
		return b
	case formConst:
		return binary.AppendUvarint(b, uint64(x.code))
	}
	b = binary.AppendUvarint(b, uint64(x.offset)) //nolint:gosec // not negative
	b = binary.AppendUvarint(b, uint64(x.stored)) //nolint:gosec // not negative
	b = binary.AppendUvarint(b, uint64(x.raw))    //nolint:gosec // not negative
	return binary.LittleEndian.AppendUint32(b, x.crc)
}

func (f *footer) append(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(f.rows)) //nolint:gosec // not negative
	b = binary.AppendUvarint(b, PageRows)
	b = appendText(appendText(appendText(b, f.origin), f.stream), string(f.meta))
	for i := range f.bounds {
		p := &f.bounds[i]
		b = appendSpan(b, p.MinTime, p.MaxTime)
		b = appendSpan(b, p.MinReceived, p.MaxReceived)
		b = appendSpan(b, p.MinMillis, p.MaxMillis)
		b = appendSpan(b, int64(p.MinOrd), int64(p.MaxOrd)) //nolint:gosec // two's complement, and back
		b = appendSpan(b, int64(p.MinSeq), int64(p.MaxSeq)) //nolint:gosec // two's complement, and back
	}
	b = binary.AppendUvarint(b, uint64(numColumns))
	for c := range numColumns {
		col := &f.columns[c]
		b = col.dict.append(appendText(b, c.String()))
		b = binary.AppendUvarint(b, uint64(col.codes)) //nolint:gosec // not negative
		for i := range col.pages {
			b = col.pages[i].append(b)
		}
	}
	b = f.rollup.append(b)
	for i := range f.filters {
		b = f.filters[i].append(b)
	}
	return b
}

func appendSpan(b []byte, from, to int64) []byte {
	return binary.AppendUvarint(binary.AppendVarint(b, from), uint64(to)-uint64(from)) //nolint:gosec // two's complement, and back
}

// parseFooter reads a footer whose checksum was good. Bodies end before limit.
func parseFooter(b []byte, limit int64) (*footer, error) {
	r := scanner[[]byte]{s: b}
	f := &footer{}
	rows, pageRows := r.uvarint(), r.uvarint()
	if r.bad || rows > MaxRows || pageRows != PageRows {
		return nil, fmt.Errorf("footer: %d rows in pages of %d: %w", rows, pageRows, ErrCorrupt)
	}
	f.rows = int(rows)
	f.origin, f.stream = string(r.text()), string(r.text())
	f.meta = append([]byte(nil), r.text()...)
	f.bounds = make([]Bounds, pagesOf(f.rows))
	for i := range f.bounds {
		f.bounds[i] = parseBounds(&r)
	}
	columns := r.uvarint()
	if r.bad || columns > maxColumns {
		return nil, fmt.Errorf("footer: %d columns: %w", columns, ErrCorrupt)
	}
	var seen [numColumns]bool
	for range columns {
		name := string(r.text())
		col := column{dict: parseExtent(&r, limit), pages: make([]extent, len(f.bounds))}
		codes := r.uvarint()
		if codes > maxCodes || (codes == 0) != (col.dict.form == formNone) {
			r.bad = true
		}
		col.codes = int(codes & maxCodes)
		for i := range col.pages {
			col.pages[i] = parseExtent(&r, limit)
		}
		if r.bad {
			return nil, fmt.Errorf("footer: column %.40q: %w", name, ErrCorrupt)
		}
		for c := range numColumns {
			if c.String() == name {
				f.columns[c], seen[c] = col, true
			}
		}
	}
	for c := range numColumns {
		if !seen[c] {
			return nil, fmt.Errorf("footer: no column %s: %w", c, ErrCorrupt)
		}
	}
	f.rollup = parseExtent(&r, limit)
	f.filters = make([]extent, len(f.bounds))
	for i := range f.filters {
		f.filters[i] = parseExtent(&r, limit)
	}
	if r.bad || len(r.s) > 0 {
		return nil, fmt.Errorf("footer: rollup and filters: %w", ErrCorrupt)
	}
	return f, nil
}

func parseBounds(r *scanner[[]byte]) (b Bounds) {
	span := func() (from, to int64) {
		from = r.varint()
		to = int64(uint64(from) + r.uvarint()) //nolint:gosec // two's complement, and back
		return from, to
	}
	b.MinTime, b.MaxTime = span()
	b.MinReceived, b.MaxReceived = span()
	b.MinMillis, b.MaxMillis = span()
	from, to := span()
	b.MinOrd, b.MaxOrd = uint64(from), uint64(to) //nolint:gosec // two's complement, and back
	from, to = span()
	b.MinSeq, b.MaxSeq = uint64(from), uint64(to) //nolint:gosec // two's complement, and back
	return b
}

func parseExtent(r *scanner[[]byte], limit int64) (x extent) {
	x.form = r.byte()
	switch x.form {
	case formNone:
		return x
	case formConst:
		code := r.uvarint()
		r.bad = r.bad || code > maxCodes
		x.code = uint16(code & maxCodes)
		return x
	}
	offset, stored, raw := r.uvarint(), r.uvarint(), r.uvarint()
	crc := r.take(4)
	if r.bad {
		return x
	}
	end := uint64(limit) //nolint:gosec // not negative
	if offset > end || stored > end-offset || raw > maxBody || raw > expandBase+expandFactor*stored ||
		(x.form&formZstd == 0 && raw != stored) {
		r.bad = true
		return x
	}
	x.offset, x.stored, x.raw = int64(offset), int(stored), int(raw) //nolint:gosec // compared
	x.crc = binary.LittleEndian.Uint32(crc)
	return x
}
