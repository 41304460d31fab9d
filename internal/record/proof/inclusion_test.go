// SPDX-License-Identifier: Apache-2.0

package proof_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// manyLeaves are the leaf hashes of n small records.
func manyLeaves(n int) []proof.Hash {
	leaves := make([]proof.Hash, n)
	for i := range leaves {
		leaves[i] = proof.Hash(tlog.RecordHash(fmt.Appendf(nil, "record %d", i)))
	}
	return leaves
}

// otherTree is the same tree in golang.org/x/mod, the second opinion.
func otherTree(t testing.TB, leaves []proof.Hash) tlog.HashReader {
	t.Helper()
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(at []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(at))
		for i, x := range at {
			out[i] = stored[x]
		}
		return out, nil
	})
	for i, leaf := range leaves {
		hashes, err := tlog.StoredHashesForRecordHash(int64(i), tlog.Hash(leaf), reader)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, hashes...)
	}
	return reader
}

func foreign(path []proof.Hash) []tlog.Hash {
	out := make([]tlog.Hash, len(path))
	for i := range path {
		out[i] = tlog.Hash(path[i])
	}
	return out
}

// TestRFC9162Vectors: the tree of eight inputs of the reference implementation of
// certificate transparency, its roots and some of its proofs.
func TestRFC9162Vectors(t *testing.T) {
	t.Parallel()
	var leaves proof.Leaves
	for _, in := range []string{"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"} {
		raw, err := hex.DecodeString("00" + in)
		if err != nil {
			t.Fatal(err)
		}
		leaves = append(leaves, sha256.Sum256(raw))
	}
	roots := []string{
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
		"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
		"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
		"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
		"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
		"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
		"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
		"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
	}
	for size, want := range roots {
		root, err := proof.RootAt(leaves, uint64(size))
		if err != nil || hex.EncodeToString(root[:]) != want {
			t.Errorf("root of %d leaves is %x, %v, want %s", size, root, err, want)
		}
	}
	const (
		n1 = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
		n2 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
		n4 = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
		n6 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
		n7 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
		n8 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
	)
	for _, c := range []struct {
		index, size uint64
		path        string
	}{
		{0, 1, ""},
		{0, 8, n1 + " " + n2 + " " + n8},
		{5, 8, n4 + " " + n7 + " " + roots[4]},
		{2, 3, roots[2]},
		{1, 5, roots[1] + " " + n2 + " " + n4},
	} {
		path, err := proof.Inclusion(leaves, c.index, c.size)
		if got := hexes(path); err != nil || got != c.path {
			t.Errorf("leaf %d of %d: %s, %v, want %s", c.index, c.size, got, err, c.path)
		}
	}
	for _, c := range []struct {
		old, size uint64
		path      string
	}{
		{1, 1, ""},
		{1, 8, n1 + " " + n2 + " " + n8},
		{6, 8, n6 + " " + n7 + " " + roots[4]},
		{2, 5, n2 + " " + n4},
	} {
		path, err := proof.Consistency(leaves, c.old, c.size)
		if got := hexes(path); err != nil || got != c.path {
			t.Errorf("%d continue %d: %s, %v, want %s", c.size, c.old, got, err, c.path)
		}
	}
}

func hexes(path []proof.Hash) string {
	words := make([]string, len(path))
	for i := range path {
		words[i] = hex.EncodeToString(path[i][:])
	}
	return strings.Join(words, " ")
}

