// SPDX-License-Identifier: Apache-2.0

package window_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/watch/window"
)

type pair struct {
	marks *window.Watermarks
	count *window.Counter
}

func newPair(distinct bool) pair {
	return pair{
		marks: window.NewWatermarks(0, 8),
		count: window.New(window.Options{Span: 10 * time.Minute, Threshold: 4, Distinct: distinct, MaxKeys: 6}),
	}
}

func (p pair) observe(i int, rng *rand.Rand) string {
	e := &event.Event{ID: idOf(i), Input: "http", Host: fmt.Sprint("h", rng.IntN(10)), Received: int64(i) * minute}
	e.Time = int64(i)*minute - rng.Int64N(9*minute)
	if rng.IntN(10) == 0 {
		e.Time -= 5000 * minute
	}
	run, fresh := p.count.Add(fmt.Appendf(nil, "k%d", rng.IntN(5)), &window.Observation{
		ID: e.ID, Time: e.Time, Received: e.Received, Weight: 1 + rng.Int64N(2), Value: strconv.Itoa(rng.IntN(9)), Origin: p.marks.Advance(e),
	})
	if run == nil {
		return "-"
	}
	if fresh {
		run.Report = window.Report{Finding: fmt.Sprint("f", i), Run: fmt.Sprint("f", i), Next: 8, Confidence: .8, Severity: event.High, Ord: uint64(i), Received: e.Received}
	}
	ids := run.Evidence()
	return fmt.Sprint(fresh, run.Key, run.First, run.Last, run.Events, run.Value, run.Report, len(ids), ids[0], ids[len(ids)-1])
}

func (p pair) bytes() (marks, count []byte) {
	p.count.Grown()
	return p.marks.AppendSnapshot(nil), p.count.AppendSnapshot(nil)
}

// TestSnapshotContinues: stopping after any event and going on from the snapshot
// answers as if nothing had happened, and ends in the same bytes.
func TestSnapshotContinues(t *testing.T) {
	t.Parallel()
	for _, distinct := range []bool{false, true} {
		whole, rng := newPair(distinct), rand.New(rand.NewPCG(1, 2))
		var answers []string
		for i := range 200 {
			answers = append(answers, whole.observe(i, rng))
		}
		_, want := whole.bytes()
		for stop := range 200 {
			a, rng := newPair(distinct), rand.New(rand.NewPCG(1, 2))
			for i := range stop {
				a.observe(i, rng)
			}
			marks, count := a.bytes()
			b := newPair(distinct)
			restored, err := b.marks.Restore(marks)
			if err != nil {
				t.Fatal(err)
			}
			if err := b.count.Restore(count, restored); err != nil {
				t.Fatal(err)
			}
			if m, c := b.bytes(); !bytes.Equal(m, marks) || !bytes.Equal(c, count) {
				t.Fatalf("stop %d: what was restored is written differently", stop)
			}
			for i := stop; i < 200; i++ {
				if got := b.observe(i, rng); got != answers[i] {
					t.Fatalf("stop %d event %d: %s, want %s", stop, i, got, answers[i])
				}
			}
			if _, got := b.bytes(); !bytes.Equal(got, want) {
				t.Fatalf("stop %d: the ends differ", stop)
			}
		}
	}
}

func TestForeignSnapshotIsRefused(t *testing.T) {
	t.Parallel()
	p, rng := newPair(false), rand.New(rand.NewPCG(1, 2))
	for i := range 30 {
		p.observe(i, rng)
	}
	marks, count := p.bytes()
	q := newPair(false)
	restored, err := q.marks.Restore(marks)
	if err != nil {
		t.Fatal(err)
	}
	for n := range count {
		if err := q.count.Restore(count[:n], restored); !errors.Is(err, window.ErrSnapshot) {
			t.Fatalf("%d of %d bytes: %v", n, len(count), err)
		}
	}
	other := window.New(window.Options{Span: 5 * time.Minute, Threshold: 4})
	if err := other.Restore(count, restored); !errors.Is(err, window.ErrSnapshot) {
		t.Errorf("another span: %v", err)
	}
	if err := q.count.Restore(count, nil); !errors.Is(err, window.ErrSnapshot) {
		t.Errorf("without its marks: %v", err)
	}
	for n := range marks {
		if _, err := q.marks.Restore(marks[:n]); !errors.Is(err, window.ErrSnapshot) {
			t.Fatalf("%d of %d bytes of marks: %v", n, len(marks), err)
		}
	}
}

func FuzzRestore(f *testing.F) {
	for _, distinct := range []bool{false, true} {
		p, rng := newPair(distinct), rand.New(rand.NewPCG(1, 2))
		for i := range 40 {
			p.observe(i, rng)
		}
		marks, count := p.bytes()
		f.Add(marks, count, distinct)
	}
	f.Fuzz(func(_ *testing.T, marks, count []byte, distinct bool) {
		p := newPair(distinct)
		restored, err := p.marks.Restore(marks)
		if err != nil {
			restored = nil
		}
		if p.count.Restore(count, restored) != nil {
			return
		}
		rng := rand.New(rand.NewPCG(3, 4))
		for i := range 50 {
			p.observe(i, rng) // whatever was restored can be worked with
		}
		p.bytes()
	})
}

func BenchmarkAdd(b *testing.B) {
	for _, distinct := range []bool{false, true} {
		b.Run(fmt.Sprintf("distinct=%v", distinct), func(b *testing.B) {
			c := window.New(window.Options{Span: 10 * time.Minute, Threshold: 10, Distinct: distinct})
			keys := make([][]byte, 1000)
			names := make([]string, 50)
			for i := range keys {
				keys[i] = fmt.Appendf(nil, "192.0.2.%d", i)
			}
			for i := range names {
				names[i] = fmt.Sprint("user", i)
			}
			marks := window.NewWatermarks(0, 0)
			e := &event.Event{Input: "http"}
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				e.Time = int64(i) * int64(100*time.Millisecond)
				c.Add(keys[i%len(keys)], &window.Observation{Time: e.Time, Received: e.Time, Weight: 1, Value: names[i%len(names)], Origin: marks.Advance(e)})
				i++
			}
		})
	}
}
