// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"errors"
	"strconv"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// fileCheck goes through the ranges of one file.
type fileCheck struct {
	v      *verifier
	f      segment.Reader
	meta   fileMeta
	name   string
	rows   *segment.Rows
	row    int // the first of the next range
	report *Report
	bad    bool // something was named
}

// metaAt is the part of a file's meta for a range.
func metaAt(m fileMeta, number uint64) *rangeMeta {
	if i := number - m[0].Header.Number; i < uint64(len(m)) {
		return &m[i]
	}
	return nil
}

// check recomputes one range.
func (c *fileCheck) check(at uint64) {
	v, h := c.v, &c.v.headers[at].Header
	out := &v.ranges[at]
	out.state = judged
	rm := metaAt(c.meta, h.Number)
	if rm == nil {
		c.whole(h, "does not have range "+h.Stream+" "+strconv.FormatUint(h.Number, 10))
		return
	}
	c.row = 0
	for i := range c.meta {
		if m := &c.meta[i]; m != rm {
			c.row += m.rows()
			continue
		}
		break
	}
	key := v.key(h.Stream, h.Epoch, h.Ratchet)
	if rm.Header.Leaf() != v.leaves[at] {
		c.whole(h, "its header is not the one that was sealed")
		return
	}
	if key != nil && headerMAC(&rm.Header, key) != rm.MAC {
		c.whole(h, "its header's MAC is wrong")
		return
	}
	before := c.report.Tampered
	out.ok, out.erased = c.checkRows(rm, key)
	c.bad = c.bad || c.report.Tampered > before+int64(rm.Header.Lost)
}

// whole names a range of which nothing can be believed.
func (c *fileCheck) whole(h *Header, damage string) {
	c.bad = true
	c.report.file(c.name, damage, true, rangeOf(h))
	c.report.find(h.Stream, h.First, h.Last(), Altered)
}

// checkRows recomputes the leaves and MACs of a range's rows and its root.
func (c *fileCheck) checkRows(m *rangeMeta, key *[keyring.KeyBytes]byte) (ok, erased int64) {
	h, r := &m.Header, c.report
	end := min(c.row+m.rows(), c.f.Rows())
	if m == &c.meta[len(c.meta)-1] {
		end = c.f.Rows() // rows too many are judged, not passed over
	}
	line := lineup{stream: h.Stream, first: h.First, seqs: make([]uint64, 0, end-c.row), good: make([]bool, 0, end-c.row)}
	lost := make(map[uint64]bool, len(m.Lost))
	leaves := make([]hash, h.Count)
	for _, i := range m.Lost {
		lost[h.First+uint64(i)] = true
		leaves[i] = proof.LostLeaf(h.Stream, h.First+uint64(i))
	}
	gone := erasedOf(m)
	var hs hasher
	hs.Blind.Use(&m.Blind)
	if key != nil {
		hs.mac.reset(key, h.Stream)
	}
	var e event.Event
	for row := c.row; row < end; row++ {
		err := c.rows.Event(row, &e)
		leaf8, mac, integrityErr := c.rows.Integrity(row)
		if err = errors.Join(err, integrityErr); err != nil {
			page := row / segment.PageRows
			r.file(c.name, "rows cannot be read: "+cause(err), true)
			line.hole()
			row = (page+1)*segment.PageRows - 1
			continue
		}
		i := e.Place.Seq - h.First
		if i >= uint64(h.Count) {
			line.add(e.Place.Seq, false)
			continue
		}
		n := uint32(i) //nolint:gosec // below Count
		c0, c1 := gone.at(n, 0), gone.at(n, 1)
		var leaf hash
		if c0 == nil && c1 == nil {
			leaf = hs.LeafOf(n, &e)
		} else {
			leaf = hs.LeafErased(n, &e, c0, c1)
		}
		good := e.Place.Stream == h.Stream && e.Place.Origin == h.Origin && [8]byte(leaf[:8]) == leaf8 &&
			(key == nil || hs.mac.sum(e.Place.Seq, &leaf) == mac) &&
			(c0 == nil || c.v.tombs.excuses(h.Stream, e.Place.Seq, 0)) && (c1 == nil || c.v.tombs.excuses(h.Stream, e.Place.Seq, 1))
		line.add(e.Place.Seq, good)
		if good && (c0 != nil || c1 != nil) {
			erased++
		}
		if leaves[i] == (hash{}) {
			leaves[i] = leaf
		}
		if good && h.Stream == SystemStream {
			c.v.takeTombstone(&e)
		}
	}
	c.v.found(h.Stream, h.First, leaves, true)
	before := r.Tampered
	ok = line.judge(r, h.Last(), lost, Removed, Removed)
	if r.Tampered-before == int64(len(m.Lost)) && proof.RootOf(leaves) != h.Root {
		// each row fits its own columns, yet the whole is not what was sealed
		r.file(c.name, "the root differs", true, rangeOf(h))
		r.find(h.Stream, h.First, h.Last(), Altered)
		return 0, 0
	}
	return ok, erased
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
