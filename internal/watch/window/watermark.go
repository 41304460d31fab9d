// SPDX-License-Identifier: Apache-2.0

package window

import (
	"crypto/sha256"
	"strings"
	"sync"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// The defaults of Watermarks.
const (
	// DefaultAllowance is how far behind its origin's watermark an event may be
	// and still count.
	DefaultAllowance = 10 * time.Minute
	// DefaultMaxOrigins is the number of origins that are remembered.
	DefaultMaxOrigins = 10_000
	// maxOriginBytes is the longest origin that is kept as it is; a longer one
	// is kept as its hash.
	maxOriginBytes = 512
)

// EventTime is the time that an event counts at: its own, but never later than
// its receipt when it claims to come from the future.
func EventTime(e *event.Event) int64 {
	if e.Received != 0 && e.Time > e.Received && e.Marked(event.MarkFuture) {
		return e.Received
	}
	return e.Time
}

// Watermarks keep, for each origin (input, source, host and sender), how far its event
// time has come. An origin that replays an old file has its own watermark and
// disturbs nobody else's.
//
// Memory is bounded: the least recently used origin is forgotten first, and is
// then judged anew. It is safe for concurrent use.
type Watermarks struct {
	allowance int64
	max       int

	mu    sync.Mutex
	marks map[string]*Mark
	lru   Mark // ring: lru.next is the most recently used
	buf   []byte
	late  uint64
}

// Mark is the watermark of one origin.
type Mark struct {
	origin     string
	time       int64
	prev, next *Mark
	number     int // of the origin in a snapshot
}

// known tells whether the origin is still remembered.
func (m *Mark) known() bool { return m != nil && m.prev != nil }

// NewWatermarks makes an empty set. Zero values are the defaults.
func NewWatermarks(allowance time.Duration, maxOrigins int) *Watermarks {
	if allowance == 0 {
		allowance = DefaultAllowance
	}
	if maxOrigins <= 0 {
		maxOrigins = DefaultMaxOrigins
	}
	w := &Watermarks{allowance: int64(allowance), max: maxOrigins, marks: map[string]*Mark{}}
	w.lru.next, w.lru.prev = &w.lru, &w.lru
	return w
}

// Late tells whether the event is further behind its origin's watermark than the
// allowance; if not, it moves the watermark. It is asked once for each event,
// when it is committed, and the answer is stored with it (event.MarkLate).
func (w *Watermarks) Late(e *event.Event) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	m, at := w.mark(e), EventTime(e)
	if at < m.time-w.allowance {
		w.late++
		return true
	}
	m.time = max(m.time, at)
	return false
}

// Advance moves the watermark by an event whose lateness was decided before, and
// returns it; a late event moves nothing. It brings a set to where another was.
func (w *Watermarks) Advance(e *event.Event) *Mark {
	w.mu.Lock()
	defer w.mu.Unlock()
	m := w.mark(e)
	if !e.Marked(event.MarkLate) {
		m.time = max(m.time, EventTime(e))
	}
	return m
}

// Counted is the number of events that Late found late.
func (w *Watermarks) Counted() uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.late
}

// Origins is the number of origins that are remembered.
func (w *Watermarks) Origins() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.marks)
}

// CopyFrom makes the set what another one is.
func (w *Watermarks) CopyFrom(other *Watermarks) {
	other.mu.Lock()
	origins, times := other.list()
	other.mu.Unlock()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fill(origins, times)
}

// mark finds or makes the origin's watermark and makes it the most recently used.
func (w *Watermarks) mark(e *event.Event) *Mark {
	w.buf = append(w.buf[:0], e.Input...)
	w.buf = append(w.buf, 0)
	w.buf = append(w.buf, e.Source...)
	w.buf = append(w.buf, 0)
	w.buf = append(w.buf, e.Host...)
	w.buf = append(w.buf, 0)
	w.buf = append(w.buf, e.Sender...)
	if len(w.buf) > maxOriginBytes {
		sum := sha256.Sum256(w.buf)
		w.buf = append(w.buf[:0], sum[:]...)
	}
	if m, ok := w.marks[string(w.buf)]; ok {
		if w.lru.next != m {
			m.prev.next, m.next.prev = m.next, m.prev
			w.link(m)
		}
		return m
	}
	if len(w.marks) >= w.max {
		w.drop(w.lru.prev)
	}
	return w.add(string(w.buf), EventTime(e))
}

func (w *Watermarks) add(origin string, at int64) *Mark {
	m := &Mark{origin: strings.Clone(origin), time: at}
	w.marks[m.origin] = m
	w.link(m)
	return m
}

// drop forgets an origin. Who still has its mark finds it unknown.
func (w *Watermarks) drop(m *Mark) {
	m.prev.next, m.next.prev = m.next, m.prev
	m.prev, m.next = nil, nil
	delete(w.marks, m.origin)
}

func (w *Watermarks) link(m *Mark) {
	m.prev, m.next = &w.lru, w.lru.next
	m.prev.next, m.next.prev = m, m
}

// list returns the origins, the least recently used first, and numbers them.
func (w *Watermarks) list() (origins []string, times []int64) {
	for m := w.lru.prev; m != &w.lru; m = m.prev {
		m.number = len(origins)
		origins, times = append(origins, m.origin), append(times, m.time)
	}
	return origins, times
}

func (w *Watermarks) fill(origins []string, times []int64) []*Mark {
	w.marks = make(map[string]*Mark, len(origins))
	w.lru.next, w.lru.prev = &w.lru, &w.lru
	marks := make([]*Mark, 0, len(origins))
	for i, origin := range origins {
		marks = append(marks, w.add(origin, times[i]))
	}
	return marks
}
