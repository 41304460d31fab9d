// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"errors"
	"sort"
	"strconv"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// fileCheck goes through the rows of one file. A row belongs to the range that has
// its sequence number, wherever it lies: who puts one in moves all that follow.
type fileCheck struct {
	v      *verifier
	f      segment.Reader
	meta   fileMeta
	name   string
	report *Report
	bad    bool // something was named

	ranges []*rangeCheck // of each range of meta; nil for those that are not checked
	starts []int         // the row at which each range should begin
	using  *rangeCheck   // whose keys the hashing has
	h      rowHasher
}

// metaAt is the place in a file's meta of a range, -1 when it has none.
func metaAt(m fileMeta, number uint64) int {
	if i := number - m[0].Header.Number; i < uint64(len(m)) {
		return int(i) //nolint:gosec // below len(m)
	}
	return -1
}

// check recomputes the ranges with these headers.
func (c *fileCheck) check(indexes []uint64) {
	c.ranges = make([]*rangeCheck, len(c.meta))
	row := 0
	for i := range c.meta {
		c.starts = append(c.starts, row)
		row += c.meta[i].rows()
	}
	found := false
	for _, at := range indexes {
		if c.v.ranges[at].state == unchecked {
			c.v.ranges[at].state = judged
			found = c.take(at) || found
		}
	}
	if !found {
		return
	}
	c.readRows()
	for _, r := range c.ranges {
		if r != nil {
			c.bad = r.finish(c) || c.bad
		}
	}
}

// take begins the check of a range; false when nothing of it can be believed.
func (c *fileCheck) take(at uint64) bool {
	v, h := c.v, &c.v.headers[at].Header
	i := metaAt(c.meta, h.Number)
	if i < 0 {
		c.whole(h, "does not have range "+h.Stream+" "+strconv.FormatUint(h.Number, 10))
		return false
	}
	m := &c.meta[i]
	key := v.key(h.Stream, h.Epoch, h.Ratchet)
	if m.Header.Leaf() != v.leaves[at] {
		c.whole(h, "its header is not the one that was sealed")
		return false
	}
	if key != nil && headerMAC(&m.Header, key) != m.MAC {
		c.whole(h, "its header's MAC is wrong")
		return false
	}
	c.ranges[i] = newRangeCheck(m, at, key)
	return true
}

// whole names a range of which nothing can be believed.
func (c *fileCheck) whole(h *Header, damage string) {
	c.bad = true
	c.report.file(c.name, damage, true, rangeOf(h))
	c.report.find(h.Stream, h.First, h.Last(), Altered)
}

// readRows gives each row to its range.
func (c *fileCheck) readRows() {
	rows := segment.NewScan(c.f)
	if c.meta[0].Header.Stream == SystemStream {
		rows = segment.NewRows(c.f) // its tombstones are kept
	}
	var e event.Event
	at := 0 // the range of the last row
	for row := 0; row < c.f.Rows(); row++ {
		err := rows.Event(row, &e)
		leaf8, mac, integrityErr := rows.Integrity(row)
		if err = errors.Join(err, integrityErr); err != nil {
			c.bad = true
			c.report.file(c.name, "rows cannot be read: "+cause(err), true)
			row = c.hole(row/segment.PageRows) - 1
			continue
		}
		if !c.meta[at].has(e.Place.Seq) {
			i := sort.Search(len(c.meta), func(i int) bool { return c.meta[i].Header.Last() >= e.Place.Seq })
			if i == len(c.meta) || !c.meta[i].has(e.Place.Seq) {
				c.bad = true
				c.report.find(c.meta[0].Header.Stream, e.Place.Seq, e.Place.Seq, Inserted)
				continue
			}
			at = i
		}
		r := c.ranges[at]
		if r == nil {
			continue
		}
		if c.using != r {
			c.flush()
			c.using = r
			r.use(&c.h)
		}
		r.row(c, &e, leaf8, mac)
	}
	c.flush()
}

// flush judges the rows that were taken, before something else is noted.
func (c *fileCheck) flush() {
	if c.using != nil {
		c.using.flush(c)
	}
}

func (m *rangeMeta) has(seq uint64) bool {
	return m.Header.First <= seq && seq <= m.Header.Last()
}

// hole notes in the ranges that should have rows in a page that nothing of it can be
// read; it returns the first row of the next page.
func (c *fileCheck) hole(page int) (next int) {
	c.flush()
	from, next := page*segment.PageRows, (page+1)*segment.PageRows
	for i, r := range c.ranges {
		if r != nil && c.starts[i] < next && c.starts[i]+c.meta[i].rows() > from {
			r.line.hole()
		}
	}
	return next
}
