// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

const (
	// TileWidth is how many hashes or entries a full tile has.
	TileWidth = 256

	tileBits     = 8
	maxTileLevel = 63
	maxTileN     = math.MaxInt64 / TileWidth
)

// ErrTile is wrapped by the errors about paths and bytes of tiles.
var ErrTile = errors.New("malformed tile")

// Tile names one tile of the log of headers (c2sp.org/tlog-tiles): Width hashes of
// subtrees of 256^Level leaves, or Width headers, from the one with number
// N·TileWidth on.
type Tile struct {
	Entries bool // headers, not hashes; Level is 0
	Level   int
	N       uint64
	Width   int // 1 to TileWidth
}

// ParseTile reads a path, `tile/<L>/<N>[.p/<W>]` or `tile/entries/<N>[.p/<W>]`, of
// which there is one form for each tile. Errors wrap ErrTile.
func ParseTile(path string) (Tile, error) {
	bad := fmt.Errorf("path %.80q: %w", path, ErrTile)
	kind, number, ok := strings.Cut(strings.TrimPrefix(path, "tile/"), "/")
	if !ok {
		return Tile{}, bad
	}
	t := Tile{Entries: kind == "entries", Width: TileWidth}
	if !t.Entries {
		level, err := ParseDecimal(kind)
		if err != nil || level > maxTileLevel {
			return Tile{}, bad
		}
		t.Level = int(level)
	}
	number, width, partial := strings.Cut(number, ".p/")
	if partial {
		w, err := ParseDecimal(width)
		if err != nil || w < 1 || w >= TileWidth {
			return Tile{}, bad
		}
		t.Width = int(w)
	}
	for group := range strings.SplitSeq(number, "/") {
		d, err := strconv.ParseUint(strings.TrimPrefix(group, "x"), 10, 16)
		if t.N = 1000*t.N + d; err != nil || d > 999 || t.N > maxTileN {
			return Tile{}, bad
		}
	}
	if t.Path() != path { // signs, zeros, an x too many or too few
		return Tile{}, bad
	}
	return t, nil
}

// Path is the tile's path, below the log's address.
func (t Tile) Path() string {
	n := fmt.Sprintf("%03d", t.N%1000)
	for rest := t.N / 1000; rest > 0; rest /= 1000 {
		n = fmt.Sprintf("x%03d/%s", rest%1000, n)
	}
	kind := "entries"
	if !t.Entries {
		kind = strconv.Itoa(t.Level)
	}
	if t.Width < TileWidth {
		n += ".p/" + strconv.Itoa(t.Width)
	}
	return "tile/" + kind + "/" + n
}

// First is the number of the tile's first hash or entry on its level.
func (t Tile) First() uint64 { return t.N * TileWidth }

// In tells whether a tree of size leaves has all of the tile.
func (t Tile) In(size uint64) bool {
	return t.Width >= 1 && t.Width <= TileWidth && t.Level >= 0 && t.Level*tileBits < 64 &&
		t.N <= maxTileN && t.First()+uint64(t.Width) <= size>>(t.Level*tileBits)
}

// HashTile is the content of a tile of hashes of a tree with size leaves.
func HashTile(t Tile, r HashReader, size uint64) ([]byte, error) {
	if t.Entries || !t.In(size) {
		return nil, fmt.Errorf("%s of %d leaves: there is none: %w", t.Path(), size, ErrTile)
	}
	raw := make([]byte, 0, t.Width*sha256.Size)
	for i := range uint64(t.Width) { //nolint:gosec // In says that it is positive
		h, err := r.Subtree(t.Level*tileBits, t.First()+i)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", t.Path(), err)
		}
		raw = append(raw, h[:]...)
	}
	return raw, nil
}

// AppendTileEntry appends an entry to the content of a tile of entries: its length
// in two bytes, and its bytes.
func AppendTileEntry(dst, entry []byte) ([]byte, error) {
	if len(entry) > math.MaxUint16 {
		return dst, fmt.Errorf("an entry of %d bytes: %w", len(entry), ErrTile)
	}
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(entry))) //nolint:gosec // checked above
	return append(dst, entry...), nil
}

// TileEntries cuts the content of a tile of entries apart. There must be exactly
// width of them. The results are parts of raw.
func TileEntries(raw []byte, width int) ([][]byte, error) {
	if width < 1 || width > TileWidth {
		return nil, fmt.Errorf("a tile of %d entries: %w", width, ErrTile)
	}
	r := Cursor{B: raw}
	entries := make([][]byte, 0, width)
	for range width {
		entries = append(entries, r.Take(int(r.U16())))
	}
	if !r.Done() {
		return nil, fmt.Errorf("%d bytes are not %d entries: %w", len(raw), width, ErrTile)
	}
	return entries, nil
}

// Tiles is a tree of Size leaves that is read from its tiles of hashes. Read gives
// the content of one. What it gives is not proven: compare RootAt with a
// checkpoint.
type Tiles struct {
	Size uint64
	Read func(Tile) ([]byte, error)
}

// Subtree implements HashReader.
func (s Tiles) Subtree(level int, n uint64) (Hash, error) {
	if !within(level, n, s.Size) {
		return Hash{}, errNoNode(level, n, s.Size)
	}
	above := level % tileBits
	first := n << above // of the 2^above hashes on the tile's own level
	t := Tile{Level: level / tileBits, N: first / TileWidth}
	t.Width = int(min(TileWidth, s.Size>>(t.Level*tileBits)-t.First()))
	raw, err := s.Read(t)
	if err != nil {
		return Hash{}, fmt.Errorf("read %s: %w", t.Path(), err)
	}
	if len(raw) != t.Width*sha256.Size {
		return Hash{}, fmt.Errorf("%s of %d bytes: %w", t.Path(), len(raw), ErrTile)
	}
	var sub Tree
	for i := range uint64(1) << above {
		at := (first%TileWidth + i) * sha256.Size
		sub.Add(Hash(raw[at : at+sha256.Size]))
	}
	return sub.Root(), nil
}
