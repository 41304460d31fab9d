// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"encoding/binary"
	"hash/crc32"
	"math"
	"math/bits"
	"slices"
)

const (
	// maxFilterKeys is where a page has too many different words and values for a
	// filter to pay: then all of them may be there.
	maxFilterKeys = 1 << 18
	// maxGathered bounds the memory for a file's hashes; the pages beyond are as
	// those of too many words.
	maxGathered = 1 << 22
)

// filterBuilder gathers the hashes of a file's raw pages, or of its dictionaries, and
// makes a filter of them. Most hashes that come again come soon: recent leaves these
// out, and what is left of a page is counted by how many of the bits of seen it sets
// (K.-Y. Whang and others, A linear-time probabilistic counting algorithm, 1990).
type filterBuilder struct {
	hashes []uint64
	runs   []filterRun
	full   PageSet // all may be there
	recent [1 << 11]uint64
	seen   [1 << 10]uint64
	entry  []byte // of a dictionary
}

// filterRun are the hashes of one column in one page.
type filterRun struct {
	of        uint64
	page      int
	from, end int
}

func (b *filterBuilder) add(hash uint64) {
	if r := &b.recent[hash%(1<<11)]; *r != hash || hash == 0 {
		*r = hash
		b.hashes = append(b.hashes, hash)
	}
}

// begin empties the builder.
func (b *filterBuilder) begin() {
	if cap(b.hashes) > maxGathered/2 { // seldom, and it is not to stay for that
		b.hashes = nil
	}
	b.hashes, b.runs, b.full = b.hashes[:0], b.runs[:0], 0
}

// run gathers what each calls add with, of a column in a page; more tells whether
// there is more, and is asked again and again until that is too much.
func (b *filterBuilder) run(of uint64, page int, more func() bool) {
	if b.full.Has(page) {
		return
	}
	clear(b.recent[:])
	from, limit := len(b.hashes), 4*maxFilterKeys
	for more() {
		if len(b.hashes)-from < limit && len(b.hashes) < maxGathered {
			continue
		}
		own := b.hashes[from:]
		slices.Sort(own)
		own = slices.Compact(own)
		if b.hashes = b.hashes[:from+len(own)]; len(own) > maxFilterKeys || len(b.hashes) > maxGathered/2 {
			b.hashes, b.full = b.hashes[:from], b.full|1<<page
			return
		}
	}
	if len(b.hashes) > from {
		b.runs = append(b.runs, filterRun{of: of, page: page, from: from, end: len(b.hashes)})
	}
}

// dicts gathers the dictionaries of r.
func (b *filterBuilder) dicts(r Reader) error {
	b.begin()
	return b.columns(r, func(c Column, name string) error {
		if c == ColRest {
			return nil
		}
		d, err := r.Dict(c)
		if err != nil {
			return err
		}
		of, code := columnHash(name), int(CodeFirst)
		b.run(of, 0, func() bool {
			if code >= d.Len() {
				return false
			}
			b.entry = append(b.entry[:0], d.Text(uint16(code))...)
			b.text(c, of, b.entry)
			code++
			return true
		})
		return nil
	})
}

// pages gathers the raw pages of r.
func (b *filterBuilder) pages(r Reader) error {
	b.begin()
	return b.columns(r, func(c Column, name string) error {
		var keys Dict
		of := columnHash(name)
		for page := range Pages(r) {
			if b.full.Has(page) || !r.Raw(c, page) {
				continue
			}
			texts, err := r.Texts(c, page)
			if err != nil {
				return err
			}
			if c == ColRest && keys.Len() == 0 {
				if keys, err = r.Dict(c); err != nil {
					return err
				}
			}
			row := 0
			b.run(of, page, func() bool {
				if row >= texts.Len() {
					return false
				}
				text, state := texts.At(row)
				switch row++; {
				case state != Present:
				case c == ColRest:
					b.rest(text, keys)
				default:
					b.text(c, of, text)
				}
				return true
			})
		}
		return nil
	})
}

// columns calls each with the columns of text.
func (b *filterBuilder) columns(r Reader, each func(c Column, name string) error) error {
	for c := ColSource; c <= ColRest; c++ {
		if err := each(c, c.String()); err != nil {
			return err
		}
	}
	for _, a := range r.Attrs() {
		if err := each(a.Column, attrPrefix+a.Key); err != nil {
			return err
		}
	}
	return nil
}

// keys is about how many different hashes a page has, of which the largest page and
// the mean of all have their say: a filter that is too small for one page still is
// one, and the others pay for what is too large.
func (b *filterBuilder) keys(pages int) int {
	most, sum := 0.0, 0.0
	for page := range pages {
		if b.full.Has(page) {
			continue
		}
		clear(b.seen[:])
		for _, r := range b.runs {
			if r.page == page {
				for _, h := range b.hashes[r.from:r.end] {
					bit := (h ^ r.of) >> 48
					b.seen[bit>>6] |= 1 << (bit & 63)
				}
			}
		}
		set, all := 0, 64*len(b.seen)
		for _, w := range b.seen {
			set += bits.OnesCount64(w)
		}
		n := float64(all) * math.Log(float64(all)/float64(max(1, all-set)))
		if n > maxFilterKeys {
			b.full |= 1 << page
			continue
		}
		most, sum = max(most, n), sum+n
	}
	return int(most+sum/float64(max(1, pages-bits.OnesCount32(uint32(b.full)))))/2 + 1
}

// build appends the filter of what was gathered of that many pages; ok is false when
// there is nothing, or too much everywhere.
func (b *filterBuilder) build(dst []byte, pages int, table *crc32.Table) (_ []byte, ok bool) {
	width, keys := slotWidth(pages), b.keys(pages)
	if len(b.runs) == 0 || bits.OnesCount32(uint32(b.full)) == pages {
		return dst, false
	}
	const most = filterBlock - 4
	data := (keys*filterBits*width + 31) / 32 * 4
	size := data + 4
	if data > most {
		data, size = most, (data+most-1)/most*filterBlock
	}
	if size > maxBody {
		return dst, false
	}
	from := len(dst)
	dst = slices.Grow(dst, size)[:from+size]
	body := dst[from:]
	clear(body)
	blocks, _ := filterBlocks(size)
	for _, r := range b.runs {
		if b.full.Has(r.page) {
			continue
		}
		for _, h := range b.hashes[r.from:r.end] {
			at, _ := bits.Mul64(h, uint64(blocks)) //nolint:gosec // not negative
			block := body[at*filterBlock:]
			probes := probe(h, r.of, data*8/width)
			for slot, ok := probes.next(); ok; slot, ok = probes.next() {
				bit := slot*width + r.page
				block[bit>>3] |= 1 << (bit & 7)
			}
		}
	}
	for i := range blocks {
		block := body[i*filterBlock:][:data]
		b.fill(block, width)
		binary.LittleEndian.PutUint32(body[i*filterBlock+data:], crc32.Checksum(block, table))
	}
	return dst, true
}

// fill sets the bits of the pages in which all may be there.
func (b *filterBuilder) fill(block []byte, width int) {
	if b.full == 0 {
		return
	}
	for slot := 0; slot < len(block)*8; slot += width {
		for page := range width {
			if b.full.Has(page) {
				bit := slot + page
				block[bit>>3] |= 1 << (bit & 7)
			}
		}
	}
}
