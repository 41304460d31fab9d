// SPDX-License-Identifier: Apache-2.0

package proof_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event/eventtest"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

func puncture(t testing.TB, b proof.Blinding, entries uint32, holes ...proof.Punctured) proof.Blinding {
	t.Helper()
	p, err := b.Puncture(holes, entries)
	if err != nil {
		t.Fatal(err)
	}
	raw := p.Append(nil)
	back, err := proof.ParseBlinding(raw)
	if err != nil || !bytes.Equal(back.Append(nil), raw) || (back.Cover == nil) != (p.Cover == nil) {
		t.Fatalf("what is kept does not come back: %v", err)
	}
	return back
}

// wholes are punctures of both slots of n random entries.
func wholes(r *rand.Rand, n int, entries uint32) (holes []proof.Punctured) {
	for range n {
		i := r.Uint32N(entries)
		holes = append(holes, proof.Punctured{I: i}, proof.Punctured{I: i, Slot: 1})
	}
	return holes
}

// TestPuncturedBlindersAreGone: what is kept gives every other blinder, and none
// that was punctured, through any number of erasures.
func TestPuncturedBlindersAreGone(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	for _, entries := range []uint32{1, 2, 15, 16, 17, 500, 3000, 20000} {
		b := proof.Blinding{Seed: proof.Hash{byte(entries), 7}}
		var seed proof.Blinder
		seed.Use(&b)
		gone := map[uint32]bool{}
		for range 3 {
			var holes []proof.Punctured
			for range r.IntN(40) + 1 {
				h := proof.Punctured{I: r.Uint32N(entries), Slot: uint8(r.IntN(2))}
				holes = append(holes, h)
				gone[2*h.I+uint32(h.Slot)] = true
			}
			b = puncture(t, b, entries, holes...)
			if b.Seed != (proof.Hash{}) {
				t.Fatal("the seed is kept")
			}
			checkCover(t, b.Cover, gone)
			var kept proof.Blinder
			kept.Use(&b)
			check := func(x uint32) {
				want, _ := seed.At(x/2, x%2)
				got, ok := kept.At(x/2, x%2)
				if gone[x] {
					want = proof.Hash{}
				}
				if ok == gone[x] || got != want {
					t.Fatalf("blinder %d of %d entries: %x, %v, want %x", x, entries, got, ok, want)
				}
			}
			for x := range 2 * entries { // in order, with the path kept
				check(x)
			}
			for range 1000 {
				check(r.Uint32N(2 * entries))
			}
			if _, ok := kept.At(entries, 0); ok {
				t.Fatalf("there is a blinder behind %d entries", entries)
			}
		}
	}
}

// checkCover looks at the cover itself: no kept node is an ancestor of a hole, and
// none is below another one. A node's level and place are found by laying the tree
// out again, without the package's own walk.
func checkCover(t *testing.T, c *proof.Cover, gone map[uint32]bool) {
	t.Helper()
	if len(c.Holes) != len(gone) {
		t.Fatalf("%d holes, want %d", len(c.Holes), len(gone))
	}
	type span struct{ lo, hi uint32 } // blinders below a node
	var spans []span
	for lo := uint32(0); lo < 2*c.Entries; {
		if gone[lo] {
			lo++
			continue
		}
		size := uint32(1)
		for next := 32 * size; next <= 1<<20 && lo%next == 0; next *= 32 {
			free := true
			for x := lo; x < lo+next && free; x++ {
				free = !gone[x]
			}
			if !free {
				break
			}
			size = next
		}
		spans = append(spans, span{lo, lo + size})
		lo += size
	}
	if len(spans) != len(c.Nodes) {
		t.Fatalf("%d nodes are kept of %d entries with %d holes, want %d", len(c.Nodes), c.Entries, len(gone), len(spans))
	}
	for _, s := range spans {
		for x := range gone {
			if s.lo <= x && x < s.hi {
				t.Fatalf("the node over %d to %d is kept, and gives blinder %d", s.lo, s.hi, x)
			}
		}
	}
}

