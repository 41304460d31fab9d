// SPDX-License-Identifier: Apache-2.0

package proof_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

func TestTilePaths(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]proof.Tile{
		"tile/0/000":                     {Width: 256},
		"tile/0/000.p/1":                 {Width: 1},
		"tile/2/999.p/255":               {Level: 2, N: 999, Width: 255},
		"tile/63/x001/x234/067":          {Level: 63, N: 1234067, Width: 256}, // the specification's own
		"tile/entries/x001/000.p/17":     {Entries: true, N: 1000, Width: 17},
		"tile/entries/x020/x000/000.p/9": {Entries: true, N: 20000000, Width: 9},
	} {
		got, err := proof.ParseTile(path)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", path, err, diff)
		}
		if got.Path() != path {
			t.Errorf("%s comes back as %s", path, got.Path())
		}
	}
	for _, path := range []string{
		"", "tile", "tile/0", "tile/0/", "/tile/0/000", "0/000", "tile/tile/0/000", "tile/0/000/", "tile/0/00", "tile/0/0000", "tile/0/x000",
		"tile/0/x000/001", "tile/0/001/002", "tile/0/x001/x002", "tile/0/xx01/002", "tile/0/x001/+02", "tile/0/-01", "tile/00/000", "tile/64/000",
		"tile/-1/000", "tile/+1/000", "tile/data/000", "tile/entries/000.p/0", "tile/entries/000.p/256", "tile/0/000.p/", "tile/0/000.p/01",
		"tile/0/000.p/1/2", "tile/0/000.p/1.p/2", "tile/0/000.P/1", "tile/0/../000", "tile/0/x999/x999/x999/x999/x999/x999/999",
		"tile/0/x036/x028/x797/x018/x963/968", "tile/8/0/000", "tile/0/000\n", "tile/0/" + strings.Repeat("x001/", 1000) + "000",
	} {
		if got, err := proof.ParseTile(path); !errors.Is(err, proof.ErrTile) {
			t.Errorf("%q is read as %+v", path, got)
		}
	}
	// The last of all is one below that.
	last, err := proof.ParseTile("tile/0/x036/x028/x797/x018/x963/967")
	if err != nil || last.N != math.MaxInt64/256 || last.In(math.MaxUint64) != true || last.In(math.MaxInt64) {
		t.Errorf("the last tile: %+v, %v", last, err)
	}
}

// TestTilesAreThoseOfOthers: golang.org/x/mod finds its hashes in our tiles, and
// we find ours; every proof from tiles is that from the leaves.
func TestTilesAreThoseOfOthers(t *testing.T) {
	t.Parallel()
	leaves := manyLeaves(70000)
	var levels proof.Levels
	for _, leaf := range leaves {
		levels.Add(leaf)
	}
	for _, size := range []uint64{1, 2, 255, 256, 257, 300, 511, 512, 65535, 65536, 65537, 70000} {
		read := 0
		tiles := proof.Tiles{Size: size, Read: func(tile proof.Tile) ([]byte, error) {
			read++
			return proof.HashTile(tile, &levels, size)
		}}
		want, err := proof.RootAt(proof.Leaves(leaves), size)
		if err != nil {
			t.Fatal(err)
		}
		if root, err := proof.RootAt(tiles, size); err != nil || root != want {
			t.Fatalf("root of %d leaves from tiles: %x, %v", size, root, err)
		}
		for _, index := range []uint64{0, size / 3, size / 2, size - 1} {
			theirs, err := proof.Inclusion(&levels, index, size)
			if err != nil {
				t.Fatal(err)
			}
			ours, err := proof.Inclusion(tiles, index, size)
			if diff := cmp.Diff(theirs, ours); err != nil || diff != "" {
				t.Fatalf("leaf %d of %d: %v %s", index, size, err, diff)
			}
			theirs, _ = proof.Consistency(&levels, index, size)
			ours, err = proof.Consistency(tiles, index, size)
			if diff := cmp.Diff(theirs, ours); err != nil || diff != "" {
				t.Fatalf("%d continue %d: %v %s", size, index, err, diff)
			}
		}
		for level := 0; size>>(8*level) > 0; level++ {
			n := size >> (8 * level)
			tile := proof.Tile{Level: level, N: (n - 1) / 256, Width: int((n-1)%256 + 1)}
			raw, err := proof.HashTile(tile, &levels, size)
			if err != nil {
				t.Fatal(err)
			}
			other := tlog.Tile{H: 8, L: level, N: int64(tile.N), W: tile.Width}
			for _, at := range []uint64{tile.First(), n - 1} {
				h, err := tlog.HashFromTile(other, raw, tlog.StoredHashIndex(8*level, int64(at)))
				if err != nil {
					t.Fatalf("%s: others say %v", tile.Path(), err)
				}
				if mine, _ := levels.Subtree(8*level, at); mine != proof.Hash(h) {
					t.Fatalf("%s: others find another hash", tile.Path())
				}
			}
		}
		if read == 0 {
			t.Error("no tile was read")
		}
	}
}

