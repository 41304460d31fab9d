// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// rangeCheck recomputes the leaves and MACs of one range's rows, and its root.
type rangeCheck struct {
	m      *rangeMeta
	at     uint64 // of its header in the log
	key    *[keyring.KeyBytes]byte
	line   lineup
	lost   map[uint64]bool
	gone   erasedSlots
	leaves []hash
	erased int64          // rows with an erased slot
	own    []*event.Event // of the journal's own entries, those that say what is gone or held

	pending []checkedRow // rows whose leaves are computed together
}

// checkedRow is what a row says, and what must be known of it when its leaf is there.
type checkedRow struct {
	pendingRow

	n      uint32
	placed bool // it names its stream and origin
	c0, c1 *hash
	own    *event.Event // it decides what is gone or held
}

func newRangeCheck(m *rangeMeta, at uint64, key *[keyring.KeyBytes]byte) *rangeCheck {
	h := &m.Header
	r := &rangeCheck{m: m, at: at, key: key, gone: erasedOf(m), lost: make(map[uint64]bool, len(m.Lost)), leaves: make([]hash, h.Count)}
	r.line = lineup{stream: h.Stream, first: h.First, seqs: make([]uint64, 0, m.rows()), good: make([]bool, 0, m.rows())}
	for _, i := range m.Lost {
		r.lost[h.First+uint64(i)] = true
		r.leaves[i] = proof.LostLeaf(h.Stream, h.First+uint64(i))
	}
	return r
}

// use sets the rows' hashing to the range's keys.
func (r *rangeCheck) use(h *rowHasher) {
	h.leaves.Use(&r.m.Blind)
	if r.key != nil {
		h.macs.reset(r.key, r.m.Header.Stream)
	}
}

// rowHasher makes the leaves and MACs of rows of one range at a time.
type rowHasher struct {
	leaves proof.LeafBatch
	macs   macBatch
}

// row takes a row with a sequence number of the range.
func (r *rangeCheck) row(c *fileCheck, e *event.Event, leaf8 [8]byte, mac [macBytes]byte) {
	h := &r.m.Header
	n := uint32(e.Place.Seq - h.First) //nolint:gosec // below Count
	row := checkedRow{
		pendingRow: pendingRow{e.Place.Seq, leaf8, mac}, n: n, c0: r.gone.at(n, 0), c1: r.gone.at(n, 1),
		placed: e.Place.Stream == h.Stream && e.Place.Origin == h.Origin,
	}
	if h.Stream == SystemStream && decides(e) {
		kept := *e
		row.own = &kept
	}
	c.h.leaves.Add(n, e, row.c0, row.c1)
	if r.pending = append(r.pending, row); c.h.leaves.Full() {
		r.flush(c)
	}
}

// flush judges the rows that were taken.
func (r *rangeCheck) flush(c *fileCheck) {
	h := &r.m.Header
	leaves := c.h.leaves.Sum()
	var macs []hash
	if r.key != nil {
		for i := range leaves {
			c.h.macs.add(r.pending[i].seq, &leaves[i])
		}
		macs = c.h.macs.sum()
	}
	for i := range leaves {
		row, leaf := &r.pending[i], leaves[i]
		good := row.placed && [8]byte(leaf[:8]) == row.leaf8 && (macs == nil || [macBytes]byte(macs[i][:]) == row.mac) &&
			(row.c0 == nil || c.v.excused(h.Stream, row.seq, 0)) && (row.c1 == nil || c.v.excused(h.Stream, row.seq, 1))
		r.line.add(row.seq, good)
		if good && (row.c0 != nil || row.c1 != nil) {
			r.erased++
		}
		if r.leaves[row.n] == (hash{}) {
			r.leaves[row.n] = leaf
		}
		if good && row.own != nil {
			r.own = append(r.own, row.own)
		}
	}
	r.pending = r.pending[:0]
}

// finish judges the rows and compares the root; it tells whether anything was named
// beside the entries that were lost before the seal.
func (r *rangeCheck) finish(c *fileCheck) (bad bool) {
	h, out := &r.m.Header, &c.v.ranges[r.at]
	c.v.found(h.Stream, h.First, r.leaves, true)
	before := c.report.Tampered
	ok := r.line.judge(c.report, h.Last(), r.lost, Removed, Removed)
	bad = c.report.Tampered-before != int64(len(r.m.Lost))
	if !bad && proof.RootOf(r.leaves) != h.Root {
		// each row fits its own columns, yet the whole is not what was sealed
		c.report.file(c.name, "the root differs", true, rangeOf(h))
		c.report.find(h.Stream, h.First, h.Last(), Altered)
		return true
	}
	out.ok, out.erased = ok, r.erased
	if !bad {
		c.v.takeOwn(r.own, r.at, r.key != nil)
	}
	return bad
}

// erasedSlots are the commitments of what was erased in a range.
type erasedSlots map[uint64]*hash

func erasedOf(m *rangeMeta) erasedSlots {
	if len(m.Erased) == 0 {
		return nil
	}
	s := make(erasedSlots, len(m.Erased))
	for i := range m.Erased {
		e := &m.Erased[i]
		s[uint64(e.I)<<1|uint64(e.Slot)] = &e.C
	}
	return s
}

func (s erasedSlots) at(i uint32, slot uint8) *hash { return s[uint64(i)<<1|uint64(slot)] }