func TestSizeOfWhatIsKept(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 8))
	const entries = 65536
	for _, c := range []struct{ n, kib int }{{1, 4}, {100, 170}, {1000, 950}} {
		b := puncture(t, proof.Blinding{Seed: proof.Hash{1}}, entries, wholes(r, c.n, entries)...)
		if got := len(b.Append(nil)); got > c.kib<<10 {
			t.Errorf("%d entries of %d: %d bytes are kept, more than %d KiB", c.n, entries, got, c.kib)
		} else {
			t.Logf("%d entries of %d: %.1f KiB", c.n, entries, float64(got)/1024)
		}
	}
}

// TestCoverIsFrozen keeps the nodes' order: of three entries without slot 1 of
// the second, the nodes are the blinders 0, 1, 2, 4, 5 and the subtrees to the
// right of them, which reach beyond the end, are not kept.
func TestCoverIsFrozen(t *testing.T) {
	t.Parallel()
	seed := proof.Blinding{Seed: proof.Hash{9}}
	b := puncture(t, seed, 3, proof.Punctured{I: 1, Slot: 1})
	var from proof.Blinder
	from.Use(&seed)
	want := []byte{1, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 3}
	for _, x := range []uint32{0, 1, 2, 4, 5} {
		r, _ := from.At(x/2, x%2)
		want = append(want, r[:]...)
	}
	if diff := cmp.Diff(want, b.Append(nil)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(append([]byte{0}, seed.Seed[:]...), seed.Append(nil)); diff != "" {
		t.Error(diff)
	}
}

func TestPuncturesThatCannotBe(t *testing.T) {
	t.Parallel()
	seed := proof.Blinding{Seed: proof.Hash{1}}
	if b, err := seed.Puncture(nil, 10); err != nil || b != seed {
		t.Errorf("nothing punctured: %+v, %v", b, err)
	}
	if _, err := seed.Puncture([]proof.Punctured{{I: 10}}, 10); err == nil {
		t.Error("the eleventh entry of ten")
	}
	if _, err := seed.Puncture([]proof.Punctured{{I: 1, Slot: 2}}, 10); err == nil {
		t.Error("a third slot")
	}
	for _, entries := range []uint32{0, proof.MaxRangeEntries + 1} {
		if _, err := seed.Puncture([]proof.Punctured{{}}, entries); err == nil {
			t.Errorf("a range of %d entries", entries)
		}
	}
	b := puncture(t, seed, 10, proof.Punctured{I: 1})
	if _, err := b.Puncture([]proof.Punctured{{I: 2}}, 11); err == nil {
		t.Error("a range that grew")
	}
	if again := puncture(t, b, 10, proof.Punctured{I: 1}); !cmp.Equal(again, b) {
		t.Error("the same again is not the same")
	}
	all := b
	for i := range uint32(10) {
		all = puncture(t, all, 10, proof.Punctured{I: i}, proof.Punctured{I: i, Slot: 1})
	}
	if len(all.Cover.Nodes) != 0 {
		t.Errorf("%d nodes are kept of nothing", len(all.Cover.Nodes))
	}
	last := puncture(t, seed, proof.MaxRangeEntries, proof.Punctured{I: proof.MaxRangeEntries - 1, Slot: 1})
	if n := len(last.Cover.Nodes); n != 4*31 {
		t.Errorf("%d nodes are kept beside the last of all", n)
	}
}

func TestBlindingsThatAreNone(t *testing.T) {
	t.Parallel()
	b := puncture(t, proof.Blinding{Seed: proof.Hash{1}}, 40, proof.Punctured{I: 3}, proof.Punctured{I: 4})
	raw := b.Append(nil)
	change := func(at int, to byte) []byte {
		c := append([]byte(nil), raw...)
		c[at] = to
		return c
	}
	for name, bad := range map[string][]byte{
		"nothing":            nil,
		"another kind":       change(0, 2),
		"a short seed":       make([]byte, 32),
		"a long seed":        make([]byte, 34),
		"no entries":         {1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0},
		"too many entries":   change(1, 255),
		"other entries":      change(4, 100),
		"fewer entries":      change(4, 3),
		"no holes":           {1, 0, 0, 0, 1, 0, 0, 0, 0},
		"very many holes":    change(5, 255),
		"other holes":        change(8, 1),
		"holes not rising":   change(12, 9),
		"a hole twice":       change(12, 8),
		"a hole behind":      change(16, 80),
		"a node is missing":  raw[:len(raw)-32],
		"a node too many":    append(append([]byte(nil), raw...), make([]byte, 32)...),
		"a byte too many":    append(append([]byte(nil), raw...), 0),
		"a byte is missing":  raw[:len(raw)-1],
		"the head alone":     raw[:9],
		"four billion holes": {1, 0, 8, 0, 0, 255, 255, 255, 255},
	} {
		if got, err := proof.ParseBlinding(bad); !errors.Is(err, proof.ErrBlinding) {
			t.Errorf("%s is read as %+v, %v", name, got, err)
		}
	}
}

// TestLeavesAfterAnErasure: the leaf of an entry with an erased slot is still the
// sealed one, and cannot be computed from another text for that slot.
func TestLeavesAfterAnErasure(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(9, 10))
	seed := proof.Blinding{Seed: proof.Hash{1}}
	kept := puncture(t, seed, 100, proof.Punctured{I: 5, Slot: 1})
	var before, after proof.Hasher
	before.Blind.Use(&seed)
	after.Blind.Use(&kept)
	for i := range uint32(10) {
		e := eventtest.Random(r)
		want := before.LeafOf(i, e)
		if i != 5 {
			if got := after.LeafOf(i, e); got != want {
				t.Fatalf("leaf %d differs", i)
			}
			continue
		}
		if got := after.LeafOf(i, e); got != (proof.Hash{}) {
			t.Errorf("an erased leaf is computed: %x", got)
		}
		blinder, _ := before.Blind.At(i, 1)
		c1 := proof.Commitment(1, &blinder, e.AppendSlot(nil, 1))
		if got := after.LeafErased(i, e, nil, &c1); got != want {
			t.Errorf("the leaf is %x, want %x", got, want)
		}
		if got := after.LeafErased(i, e, &c1, nil); got != (proof.Hash{}) {
			t.Errorf("an erased leaf is computed: %x", got)
		}
	}
}

