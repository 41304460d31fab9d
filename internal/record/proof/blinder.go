// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"crypto/sha256"
	"sort"
)

const (
	tagBlinder    = "tocsin-kt"
	blinderLevels = 4
	blinderBits   = 5
	// MaxRangeEntries is the most that one blinder tree can hold: 2^19 entries
	// of two slots.
	MaxRangeEntries = 1 << (blinderLevels*blinderBits - 1)
)

// Blinder derives the 32-byte blinders of a range from its seed.
//
// x = 2i + slot, written as four base-32 digits, most significant first, is a
// path in a tree: n0 = seed; n_l = H("tocsin-kt" ‖ n_{l−1} ‖ l ‖ d_l), l and d_l
// one byte each; the blinder is n4. Whoever must forget some entries and open the
// others keeps the nodes beside their paths instead of the seed (Cover).
//
// The path of the last call is kept: neighbours cost one hash.
type Blinder struct {
	node [blinderLevels + 1]Hash
	x    uint32
	warm bool
	// cover is nil over a seed.
	cover *Cover
	roots []coverRoot // of cover's nodes, in their order
}

// coverRoot is where a kept node lies in the tree.
type coverRoot struct {
	level  int
	prefix uint32
}

// Reset starts with a range's seed.
func (b *Blinder) Reset(seed *Hash) { b.node[0], b.warm, b.cover = *seed, false, nil }

// Use starts with what is kept of a range's blinders. k must not change meanwhile.
func (b *Blinder) Use(k *Blinding) {
	b.Reset(&k.Seed)
	if k.Cover == nil {
		return
	}
	b.cover, b.roots = k.Cover, b.roots[:0]
	for level, prefix := range k.Cover.kept() {
		b.roots = append(b.roots, coverRoot{level, prefix})
	}
}

// At returns the blinder of a slot of entry i; i is below MaxRangeEntries. ok is
// false, and the blinder zero, when it was erased.
func (b *Blinder) At(i uint32, slot uint32) (r Hash, ok bool) {
	x := 2*i + slot
	level := 1
	if b.warm {
		for level <= blinderLevels && b.x>>shift(level) == x>>shift(level) {
			level++
		}
	}
	if b.cover != nil {
		at, found := b.find(x)
		if !found {
			return Hash{}, false
		}
		if root := b.roots[at].level; level <= root {
			b.node[root] = b.cover.Nodes[at]
			level = root + 1
		}
	}
	b.descend(level, blinderLevels, x)
	b.x, b.warm = x, true
	return b.node[blinderLevels], true
}

// descend computes the path to x between two levels; the node above is there.
func (b *Blinder) descend(level, last int, x uint32) {
	var in [len(tagBlinder) + sha256.Size + 2]byte
	copy(in[:], tagBlinder)
	for ; level <= last; level++ {
		copy(in[len(tagBlinder):], b.node[level-1][:])
		in[len(in)-2] = byte(level) //nolint:gosec // at most blinderLevels
		in[len(in)-1] = byte(x >> shift(level) & (1<<blinderBits - 1))
		b.node[level] = sha256.Sum256(in[:])
	}
}

// find returns the number of the kept node over x.
func (b *Blinder) find(x uint32) (at int, ok bool) {
	at = sort.Search(len(b.roots), func(i int) bool { return b.roots[i].prefix<<shift(b.roots[i].level) > x }) - 1
	ok = at >= 0 && x < 2*b.cover.Entries && x>>shift(b.roots[at].level) == b.roots[at].prefix
	return at, ok
}

// inner returns an inner node of the tree; ok is false when it is not kept and
// cannot be derived.
func (b *Blinder) inner(level int, prefix uint32) (n Hash, ok bool) {
	x, from := prefix<<shift(level), 0
	b.warm = false
	if b.cover != nil {
		at, found := b.find(x)
		if !found || b.roots[at].level > level {
			return Hash{}, false
		}
		from = b.roots[at].level
		b.node[from] = b.cover.Nodes[at]
	}
	b.descend(from+1, level, x)
	return b.node[level], true
}

// shift is how far x is moved to the right to end with the digit of a level.
func shift(level int) int { return blinderBits * (blinderLevels - level) }
