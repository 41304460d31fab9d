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
	// maxFilterKeys is where a part, or the dictionaries, have too many different words
	// and values for a filter to pay: then all of them may be there.
	maxFilterKeys = 1 << 18
	// maxGathered bounds the memory for a file's hashes; the parts beyond are as
	// those of too many words.
	maxGathered = 1 << 22
)

// filterBuilder gathers the hashes of a file's raw pages, or of its dictionaries, and
// makes a filter of them. Most hashes that come again come soon: recent leaves these
// out, and what is left is counted by how many of the bits of seen it sets (K.-Y. Whang
// and others, A linear-time probabilistic counting algorithm, 1990).
type filterBuilder struct {
	hashes []uint64
	runs   []filterRun
	full   Parts // all may be there
	recent [1 << 10]uint64
	seen   [1 << 10]uint64
	entry  []byte // of a dictionary
}

// filterRun are the hashes of one column in one part.
type filterRun struct {
	of        uint64
	part      int
	from, end int
}

func (b *filterBuilder) add(hash uint64) {
	if r := &b.recent[hash%(1<<10)]; *r != hash || hash == 0 {
		*r = hash
		b.hashes = append(b.hashes, hash)
	}
}

// begin empties the builder.
func (b *filterBuilder) begin() {
	if cap(b.hashes) > maxGathered/2 { // seldom, and it is not to stay for that
		b.hashes = nil
	}
	b.hashes, b.runs, b.full = b.hashes[:0], b.runs[:0], Parts{}
}

// run gathers what more calls add with, of a column in a part; more is called until it
// says that there is no more, or that is too much.
func (b *filterBuilder) run(of uint64, part int, more func() bool) {
	if b.full.hasPart(part) {
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
			b.hashes = b.hashes[:from]
			b.full.add(part)
			return
		}
	}
	if len(b.hashes) > from {
		b.runs = append(b.runs, filterRun{of: of, part: part, from: from, end: len(b.hashes)})
	}
}

// count is about how many different hashes a run has.
func (b *filterBuilder) count(r *filterRun) float64 {
	clear(b.seen[:])
	for _, h := range b.hashes[r.from:r.end] {
		bit := h >> 48
		b.seen[bit>>6] |= 1 << (bit & 63)
	}
	set, all := 0, 64*len(b.seen)
	for _, w := range b.seen {
		set += bits.OnesCount64(w)
	}
	return float64(all) * math.Log(float64(all)/float64(max(1, all-set)))
}

// keys is about how many different hashes a part has, of which the largest one and the
// mean of all have their say: a filter that is too small for one part still is one, and
// the others pay for what is too large.
func (b *filterBuilder) keys(parts int) int {
	var of [maxPages * pageParts]float64
	for i := range b.runs {
		if r := &b.runs[i]; !b.full.hasPart(r.part) {
			of[r.part] += b.count(r)
		}
	}
	most, sum, n := 0.0, 0.0, 0
	for part := range parts {
		if of[part] > maxFilterKeys {
			b.full.add(part)
		}
		if !b.full.hasPart(part) {
			most, sum, n = max(most, of[part]), sum+of[part], n+1
		}
	}
	return int(most+sum/float64(max(1, n)))/2 + 1
}

// build appends the filter of what was gathered of that many parts; ok is false when
// there is nothing, or too much everywhere.
func (b *filterBuilder) build(dst []byte, parts int, table *crc32.Table) (_ []byte, ok bool) {
	const most = filterBlock - 4
	width, keys := slotWidth(parts), b.keys(parts)
	data := (keys*filterBits*width + 31) / 32 * 4
	size := data + 4
	if data > most {
		data, size = most, (data+most-1)/most*filterBlock
	}
	if len(b.runs) == 0 || size > maxBody {
		return dst, false
	}
	from := len(dst)
	dst = slices.Grow(dst, size)[:from+size]
	body := dst[from:]
	clear(body)
	blocks, _ := filterBlocks(size)
	for i := range b.runs {
		if r := &b.runs[i]; !b.full.hasPart(r.part) {
			b.set(body, r, blocks, width, data*8/width)
		}
	}
	for i := range blocks {
		block := body[i*filterBlock:][:data]
		b.fill(block, parts, width)
		binary.LittleEndian.PutUint32(body[i*filterBlock+data:], crc32.Checksum(block, table))
	}
	return dst, true
}

// set sets the bits of a run.
func (b *filterBuilder) set(body []byte, r *filterRun, blocks, width, slots int) {
	for _, h := range b.hashes[r.from:r.end] {
		at, _ := bits.Mul64(h, uint64(blocks)) //nolint:gosec // not negative
		block := body[at*filterBlock:]
		probes := probe(h, r.of, slots)
		for slot, ok := probes.next(); ok; slot, ok = probes.next() {
			bit := slot*width + r.part
			block[bit>>3] |= 1 << (bit & 7)
		}
	}
}

// fill sets the bits of the parts in which all may be there.
func (b *filterBuilder) fill(block []byte, parts, width int) {
	for part := range parts {
		if !b.full.hasPart(part) {
			continue
		}
		for bit := part; bit < len(block)*8; bit += width {
			block[bit>>3] |= 1 << (bit & 7)
		}
	}
}
