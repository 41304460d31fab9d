// SPDX-License-Identifier: Apache-2.0

package window

import "github.com/tocsin-siem/tocsin/internal/core/event"

// evidenceEnds is how many ids a run keeps of its beginning, and of its end.
const evidenceEnds = 16

// Run is an unbroken stretch in which a key stayed at or over the threshold: the
// events that lie in at least one window that reached it, with no gap longer
// than the window between two of them. Times are event times in nanoseconds.
type Run struct {
	// Key is the key it was counted under.
	Key         string
	First, Last int64
	// Events is the weight of its events, Value the highest figure of a window.
	Events int64
	Value  int64
	// Report is what the caller remembers about it; kept in snapshots.
	Report Report

	head, tail []event.ID
	tailAt     int // where the oldest id of a full tail is
	listed     bool
}

// Report is what was last reported about a run.
type Report struct {
	// Finding is the id of the newest finding, Run that of the first.
	Finding, Run string
	// Next is the figure at which the next finding is due.
	Next int64
	// Events is how many events of the run were reported.
	Events     int64
	Severity   event.Severity
	Confidence float64
	// Received and Ord are those of the newest finding's event.
	Received int64
	Ord      uint64
}

// Evidence returns the ids of its first and last events, in the order in which
// they were counted.
func (r *Run) Evidence() []event.ID {
	ids := make([]event.ID, 0, len(r.head)+len(r.tail))
	ids = append(ids, r.head...)
	ids = append(ids, r.tail[r.tailAt:]...)
	return append(ids, r.tail[:r.tailAt]...)
}

func (r *Run) keep(id event.ID) {
	switch {
	case len(r.head) < evidenceEnds:
		r.head = append(r.head, id)
	case len(r.tail) < evidenceEnds:
		r.tail = append(r.tail, id)
	default:
		r.tail[r.tailAt] = id
		r.tailAt = (r.tailAt + 1) % evidenceEnds
	}
}

// runFor finds or begins the run that the stretch belongs to and counts what is
// new in it.
func (c *Counter) runFor(t *track, s span) (r *Run, fresh bool) {
	first, last := t.entries[s.lo].time, t.entries[s.hi-1].time
	for _, known := range t.runs {
		if first <= known.Last+c.span && last >= known.First-c.span {
			r = known
			break
		}
	}
	if r == nil {
		if len(t.runs) == maxRuns {
			t.runs = append(t.runs[:0], t.runs[1:]...)
		}
		r, fresh = &Run{Key: t.key, First: first, Last: last}, true
		t.runs = append(t.runs, r)
	}
	from := s.lo
	if s.newest {
		// An entry before a counted one is counted too or too old: had it been
		// in this window, it would have been in the one that counted the other.
		from = s.hi
		for from > s.lo && !t.entries[from-1].counted() {
			from--
		}
	}
	for i := from; i < s.hi; i++ {
		e := &t.entries[i]
		if e.counted() {
			continue
		}
		r.Events += e.size()
		e.weight |= counted
		r.keep(e.id)
	}
	r.First, r.Last = min(r.First, first), max(r.Last, last)
	r.Value = max(r.Value, s.value)
	if !r.listed {
		r.listed = true
		c.grown = append(c.grown, r)
	}
	return r, fresh
}
