// SPDX-License-Identifier: Apache-2.0

package window

import (
	"cmp"
	"slices"
	"sort"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// entry is one event of a track, or several that were joined.
type entry struct {
	time   int64
	id     event.ID
	weight uint32 // the highest bit: counted in a run
	value  int32  // index of the value, in counters of distinct values
}

const counted = 1 << 31

func (e *entry) size() int64   { return int64(e.weight &^ counted) }
func (e *entry) counted() bool { return e.weight&counted != 0 }

// track is a stretch of one key's time. entries[start:] is the window that ends
// at the newest entry; what lies before start is kept for events that come late.
type track struct {
	key        string
	prev, next *track // ring of use
	sibling    *track // further tracks of the key

	entries []entry // by time, equal times in order of arrival
	start   int
	sum     int64 // weight of entries[start:]

	values values
	runs   []*Run

	touched int64 // time of receipt of the last event
	origin  *Mark
}

func (t *track) first() int64 { return t.entries[0].time }
func (t *track) last() int64  { return t.entries[len(t.entries)-1].time }

// span is a stretch of entries that lie in windows over the threshold, and the
// highest figure of these windows; or only the figure when there is none.
type span struct {
	lo, hi int // entries[lo:hi]
	value  int64
	newest bool // it is the window that ends at an event that came in order
}

// insert puts an entry in its place and returns the windows with it that reach
// the threshold.
func (c *Counter) insert(t *track, w entry) span {
	if len(t.entries) >= maxEntries {
		c.compact(t, w.time)
	}
	if n := len(t.entries); n > 0 && w.time < t.entries[n-1].time {
		return c.insertLate(t, w)
	}
	t.entries = append(t.entries, w)
	t.sum += w.size()
	if c.distinct {
		t.values.enter(w.value)
	}
	for t.entries[t.start].time < w.time-c.span {
		t.sum -= t.entries[t.start].size()
		if c.distinct {
			t.values.leave(t.entries[t.start].value)
		}
		t.start++
	}
	c.prune(t)
	if c.distinct {
		return span{lo: t.start, hi: len(t.entries), value: t.values.present, newest: true}
	}
	return span{lo: t.start, hi: len(t.entries), value: t.sum, newest: true}
}

// insertLate puts an entry before the newest and looks at every window that it
// lies in, one for each later entry as the right end.
func (c *Counter) insertLate(t *track, w entry) span {
	at := sort.Search(len(t.entries), func(i int) bool { return t.entries[i].time > w.time })
	t.entries = slices.Insert(t.entries, at, w)
	if w.time >= t.last()-c.span {
		t.sum += w.size()
		if c.distinct {
			t.values.enter(w.value)
		}
	} else {
		t.start++
	}
	found := span{lo: len(t.entries)}
	lo := sort.Search(at, func(i int) bool { return t.entries[i].time >= w.time-c.span })
	figure := c.begin(t, lo, at)
	for hi := at; hi < len(t.entries) && t.entries[hi].time <= w.time+c.span; hi++ {
		figure += c.enter(t, hi)
		for t.entries[lo].time < t.entries[hi].time-c.span {
			figure -= c.leave(t, lo)
			lo++
		}
		// Equal times are one right end: only the last of them sees the window.
		if hi+1 < len(t.entries) && t.entries[hi+1].time == t.entries[hi].time {
			continue
		}
		if figure >= c.threshold {
			found.lo, found.hi = min(found.lo, lo), hi+1
		}
		found.value = max(found.value, figure)
	}
	return found
}

// begin, enter and leave keep the figure of a window that is not the newest.
func (c *Counter) begin(t *track, lo, hi int) (figure int64) {
	if c.distinct {
		c.tally = append(c.tally[:0], make([]int32, len(t.values.names))...)
	}
	for i := lo; i < hi; i++ {
		figure += c.enter(t, i)
	}
	return figure
}

func (c *Counter) enter(t *track, i int) int64 {
	if !c.distinct {
		return t.entries[i].size()
	}
	c.tally[t.entries[i].value]++
	if c.tally[t.entries[i].value] == 1 {
		return 1
	}
	return 0
}

func (c *Counter) leave(t *track, i int) int64 {
	if !c.distinct {
		return t.entries[i].size()
	}
	c.tally[t.entries[i].value]--
	if c.tally[t.entries[i].value] == 0 {
		return 1
	}
	return 0
}

// prune forgets what no event inside the allowance can need any more, in steps
// so that each entry moves about once.
func (c *Counter) prune(t *track) {
	if t.start < 16 || t.start < len(t.entries)/2 {
		return
	}
	horizon := t.last() - c.span - c.allowance
	n := sort.Search(t.start, func(i int) bool { return t.entries[i].time >= horizon })
	c.cut(t, n)
}

// cut removes the first n entries, which lie before start; the figures of the
// newest window do not change.
func (c *Counter) cut(t *track, n int) {
	if n == 0 {
		return
	}
	if c.distinct {
		for i := range n {
			t.values.release(t.entries[i].value)
		}
	}
	t.entries = append(t.entries[:0], t.entries[n:]...)
	t.start -= n
}

// compact makes room in a full track: what lies before the window goes, then the
// older half of the window is joined two by two (or, for distinct values, keeps
// only the last of each value). A joined entry has the earlier time, so that it
// leaves the window early and nothing is ever counted too high.
func (c *Counter) compact(t *track, now int64) {
	horizon := now - c.span
	n := sort.Search(len(t.entries), func(i int) bool { return t.entries[i].time >= horizon })
	c.cut(t, min(n, t.start))
	if len(t.entries) < maxEntries*3/4 {
		return
	}
	c.cut(t, t.start)
	if c.distinct {
		c.compactValues(t)
		return
	}
	half := len(t.entries) / 2
	kept := t.entries[:0]
	for i := 0; i < half; i++ {
		joined := t.entries[i]
		if next := t.entries[i+1]; i+1 < half && next.counted() == joined.counted() && joined.size()+next.size() < counted {
			joined.weight += uint32(next.size()) //nolint:gosec // the sum stays below the flag
			i++
		}
		kept = append(kept, joined)
	}
	t.entries = append(kept, t.entries[half:]...)
}

// compactValues keeps, of the older half, the last entry of each value; when all
// differ, the oldest quarter goes.
func (c *Counter) compactValues(t *track) {
	half := len(t.entries) / 2
	c.cutoff = append(c.cutoff[:0], make([]int32, len(t.values.names))...)
	for i := range half {
		c.cutoff[t.entries[i].value] = int32(i) + 1
	}
	kept := t.entries[:0]
	drop := 0
	for i := range t.entries {
		e := t.entries[i]
		if i < half && int(c.cutoff[e.value]) != i+1 {
			t.values.leave(e.value)
			t.values.release(e.value)
			t.sum -= e.size()
			drop++
			continue
		}
		kept = append(kept, e)
	}
	t.entries = kept
	if drop > maxEntries/8 {
		return
	}
	for i := range maxEntries / 4 {
		t.values.leave(t.entries[i].value)
		t.sum -= t.entries[i].size()
	}
	t.start = maxEntries / 4
	c.cut(t, maxEntries/4)
}

// merge moves everything of b into a.
func (c *Counter) merge(a, b *track) {
	before := len(a.entries) + len(b.entries)
	for i := range b.entries {
		e := b.entries[i]
		if c.distinct {
			e.value = a.values.intern(b.values.names[e.value])
		}
		a.entries = append(a.entries, e)
	}
	slices.SortStableFunc(a.entries, func(x, y entry) int { return cmp.Compare(x.time, y.time) })
	a.runs = append(a.runs, b.runs...)
	a.runs = a.runs[max(0, len(a.runs)-maxRuns):]
	a.touched = max(a.touched, b.touched)
	c.stats.Entries += len(b.entries) // remove takes them off
	c.remove(b)
	if over := len(a.entries) - maxEntries; over > 0 {
		a.start = over
		c.cut(a, over)
	}
	c.stats.Entries += len(a.entries) - before
	c.refigure(a)
}

// refigure works out the newest window's figures from its entries.
func (c *Counter) refigure(t *track) {
	t.start = sort.Search(len(t.entries), func(i int) bool { return t.entries[i].time >= t.last()-c.span })
	t.sum = 0
	t.values.present = 0
	clear(t.values.window)
	for i := t.start; i < len(t.entries); i++ {
		t.sum += t.entries[i].size()
		if c.distinct {
			t.values.enter(t.entries[i].value)
		}
	}
}
