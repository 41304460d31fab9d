// SPDX-License-Identifier: Apache-2.0

package proof_test

import (
	"math/rand/v2"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/core/event/eventtest"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// TestLeafBatch makes the leaves of batches of every kind, and each of them alone.
func TestLeafBatch(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	var together proof.LeafBatch
	var alone proof.Hasher
	for round := range 60 {
		seed := proof.Hash{byte(round)}
		n := []int{0, 1, 5, 6, 17, 256, 300}[r.IntN(7)]
		first := uint32(r.IntN(3)) * uint32(r.IntN(60_000))
		erased := map[[2]uint32]bool{}
		blind := proof.Blinding{Seed: seed}
		if round%2 == 1 {
			var holes []proof.Punctured
			for range 1 + n/4 {
				hole := proof.Punctured{I: first + uint32(r.IntN(n+1)), Slot: uint8(r.IntN(2))}
				if at := [2]uint32{hole.I, uint32(hole.Slot)}; !erased[at] {
					erased[at] = true
					holes = append(holes, hole)
				}
			}
			blind = puncture(t, blind, first+uint32(n)+1, holes...)
		}
		together.Use(&blind)
		if round%4 == 0 {
			together.Reset(&seed)
		}
		alone.Blind.Use(&blind)
		var want []proof.Hash
		for i := first; i < first+uint32(n); i++ {
			if r.IntN(9) == 0 {
				i += min(uint32(r.IntN(50)), first+uint32(n)-1-i) // entries that are lost
			}
			e := eventtest.Random(r)
			var c [2]*proof.Hash
			for slot := range c {
				if erased[[2]uint32{i, uint32(slot)}] && r.IntN(8) > 0 {
					c[slot] = &proof.Hash{byte(i), 9}
				}
			}
			switch {
			case c[0] == nil && c[1] == nil && r.IntN(2) == 0:
				public, slot0, slot1 := e.AppendPublic(nil), e.AppendSlot(nil, 0), e.AppendSlot(nil, 1)
				together.AddBytes(i, public, slot0, slot1)
				want = append(want, alone.Leaf(i, public, slot0, slot1))
			case c[0] == nil && c[1] == nil:
				together.Add(i, e, nil, nil)
				want = append(want, alone.LeafOf(i, e))
			default:
				together.Add(i, e, c[0], c[1])
				want = append(want, alone.LeafErased(i, e, c[0], c[1]))
			}
		}
		if together.Len() != len(want) {
			t.Fatalf("round %d: %d entries, want %d", round, together.Len(), len(want))
		}
		for i, leaf := range together.Sum() {
			if leaf != want[i] {
				t.Fatalf("round %d: leaf %d of %d from %d: %x, want %x", round, i, n, first, leaf, want[i])
			}
		}
		if together.Len() != 0 {
			t.Fatal("what was summed is not forgotten")
		}
	}
}

// TestLeafBatchSeesEverything: each part of an entry changes its leaf.
func TestLeafBatchSeesEverything(t *testing.T) {
	t.Parallel()
	var b proof.LeafBatch
	leaf := func(seed byte, i uint32, e event.Event) proof.Hash {
		b.Reset(&proof.Hash{seed})
		b.Add(i, &e, nil, nil)
		return b.Sum()[0]
	}
	e := event.Event{Source: "app", User: "ana", Message: "in"}
	seen := map[proof.Hash]string{}
	other, user, message := e, e, e
	other.Source, user.User, message.Message = "web", "bob", "out"
	for name, h := range map[string]proof.Hash{
		"as it is": leaf(1, 1, e), "another seed": leaf(2, 1, e), "another place": leaf(1, 2, e),
		"another source": leaf(1, 1, other), "another user": leaf(1, 1, user), "another message": leaf(1, 1, message),
	} {
		if was, there := seen[h]; there {
			t.Errorf("%s: the leaf of %s", name, was)
		}
		seen[h] = name
	}
}

// TestTreesAgree: a tree that is hashed in groups is the one that is hashed leaf by leaf.
func TestTreesAgree(t *testing.T) {
	t.Parallel()
	var leaves []proof.Hash
	var one proof.Tree
	var groups proof.RangeTree
	for n := range 1300 {
		if n < 40 || n%37 == 0 || n%proof.GroupEntries < 2 || n%proof.GroupEntries == proof.GroupEntries-1 {
			if a, b, c := one.Root(), groups.Root(), proof.RootOf(leaves); a != b || a != c || groups.Size() != uint64(n) {
				t.Fatalf("%d leaves: %x, in groups %x, all at once %x", n, a, b, c)
			}
		}
		leaf := proof.LostLeaf("90d", uint64(n))
		leaves = append(leaves, leaf)
		one.Add(leaf)
		groups.Add(leaf)
	}
	for i, root := range groups.Groups() {
		if want := proof.RootOf(leaves[i*proof.GroupEntries : min(len(leaves), (i+1)*proof.GroupEntries)]); root != want {
			t.Errorf("group %d: %x, want %x", i, root, want)
		}
	}
}

// TestLeafBatchIsFull: of many entries, and of few large ones.
func TestLeafBatchIsFull(t *testing.T) {
	t.Parallel()
	for size, want := range map[int]int{10: 256, 100_000: 11} {
		var b proof.LeafBatch
		b.Reset(&proof.Hash{1})
		body := make([]byte, size)
		n := 0
		for ; !b.Full(); n++ {
			b.AddBytes(uint32(n), nil, nil, body)
		}
		if n != want {
			t.Errorf("full after %d entries of %d bytes, want %d", n, size, want)
		}
		if b.Sum(); b.Full() {
			t.Error("full after its sum")
		}
	}
}