func BenchmarkPuncture(b *testing.B) {
	holes := wholes(rand.New(rand.NewPCG(7, 8)), 1000, 65536)
	seed := proof.Blinding{Seed: proof.Hash{1}}
	for b.Loop() {
		if _, err := seed.Puncture(holes, 65536); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkBlinderOverCover is a read of all that an erasure of 1,000 entries kept.
func BenchmarkBlinderOverCover(b *testing.B) {
	kept := puncture(b, proof.Blinding{Seed: proof.Hash{1}}, 65536, wholes(rand.New(rand.NewPCG(7, 8)), 1000, 65536)...)
	var blind proof.Blinder
	blind.Use(&kept)
	i := uint32(0)
	for b.Loop() {
		blind.At(i, 0)
		blind.At(i, 1)
		i = (i + 1) % 65536
	}
}

func FuzzBlinding(f *testing.F) {
	seed := proof.Blinding{Seed: proof.Hash{1}}
	f.Add(seed.Append(nil))
	one := puncture(f, seed, 3, proof.Punctured{I: 1, Slot: 1})
	f.Add(one.Append(nil))
	two := puncture(f, seed, 100, proof.Punctured{I: 1, Slot: 1}, proof.Punctured{I: 99})
	f.Add(two.Append(nil))
	f.Fuzz(func(t *testing.T, raw []byte) {
		b, err := proof.ParseBlinding(raw)
		if err != nil {
			return
		}
		if diff := cmp.Diff(raw, b.Append(nil)); diff != "" {
			t.Errorf("a second form:\n%s", diff)
		}
		var blind proof.Blinder
		blind.Use(&b)
		if b.Cover == nil {
			return
		}
		for _, x := range b.Cover.Holes {
			if _, ok := blind.At(x/2, x%2); ok {
				t.Errorf("hole %d has a blinder", x)
			}
		}
	})
}