func TestTilesThatAreNot(t *testing.T) {
	t.Parallel()
	leaves := proof.Leaves(manyLeaves(300))
	for _, tile := range []proof.Tile{
		{Width: 0},
		{Width: 257},
		{Width: -1},
		{N: 1, Width: 45},
		{N: 2, Width: 1},
		{Level: 1, Width: 2},
		{Level: 2, Width: 1},
		{Level: 8, Width: 1},
		{Level: -1, Width: 1},
		{N: math.MaxUint64 / 256, Width: 1},
		{Entries: true, Width: 1},
	} {
		if raw, err := proof.HashTile(tile, leaves, 300); !errors.Is(err, proof.ErrTile) {
			t.Errorf("%+v: %d bytes", tile, len(raw))
		}
	}
	short := proof.Tiles{Size: 300, Read: func(proof.Tile) ([]byte, error) { return make([]byte, 255*32), nil }}
	if _, err := proof.RootAt(short, 300); !errors.Is(err, proof.ErrTile) {
		t.Errorf("a short tile is believed: %v", err)
	}
	gone := errors.New("gone")
	none := proof.Tiles{Size: 300, Read: func(proof.Tile) ([]byte, error) { return nil, gone }}
	if _, err := proof.Inclusion(none, 1, 300); !errors.Is(err, gone) {
		t.Errorf("a missing tile: %v", err)
	}
}

func TestTileEntries(t *testing.T) {
	t.Parallel()
	want := [][]byte{[]byte("one"), {}, []byte(strings.Repeat("x", 65535))}
	var raw []byte
	var err error
	for _, e := range want {
		if raw, err = proof.AppendTileEntry(raw, e); err != nil {
			t.Fatal(err)
		}
	}
	got, err := proof.TileEntries(raw, 3)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	if string(raw[:5]) != "\x00\x03one" {
		t.Errorf("begins with %q", raw[:5])
	}
	if _, err := proof.AppendTileEntry(nil, make([]byte, 65536)); !errors.Is(err, proof.ErrTile) {
		t.Error("an entry of 65,536 bytes has no length")
	}
	for _, bad := range []struct {
		raw   []byte
		width int
	}{{raw, 2}, {raw, 4}, {raw, 0}, {raw, 257}, {raw[:len(raw)-1], 3}, {append(raw, 0), 3}, {nil, 1}, {raw[:1], 1}} {
		if _, err := proof.TileEntries(bad.raw, bad.width); !errors.Is(err, proof.ErrTile) {
			t.Errorf("%d bytes as %d entries", len(bad.raw), bad.width)
		}
	}
}

func FuzzTilePath(f *testing.F) {
	f.Add("tile/0/x001/234")
	f.Add("tile/entries/000.p/255")
	f.Fuzz(func(t *testing.T, path string) {
		if tile, err := proof.ParseTile(path); err == nil && tile.Path() != path {
			t.Errorf("%q is %+v, which is %q", path, tile, tile.Path())
		}
	})
}

func FuzzTileEntries(f *testing.F) {
	f.Add([]byte("\x00\x03one\x00\x00"), 2)
	f.Fuzz(func(t *testing.T, raw []byte, width int) {
		entries, err := proof.TileEntries(raw, width)
		if err != nil {
			return
		}
		var again []byte
		for _, e := range entries {
			if again, err = proof.AppendTileEntry(again, e); err != nil {
				t.Fatal(err)
			}
		}
		if string(again) != string(raw) {
			t.Errorf("%x comes back as %x", raw, again)
		}
	})
}
