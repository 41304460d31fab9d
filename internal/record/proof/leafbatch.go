// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"crypto/sha256"
	"slices"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/ground/sha256mb"
)

// LeafBatch makes the leaves of many entries of one range at once, the same ones
// that a Hasher makes one by one, at less than half the cost. It keeps its room, so
// that one that is used again does not allocate. Use first, then Add until it is
// Full, then Sum. Not safe for concurrent use.
type LeafBatch struct {
	blind  Blinder
	x      []uint32   // the slots' places in the blinder tree, two an entry
	given  []givenOne // commitments that are not computed
	public sha256mb.Batch
	slots  sha256mb.Batch
	nodes  sha256mb.Batch // blinders, then leaves

	r, p, c, leaves []Hash
}

// givenOne is the commitment of a slot that was erased; at counts slots.
type givenOne struct {
	at int
	c  Hash
}

const (
	batchEntries = 256
	batchBytes   = 1 << 20
)

// at in a message of slots: H(0x02 ‖ s ‖ r ‖ bytes).
const blinderAt = 2

// Use starts with what is kept of a range's blinders, which must not change
// meanwhile. What was added before is forgotten.
func (b *LeafBatch) Use(k *Blinding) {
	b.blind.Use(k)
	b.clear()
}

// Reset starts with a range's seed. What was added before is forgotten.
func (b *LeafBatch) Reset(seed *Hash) {
	b.blind.Reset(seed)
	b.clear()
}

func (b *LeafBatch) clear() {
	b.x, b.given = b.x[:0], b.given[:0]
	b.public.Reset(nil)
	b.slots.Reset(nil)
}

// Len is how many entries were added since Use, Reset or Sum.
func (b *LeafBatch) Len() int { return b.public.Len() }

// Add takes entry i of the range, which is an event that was read back. The
// commitments of slots that were erased are given, others nil.
func (b *LeafBatch) Add(i uint32, e *event.Event, c0, c1 *Hash) {
	b.public.Add(e.AppendPublic(append(b.public.Room(), tagPublic...)))
	for slot, c := range [2]*Hash{c0, c1} {
		b.slot(i, slot, c)
		room := b.slots.Room()
		if c == nil {
			room = e.AppendSlot(b.openSlot(slot), slot)
		}
		b.slots.Add(room)
	}
}

// AddBytes takes entry i of the range by its canonical bytes, which are copied.
func (b *LeafBatch) AddBytes(i uint32, public, slot0, slot1 []byte) {
	b.public.Add(append(append(b.public.Room(), tagPublic...), public...))
	for slot, body := range [2][]byte{slot0, slot1} {
		b.slot(i, slot, nil)
		b.slots.Add(append(b.openSlot(slot), body...))
	}
}

// slot notes whose blinder the next message of slots needs.
func (b *LeafBatch) slot(i uint32, slot int, c *Hash) {
	if c != nil {
		b.given = append(b.given, givenOne{len(b.x), *c})
	}
	b.x = append(b.x, 2*i+uint32(slot)) //nolint:gosec // 0 or 1
}

// openSlot begins a message of slots, with room for the blinder.
func (b *LeafBatch) openSlot(slot int) []byte {
	var r Hash
	room := append(b.slots.Room(), prefixCommit, byte(slot)) //nolint:gosec // 0 or 1
	return append(room, r[:]...)
}

// Full says that it is time for Sum: more entries make nothing cheaper, and need
// room. There may be any number all the same.
func (b *LeafBatch) Full() bool {
	return b.Len() >= batchEntries || len(b.public.Room())+len(b.slots.Room()) >= batchBytes
}

// Sum returns the leaves of the entries that were added, in their order, and
// forgets them. A leaf is zero, which is none, when a blinder that it needs was
// erased. The result is valid until the next call.
func (b *LeafBatch) Sum() []Hash {
	n := b.public.Len()
	b.r, b.c = grown(b.r, 2*n), grown(b.c, 2*n)
	b.p, b.leaves = grown(b.p, n), grown(b.leaves, n)
	b.blind.many(b.x, b.r, &b.nodes)
	for k := range b.r {
		if m := b.slots.Message(k); len(m) > 0 {
			copy(m[blinderAt:], b.r[k][:])
		}
	}
	b.slots.Sum(b.c)
	b.public.Sum(b.p)
	for _, g := range b.given {
		b.c[g.at], b.r[g.at] = g.c, g.c // neither its blinder nor its bytes are needed
	}
	b.nodes.Reset(nil)
	for i := range n {
		room := append(b.nodes.Room(), prefixLeaf)
		room = append(room, b.p[i][:]...)
		room = append(room, b.c[2*i][:]...)
		b.nodes.Add(append(room, b.c[2*i+1][:]...))
	}
	b.nodes.Sum(b.leaves)
	for k := range b.r {
		if b.r[k] == (Hash{}) {
			b.leaves[k/2] = Hash{}
		}
	}
	b.clear()
	return b.leaves
}

// many computes the blinders at x, in m's room; one that was erased is zero.
func (b *Blinder) many(x []uint32, dst []Hash, m *sha256mb.Batch) {
	if b.cover != nil {
		for k := range x {
			dst[k], _ = b.At(x[k]/2, x[k]%2)
		}
		return
	}
	const above = blinderLevels - 1
	m.Reset(nil)
	for k := range x {
		if prefix := x[k] >> blinderBits; k == 0 || prefix != x[k-1]>>blinderBits {
			b.inner(above, prefix)
		}
		room := append(m.Room(), tagBlinder...)
		room = append(room, b.node[above][:]...)
		m.Add(append(room, blinderLevels, byte(x[k]&(1<<blinderBits-1))))
	}
	m.Sum(dst)
}

// grown is room for n hashes.
func grown(list []Hash, n int) []Hash {
	return slices.Grow(list[:0], n)[:n]
}

// groupRoot is the RFC 9162 tree hash of leaves, which are overwritten. Pairs level
// by level, the odd one out going up as it is, give that tree: a split at the largest
// power of two never parts a pair.
func groupRoot(level []Hash, m *sha256mb.Batch) Hash {
	if len(level) == 0 {
		return sha256.Sum256(nil)
	}
	for len(level) > 1 {
		m.Reset(nil)
		for i := 0; i+1 < len(level); i += 2 {
			room := append(m.Room(), prefixNode)
			room = append(room, level[i][:]...)
			m.Add(append(room, level[i+1][:]...))
		}
		n := m.Len()
		m.Sum(level[:n])
		if len(level)%2 == 1 {
			level[n] = level[len(level)-1]
			n++
		}
		level = level[:n]
	}
	return level[0]
}
