// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/bits"
	"slices"
)

// Filter tells of the raw texts of a file's columns, part by part, or of its
// dictionaries, what they surely do not hold, so that a search need not read them:
// words, whole values, addresses, and keys of attributes in ColRest. The zero Filter
// lets everything pass.
//
// It is a Bloom filter (B. Bloom, 1970) of what is found in which column, with about
// filterBits bits and filterProbes probes for each, which lets about one in three hundred
// pass for nothing. In the place of a bit it has a slot, a bit for each part of a page
// (bit-sliced signatures: C. Faloutsos and R. Chan, 1988), and all slots of one hash,
// whatever the column, lie in one block (blocked Bloom filters: F. Putze, P. Sanders and
// J. Singler, 2007). It stays in its file: to know in which columns and where a word may
// be is to read one block.
type Filter struct {
	file  *File
	x     *extent
	width int // bits of a slot
}

const (
	filterBits   = 12
	filterProbes = 7
	filterBlock  = 16 << 10 // bytes, of which the last four are a checksum
	filterStep   = 0x9e3779b97f4a7c15
)

// slotWidth is how many bits a slot has for that many parts.
func slotWidth(parts int) int { return 1 << bits.Len(uint(max(1, parts)-1)) }

// Filter tells of the raw pages.
func (f *File) Filter() Filter {
	return Filter{file: f, x: &f.footer.filter, width: slotWidth(partsOf(f.footer.rows, PartRows))}
}

// DictFilter tells of the dictionaries, as part 0.
func (f *File) DictFilter() Filter { return Filter{file: f, x: &f.footer.words, width: 1} }

// Narrow takes out of parts[k], for each of columns, what surely holds nothing in
// columns[k] that has that hash. When the filter cannot be read it takes nothing out.
func (f Filter) Narrow(hash uint64, columns []Column, parts []Parts) error {
	if f.file == nil || f.x.form == formNone || !slices.ContainsFunc(parts, func(p Parts) bool { return !p.None() }) {
		return nil
	}
	buffer := f.file.cache.buffer(filterBlock)
	defer f.file.cache.give(buffer)
	block, err := f.block(*buffer, hash)
	if err != nil {
		return f.file.wrap(fmt.Errorf("filter: %w", err))
	}
	for k, c := range columns {
		if !parts[k].None() {
			parts[k] = parts[k].And(f.in(block, hash, f.file.footer.column(c).of))
		}
	}
	return nil
}

// Any returns the parts that may hold in a column, of one of values, all hashes.
func (f Filter) Any(c Column, values [][]uint64) (any Parts, err error) {
	for _, hashes := range values {
		parts := [1]Parts{AllParts()}
		for _, h := range hashes {
			if err := f.Narrow(h, []Column{c}, parts[:]); err != nil {
				return AllParts(), err
			}
		}
		any = any.Or(parts[0])
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
	if len(data)*8 < f.width {
		return nil, fmt.Errorf("block of %d bytes: %w", len(b), ErrCorrupt)
	}
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

// in returns the parts that may hold what has that hash in the column whose name has
// the hash of.
func (f Filter) in(block []byte, hash, of uint64) Parts {
	parts := AllParts()
	probes := probe(hash, of, len(block)*8/f.width)
	for slot, ok := probes.next(); ok; slot, ok = probes.next() {
		at := slot * f.width
		switch f.width {
		case 128:
			parts[0] &= binary.LittleEndian.Uint64(block[at>>3:])
			parts[1] &= binary.LittleEndian.Uint64(block[at>>3+8:])
		case 64:
			parts[0] &= binary.LittleEndian.Uint64(block[at>>3:])
		default:
			parts[0] &= uint64(binary.LittleEndian.Uint32(block[at>>5<<2:]) >> (at & 31))
		}
	}
	if f.width < 128 {
		parts[1] = 0
		parts[0] &= 1<<f.width - 1
	}
	return parts
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
