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

// pageList has an extent for each page. Pages without a body that follow each
// other and are alike share one.
type pageList struct {
	at   [maxPages]uint8
	list []extent
	n    int // pages
}

func (p *pageList) page(i int) *extent { return &p.list[p.at[i]] }

// add adds the extent of the next page.
func (p *pageList) add(x extent) {
	if last := len(p.list) - 1; last < 0 || !x.none() || p.list[last] != x {
		p.list = append(p.list, x)
	}
	p.at[p.n] = uint8(len(p.list) - 1) //nolint:gosec // at most maxPages
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
		b = x.append(b)
		from := i
		for i++; i < p.n && p.at[i] == p.at[from]; i++ {
		}
		if x.none() {
			b = binary.AppendUvarint(b, uint64(i-from-1)) //nolint:gosec // not negative
		}
	}
	return b
}

// pages reads the extents of n pages.
func (r *extentReader) pages(n int) (p pageList) {
	for p.n < n && !r.bad {
		x := r.extent()
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