// TestProofsAreThoseOfOthers compares every proof of every tree of up to 300
// leaves with golang.org/x/mod, and some of larger ones.
func TestProofsAreThoseOfOthers(t *testing.T) {
	t.Parallel()
	const most = 300
	leaves := manyLeaves(5000)
	other := otherTree(t, leaves)
	var levels proof.Levels
	for _, leaf := range leaves {
		levels.Add(leaf)
	}
	check := func(index, size uint64) {
		t.Helper()
		root, err := proof.RootAt(&levels, size)
		if err != nil {
			t.Fatal(err)
		}
		path, err := proof.Inclusion(&levels, index, size)
		if err != nil {
			t.Fatal(err)
		}
		if err := tlog.CheckRecord(foreign(path), int64(size), tlog.Hash(root), int64(index), tlog.Hash(leaves[index])); err != nil {
			t.Fatalf("leaf %d of %d: others say %v", index, size, err)
		}
		if err := proof.CheckInclusion(leaves[index], index, size, path, root); err != nil {
			t.Fatal(err)
		}
		old := index + 1
		oldRoot, err := proof.RootAt(&levels, old)
		if err != nil {
			t.Fatal(err)
		}
		path, err = proof.Consistency(&levels, old, size)
		if err != nil {
			t.Fatal(err)
		}
		if err := tlog.CheckTree(foreign(path), int64(size), tlog.Hash(root), int64(old), tlog.Hash(oldRoot)); err != nil {
			t.Fatalf("%d continue %d: others say %v", size, old, err)
		}
		if err := proof.CheckConsistency(old, size, oldRoot, root, path); err != nil {
			t.Fatal(err)
		}
	}
	for size := uint64(1); size <= most; size++ {
		for index := range size {
			check(index, size)
		}
		if want, err := tlog.TreeHash(int64(size), other); err != nil || proof.RootOf(leaves[:size]) != proof.Hash(want) {
			t.Fatalf("root of %d leaves is not theirs, %v", size, err)
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		size := most + r.Uint64N(uint64(len(leaves)-most)) + 1
		index := r.Uint64N(size)
		check(index, size)
		theirs, err := tlog.ProveRecord(int64(size), int64(index), other)
		if err != nil {
			t.Fatal(err)
		}
		ours, err := proof.Inclusion(proof.Leaves(leaves), index, size)
		if diff := cmp.Diff([]tlog.Hash(theirs), foreign(ours)); err != nil || diff != "" {
			t.Fatalf("leaf %d of %d: %v %s", index, size, err, diff)
		}
	}
}

// TestProofsAreRefused: nothing but the proof itself is taken for it.
func TestProofsAreRefused(t *testing.T) {
	t.Parallel()
	leaves := proof.Leaves(manyLeaves(70))
	r := rand.New(rand.NewPCG(3, 4))
	for size := uint64(1); size <= 70; size++ {
		root, _ := proof.RootAt(leaves, size)
		index := r.Uint64N(size)
		path, err := proof.Inclusion(leaves, index, size)
		if err != nil {
			t.Fatal(err)
		}
		refuse := func(what string, leaf proof.Hash, index, size uint64, path []proof.Hash, root proof.Hash) {
			t.Helper()
			if err := proof.CheckInclusion(leaf, index, size, path, root); !errors.Is(err, proof.ErrNotProven) {
				t.Errorf("%s: leaf %d of %d is believed", what, index, size)
			}
		}
		refuse("another leaf", proof.Hash{1}, index, size, path, root)
		refuse("another root", leaves[index], index, size, path, proof.Hash{1})
		refuse("beyond the end", leaves[index], size, size, path, root)
		refuse("a longer path", leaves[index], index, size, append(slices.Clip(path), proof.Hash{}), root)
		if len(path) > 0 {
			refuse("a shorter path", leaves[index], index, size, path[1:], root)
			refuse("a shorter path", leaves[index], index, size, path[:len(path)-1], root)
			refuse("another place", leaves[index], index^1, size, path, root)
		}
		for i := range path {
			bad := append([]proof.Hash(nil), path...)
			bad[i][i%32] ^= 1
			refuse("another path", leaves[index], index, size, bad, root)
		}
		old := r.Uint64N(size) + 1
		oldRoot, _ := proof.RootAt(leaves, old)
		path, err = proof.Consistency(leaves, old, size)
		if err != nil {
			t.Fatal(err)
		}
		refuseTree := func(what string, old, size uint64, oldRoot, root proof.Hash, path []proof.Hash) {
			t.Helper()
			if err := proof.CheckConsistency(old, size, oldRoot, root, path); !errors.Is(err, proof.ErrNotProven) {
				t.Errorf("%s: %d continue %d is believed", what, size, old)
			}
		}
		refuseTree("another old root", old, size, proof.Hash{1}, root, path)
		refuseTree("another root", old, size, oldRoot, proof.Hash{1}, path)
		refuseTree("a longer path", old, size, oldRoot, root, append(slices.Clip(path), proof.Hash{}))
		refuseTree("the other way", size+1, size, oldRoot, root, path)
		refuseTree("a path from nothing", 0, size, oldRoot, root, []proof.Hash{{}})
		if len(path) > 0 {
			refuseTree("no path", old, size, oldRoot, root, nil)
			refuseTree("a shorter path", old, size, oldRoot, root, path[1:])
			refuseTree("another path", old, size, oldRoot, root, append([]proof.Hash{{1}}, path[1:]...))
		}
		if err := proof.CheckConsistency(0, size, proof.Hash{}, root, nil); err != nil {
			t.Errorf("nothing is continued by something: %v", err)
		}
	}
}

func TestNoProofOfWhatIsNotThere(t *testing.T) {
	t.Parallel()
	leaves := proof.Leaves(manyLeaves(5))
	var levels proof.Levels
	for _, leaf := range leaves {
		levels.Add(leaf)
	}
	for _, r := range []proof.HashReader{leaves, &levels} {
		if _, err := proof.Inclusion(r, 5, 5); err == nil {
			t.Error("the sixth leaf of five is proven")
		}
		if _, err := proof.Inclusion(r, 1, 6); err == nil {
			t.Error("a leaf of a larger tree is proven")
		}
		if _, err := proof.Consistency(r, 6, 5); err == nil {
			t.Error("fewer leaves continue more")
		}
		if _, err := proof.Consistency(r, 3, 6); err == nil {
			t.Error("leaves that are not there continue others")
		}
		for _, at := range []struct {
			level int
			n     uint64
		}{{0, 5}, {2, 1}, {3, 0}, {64, 0}, {-1, 0}, {0, 1 << 63}, {63, 1 << 63}} {
			if _, err := r.Subtree(at.level, at.n); err == nil {
				t.Errorf("node %d at level %d of five leaves", at.n, at.level)
			}
		}
	}
}

func groupRoots(leaves []proof.Hash) []proof.Hash {
	var tree proof.RangeTree
	for _, leaf := range leaves {
		tree.Add(leaf)
	}
	return tree.Groups()
}

// TestPathsFromKeptSubtrees: a path from 256 leaves and the kept subtree roots is
// that from all leaves.
func TestPathsFromKeptSubtrees(t *testing.T) {
	t.Parallel()
	leaves := manyLeaves(2000)
	for _, count := range []int{1, 2, 255, 256, 257, 300, 511, 512, 513, 1024, 1100, 2000} {
		all := proof.Leaves(leaves[:count])
		subtrees := groupRoots(all)
		if proof.RootOf(subtrees) != proof.RootOf(all) {
			t.Fatalf("%d leaves: the subtrees have another root", count)
		}
		for _, i := range []int{0, 1, 254, 255, 256, 257, 511, 512, 1023, 1024, count - 1} {
			if i >= count {
				continue
			}
			lo := i / proof.GroupEntries * proof.GroupEntries
			group := all[lo:min(lo+proof.GroupEntries, count)]
			got, err := proof.InclusionFromSubtrees(uint64(i), uint64(count), group, subtrees)
			if err != nil {
				t.Fatal(err)
			}
			want, err := proof.Inclusion(all, uint64(i), uint64(count))
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Fatalf("leaf %d of %d: %v %s", i, count, err, diff)
			}
		}
	}
	subtrees := groupRoots(leaves[:600])
	for name, c := range map[string]struct {
		index, count    uint64
		group, subtrees []proof.Hash
	}{
		"beyond the end":   {600, 600, leaves[512:600], subtrees},
		"too few subtrees": {1, 600, leaves[:256], subtrees[:2]},
		"too few leaves":   {1, 600, leaves[:255], subtrees},
		"another group":    {1, 600, leaves[256:512], subtrees},
		"more leaves":      {599, 600, leaves[512:601], subtrees},
		"no leaves":        {0, 0, nil, nil},
	} {
		if path, err := proof.InclusionFromSubtrees(c.index, c.count, c.group, c.subtrees); err == nil {
			t.Errorf("%s: %d hashes", name, len(path))
		}
	}
}

