// SPDX-License-Identifier: Apache-2.0

package window_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/watch/window"
)

const minute = int64(time.Minute)

// told is one event of a test.
type told struct {
	id     event.ID
	time   int64
	weight int64
	value  string
}

func idOf(n int) (id event.ID) {
	binary.BigEndian.PutUint64(id[8:], uint64(n))
	return id
}

func (w told) add(c *window.Counter, key string) (*window.Run, bool) {
	return c.Add([]byte(key), &window.Observation{ID: w.id, Time: w.time, Received: 1 << 60, Weight: w.weight, Value: w.value})
}

// naive looks at every closed window that ends at an event and answers the
// highest figure of those with the event w, and which events lie in one over the
// threshold.
func naive(all []told, span, threshold int64, distinct bool, w told) (best int64, inside map[event.ID]bool) {
	inside = map[event.ID]bool{}
	for _, right := range all {
		var sum int64
		names := map[string]bool{}
		var ids []event.ID
		has := false
		for _, e := range all {
			if e.time < right.time-span || e.time > right.time {
				continue
			}
			sum += e.weight
			names[e.value] = true
			ids = append(ids, e.id)
			has = has || e.id == w.id
		}
		figure := sum
		if distinct {
			figure = int64(len(names))
		}
		if has {
			best = max(best, figure)
		}
		if figure >= threshold {
			for _, id := range ids {
				inside[id] = true
			}
		}
	}
	return best, inside
}

// TestCountsAsAnIndependentCountDoes compares each answer, event by event, with
// a count that looks at every window anew.
func TestCountsAsAnIndependentCountDoes(t *testing.T) {
	t.Parallel()
	for seed := range uint64(120) {
		rng := rand.New(rand.NewPCG(seed, 7))
		distinct := seed%2 == 1
		span, threshold := 10*minute, int64(3+rng.IntN(6))
		shuffle := seed%3 != 0
		c := window.New(window.Options{Span: time.Duration(span), Threshold: threshold, Distinct: distinct})
		var all []told
		newest := int64(0)
		for i := range 150 {
			step := rng.Int64N(4 * minute)
			if rng.IntN(12) == 0 {
				step += rng.Int64N(30 * minute) // quiet: another track
			}
			e := told{id: idOf(i), time: newest + step, weight: 1 + rng.Int64N(3)/2, value: fmt.Sprint("u", rng.IntN(9))}
			if shuffle && rng.IntN(3) == 0 {
				e.time = max(0, newest-rng.Int64N(10*minute))
			}
			if rng.IntN(5) == 0 {
				e.time = newest // equal times
			}
			newest = max(newest, e.time)
			all = append(all, e)
			run, _ := e.add(c, "k")
			best, _ := naive(all, span, threshold, distinct, e)
			if (run != nil) != (best >= threshold) {
				t.Fatalf("seed %d event %d: run %v, but the best window with it has %d of %d", seed, i, run != nil, best, threshold)
			}
			if run != nil && run.Value < best {
				t.Fatalf("seed %d event %d: value %d, want at least %d", seed, i, run.Value, best)
			}
		}
		var got, want int64
		for _, run := range c.Grown() {
			got += run.Events
		}
		_, inside := naive(all, span, threshold, distinct, told{})
		for _, e := range all {
			if inside[e.id] {
				want += e.weight
			}
		}
		if got != want {
			t.Errorf("seed %d: runs count %d events, want %d", seed, got, want)
		}
	}
}

func TestWindowIsClosedAtBothEnds(t *testing.T) {
	t.Parallel()
	f := func(name string, times []int64, want bool) {
		t.Helper()
		c := window.New(window.Options{Span: 10 * time.Minute, Threshold: 3})
		var run *window.Run
		for i, at := range times {
			run, _ = told{id: idOf(i), time: at, weight: 1}.add(c, "k")
		}
		if (run != nil) != want {
			t.Errorf("%s: %v, want %v", name, run != nil, want)
		}
	}
	f("exactly ten minutes", []int64{0, 1, 10 * minute}, true)
	f("a nanosecond more", []int64{0, 1, 10*minute + 1}, false)
	f("late, exactly", []int64{10 * minute, 10 * minute, 0}, true)
	f("late, a nanosecond more", []int64{10*minute + 1, 10*minute + 1, 0}, false)
}

func TestWeightsCount(t *testing.T) {
	t.Parallel()
	c := window.New(window.Options{Span: 10 * time.Minute, Threshold: 10})
	if run, _ := (told{id: idOf(1), time: 1, weight: 5}).add(c, "k"); run != nil {
		t.Fatal("five are not ten")
	}
	run, fresh := told{id: idOf(2), time: 2, weight: 5}.add(c, "k")
	if run == nil || !fresh || run.Events != 10 || run.Value != 10 {
		t.Fatalf("run %+v", run)
	}
}

// TestOldFileAndLiveTraffic: the same key in December and today, by turns.
func TestOldFileAndLiveTraffic(t *testing.T) {
	t.Parallel()
	c := window.New(window.Options{Span: 10 * time.Minute, Threshold: 5})
	december, today := int64(0), 300*24*60*minute
	var old, live *window.Run
	for i := range 5 {
		old, _ = told{id: idOf(2 * i), time: december + int64(i)*minute, weight: 1}.add(c, "k")
		live, _ = told{id: idOf(2*i + 1), time: today + int64(i)*minute, weight: 1}.add(c, "k")
	}
	if old == nil || live == nil || old == live {
		t.Fatalf("old %v live %v: each must have its own run", old, live)
	}
	if old.Events != 5 || live.Events != 5 || old.Last != 4*minute {
		t.Errorf("old %+v live %+v", old, live)
	}
}

