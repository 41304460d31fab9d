// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// TestHotTailIsBounded appends far more than the tail may hold, in ranges that
// would not end by themselves, over many streams.
func TestHotTailIsBounded(t *testing.T) {
	t.Parallel()
	const tail = 4 << 20
	j, _ := openTest(t, t.TempDir(), func(o *Options) {
		o.SealEvents, o.TailBytes, o.LogFileBytes, o.RingBytes = 0, tail, 1<<20, 1<<20
	})
	var most atomic.Int64
	var wg sync.WaitGroup
	for c := range 4 {
		wg.Go(func() {
			for n := range 60 {
				events := make([]*event.Event, 200)
				for i := range events {
					events[i] = benchEvent(c*100000 + n*200 + i)
					events[i].Place.Stream = fmt.Sprintf("%dd", 1+i%5)
				}
				if _, err := j.Append(t.Context(), events); err != nil {
					t.Errorf("append: %v", err)
					return
				}
				j.tail.mu.Lock()
				total := j.tail.total
				j.tail.mu.Unlock()
				for m := most.Load(); total > m && !most.CompareAndSwap(m, total); m = most.Load() {
				}
			}
		})
	}
	wg.Wait()
	if got, limit := most.Load(), int64(2*tail+2*(1<<20)); got > limit {
		t.Errorf("the hot tail had %d bytes, at most %d are expected", got, limit)
	}
	if n, twice := snapshotPlaces(t, j); n != 4*60*200 || twice > 0 {
		t.Errorf("%d rows, %d twice", n, twice)
	}
	if n := j.wal.count(); n > j.opts.LogFiles+8 {
		t.Errorf("%d log files", n)
	}
}

// TestRangesEndByAge seals what is little by its age, and lets its log files go.
func TestRangesEndByAge(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j, stop := openTest(t, dir, func(o *Options) { o.SealAge = 40 * time.Millisecond })
	r := rand.New(rand.NewPCG(1, 1))
	for range 3 {
		if _, err := j.Append(t.Context(), someEvents(r, 0, 5)); err != nil {
			t.Fatal(err)
		}
		deadline := time.Now().Add(10 * time.Second)
		for {
			j.view.mu.Lock()
			hot := len(j.view.hot)
			j.view.mu.Unlock()
			if hot == 0 {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%d ranges are still hot", hot)
			}
			time.Sleep(5 * time.Millisecond)
		}
	}
	events := slices.DeleteFunc(all(t, j), func(e *event.Event) bool { return e.Place.Stream == SystemStream }) // a sign of life
	if len(events) != 15 {
		t.Errorf("%d events, want 15", len(events))
	}
	stop()
	if got := verifyDir(t, dir); !got.OK() || got.Verified < 15 || got.Verified != got.Total {
		t.Errorf("report %+v", got)
	}
}

// TestSealFailureHoldsAppendBack lets no segment be written: memory stays bounded,
// appends are refused, and everything goes on when it works again.
func TestSealFailureHoldsAppendBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	disk := newFaultDisk(dir, 1, 0)
	var broken atomic.Bool
	broken.Store(true)
	disk.fail = func(op, _ string) error {
		if broken.Load() && op == "segment" {
			return unix.ENOSPC
		}
		return nil
	}
	j, _ := openTest(t, dir, func(o *Options) { o.disk, o.TailBytes, o.LogFileBytes = disk, 2<<20, 1<<20 })
	r := rand.New(rand.NewPCG(1, 1))
	l := &ledger{acked: map[place]string{}}
	refused := false
	for range 400 {
		events := someEvents(r, 0, 50)
		if _, err := j.Append(t.Context(), events); err != nil {
			refused = true
			break
		}
		l.ack(events)
	}
	if !refused {
		t.Fatal("appends go on without an end to memory")
	}
	broken.Store(false)
	waitWritable(t, j)
	if lost := l.compare(t, j); lost > 0 {
		t.Errorf("%d acknowledged events are lost", lost)
	}
}
