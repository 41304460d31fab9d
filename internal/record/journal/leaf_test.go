// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/proof"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
)

// vectors reads testdata/vectors.txt, which a program in another language made
// from docs/journal-format.md alone.
func vectors(t *testing.T) map[string]string {
	t.Helper()
	raw, err := os.ReadFile("testdata/vectors.txt")
	if err != nil {
		t.Fatal(err)
	}
	v := map[string]string{}
	for line := range strings.Lines(string(raw)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		v[name] = value
	}
	return v
}

func TestWordsAreFrozen(t *testing.T) {
	t.Parallel()
	want := vectors(t)
	seen := 0
	check := func(name string, got []byte) {
		t.Helper()
		seen++
		if hex.EncodeToString(got) != want[name] {
			t.Errorf("%s is %x, want %s", name, got, want[name])
		}
	}
	var seed hash
	for i := range seed {
		seed[i] = byte(100 + i)
	}
	var key [keyring.KeyBytes]byte
	if _, err := hex.Decode(key[:], []byte(want["k0"])); err != nil {
		t.Fatal(err)
	}
	var b proof.Blinder
	b.Reset(&seed)
	for _, p := range [][2]uint32{{0, 0}, {0, 1}, {15, 1}, {16, 0}, {65535, 1}, {524287, 1}} {
		r, _ := b.At(p[0], p[1])
		check(fmt.Sprintf("blinder.%d.%d", p[0], p[1]), r[:])
	}
	public, slot0 := []byte("public part"), []byte("slot nought")
	slot1 := []byte("slot one, which is longer than one block of the hash function by far")
	var h hasher
	h.Blind.Reset(&seed)
	h.mac.reset(&key, "365d")
	p := sha256.Sum256(append([]byte("tocsin-pub-1"), public...))
	check("public", p[:])
	r, _ := h.Blind.At(7, 0)
	c0 := proof.Commitment(0, &r, slot0)
	check("c0.7", c0[:])
	leaves := make([]hash, 7)
	for _, i := range []uint32{3, 0, 6, 1, 2, 5, 4} { // in any order
		leaves[i] = h.Leaf(i, public, slot0, slot1)
	}
	check("leaf.6", leaves[6][:])
	mac := h.mac.sum(1006, &leaves[6])
	check("mac.1006", mac[:])
	for _, n := range []int{0, 1, 2, 5, 7} {
		root := proof.RootOf(leaves[:n])
		check(fmt.Sprintf("root.%d", n), root[:])
	}
	lost := proof.LostLeaf("365d", 42)
	check("lost.42", lost[:])
	hd := Header{
		Origin: "siem.example/abcdefgh", Stream: "365d", Class: "365d", Number: 3, First: 1000, Count: 7, Lost: 1,
		FirstOrd: 5000, LastOrd: 5010, MinReceived: 11, MaxReceived: 12, MinTime: -13, MaxTime: 14,
		Root: proof.RootOf(leaves), Previous: leaves[0], Epoch: 1, Ratchet: 2, Dropped: 9, SealedAt: 1700000000000000000,
	}
	check("header", hd.Append(nil))
	leaf, hmac := hd.Leaf(), headerMAC(&hd, &key)
	check("header.leaf", leaf[:])
	check("header.mac", hmac[:])
	var c chainer
	c.reset()
	c.add(frameEntry, append(leaves[6][:], "the rest of the entry"...))
	c.add(frameOpen, []byte("range-open body"))
	sum := c.sum(&trailer{Boot: 4, Prev: leaves[1], link: link{Batch: 77, Ord: 5010}})
	check("chain", sum[:])
	if keys := 4; seen+keys != len(want) {
		t.Errorf("%d of %d vectors are checked", seen+keys, len(want))
	}
}

// TestRootsAreThoseOfOthers compares with the transparency log of golang.org/x/mod.
func TestRootsAreThoseOfOthers(t *testing.T) {
	t.Parallel()
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(at []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(at))
		for i, x := range at {
			out[i] = stored[x]
		}
		return out, nil
	})
	var leaves []hash
	for n := range int64(300) {
		record := fmt.Appendf(nil, "record %d", n)
		hashes, err := tlog.StoredHashes(n, record, reader)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, hashes...)
		leaves = append(leaves, hash(tlog.RecordHash(record)))
		want, err := tlog.TreeHash(n+1, reader)
		if err != nil {
			t.Fatal(err)
		}
		if got := proof.RootOf(leaves); got != hash(want) {
			t.Fatalf("root of %d leaves differs", n+1)
		}
	}
}

