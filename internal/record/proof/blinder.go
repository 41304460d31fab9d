// SPDX-License-Identifier: Apache-2.0

package proof

import "crypto/sha256"

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
// others keeps the nodes beside their paths instead of the seed.
//
// The path of the last call is kept: neighbours cost one hash.
type Blinder struct {
	node [blinderLevels + 1]Hash
	x    uint32
	warm bool
}

// Reset starts with a range's seed.
func (b *Blinder) Reset(seed *Hash) { b.node[0], b.warm = *seed, false }

// At returns the blinder of a slot of entry i; i is below MaxRangeEntries.
func (b *Blinder) At(i uint32, slot uint32) Hash {
	x := 2*i + slot
	level := 1
	if b.warm {
		for level <= blinderLevels && b.x>>shift(level) == x>>shift(level) {
			level++
		}
	}
	var in [len(tagBlinder) + sha256.Size + 2]byte
	copy(in[:], tagBlinder)
	for ; level <= blinderLevels; level++ {
		copy(in[len(tagBlinder):], b.node[level-1][:])
		in[len(in)-2] = byte(level)
		in[len(in)-1] = byte(x >> shift(level) & (1<<blinderBits - 1))
		b.node[level] = sha256.Sum256(in[:])
	}
	b.x, b.warm = x, true
	return b.node[blinderLevels]
}

// shift is how far x is moved to the right to end with the digit of a level.
func shift(level int) int { return blinderBits * (blinderLevels - level) }
