// SPDX-License-Identifier: Apache-2.0

package proof

import "github.com/tocsin-siem/tocsin/internal/core/event"

// Hasher makes the leaves of the entries of one range at a time. It keeps its
// room between entries, so that the hot path does not allocate. The zero value is
// ready once Blind is reset. Not safe for concurrent use.
type Hasher struct {
	Blind   Blinder
	scratch []byte
	room    []byte
}

// Leaf computes the leaf of entry i of a range from its canonical bytes. It is
// zero, which is no leaf, when a blinder was erased.
func (h *Hasher) Leaf(i uint32, public, slot0, slot1 []byte) Hash {
	var p, c0, c1 Hash
	r0, ok0 := h.Blind.At(i, 0)
	r1, ok1 := h.Blind.At(i, 1)
	if !ok0 || !ok1 {
		return Hash{}
	}
	p, h.scratch = publicHash(public, h.scratch)
	c0, h.scratch = commitment(0, &r0, slot0, h.scratch)
	c1, h.scratch = commitment(1, &r1, slot1, h.scratch)
	return leafHash(&p, &c0, &c1)
}

// LeafOf computes the leaf of an event that was read back.
func (h *Hasher) LeafOf(i uint32, e *event.Event) Hash {
	room := e.AppendPublic(h.room[:0])
	a := len(room)
	room = e.AppendSlot(room, 0)
	b := len(room)
	room = e.AppendSlot(room, 1)
	h.room = room
	return h.Leaf(i, room[:a], room[a:b], room[b:])
}

// LeafErased computes the leaf of an event of which slots were erased: the
// commitments of those are given, the others are computed. It is zero, which is no
// leaf, when the blinder of one that is not given was erased too.
func (h *Hasher) LeafErased(i uint32, e *event.Event, c0, c1 *Hash) Hash {
	public := e.AppendPublic(h.room[:0])
	a := len(public)
	var c [2]Hash
	for slot, given := range [2]*Hash{c0, c1} {
		if given != nil {
			c[slot] = *given
			continue
		}
		r, ok := h.Blind.At(i, uint32(slot))
		if !ok {
			return Hash{}
		}
		public = e.AppendSlot(public[:a], slot)
		c[slot], h.scratch = commitment(slot, &r, public[a:], h.scratch)
	}
	var p Hash
	p, h.scratch = publicHash(public[:a], h.scratch)
	h.room = public
	return leafHash(&p, &c[0], &c[1])
}
