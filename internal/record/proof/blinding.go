// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// The kinds of an encoded Blinding.
const (
	blindingSeed  = 0
	blindingCover = 1
)

// ErrBlinding is wrapped by the errors about bytes that are no Blinding.
var ErrBlinding = errors.New("malformed blinding")

// Blinding is what gives the blinders of a range: its seed, or after an erasure
// the nodes of the seed's tree that are no ancestors of what was erased.
type Blinding struct {
	Seed Hash // when Cover is nil, else zero
	// Cover is never changed once it is made.
	Cover *Cover
}

// Cover is what an erasure leaves of a seed.
type Cover struct {
	Entries uint32 // of the range
	// Holes are the blinders that are gone, 2i + slot of each, rising.
	Holes []uint32
	// Nodes are the largest subtrees without a hole, from left to right: Entries
	// and Holes alone say which.
	Nodes []Hash
}

// Punctured names a slot of an entry by the entry's number in its range.
type Punctured struct {
	I    uint32
	Slot uint8
}

// Puncture returns what is kept when the blinders of more slots are forgotten, of
// a range with that many entries. b itself still gives them: who erases makes sure
// that no copy of it is left. The order of holes is of no matter, and what is gone
// already may be named again.
func (b *Blinding) Puncture(holes []Punctured, entries uint32) (Blinding, error) {
	if entries == 0 || entries > MaxRangeEntries || b.Cover != nil && b.Cover.Entries != entries {
		return Blinding{}, fmt.Errorf("puncture a range of %d entries: there is none", entries)
	}
	var all []uint32
	if b.Cover != nil {
		all = slices.Clone(b.Cover.Holes)
	}
	for _, h := range holes {
		if h.I >= entries || h.Slot > 1 {
			return Blinding{}, fmt.Errorf("puncture slot %d of entry %d: the range has %d entries", h.Slot, h.I, entries)
		}
		all = append(all, 2*h.I+uint32(h.Slot))
	}
	slices.Sort(all)
	all = slices.Compact(all)
	if len(all) == 0 {
		return *b, nil
	}
	var from Blinder
	from.Use(b)
	c := &Cover{Entries: entries, Holes: all}
	for level, prefix := range c.kept() {
		node, ok := from.inner(level, prefix)
		if !ok { // cannot be: every hole of b is a hole of c
			return Blinding{}, fmt.Errorf("puncture: node %d at level %d is not kept", prefix, level)
		}
		c.Nodes = append(c.Nodes, node)
	}
	return Blinding{Cover: c}, nil
}

// kept walks over the kept nodes, from left to right: the level of each, and the
// digits of its path as one number.
func (c *Cover) kept() func(yield func(level int, prefix uint32) bool) {
	return func(yield func(int, uint32) bool) { c.walk(0, 0, c.Holes, yield) }
}

// walk goes below a node; holes are those below it.
func (c *Cover) walk(level int, prefix uint32, holes []uint32, yield func(int, uint32) bool) bool {
	s := shift(level)
	switch {
	case uint64(prefix)<<s >= 2*uint64(c.Entries):
		return true // nothing of the range lies there
	case len(holes) == 0:
		return yield(level, prefix)
	case level == blinderLevels:
		return true // the hole itself
	}
	for d := range uint32(1 << blinderBits) {
		child := prefix<<blinderBits | d
		n, _ := slices.BinarySearch(holes, (child+1)<<shift(level+1))
		if !c.walk(level+1, child, holes[:n], yield) {
			return false
		}
		holes = holes[n:]
	}
	return true
}

// Append appends the encoded form: one byte of kind, and either the seed or u32
// entries, u32 number of holes, the holes and the nodes.
func (b *Blinding) Append(dst []byte) []byte {
	c := b.Cover
	if c == nil {
		return append(append(dst, blindingSeed), b.Seed[:]...)
	}
	dst = append(dst, blindingCover)
	dst = binary.BigEndian.AppendUint32(dst, c.Entries)
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(c.Holes))) //nolint:gosec // at most two an entry
	for _, x := range c.Holes {
		dst = binary.BigEndian.AppendUint32(dst, x)
	}
	for i := range c.Nodes {
		dst = append(dst, c.Nodes[i][:]...)
	}
	return dst
}

// ParseBlinding reads what Append wrote, and nothing else. Errors wrap ErrBlinding.
func ParseBlinding(raw []byte) (b Blinding, err error) {
	r := Cursor{B: raw}
	switch kind := r.U8(); kind {
	case blindingSeed:
		b.Seed = r.Hash()
	case blindingCover:
		if b.Cover, err = readCover(&r); err != nil {
			return Blinding{}, err
		}
	default:
		return b, fmt.Errorf("%w: kind %d", ErrBlinding, kind)
	}
	if !r.Done() {
		return Blinding{}, ErrBlinding
	}
	return b, nil
}

func readCover(r *Cursor) (*Cover, error) {
	c := &Cover{Entries: r.U32()}
	n := r.U32()
	if c.Entries == 0 || c.Entries > MaxRangeEntries || n == 0 || n > 2*c.Entries || int(n) > len(r.B)/4 {
		return nil, fmt.Errorf("%w: %d holes in %d entries", ErrBlinding, n, c.Entries)
	}
	c.Holes = make([]uint32, n)
	for i := range c.Holes {
		c.Holes[i] = r.U32()
		if c.Holes[i] >= 2*c.Entries || i > 0 && c.Holes[i] <= c.Holes[i-1] {
			return nil, fmt.Errorf("%w: list of holes", ErrBlinding)
		}
	}
	for range c.kept() {
		if c.Nodes = append(c.Nodes, r.Hash()); r.Bad {
			return nil, fmt.Errorf("%w: nodes are missing", ErrBlinding)
		}
	}
	return c, nil
}
