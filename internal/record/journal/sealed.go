// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// sealedFile is a segment file that counts, with ranges of one stream that follow
// each other.
type sealedFile struct {
	listed
	coverage
	file *segment.File // nil when it cannot be opened; then lost stands in
	lost *segment.Lost // nil, too, for a range of which no row is left
	// unmergeable: it could not be read, or has no neighbour to go with. The
	// sealer's to set.
	unmergeable atomic.Bool
	// under view.mu
	readers int  // snapshots that read it
	gone    bool // it counts no more, and is closed when nobody reads it
}

// coverage is what the headers of a file's ranges say together.
type coverage struct {
	stream                   string
	firstNumber, lastNumber  uint64 // ranges
	first, last              uint64 // seq
	minReceived, maxReceived int64
	minTime, maxTime         int64
	minOrd, maxOrd           uint64
	rows                     int
}

// add widens the coverage by the next range.
func (s *coverage) add(h *Header) {
	rows := int(h.Count - h.Lost)
	if s.stream == "" {
		*s = coverage{stream: h.Stream, firstNumber: h.Number, first: h.First}
	}
	s.lastNumber, s.last = h.Number, h.Last()
	if rows == 0 {
		return
	}
	if s.rows == 0 {
		s.minReceived, s.maxReceived, s.minTime, s.maxTime = h.MinReceived, h.MaxReceived, h.MinTime, h.MaxTime
		s.minOrd, s.maxOrd = h.FirstOrd, h.LastOrd
	}
	s.minReceived, s.maxReceived = min(s.minReceived, h.MinReceived), max(s.maxReceived, h.MaxReceived)
	s.minTime, s.maxTime = min(s.minTime, h.MinTime), max(s.maxTime, h.MaxTime)
	s.minOrd, s.maxOrd = min(s.minOrd, h.FirstOrd), max(s.maxOrd, h.LastOrd)
	s.rows += rows
}

// coverageOf is the coverage of a file's ranges.
func coverageOf(m fileMeta) (s coverage) {
	for i := range m {
		s.add(&m[i].Header)
	}
	return s
}

// fileName is the path of a file below segments/: its stream, the UTC day of the
// receipt of its first event, its ranges, and a letter and number that tell a file
// that was written anew from the one it stands for.
func fileName(s *coverage, generation uint64) string {
	day := time.Unix(0, s.minReceived).UTC().Format(time.DateOnly)
	base := fmt.Sprintf("%012d", s.firstNumber)
	if s.lastNumber != s.firstNumber {
		base += fmt.Sprintf("-%012d", s.lastNumber)
	}
	if generation > 0 {
		base += fmt.Sprintf(".%d", generation)
	}
	return filepath.Join(s.stream, day, base+".seg")
}

// writeFile makes a segment file of rows and meta, durable under its name, after
// it was read back from the disk and every leaf, root and MAC in it was found to be
// what rows and the headers say. Steps: temporary name, synced; dropped from the
// page cache, read back; renamed; folders synced.
func (j *Journal) writeFile(name string, rows segment.Reader, m fileMeta) (l listed, err error) {
	d := j.opts.disk
	l.Name = name
	path := j.path("segments", name)
	if err := j.makeFolder(filepath.Dir(path)); err != nil {
		return l, err
	}
	tmp := path + ".tmp"
	if err := d.writeSegment(tmp, rows, m.encode()); err != nil {
		return l, err
	}
	f, err := segment.OpenFile(tmp, j.seal.once)
	if err != nil {
		return l, fmt.Errorf("read back: %w", err)
	}
	got, err := decodeMeta(f.Meta())
	if err == nil && !bytes.Equal(got.encode(), m.encode()) {
		err = fmt.Errorf("%w: its meta differs", errReadBack)
	}
	if err == nil {
		err = readBack(f, m, nil)
	}
	if err == nil {
		err = sameMACs(f, rows)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return l, fmt.Errorf("read back: %w", err)
	}
	if l.Size, l.Sum, err = fileSum(tmp); err != nil {
		return l, fmt.Errorf("read back: %w", err)
	}
	if err := d.rename(tmp, path); err != nil {
		return l, err
	}
	return l, d.syncDir(filepath.Dir(path))
}

// makeFolder makes a folder of the segments, and its parents, durable.
func (j *Journal) makeFolder(dir string) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	for root := j.path("segments"); ; {
		dir = filepath.Dir(dir)
		if err := j.opts.disk.syncDir(dir); err != nil {
			return err
		}
		if dir == root || len(dir) <= len(root) {
			return nil
		}
	}
}

