// SPDX-License-Identifier: Apache-2.0

package journal

import "crypto/sha256"

const (
	tagBlinder    = "tocsin-kt"
	blinderLevels = 4
	blinderBits   = 5
	// maxRangeEntries is the most that one blinder tree can hold: 2^19 entries
	// of two slots.
	maxRangeEntries = 1 << (blinderLevels*blinderBits - 1)
)

// blinder derives the 32-byte blinders of a range from its seed.
//
// x = 2i + slot, written as four base-32 digits, most significant first, is a
// path in a tree: n0 = seed; n_l = H("tocsin-kt" ‖ n_{l−1} ‖ l ‖ d_l), l and d_l
// one byte each; the blinder is n4. Whoever must forget some entries and open the
// others keeps the nodes beside their paths instead of the seed.
//
// The path of the last call is kept: neighbours cost one hash.
type blinder struct {
	node [blinderLevels + 1]hash
	x    uint32
	warm bool
}

// reset starts with a range's seed.
func (b *blinder) reset(seed *hash) { b.node[0], b.warm = *seed, false }

// at returns the blinder of a slot of entry i; i is below maxRangeEntries.
func (b *blinder) at(i uint32, slot uint32) hash {
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
