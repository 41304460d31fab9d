// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"cmp"
	"container/heap"
	"context"
	"fmt"
	"slices"
	"sort"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// readAhead is how many events are decoded at once for a reader that is behind.
const readAhead = 1024

// Reader gives the events of all streams in the order of their ord. Events that
// were committed lately come from memory, the very ones that were appended; the
// others are read from their ranges. A Reader is used by one goroutine; a journal
// may have any number of them. It needs no closing. Rows that cannot be read are
// left out, by pages; each loss is counted (Stats) and told (Options.Damaged) once.
type Reader struct {
	j   *Journal
	pos uint64
	buf []*event.Event // read ahead
}

// Reader returns a reader of the events after that ord: 0 begins at the start.
func (j *Journal) Reader(after uint64) *Reader { return &Reader{j: j, pos: after} }

// Position is the ord of the last event that Next returned.
func (r *Reader) Position() uint64 {
	if len(r.buf) > 0 {
		return r.buf[0].Place.Ord - 1
	}
	return r.pos
}

// Next returns the next events, at least one and at most limit, in the order of
// their ord; when there are none yet it waits for them. The events must not be
// changed. The error is that of ctx, or ErrClosed once everything was read and
// the journal has stopped.
func (r *Reader) Next(ctx context.Context, limit int) ([]*event.Event, error) {
	limit = max(limit, 1)
	for {
		if n := min(limit, len(r.buf)); n > 0 {
			out := r.buf[:n:n]
			r.buf = r.buf[n:]
			r.pos = out[n-1].Place.Ord
			return out, nil
		}
		out, hit, upto := r.j.ring.after(r.pos, limit, nil)
		if !hit {
			var err error
			if r.buf, err = r.j.readRanges(ctx, r.pos, upto, readAhead); err != nil {
				return nil, err
			}
			if len(r.buf) == 0 { // what was there is lost
				r.pos = upto
			}
			continue
		}
		if len(out) > 0 {
			r.pos = out[len(out)-1].Place.Ord
			return out, nil
		}
		if err := r.j.ring.wait(ctx, r.pos); err != nil {
			return nil, err
		}
		if err := ctx.Err(); err != nil { // a loop that finds nothing must end too
			return nil, fmt.Errorf("wait for events: %w", err)
		}
	}
}

// readRanges decodes at most n events with after < ord ≤ upto, in order, from
// the ranges of all streams, those that can be read.
func (j *Journal) readRanges(ctx context.Context, after, upto uint64, n int) ([]*event.Event, error) {
	readers, release, err := j.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	var waiting []*ordCursor
	for _, r := range readers {
		if b := r.Bounds(); b.MaxOrd > after && b.MinOrd <= upto {
			waiting = append(waiting, &ordCursor{r: r, ord: b.MinOrd})
		}
	}
	slices.SortFunc(waiting, func(a, b *ordCursor) int { return cmp.Compare(a.ord, b.ord) })
	var active cursors
	out := make([]*event.Event, 0, min(n, 256))
	for len(out) < n {
		// whoever may hold the smallest ord is positioned before it is taken
		for len(waiting) > 0 && (len(active) == 0 || waiting[0].ord <= active[0].ord) {
			c := waiting[0]
			waiting = waiting[1:]
			if c.seek(after, j) {
				heap.Push(&active, c)
			}
		}
		if len(active) == 0 || active[0].ord > upto {
			break
		}
		c := active[0]
		e := &event.Event{}
		if err := c.rows.Event(c.row, e); err != nil {
			j.damages.Page(c.r, c.row/segment.PageRows, err)
			c.row = (c.row/segment.PageRows+1)*segment.PageRows - 1
		} else {
			out = append(out, e)
		}
		if c.advance(c.row+1, j) {
			heap.Fix(&active, 0)
		} else {
			heap.Pop(&active)
		}
	}
	return out, nil
}

// ordCursor goes through a range in the order of its ords, which is that of its
// rows.
type ordCursor struct {
	r    segment.Reader
	rows *segment.Rows
	row  int
	ord  uint64 // of row
	page int    // that ords are of
	ords []int64
}

// seek goes to the first row after that ord; false when there is none.
func (c *ordCursor) seek(after uint64, j *Journal) bool {
	c.rows, c.page = segment.NewRows(c.r), -1
	pages := segment.Pages(c.r)
	page := sort.Search(pages, func(p int) bool { return c.r.PageBounds(p).MaxOrd > after })
	if !c.advance(page*segment.PageRows, j) {
		return false
	}
	i := sort.Search(len(c.ords), func(i int) bool { return uint64(c.ords[i]) > after }) //nolint:gosec // two's complement, and back
	return i == 0 && c.page != page || c.advance(c.page*segment.PageRows+i, j)
}

// advance goes to a row, past pages whose ords cannot be read; false at the end.
func (c *ordCursor) advance(row int, j *Journal) bool {
	for ; row < c.r.Rows(); row = (row/segment.PageRows + 1) * segment.PageRows {
		if page := row / segment.PageRows; page != c.page {
			ords, err := c.r.Ints(segment.ColOrd, page)
			if err != nil {
				j.damages.Page(c.r, page, err)
				continue
			}
			c.page, c.ords = page, ords
		}
		c.row, c.ord = row, uint64(c.ords[row%segment.PageRows]) //nolint:gosec // two's complement, and back
		return true
	}
	return false
}

// cursors is a heap by ord.
type cursors []*ordCursor

func (h cursors) Len() int           { return len(h) }
func (h cursors) Less(a, b int) bool { return h[a].ord < h[b].ord }
func (h cursors) Swap(a, b int)      { h[a], h[b] = h[b], h[a] }
func (h *cursors) Push(x any)        { *h = append(*h, x.(*ordCursor)) } //nolint:forcetypeassert // only readRanges pushes
func (h *cursors) Pop() any {
	old := *h
	c := old[len(old)-1]
	*h = old[:len(old)-1]
	return c
}
