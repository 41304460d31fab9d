// SPDX-License-Identifier: Apache-2.0

package window

import (
	"encoding/binary"
	"math"
	"slices"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// snapshotVersion changes with the layout below; an older snapshot is refused
// and its owner reads the journal again.
const snapshotVersion = 1

// AppendSnapshot appends the set to dst and numbers the origins, to which the
// snapshots of counters that are taken next refer.
func (w *Watermarks) AppendSnapshot(dst []byte) []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	origins, times := w.list()
	dst = append(dst, snapshotVersion)
	dst = binary.AppendVarint(dst, w.allowance)
	dst = binary.AppendUvarint(dst, uint64(len(origins)))
	for i := range origins {
		dst = appendText(dst, origins[i])
		dst = binary.AppendVarint(dst, times[i])
	}
	return dst
}

// Restore makes the set what AppendSnapshot wrote and returns its marks, for the
// counters' Restore. It errs with ErrSnapshot and changes nothing when the bytes
// are damaged.
func (w *Watermarks) Restore(snapshot []byte) ([]*Mark, error) {
	r := &reader{b: snapshot}
	if r.uint() != snapshotVersion {
		return nil, ErrSnapshot
	}
	_ = r.int() // the allowance of then; that of now decides
	n := r.count(2)
	origins, times := make([]string, 0, n), make([]int64, 0, n)
	seen := make(map[string]bool, n)
	for range n {
		origin := r.text()
		if seen[origin] {
			r.fail()
		}
		seen[origin] = true
		origins, times = append(origins, origin), append(times, r.int())
	}
	if r.err != nil || len(r.b) > 0 {
		return nil, ErrSnapshot
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.fill(origins, times), nil
}

// AppendSnapshot appends the counter's tracks, least recently used first. What
// Grown has not given away yet is not marked in it: take it first.
func (c *Counter) AppendSnapshot(dst []byte) []byte {
	dst = append(dst, snapshotVersion)
	dst = binary.AppendVarint(dst, c.span)
	dst = binary.AppendVarint(dst, c.threshold)
	dst = binary.AppendUvarint(dst, flag(c.distinct))
	dst = binary.AppendUvarint(dst, c.stats.Evicted)
	dst = binary.AppendUvarint(dst, c.stats.Expired)
	dst = binary.AppendUvarint(dst, uint64(c.stats.Tracks)) //nolint:gosec // a count
	for t := c.lru.prev; t != &c.lru; t = t.prev {
		dst = c.appendTrack(dst, t)
	}
	return dst
}

func (c *Counter) appendTrack(dst []byte, t *track) []byte {
	dst = appendText(dst, t.key)
	dst = binary.AppendVarint(dst, t.touched)
	origin := 0
	if t.origin.known() {
		origin = t.origin.number + 1
	}
	dst = binary.AppendUvarint(dst, uint64(origin))
	dst = binary.AppendUvarint(dst, uint64(len(t.entries)))
	at := int64(0)
	for i := range t.entries {
		e := &t.entries[i]
		dst = binary.AppendVarint(dst, e.time-at)
		at = e.time
		dst = binary.AppendUvarint(dst, uint64(e.weight))
		dst = append(dst, e.id[:]...)
		if c.distinct {
			dst = appendText(dst, t.values.names[e.value])
		}
	}
	dst = binary.AppendUvarint(dst, uint64(len(t.runs)))
	for _, r := range t.runs {
		dst = r.append(dst)
	}
	return dst
}

func (r *Run) append(dst []byte) []byte {
	for _, n := range [...]int64{r.First, r.Last, r.Events, r.Value, r.Report.Next, r.Report.Events, r.Report.Received} {
		dst = binary.AppendVarint(dst, n)
	}
	dst = appendText(dst, r.Report.Finding)
	dst = appendText(dst, r.Report.Run)
	dst = binary.AppendUvarint(dst, uint64(r.Report.Severity))
	dst = binary.AppendUvarint(dst, math.Float64bits(r.Report.Confidence))
	dst = binary.AppendUvarint(dst, r.Report.Ord)
	dst = appendIDs(dst, r.head)
	dst = appendIDs(dst, r.tail)
	return binary.AppendUvarint(dst, uint64(r.tailAt)) //nolint:gosec // an index
}

func flag(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// Restore makes the counter what AppendSnapshot wrote; marks are what the
// Restore of the Watermarks gave. It errs with ErrSnapshot and changes nothing
// when the bytes are damaged or of a counter that counts something else.
func (c *Counter) Restore(snapshot []byte, marks []*Mark) error {
	r := &reader{b: snapshot}
	if r.uint() != snapshotVersion || r.int() != c.span || r.int() != c.threshold || r.uint() != flag(c.distinct) {
		return ErrSnapshot
	}
	n := New(Options{
		Span: time.Duration(c.span), Threshold: c.threshold, Distinct: c.distinct,
		Allowance: time.Duration(c.allowance), MaxKeys: c.maxKeys,
	})
	n.stats.Evicted, n.stats.Expired = r.uint(), r.uint()
	for range r.count(4) {
		n.readTrack(r, marks)
		if r.err != nil {
			break
		}
	}
	if r.err != nil || len(r.b) > 0 {
		return ErrSnapshot
	}
	*c = *n
	if c.lru.next == &n.lru {
		c.lru.next, c.lru.prev = &c.lru, &c.lru
	} else {
		c.lru.next.prev, c.lru.prev.next = &c.lru, &c.lru
	}
	return nil
}

func (c *Counter) readTrack(r *reader, marks []*Mark) {
	t := &track{key: r.text(), touched: r.int()}
	origin := r.uint()
	if origin > uint64(len(marks)) {
		r.fail()
		return
	}
	if origin > 0 {
		t.origin = marks[origin-1]
	}
	n := r.count(2 + len(event.ID{}))
	if n == 0 || n > maxEntries+1 {
		r.fail()
		return
	}
	t.entries = make([]entry, 0, n)
	at := int64(0)
	for range n {
		step := r.int()
		e := entry{time: at + step, weight: uint32(r.uint()), id: r.id()} //nolint:gosec // any 32 bits are a weight
		if len(t.entries) > 0 && e.time < at || e.size() == 0 {
			r.fail()
			return
		}
		at = e.time
		if c.distinct {
			e.value = t.values.intern(r.text())
		}
		t.entries = append(t.entries, e)
	}
	runs := r.count(8)
	if runs > maxRuns {
		r.fail()
		return
	}
	for range runs {
		t.runs = append(t.runs, readRun(r, t.key))
	}
	if r.err != nil {
		return
	}
	c.refigure(t)
	t.sibling = c.keys[t.key]
	c.keys[t.key] = t
	c.link(t)
	c.stats.Tracks++
	c.stats.Entries += len(t.entries)
}

func readRun(r *reader, key string) *Run {
	run := &Run{Key: key, First: r.int(), Last: r.int(), Events: r.int(), Value: r.int()}
	run.Report.Next, run.Report.Events, run.Report.Received = r.int(), r.int(), r.int()
	run.Report.Finding, run.Report.Run = r.text(), r.text()
	run.Report.Severity = event.Severity(min(r.uint(), uint64(event.Critical)))
	run.Report.Confidence = r.float()
	run.Report.Ord = r.uint()
	run.head, run.tail = slices.Clip(r.ids(evidenceEnds)), slices.Clip(r.ids(evidenceEnds))
	at := r.uint()
	if at > uint64(len(run.tail)) {
		r.fail()
		return run
	}
	run.tailAt = int(at) //nolint:gosec // bounded
	return run
}
