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

// Leaf computes the leaf of entry i of a range from its canonical bytes.
func (h *Hasher) Leaf(i uint32, public, slot0, slot1 []byte) Hash {
	var p, c0, c1 Hash
	p, h.scratch = publicHash(public, h.scratch)
	r := h.Blind.At(i, 0)
	c0, h.scratch = commitment(0, &r, slot0, h.scratch)
	r = h.Blind.At(i, 1)
	c1, h.scratch = commitment(1, &r, slot1, h.scratch)
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
// commitments of those are given, the others are computed.
func (h *Hasher) LeafErased(i uint32, e *event.Event, c0, c1 *Hash) Hash {
	public := e.AppendPublic(h.room[:0])
	a := len(public)
	var c [2]Hash
	for slot, given := range [2]*Hash{c0, c1} {
		if given != nil {
			c[slot] = *given
			continue
		}
		r := h.Blind.At(i, uint32(slot))
		public = e.AppendSlot(public[:a], slot)
		c[slot], h.scratch = commitment(slot, &r, public[a:], h.scratch)
	}
	var p Hash
	p, h.scratch = publicHash(public[:a], h.scratch)
	h.room = public
	return leafHash(&p, &c[0], &c[1])
}
