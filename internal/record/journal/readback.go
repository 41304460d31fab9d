// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"bytes"
	"fmt"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// readBack recomputes every leaf of a file's ranges from its columns and compares
// their roots, groups and, with a key for each range, MACs.
func readBack(f segment.Reader, m fileMeta, keys func(*Header) *[keyring.KeyBytes]byte) error {
	if f.Rows() != m.rows() {
		return fmt.Errorf("%w: %d rows, not %d", errReadBack, f.Rows(), m.rows())
	}
	rows := segment.NewScan(f)
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
			if err := c.row(&e, leaf8, mac); err != nil {
				return err
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

// checker recomputes a sealed range's leaves from its rows, in their order, some
// hundred at a time.
type checker struct {
	m       *rangeMeta
	keys    bool
	next    uint32 // the entry that the next row should be
	passed  int    // how many of m.Lost lie before it
	erased  int    // how many of m.Erased were passed
	pending []pendingRow
	leaves  proof.LeafBatch
	macs    macBatch

	tree proof.RangeTree
	lost int // how many of m.Lost are in the tree
}

// pendingRow is what a row says of its integrity.
type pendingRow struct {
	seq   uint64
	leaf8 [8]byte
	mac   [macBytes]byte
}

func newChecker(m *rangeMeta, key *[keyring.KeyBytes]byte) *checker {
	c := &checker{m: m, keys: key != nil}
	c.leaves.Use(&m.Blind)
	if key != nil {
		c.macs.reset(key, m.Header.Stream)
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

// row takes the next row. The error says that it, or one of the rows before it, is
// not what was sealed.
func (c *checker) row(e *event.Event, leaf8 [8]byte, mac [macBytes]byte) error {
	for c.passed < len(c.m.Lost) && c.m.Lost[c.passed] == c.next {
		c.passed, c.next = c.passed+1, c.next+1
	}
	h := &c.m.Header
	p := pendingRow{h.First + uint64(c.next), leaf8, mac}
	if e.Place.Seq != p.seq || e.Place.Stream != h.Stream || e.Place.Origin != h.Origin {
		return fmt.Errorf("%w: seq %d where %d belongs", errReadBack, e.Place.Seq, p.seq)
	}
	c0, c1 := c.commitments(c.next)
	c.leaves.Add(c.next, e, c0, c1)
	c.pending = append(c.pending, p)
	c.next++
	if !c.leaves.Full() {
		return nil
	}
	return c.flush()
}

// flush compares the rows that were taken with their leaves and MACs.
func (c *checker) flush() error {
	leaves := c.leaves.Sum()
	for i := range leaves {
		c.skip()
		c.tree.Add(leaves[i])
		if [8]byte(leaves[i][:8]) != c.pending[i].leaf8 {
			return fmt.Errorf("%w: the leaf of seq %d differs", errReadBack, c.pending[i].seq)
		}
		if c.keys {
			c.macs.add(c.pending[i].seq, &leaves[i])
		}
	}
	if c.keys {
		for i, mac := range c.macs.sum() {
			if [macBytes]byte(mac[:]) != c.pending[i].mac {
				return fmt.Errorf("%w: the MAC of seq %d differs", errReadBack, c.pending[i].seq)
			}
		}
	}
	c.pending = c.pending[:0]
	return nil
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
	if err := c.flush(); err != nil {
		return err
	}
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
