// SPDX-License-Identifier: Apache-2.0

package segment

import "encoding/binary"

// extent says where a body lies and what it is.
type extent struct {
	offset      int64
	stored, raw uint32
	crc         uint32
	code        uint16 // of formConst
	form        byte
}

// none tells whether there is no body to read.
func (x *extent) none() bool { return x.form == formNone || x.form == formConst }

// append appends the extent. Where the body lies is not said: bodies lie one
// after the other, in the order in which the footer names them.
func (x *extent) append(b []byte) []byte {
	b = append(b, x.form)
	switch x.form {
	case formNone:
		return b
	case formConst:
		return binary.AppendUvarint(b, uint64(x.code))
	}
	b = binary.AppendUvarint(b, uint64(x.stored))
	if x.form&formZstd != 0 {
		b = binary.AppendUvarint(b, uint64(x.raw))
	}
	return binary.LittleEndian.AppendUint32(b, x.crc)
}

// extentReader reads extents; the next body lies at offset, all end at limit.
type extentReader struct {
	scanner[[]byte]
	offset, limit int64
	partRows      int
}

func (r *extentReader) extent() (x extent) {
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
	stored := r.uvarint()
	raw := stored
	if x.form&formZstd != 0 {
		raw = r.uvarint()
	}
	crc := r.take(4)
	if r.bad {
		return x
	}
	left := uint64(r.limit - r.offset) //nolint:gosec // not negative
	if stored > left || raw > maxBody || raw > expandBase+expandFactor*stored {
		r.bad = true
		return x
	}
	x.offset, x.stored, x.raw = r.offset, uint32(stored), uint32(raw) //nolint:gosec // compared
	x.crc = binary.LittleEndian.Uint32(crc)
	r.offset += int64(stored) //nolint:gosec // compared
	return x
}

// pageList has the extents of each page: one, or of a raw page one for each part. Pages
// without a body that follow each other and are alike share one.
type pageList struct {
	at   [maxPages]uint8
	of   [maxPages]uint8 // how many
	list []extent
	n    int // pages
}

func (p *pageList) page(i int) *extent { return &p.list[p.at[i]] }

// parts are all extents of a page.
func (p *pageList) parts(i int) []extent { return p.list[p.at[i]:][:p.of[i]] }

// add adds the extents of the next page.
func (p *pageList) add(parts ...extent) {
	if last := len(p.list) - 1; last < 0 || !parts[0].none() || p.list[last] != parts[0] {
		p.list = append(p.list, parts...)
	}
	p.at[p.n] = uint8(len(p.list) - len(parts)) //nolint:gosec // at most maxParts
	p.of[p.n] = uint8(len(parts))               //nolint:gosec // at most pageParts
	p.n++
}

// absent tells whether no page has a row.
func (p *pageList) absent() bool {
	return p.n == 0 || len(p.list) == 1 && p.list[0] == (extent{form: formConst, code: CodeAbsent})
}

// append appends the extents; behind one without a body stands how many more
// pages are like it.
func (p *pageList) append(b []byte) []byte {
	for i := 0; i < p.n; {
		x := p.page(i)
		for k := range p.parts(i) {
			b = p.parts(i)[k].append(b)
		}
		from := i
		for i++; i < p.n && p.at[i] == p.at[from]; i++ {
		}
		if x.none() {
			b = binary.AppendUvarint(b, uint64(i-from-1)) //nolint:gosec // not negative
		}
	}
	return b
}

// pages reads the extents of the pages of that many rows.
func (r *extentReader) pages(rows int) (p pageList) {
	n := pagesOf(rows)
	var parts [pageParts]extent
	for p.n < n && !r.bad {
		x := r.extent()
		if x.form&^formZstd == formRaw {
			parts[0] = x
			of := partsOf(pageLen(rows, p.n), r.partRows)
			for k := 1; k < of; k++ {
				parts[k] = r.extent()
				r.bad = r.bad || parts[k].form&^formZstd != formRaw
			}
			p.add(parts[:of]...)
			continue
		}
		more := uint64(0)
		if x.none() {
			more = r.uvarint()
		}
		if r.bad || more >= uint64(n-p.n) { //nolint:gosec // not negative
			r.bad = true
			return p
		}
		for range more + 1 {
			p.add(x)
		}
	}
	return p
}
