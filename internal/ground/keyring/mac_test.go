// SPDX-License-Identifier: Apache-2.0

package keyring

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
)

// known is a ring whose anchors are 0, 1, 2, … and so on from each epoch's number
// less one: the vectors of docs/journal-format.md.
func known(epochs int) *Ring {
	r := &Ring{origin: "siem.example/abcdefgh"}
	for e := range epochs {
		rt := root{epochEntry: epochEntry{kind: Random}, known: true}
		for i := range rt.anchor {
			rt.anchor[i] = byte(e + i)
		}
		r.roots = append(r.roots, rt)
	}
	return r
}

// TestKeysOfRangesAreFrozen: an independent verifier computes the same.
func TestKeysOfRangesAreFrozen(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		epoch  uint32
		stream string
		j      uint64
		want   string
	}{
		{1, "365d", 0, "66c915adbbcb7c6fbc1ab12684e12ddf5cef88943fe5d7fd324cff570ba325d8"},
		{1, "365d", 1, "c87d70cc37bf9ba819eb12f6f535a35b2093162bb62f17265c1a06bc2b9a0b70"},
		{1, "365d", 10000, "45e0afb72f1492208ac38d796e0bdbddbbd4d9d7a9d7df31447acf5ef9eb7ba3"},
		{1, "system", 0, "532827ee21f14401c36ccfe8cb6f2dc6a94296ea66908f072f5e9a683d1691d5"},
		{2, "365d", 0, "739cea0a781e38eff53f31a54f33b771bf8f333873e2e42cf6154162e155b76d"},
	} {
		k, err := known(2).Key(c.epoch, c.stream, c.j)
		if got := hex.EncodeToString(k[:]); err != nil || got != c.want {
			t.Errorf("epoch %d, stream %s, K_%d is %s (%v), want %s", c.epoch, c.stream, c.j, got, err, c.want)
		}
	}
}

// TestKeysInAnyOrder asks for keys forwards, backwards and at random, near and far,
// of more than one stream at once, and compares with a plain walk.
func TestKeysInAnyOrder(t *testing.T) {
	t.Parallel()
	r := known(1)
	walk := map[string][][KeyBytes]byte{}
	const far = 3*maxMarks + 100
	for _, stream := range []string{"30d", "90d"} {
		k, err := firstKey(known(1).roots[0].anchor, known(1).origin, stream, 1)
		if err != nil {
			t.Fatal(err)
		}
		for range far {
			walk[stream] = append(walk[stream], k)
			k = Ratchet(k)
		}
	}
	var wg sync.WaitGroup
	ask := func(stream string, j int) {
		if k, err := r.Key(1, stream, uint64(j)); err != nil || k != walk[stream][j] {
			t.Errorf("stream %s: K_%d is wrong (%v)", stream, j, err)
		}
	}
	for i, stream := range []string{"30d", "90d", "30d", "90d"} {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(7, uint64(i)))
			for j := range 50 {
				ask(stream, j)
			}
			for range 200 {
				ask(stream, rng.IntN(far))
			}
			for j := far - 1; j > far-50; j-- {
				ask(stream, j)
			}
			ask(stream, 0)
		})
	}
	wg.Wait()
	for id, c := range r.chains {
		if len(c.marks) > maxMarks || len(c.marks) < maxMarks/4 {
			t.Errorf("stream %s keeps %d keys after %d", id.stream, len(c.marks), far)
		}
	}
}

// TestOneStepForTheNextKey counts the steps by way of the marks: a key that was
// walked past is at most a stride away, so it is not walked to again.
func TestOneStepForTheNextKey(t *testing.T) {
	t.Parallel()
	c := newChain(0, [KeyBytes]byte{1})
	last := c.key(5 * maxMarks)
	if next := c.key(5*maxMarks + 1); next != Ratchet(last) || c.at.j != 5*maxMarks+1 {
		t.Error("the next key is not one step on")
	}
	if c.stride*uint64(len(c.marks)) < 5*maxMarks-c.stride || c.stride > 8 {
		t.Errorf("stride %d with %d marks", c.stride, len(c.marks))
	}
	if c.key(5*maxMarks) != last {
		t.Error("the way back gives another key")
	}
}

func TestRangeNumbersAreBounded(t *testing.T) {
	t.Parallel()
	r := open(t, Options{Dir: filepath.Join(t.TempDir(), "keys")})
	for _, j := range []uint64{MaxRatchet + 1, 1 << 63} {
		if k, err := r.Key(1, "30d", j); err == nil || k != [KeyBytes]byte{} {
			t.Errorf("K_%d was given", j)
		}
	}
	for i := range 3 * maxChains {
		if _, err := r.Key(1, fmt.Sprintf("stream-%d", i), 1); err != nil {
			t.Fatal(err)
		}
	}
	if len(r.chains) > maxChains {
		t.Errorf("%d chains are kept", len(r.chains))
	}
	if _, err := r.Key(2, "30d", 0); !errors.Is(err, ErrNoAnchor) {
		t.Errorf("an epoch that is not: %v", err)
	}
}

func BenchmarkKeyFarOff(b *testing.B) {
	for b.Loop() {
		if _, err := known(1).Key(1, "system", 500_000); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkKeyNext(b *testing.B) {
	r := known(1)
	j := uint64(500_000)
	for b.Loop() {
		if _, err := r.Key(1, "system", j); err != nil {
			b.Fatal(err)
		}
		j++
	}
}