func BenchmarkInclusionFromSubtrees(b *testing.B) {
	leaves := manyLeaves(65536)
	subtrees := groupRoots(leaves)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := proof.InclusionFromSubtrees(300, 65536, leaves[256:512], subtrees); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzCheckProofs(f *testing.F) {
	leaves := proof.Leaves(manyLeaves(40))
	for _, c := range [][2]uint64{{0, 1}, {5, 8}, {3, 7}, {39, 40}} {
		path, _ := proof.Inclusion(leaves, c[0], c[1])
		f.Add(c[0], c[1], flat(path))
		path, _ = proof.Consistency(leaves, c[0], c[1])
		f.Add(c[0], c[1], flat(path))
	}
	f.Fuzz(func(t *testing.T, a, b uint64, raw []byte) {
		var path []proof.Hash
		for len(raw) >= 32 {
			path = append(path, proof.Hash(raw[:32]))
			raw = raw[32:]
		}
		if a < b && b <= 40 {
			root, _ := proof.RootAt(leaves, b)
			want, _ := proof.Inclusion(leaves, a, b)
			if err := proof.CheckInclusion(leaves[a], a, b, path, root); (err == nil) != cmp.Equal(want, path) && len(want)+len(path) > 0 {
				t.Errorf("leaf %d of %d by another path: %v", a, b, err)
			}
		}
		if err := proof.CheckInclusion(proof.Hash{1}, a, b, path, proof.Hash{2}); err == nil {
			t.Error("nonsense is believed")
		}
		if err := proof.CheckConsistency(a, b, proof.Hash{1}, proof.Hash{2}, path); err == nil && a != 0 {
			t.Error("nonsense is believed")
		}
	})
}

func flat(path []proof.Hash) []byte {
	var raw []byte
	for i := range path {
		raw = append(raw, path[i][:]...)
	}
	return raw
}
