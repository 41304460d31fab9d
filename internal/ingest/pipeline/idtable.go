// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"crypto/rand"
	"errors"
	"fmt"
	"math/bits"
)

// idTable remembers the last ids that were recorded, each with a hash of its
// content: at least limit of them, in at most 16.8 bytes each.
//
// It is an open-addressing table with linear probing, cut into shards so that
// growing one is short. A slot is a fingerprint of 56 bits, a generation of 8 and
// 32 bits of content hash; with the 8 bits that choose the shard, two keys meet
// by chance once in 2^64. A generation is a 64th of the limit; a slot whose
// generation is too old counts as empty and is cleared by a hand that every
// insertion moves on by a few slots. Memory grows with use.
//
// It is not safe for concurrent use.
type idTable struct {
	secret   [32]byte // begins what is hashed to a key
	limit    int
	perGen   uint64
	maxSlots int
	shards   []idShard
	inserts  uint64
	// began is the receipt of the first id of each living generation.
	began [256]int64
	// dropped counts ids that found no slot: their duplicates are not seen.
	dropped uint64
}

// idShard is one part of the table. slots[i] is fingerprint<<8 | generation, 0
// when empty.
type idShard struct {
	slots   []uint64
	content []uint32
	used    int
	hand    int
}

const (
	generations = 64
	// handStep is how many slots an insertion sweeps. A pass over a full shard
	// then takes about five generations of insertions.
	handStep = 16
	// sameKeyMost bounds how many contents of one id are remembered.
	sameKeyMost = 4
	slotBytes   = 8 + 4
	firstSlots  = 32
)

// known tells what the table holds about an id.
type known uint8

const (
	unknownID known = iota
	sameContent
	otherContent
)

func newIDTable(limit int) (*idTable, error) {
	var secret [32]byte
	if _, err := rand.Read(secret[:]); err != nil {
		return nil, fmt.Errorf("secret of origin ids: %w", err)
	}
	if limit < generations {
		return nil, errors.New("pipeline: fewer than 64 origin ids cannot be remembered")
	}
	shards, spare := 1, 64
	if limit >= 1<<20 {
		shards, spare = 256, 0
	}
	return &idTable{
		secret:   secret,
		limit:    limit,
		perGen:   uint64((limit + generations - 1) / generations),
		maxSlots: limit/shards*1398/1000 + spare,
		shards:   make([]idShard, shards),
	}, nil
}

// generation returns the current one, counted without end.
func (t *idTable) generation() uint64 { return t.inserts / t.perGen }

// age returns how many generations ago a slot was filled.
func (t *idTable) age(slot uint64) uint64 { return (t.generation() - slot) & 0xff }

// alive tells whether a slot still counts.
func (t *idTable) alive(slot uint64) bool { return t.age(slot) <= generations }

// since returns the receipt before which ids may be forgotten, 0 when none is.
func (t *idTable) since() int64 {
	if g := t.generation(); g > generations {
		return t.began[(g-generations)&0xff]
	}
	return 0
}

func (t *idTable) place(hash uint64) (s *idShard, finger uint64) {
	if finger = hash & (1<<56 - 1); finger == 0 {
		finger = 1
	}
	return &t.shards[int(hash>>56)%len(t.shards)], finger
}

// home is the slot at which the search for a fingerprint begins.
func (s *idShard) home(finger uint64) int {
	hi, _ := bits.Mul64(finger<<8, uint64(len(s.slots)))
	return int(hi) //nolint:gosec // below the number of slots
}

// find looks an id up.
func (t *idTable) find(hash uint64, content uint32) known {
	s, finger := t.place(hash)
	if len(s.slots) == 0 {
		return unknownID
	}
	result := unknownID
	for i, n := s.home(finger), 0; n < len(s.slots) && s.slots[i] != 0; n++ {
		if s.slots[i]>>8 == finger && t.alive(s.slots[i]) {
			if s.content[i] == content {
				return sameContent
			}
			result = otherContent
		}
		if i++; i == len(s.slots) {
			i = 0
		}
	}
	return result
}

// add remembers an id that was received at that time. An id with the same
// content is not added again.
func (t *idTable) add(hash uint64, content uint32, received int64) {
	s, finger := t.place(hash)
	if t.inserts%t.perGen == 0 {
		t.began[t.generation()&0xff] = received
	}
	if s.used >= len(s.slots)*85/100 {
		t.grow(s)
	}
	if t.generation() > generations {
		for range handStep {
			t.sweep(s)
		}
	}
	gen := t.generation() & 0xff
	same, oldest := 0, -1
	i := s.home(finger)
	for n := 0; n < len(s.slots) && s.slots[i] != 0; n++ {
		if s.slots[i]>>8 == finger && t.alive(s.slots[i]) {
			if s.content[i] == content {
				return
			}
			if same++; oldest < 0 || t.age(s.slots[i]) > t.age(s.slots[oldest]) {
				oldest = i
			}
		}
		if i++; i == len(s.slots) {
			i = 0
		}
	}
	switch {
	case same >= sameKeyMost:
		i = oldest
	case s.used >= len(s.slots)*97/100:
		t.dropped++
		return
	default:
		s.used++
	}
	s.slots[i], s.content[i] = finger<<8|gen, content
	t.inserts++
}

// sweep looks at the slot under the shard's hand.
func (t *idTable) sweep(s *idShard) {
	if s.hand >= len(s.slots) {
		s.hand = 0
	}
	if v := s.slots[s.hand]; v != 0 && !t.alive(v) {
		s.remove(s.hand) // another may have moved in: the hand stays
		return
	}
	s.hand++
}

// remove empties a slot and moves up what was displaced by it (Knuth, volume 3,
// 6.4, algorithm R).
func (s *idShard) remove(i int) {
	s.used--
	j := i
	for range len(s.slots) {
		if j++; j == len(s.slots) {
			j = 0
		}
		if s.slots[j] == 0 {
			break
		}
		h := s.home(s.slots[j] >> 8)
		if i <= j && i < h && h <= j || i > j && (i < h || h <= j) {
			continue
		}
		s.slots[i], s.content[i] = s.slots[j], s.content[j]
		i = j
	}
	s.slots[i], s.content[i] = 0, 0
}

// grow doubles a shard, up to its bound.
func (t *idTable) grow(s *idShard) {
	size := min(max(firstSlots, 2*len(s.slots)), t.maxSlots)
	if size == len(s.slots) {
		return
	}
	old := *s
	*s = idShard{slots: make([]uint64, size), content: make([]uint32, size)}
	for i, v := range old.slots {
		if v != 0 {
			s.put(v, old.content[i])
		}
	}
}

// put stores a slot that is known to be new.
func (s *idShard) put(v uint64, content uint32) {
	i := s.home(v >> 8)
	for s.slots[i] != 0 {
		if i++; i == len(s.slots) {
			i = 0
		}
	}
	s.slots[i], s.content[i] = v, content
	s.used++
}

// live returns how many ids are remembered, at most; forgotten ones that are not
// swept yet are among them.
func (t *idTable) live() int {
	n := 0
	for i := range t.shards {
		n += t.shards[i].used
	}
	return n
}

// bytes returns the memory that the slots take.
func (t *idTable) bytes() int64 {
	var n int64
	for i := range t.shards {
		n += int64(len(t.shards[i].slots)) * slotBytes
	}
	return n
}
