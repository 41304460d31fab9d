// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

func rangeOf(h *Header) event.Range {
	return event.Range{Stream: h.Stream, First: h.First, Last: h.Last()}
}

// checkFile recomputes the ranges of a segment file. It tells whether the file is
// gone, which beside a running journal is left to the next round.
func (v *verifier) checkFile(l *listed, cache *segment.Cache) (gone bool) {
	var r Report
	defer func() { v.merge(&r) }()
	if l.Name == "" {
		v.lostRange(l, &r)
		return false
	}
	name := "segments/" + filepath.ToSlash(l.Name)
	f, err := segment.OpenFile(filepath.Join(v.dir, "segments", l.Name), cache)
	if errors.Is(err, os.ErrNotExist) && !v.stopped {
		return true
	}
	if err != nil {
		verdict := Altered
		if errors.Is(err, os.ErrNotExist) {
			verdict = Missing
		}
		v.condemn(l, name, "cannot be opened: "+cause(err), verdict, &r)
		return verdict == Missing
	}
	defer f.Close()
	m, err := decodeMeta(f.Meta())
	if err != nil {
		v.condemn(l, name, "its header cannot be read", Altered, &r)
		return false
	}
	c := fileCheck{v: v, f: f, meta: m, name: name, rows: segment.NewRows(f), report: &r}
	for _, at := range l.Ranges {
		if v.ranges[at].state != unchecked {
			continue
		}
		c.check(at)
	}
	size, sum, err := fileSum(f.Path())
	switch {
	case l.Size == 0 || c.bad:
		// nothing to compare with, or named already
	case err != nil:
		v.condemn(l, name, "cannot be read: "+cause(err), Altered, &r)
	case size != l.Size || sum != l.Sum:
		r.file(name, "its bytes are not those that were sealed; every event in it is whole", true, v.rangesOf(l)...)
	}
	return false
}

// condemn names a file of which nothing can be believed, and all its entries.
func (v *verifier) condemn(l *listed, name, damage string, verdict Verdict, r *Report) {
	if v.pruning(l) {
		return // dropped meanwhile, or its removal is still to be done
	}
	r.file(name, damage, true, v.rangesOf(l)...)
	for _, at := range l.Ranges {
		if v.ranges[at].state == unchecked {
			h := &v.headers[at].Header
			r.find(h.Stream, h.First, h.Last(), verdict)
			v.ranges[at].state = judged
		}
	}
}

// pruning tells whether a tombstone names all ranges of a file.
func (v *verifier) pruning(l *listed) bool {
	for _, at := range l.Ranges {
		h := &v.headers[at].Header
		s := v.streams[h.Stream]
		if !v.tombs.covers(h.Stream, h.Number, func(first, last uint64) string { return v.sumOf(s, first, last) }) {
			return false
		}
	}
	return true
}

// rangesOf are the entries of a file.
func (v *verifier) rangesOf(l *listed) (all []event.Range) {
	for _, at := range l.Ranges {
		next := rangeOf(&v.headers[at].Header)
		if n := len(all); n > 0 && all[n-1].Last+1 == next.First {
			all[n-1].Last = next.Last
			continue
		}
		all = append(all, next)
	}
	return all
}

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

// takeTombstone remembers an entry of the system stream.
func (v *verifier) takeTombstone(e *event.Event) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.tombs.add(e)
}

// lostRange checks a range of which nothing is left but its header.
func (v *verifier) lostRange(l *listed, r *Report) {
	for _, at := range l.Ranges {
		h := &v.headers[at].Header
		var t tree
		for seq := h.First; seq <= h.Last(); seq++ {
			t.Add(proof.LostLeaf(h.Stream, seq))
		}
		if t.Root() != h.Root || h.Lost != h.Count {
			r.file("manifest", "has no file for a range that has one", false, rangeOf(h))
		}
		r.find(h.Stream, h.First, h.Last(), Missing)
		v.ranges[at].state = judged
	}
}

// cause is the innermost text of an error, without paths of this machine.
func cause(err error) string {
	for {
		switch u := err.(type) { //nolint:errorlint // the chain itself is walked
		case interface{ Unwrap() error }:
			next := u.Unwrap()
			if next == nil {
				return err.Error()
			}
			err = next
		case interface{ Unwrap() []error }:
			list := u.Unwrap()
			if len(list) == 0 {
				return err.Error()
			}
			err = list[0]
		default:
			return err.Error()
		}
	}
}
