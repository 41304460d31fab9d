// SPDX-License-Identifier: Apache-2.0

package window_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/watch/window"
)

func at(host string, t int64) *event.Event {
	return &event.Event{Input: "syslog-tcp", Source: "authentication", Host: host, Time: t, Received: 1 << 60}
}

func TestLateness(t *testing.T) {
	t.Parallel()
	w := window.NewWatermarks(10*time.Minute, 0)
	f := func(name string, e *event.Event, want bool) {
		t.Helper()
		if got := w.Late(e); got != want {
			t.Errorf("%s: late = %v, want %v", name, got, want)
		}
	}
	f("first", at("a", 60*minute), false)
	f("inside the allowance", at("a", 50*minute), false)
	f("a nanosecond behind it", at("a", 50*minute-1), true)
	f("another origin has its own", at("b", 0), false)
	other := at("a", 0)
	other.Sender = "tok_other"
	f("another sender cannot be made late by the first", other, false)
	f("in order", at("a", 70*minute), false)
	f("now the same is late", at("a", 60*minute-1), true)
	if w.Counted() != 2 || w.Origins() != 3 {
		t.Errorf("late %d, origins %d", w.Counted(), w.Origins())
	}
}

func TestTheFutureDoesNotMoveTheWatermark(t *testing.T) {
	t.Parallel()
	w := window.NewWatermarks(0, 0)
	e := &event.Event{Time: 1000 * minute, Received: 60 * minute, Marks: []event.Mark{{Kind: event.MarkFuture}}}
	if got := window.EventTime(e); got != 60*minute {
		t.Errorf("event time %d", got)
	}
	w.Late(e)
	if w.Late(&event.Event{Time: 61 * minute, Received: 61 * minute}) {
		t.Error("an event of now is late because another one lied about its time")
	}
	unmarked := &event.Event{Time: 62 * minute, Received: 61 * minute}
	if got := window.EventTime(unmarked); got != 62*minute {
		t.Errorf("small skew is kept: %d", got)
	}
}

func TestOriginsAreBounded(t *testing.T) {
	t.Parallel()
	w := window.NewWatermarks(0, 10)
	for i := range 1000 {
		w.Late(at(fmt.Sprint("h", i)+strings.Repeat("x", 5000), 100*minute))
		w.Late(at("steady", int64(i)*minute))
	}
	if w.Origins() != 10 {
		t.Errorf("%d origins", w.Origins())
	}
	if !w.Late(at("steady", 0)) {
		t.Error("the origin in use was forgotten")
	}
}

// TestAdvanceFollowsLate: a set that only sees what was decided is where the
// deciding one is.
func TestAdvanceFollowsLate(t *testing.T) {
	t.Parallel()
	decides, follows := window.NewWatermarks(0, 0), window.NewWatermarks(0, 0)
	for i, m := range []int64{60, 55, 30, 62, 51, 90, 20, 85} {
		e := at(fmt.Sprint("h", i%2), m*minute)
		if decides.Late(e) {
			e.Marks = append(e.Marks, event.Mark{Kind: event.MarkLate})
		}
		follows.Advance(e)
	}
	if got, want := string(follows.AppendSnapshot(nil)), string(decides.AppendSnapshot(nil)); got != want {
		t.Errorf("follows %q, decides %q", got, want)
	}
	seeded := window.NewWatermarks(0, 0)
	seeded.CopyFrom(follows)
	if got, want := string(seeded.AppendSnapshot(nil)), string(decides.AppendSnapshot(nil)); got != want {
		t.Errorf("copied %q, want %q", got, want)
	}
}

func TestWatermarksMayBeShared(t *testing.T) {
	t.Parallel()
	w := window.NewWatermarks(0, 100)
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 500 {
				w.Late(at(fmt.Sprint("h", (g+i)%150), int64(i)*minute))
			}
		})
	}
	wg.Wait()
	if w.Origins() != 100 {
		t.Errorf("%d origins", w.Origins())
	}
}
