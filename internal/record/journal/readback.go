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
