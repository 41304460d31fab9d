// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/bits"
)

// PageSet is a set of the pages of a reader: bit i is page i.
type PageSet uint32

// AllPages has each page that a reader can have.
const AllPages PageSet = 1<<maxPages - 1

// Has tells whether a page is in the set.
func (s PageSet) Has(page int) bool { return s>>page&1 != 0 }

// Filter tells of the raw texts of a file's columns, page by page, or of its
// dictionaries, what they surely do not hold, so that a search need not read them:
// words, whole values, addresses, and keys of attributes in ColRest. The zero Filter
// lets everything pass.
//
// It is a Bloom filter (B. Bloom, 1970) of what is found in which column, with about
// filterBits bits and filterProbes probes for each, which lets about one in a hundred
// pass for nothing. In the place of a bit it has a slot, a bit for each page
// (bit-sliced signatures: C. Faloutsos and R. Chan, 1988), and all slots of one hash,
// whatever the column, lie in one block of 4 KiB (blocked Bloom filters: F. Putze, P.
// Sanders and J. Singler, 2007). It stays in its file: to know which pages and which
// columns may have a word is to read one block.
type Filter struct {
	file  *File
	x     *extent
	width int // bits of a slot
}

const (
	filterBits   = 10
	filterProbes = 6
	filterBlock  = 4096 // bytes, of which the last four are a checksum
	filterStep   = 0x9e3779b97f4a7c15
)

// slotWidth is how many bits a slot has for that many pages.
func slotWidth(pages int) int { return 1 << bits.Len(uint(max(1, pages)-1)) } //nolint:gosec // not negative

// Filter tells of the raw pages.
func (f *File) Filter() Filter {
	return Filter{file: f, x: &f.footer.filter, width: slotWidth(len(f.footer.bounds))}
}

// DictFilter tells of the dictionaries, as page 0.
func (f *File) DictFilter() Filter { return Filter{file: f, x: &f.footer.words, width: 1} }

// Narrow takes out of pages[k], for each of columns, those pages that surely hold
// nothing in columns[k] that has that hash. When the filter cannot be read it takes
// nothing out.
func (f Filter) Narrow(hash uint64, columns []Column, pages []PageSet) error {
	if f.file == nil || f.x.form == formNone || none(pages) {
		return nil
	}
	buffer := f.file.cache.buffer(filterBlock)
	defer f.file.cache.give(buffer)
	block, err := f.block(*buffer, hash)
	if err != nil {
		return f.file.wrap(fmt.Errorf("filter: %w", err))
	}
	for k, c := range columns {
		if pages[k] != 0 {
			pages[k] &= f.in(block, hash, f.file.footer.column(c).of)
		}
	}
	return nil
}

// Any returns the pages that may hold in a column, of one of values, all hashes.
func (f Filter) Any(c Column, values [][]uint64) (any PageSet, err error) {
	for _, hashes := range values {
		pages := [1]PageSet{AllPages}
		for _, h := range hashes {
			if err := f.Narrow(h, []Column{c}, pages[:]); err != nil {
				return AllPages, err
			}
		}
		any |= pages[0]
	}
	return any, nil
}

// block reads the block that a hash is in, without its checksum.
func (f Filter) block(buffer []byte, hash uint64) ([]byte, error) {
	size := int(f.x.stored)
	blocks, ok := filterBlocks(size)
	if !ok || f.x.form != formFilter {
		return nil, ErrCorrupt
	}
	b := buffer[:min(size, filterBlock)]
	at, _ := bits.Mul64(hash, uint64(blocks))                                  //nolint:gosec // not negative
	if err := f.file.readAt(b, f.x.offset+int64(at)*filterBlock); err != nil { //nolint:gosec // within the body
		return nil, err
	}
	data := b[:len(b)-4]
	if crc32.Checksum(data, f.file.table) != binary.LittleEndian.Uint32(b[len(data):]) {
		return nil, fmt.Errorf("block %d: wrong checksum: %w", at, ErrCorrupt)
	}
	return data, nil
}

// filterBlocks is how many blocks a body of that size has.
func filterBlocks(size int) (n int, ok bool) {
	if size <= filterBlock {
		return 1, size >= 8 && size%4 == 0
	}
	return size / filterBlock, size%filterBlock == 0
}

// in returns the pages that may hold what has that hash in the column whose name has
// the hash of.
func (f Filter) in(block []byte, hash, of uint64) PageSet {
	pages := AllPages
	probes := probe(hash, of, len(block)*8/f.width)
	for slot, ok := probes.next(); ok; slot, ok = probes.next() {
		at := slot * f.width
		pages &= PageSet(binary.LittleEndian.Uint32(block[at>>5<<2:]) >> (at & 31))
	}
	return pages & (1<<f.width - 1)
}

// probes are the slots of a hash within its block.
type probes struct {
	at, step, slots uint64
	left            int
}

func probe(hash, of uint64, slots int) probes {
	return probes{at: (hash ^ of) * filterStep, step: (hash>>32 | 1) * filterStep, slots: uint64(slots), left: filterProbes} //nolint:gosec // not negative
}

func (p *probes) next() (slot int, ok bool) {
	if p.left == 0 {
		return 0, false
	}
	high, _ := bits.Mul64(p.at, p.slots)
	p.at += p.step
	p.left--
	return int(high), true //nolint:gosec // below slots
}

func none(pages []PageSet) bool {
	for _, p := range pages {
		if p != 0 {
			return false
		}
	}
	return true
}

// RawPages are the pages of a reader in which a text column is raw.
func RawPages(r Reader, c Column) (raw PageSet) {
	for page := range Pages(r) {
		if r.Raw(c, page) {
			raw |= 1 << page
		}
	}
	return raw
}