func TestHotPathDoesNotAllocate(t *testing.T) {
	e := benchEvent(1)
	var x encoder
	r := newHotRange(rangeOpen{Stream: "365d"})
	events, out := make([]*event.Event, 256), make([]sealed, 256)
	var buf []byte
	request := func() {
		x.begin(r)
		buf = buf[:0]
		for i := range events {
			events[i] = e
			buf = x.appendEntry(buf, uint32(i), e)
		}
		x.seal(buf, events, out)
	}
	request()
	if n := testing.AllocsPerRun(20, request); n > 0 {
		t.Errorf("%v allocations a request", n)
	}
}

// TestMACsTogether: the MACs of a batch are those that are made one by one, and
// those of docs/journal-format.md, which the vectors hold.
func TestMACsTogether(t *testing.T) {
	t.Parallel()
	var together macBatch
	var alone macState
	for n := range 40 {
		key := [keyring.KeyBytes]byte{byte(n), 31: 7}
		stream := strings.Repeat("s", 1+n*3%64)
		together.reset(&key, stream)
		alone.reset(&key, stream)
		for i := range n {
			leaf := proof.LostLeaf(stream, uint64(i))
			together.add(uint64(n*i), &leaf)
		}
		for i, mac := range together.sum() {
			leaf := proof.LostLeaf(stream, uint64(i))
			if want := alone.sum(uint64(n*i), &leaf); [macBytes]byte(mac[:macBytes]) != want {
				t.Fatalf("MAC %d of %d: %x, want %x", i, n, mac, want)
			}
		}
	}
}

// TestFramesTogether: an encoder's frames hold the leaves and MACs that a reader
// computes from them one by one, in every number that a request can have.
func TestFramesTogether(t *testing.T) {
	t.Parallel()
	r := newHotRange(rangeOpen{Stream: "365d", Seed: hash{3}, First: 1})
	r.key[5] = 9
	var h hasher
	h.Blind.Reset(&r.open.Seed)
	h.mac.reset(&r.key, r.open.Stream)
	var j Journal
	for _, n := range []int{1, 2, 7, 100, 256, 257, 515} {
		q := &request{ready: make(chan struct{}), runs: []run{{r: r, first: 40, events: n}}}
		for i := range n {
			e := benchEvent(i)
			e.Place.Stream, e.Place.Seq = r.open.Stream, uint64(41+i)
			q.events, q.sizes = append(q.events, e), append(q.sizes, 100)
		}
		j.encode(q)
		raw := q.frames
		for i := range n {
			size := frameHead + int(binary.BigEndian.Uint32(raw))
			en, err := decodeEntry(raw[frameHead:size])
			if err != nil {
				t.Fatalf("entry %d of %d: %v", i, n, err)
			}
			leaf := h.Leaf(uint32(40+i), en.Public, en.Slot0, en.Slot1)
			if en.Leaf != leaf || q.seals[i].leaf != leaf {
				t.Fatalf("entry %d of %d: leaf %x, want %x", i, n, en.Leaf, leaf)
			}
			if mac := h.mac.sum(uint64(41+i), &leaf); en.MAC != mac || q.seals[i].mac != mac {
				t.Fatalf("entry %d of %d: MAC %x, want %x", i, n, en.MAC, mac)
			}
			raw = raw[size:]
		}
		if len(raw) != 0 {
			t.Errorf("%d bytes after the frames of %d entries", len(raw), n)
		}
	}
}

// TestEncodersForgetKeys: an encoder is kept for longer than the key of a range.
func TestEncodersForgetKeys(t *testing.T) {
	t.Parallel()
	r := newHotRange(rangeOpen{Stream: "365d", First: 1})
	for i := range r.key {
		r.key[i] = 0x5a
	}
	for _, n := range []int{1, 20} { // one by one, and together
		x := new(encoder)
		x.begin(r)
		for i := range n {
			leaf := proof.LostLeaf("365d", uint64(i))
			x.macs.add(uint64(i), &leaf)
		}
		x.macs.sum()
		kept := func() string { return fmt.Sprintf("%#v", x) }
		if n == 1 && !strings.Contains(kept(), "0x6c, 0x6c, 0x6c, 0x6c") { // 0x5a ^ 0x36
			t.Fatal("the key is not where it was looked for")
		}
		x.macs.forget()
		if s := kept(); strings.Contains(s, "0x6c, 0x6c, 0x6c, 0x6c") || strings.Contains(s, "0x6, 0x6, 0x6, 0x6") {
			t.Errorf("after %d entries the key is still there", n)
		}
	}
}
