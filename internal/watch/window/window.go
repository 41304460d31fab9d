// SPDX-License-Identifier: Apache-2.0

// Package window counts events in sliding windows of event time.
//
//	event ─▶ Watermarks.Late? ─▶ Counter.Add(key, time, weight, value)
//	                                 │ key → tracks (stretches of time)
//	                                 └─▶ Run: the unbroken stretch in which every
//	                                     event lies in a window over the threshold
//
// A Counter answers one question per key: is there a closed window [t-Span, t]
// whose events weigh, or whose distinct values number, at least Threshold? The
// answer is exact to the event, also for events that come out of order, as long
// as they are no later than Options.Allowance behind the newest of their track
// and a window holds no more than maxEntries/2 entries; beyond that the oldest
// half of a window is counted more coarsely and never too high.
//
// A track is a stretch of a key's time: events further than Span from it start
// another one, so that a file of last winter and live traffic about the same
// address do not push each other out. Memory is bounded: at most MaxKeys tracks,
// of at most maxEntries entries and maxRuns runs each; the least recently used
// track goes first, and Stats counts it.
//
// Nothing here reads a clock. The same events in the same order give the same
// runs, and Snapshot/Restore continue exactly where they were. A Counter belongs
// to one goroutine, with the Watermarks whose marks it is given; other Watermarks
// may be shared.
package window

import (
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// The bounds of one counter.
const (
	// DefaultMaxKeys is the number of tracks of one counter.
	DefaultMaxKeys = 100_000
	// maxEntries is the number of entries of one track.
	maxEntries = 4096
	// maxTracks is the number of tracks of one key; the oldest goes first.
	maxTracks = 16
	// maxRuns is the number of runs that a track remembers.
	maxRuns = 4
	// maxWeight is the most that one event counts.
	maxWeight = 1 << 20
	// maxIdle is how long, in time of receipt, an untouched track is kept whose
	// origin has fallen silent.
	maxIdle = 24 * time.Hour
)

// Options say what a Counter counts.
type Options struct {
	// Span is the length of the window, both ends included.
	Span time.Duration
	// Threshold is the figure that makes a window count; at least 1.
	Threshold int64
	// Distinct counts distinct values instead of weights.
	Distinct bool
	// Allowance is how far behind the newest event of its track an event may be
	// and still find everything that it needs; 0 is DefaultAllowance.
	Allowance time.Duration
	// MaxKeys bounds the tracks; 0 is DefaultMaxKeys.
	MaxKeys int
}

// Observation is one event as a Counter sees it. Value is only read by counters
// of distinct values; it is copied when it is kept.
type Observation struct {
	ID       event.ID
	Time     int64 // event time, see EventTime
	Received int64
	Weight   int64
	Value    string
	// Origin is the watermark of the event's origin, nil when nobody keeps one.
	Origin *Mark
}

// Stats are a Counter's figures for metrics.
type Stats struct {
	Tracks  int    // now
	Entries int    // now
	Evicted uint64 // tracks that had to go while they could still have counted
	Expired uint64 // tracks that went because their time was over
}

// Counter counts one rule's events by key.
type Counter struct {
	span, allowance int64
	threshold       int64
	distinct        bool
	maxKeys         int

	keys   map[string]*track // the first track of each key
	lru    track             // ring: lru.next is the most recently used
	stats  Stats
	grown  []*Run
	tally  []int32 // scratch of distinct counts out of order
	cutoff []int32 // scratch of compaction
}

// New makes an empty Counter.
func New(o Options) *Counter {
	c := &Counter{
		span: int64(o.Span), allowance: int64(o.Allowance), threshold: max(o.Threshold, 1),
		distinct: o.Distinct, maxKeys: o.MaxKeys, keys: map[string]*track{},
	}
	if o.Allowance == 0 {
		c.allowance = int64(DefaultAllowance)
	}
	if c.maxKeys <= 0 {
		c.maxKeys = DefaultMaxKeys
	}
	c.lru.next, c.lru.prev = &c.lru, &c.lru
	return c
}

// Stats returns the figures of now.
func (c *Counter) Stats() Stats { return c.stats }

// Add counts one event under a key and returns the run that it belongs to, nil
// when no window with it reaches the threshold. fresh tells that the run begins
// with it. The Run stays the Counter's; key is copied when it is kept.
func (c *Counter) Add(key []byte, o *Observation) (r *Run, fresh bool) {
	c.expire(o.Received)
	t := c.trackFor(key, o.Time)
	t.touched = max(t.touched, o.Received)
	t.origin = o.Origin
	w := entry{time: o.Time, id: o.ID, weight: uint32(min(max(o.Weight, 1), maxWeight))}
	if c.distinct {
		w.value = t.values.intern(o.Value)
	}
	before := len(t.entries)
	s := c.insert(t, w)
	c.stats.Entries += len(t.entries) - before
	if s.value < c.threshold {
		return nil, false
	}
	return c.runFor(t, s)
}

// Grown returns the runs that changed since the last call and forgets the list.
func (c *Counter) Grown() []*Run {
	runs := c.grown
	c.grown = c.grown[:0:0]
	for _, r := range runs {
		r.listed = false
	}
	return runs
}

// Pending tells whether Grown would return anything.
func (c *Counter) Pending() bool { return len(c.grown) > 0 }

// trackFor finds the track of the key that reaches to the time, or makes one;
// tracks that the time joins become one.
func (c *Counter) trackFor(key []byte, at int64) *track {
	var found, oldest *track
	tracks := 0
	for t := c.keys[string(key)]; t != nil; t = t.sibling {
		tracks++
		if oldest == nil || t.last() < oldest.last() {
			oldest = t
		}
		if at < t.first()-c.span || at > t.last()+c.span {
			continue
		}
		if found == nil {
			found = t
			continue
		}
		if t.first() < found.first() {
			found, t = t, found
		}
		c.merge(found, t)
		break // a time joins two at most
	}
	if found != nil {
		c.use(found)
		return found
	}
	switch {
	case tracks >= maxTracks:
		c.stats.Evicted++
		c.remove(oldest)
	case c.stats.Tracks >= c.maxKeys:
		c.stats.Evicted++
		c.remove(c.lru.prev)
	}
	found = &track{key: string(key)}
	found.sibling = c.keys[found.key]
	c.keys[found.key] = found
	c.link(found)
	c.stats.Tracks++
	return found
}

// expire drops the least recently used tracks whose time is over: two at most,
// so that the work per event is bounded and yet keeps up.
func (c *Counter) expire(received int64) {
	for range 2 {
		t := c.lru.prev
		if t == &c.lru {
			return
		}
		over := t.origin.known() && t.last()+c.span+c.allowance < t.origin.time
		if !over && received-t.touched <= int64(maxIdle) {
			return
		}
		c.stats.Expired++
		c.remove(t)
	}
}

func (c *Counter) link(t *track) {
	t.prev, t.next = &c.lru, c.lru.next
	t.prev.next, t.next.prev = t, t
}

func (c *Counter) use(t *track) {
	if c.lru.next == t {
		return
	}
	t.prev.next, t.next.prev = t.next, t.prev
	c.link(t)
}

// remove forgets a track; its runs stay listed in grown when they changed.
func (c *Counter) remove(t *track) {
	t.prev.next, t.next.prev = t.next, t.prev
	if head := c.keys[t.key]; head != t {
		for head.sibling != t {
			head = head.sibling
		}
		head.sibling = t.sibling
	} else if t.sibling != nil {
		c.keys[t.key] = t.sibling
	} else {
		delete(c.keys, t.key)
	}
	c.stats.Tracks--
	c.stats.Entries -= len(t.entries)
}