// readBack recomputes every leaf of a file's ranges from its columns and compares
// their roots, groups and, with a key for each range, MACs.
func readBack(f segment.Reader, m fileMeta, keys func(*Header) *[keyring.KeyBytes]byte) error {
	if f.Rows() != m.rows() {
		return fmt.Errorf("%w: %d rows, not %d", errReadBack, f.Rows(), m.rows())
	}
	rows := segment.NewRows(f)
	var e event.Event
	row := 0
	for i := range m {
		var key *[keyring.KeyBytes]byte
		if keys != nil {
			key = keys(&m[i].Header)
		}
		c := newChecker(&m[i], key)
		for range m[i].rows() {
			if err := rows.Event(row, &e); err != nil {
				return fmt.Errorf("%w: %w", errReadBack, err)
			}
			leaf8, mac, err := rows.Integrity(row)
			if err != nil {
				return fmt.Errorf("%w: %w", errReadBack, err)
			}
			if !c.row(&e, leaf8, mac) {
				return fmt.Errorf("%w: row %d, seq %d", errReadBack, row, e.Place.Seq)
			}
			row++
		}
		if err := c.finish(); err != nil {
			return err
		}
	}
	return nil
}

// sameMACs compares the MACs of a file with those of the rows that it was made
// of, whose leaves it has: there is no need to compute them again.
func sameMACs(f, rows segment.Reader) error {
	for page := range segment.Pages(f) {
		got, err := f.Bytes(segment.ColMAC16, page)
		if err != nil {
			return fmt.Errorf("%w: %w", errReadBack, err)
		}
		want, err := rows.Bytes(segment.ColMAC16, page)
		if err != nil {
			return fmt.Errorf("%w: %w", errReadBack, err)
		}
		if !bytes.Equal(got, want) {
			return fmt.Errorf("%w: the MACs of page %d differ", errReadBack, page)
		}
	}
	return nil
}

// checker recomputes a sealed range's leaves from its rows, in their order.
type checker struct {
	h      hasher
	m      *rangeMeta
	keys   bool
	tree   proof.RangeTree
	lost   int // how many of m.Lost are in the tree
	erased int // how many of m.Erased were passed
}

func newChecker(m *rangeMeta, key *[keyring.KeyBytes]byte) *checker {
	c := &checker{m: m, keys: key != nil}
	c.h.Blind.Use(&m.Blind)
	if key != nil {
		c.h.mac.reset(key, m.Header.Stream)
	}
	return c
}

// skip puts the lost entries that come next in the tree.
func (c *checker) skip() {
	for c.lost < len(c.m.Lost) && uint64(c.m.Lost[c.lost]) == c.tree.Size() {
		c.tree.Add(proof.LostLeaf(c.m.Header.Stream, c.m.Header.First+c.tree.Size()))
		c.lost++
	}
}

// row takes the next row; false when it is not what was sealed.
func (c *checker) row(e *event.Event, leaf8 [8]byte, mac [macBytes]byte) bool {
	c.skip()
	h := &c.m.Header
	i := uint32(c.tree.Size()) //nolint:gosec // below maxRangeEntries
	seq := h.First + uint64(i)
	leaf := c.leaf(i, e)
	ok := e.Place.Seq == seq && e.Place.Stream == h.Stream && e.Place.Origin == h.Origin &&
		[8]byte(leaf[:8]) == leaf8 && (!c.keys || c.h.mac.sum(seq, &leaf) == mac)
	c.tree.Add(leaf)
	return ok
}

// leaf computes the leaf of entry i, with the commitments of what was erased.
func (c *checker) leaf(i uint32, e *event.Event) hash {
	c0, c1 := c.commitments(i)
	if c0 == nil && c1 == nil {
		return c.h.LeafOf(i, e)
	}
	return c.h.LeafErased(i, e, c0, c1)
}

// commitments are those of the erased slots of entry i; entries come in order.
func (c *checker) commitments(i uint32) (c0, c1 *hash) {
	for c.erased < len(c.m.Erased) && c.m.Erased[c.erased].I <= i {
		e := &c.m.Erased[c.erased]
		switch {
		case e.I < i:
		case e.Slot == 0:
			c0 = &e.C
		default:
			c1 = &e.C
		}
		c.erased++
	}
	return c0, c1
}

// finish compares the root, and the roots of the groups.
func (c *checker) finish() error {
	c.skip()
	if c.tree.Root() != c.m.Header.Root {
		return fmt.Errorf("%w: the root differs", errReadBack)
	}
	groups := c.tree.Groups()
	for i := range groups {
		if i >= len(c.m.Groups) || groups[i] != c.m.Groups[i] {
			return fmt.Errorf("%w: the root of group %d differs", errReadBack, i)
		}
	}
	return nil
}