func TestRunsEndAfterAQuietWindow(t *testing.T) {
	t.Parallel()
	c := window.New(window.Options{Span: 10 * time.Minute, Threshold: 3})
	n := 0
	add := func(at int64) (*window.Run, bool) {
		n++
		return told{id: idOf(n), time: at, weight: 1}.add(c, "k")
	}
	add(0)
	add(1)
	first, _ := add(2)
	// A trickle that never reaches the threshold keeps the track, not the run.
	for at := 9 * minute; at < 60*minute; at += 9 * minute {
		if at < 10*minute {
			continue
		}
		if run, _ := add(at); run != nil {
			t.Fatalf("a trickle at minute %d has a run", at/minute)
		}
	}
	add(61 * minute)
	second, fresh := add(61*minute + 1)
	if second == nil || !fresh || second == first {
		t.Fatalf("second run %+v fresh %v", second, fresh)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	f := func(name string, distinct bool, value func(i int) string) {
		t.Helper()
		c := window.New(window.Options{Span: 10 * time.Minute, Threshold: 10, Distinct: distinct, MaxKeys: 50})
		for i := range 60_000 {
			run, _ := told{id: idOf(i), time: int64(i), weight: 1, value: value(i)}.add(c, "flood")
			if !distinct && i > 10 && run == nil {
				t.Fatalf("%s: event %d of a flood is in no run", name, i)
			}
		}
		for i := range 500 {
			told{id: idOf(i), time: 60_000, weight: 1}.add(c, fmt.Sprint("key", i))
		}
		s := c.Stats()
		if s.Tracks != 50 || s.Evicted != 451 || s.Entries > 50+4096 {
			t.Errorf("%s: %+v", name, s)
		}
	}
	f("weights", false, func(int) string { return "" })
	f("one value", true, func(int) string { return "root" })
	f("all different", true, func(i int) string { return strconv.Itoa(i) })
	f("long values", true, func(i int) string { return fmt.Sprintf("%0200d", i) })
}

// TestFloodIsCountedExactly: the events of a run stay exact where the window
// itself is counted coarsely.
func TestFloodIsCountedExactly(t *testing.T) {
	t.Parallel()
	c := window.New(window.Options{Span: 10 * time.Minute, Threshold: 10})
	var run *window.Run
	for i := range 100_000 {
		run, _ = told{id: idOf(i), time: int64(i) * int64(time.Millisecond), weight: 1}.add(c, "k")
	}
	if run.Events != 100_000 {
		t.Errorf("counted %d of 100000", run.Events)
	}
	if run.Value > 100_000 || run.Value < 50_000 {
		t.Errorf("window value %d", run.Value)
	}
	if ids := run.Evidence(); len(ids) != 32 || ids[0] != idOf(0) || ids[31] != idOf(99_999) || ids[16] != idOf(99_984) {
		t.Errorf("evidence has %d ids, from %v to %v", len(ids), ids[0], ids[len(ids)-1])
	}
}

// TestScatteredTimesAreBounded: a sender that invents times cannot make a key
// long.
func TestScatteredTimesAreBounded(t *testing.T) {
	t.Parallel()
	c := window.New(window.Options{Span: 10 * time.Minute, Threshold: 2})
	for i := range 5000 {
		told{id: idOf(i), time: int64(i) * 60 * minute, weight: 1}.add(c, "k")
	}
	if s := c.Stats(); s.Tracks != 16 || s.Evicted != 5000-16 {
		t.Errorf("%+v", s)
	}
}

func TestExpiredTracksGo(t *testing.T) {
	t.Parallel()
	marks := window.NewWatermarks(0, 0)
	c := window.New(window.Options{Span: 10 * time.Minute, Threshold: 10})
	for i := range 1000 {
		e := &event.Event{Time: int64(i) * minute, Received: int64(i) * minute, Source: "authentication", Input: "http"}
		c.Add(fmt.Appendf(nil, "k%d", i), &window.Observation{Time: e.Time, Received: e.Received, Weight: 1, Origin: marks.Advance(e)})
	}
	if s := c.Stats(); s.Tracks > 25 || s.Evicted != 0 || s.Expired < 970 {
		t.Errorf("%+v: a track lives window and allowance long", s)
	}
}

// BenchmarkLiveWindows reports the bytes that a live window takes, of ten events
// each and, for distinct values, five different ones.
func BenchmarkLiveWindows(b *testing.B) {
	for _, distinct := range []bool{false, true} {
		b.Run(fmt.Sprintf("distinct=%v", distinct), func(b *testing.B) {
			const keys = 100_000
			var before, after runtime.MemStats
			for b.Loop() {
				runtime.GC()
				runtime.ReadMemStats(&before)
				c := window.New(window.Options{Span: 10 * time.Minute, Threshold: 100, Distinct: distinct})
				for i := range 10 * keys {
					told{id: idOf(i), time: int64(i), weight: 1, value: "user" + strconv.Itoa(i/keys%5)}.add(c, strconv.Itoa(i%keys))
				}
				runtime.GC()
				runtime.ReadMemStats(&after)
				if c.Stats().Tracks != keys {
					b.Fatal(c.Stats())
				}
				b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/keys, "B/key")
				b.ReportMetric(float64(len(c.AppendSnapshot(nil)))/keys, "snapshot-B/key")
			}
		})
	}
}
