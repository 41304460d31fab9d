// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/core/event/eventtest"
	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
)

// openTest opens a journal below dir, small enough that files and ranges change
// often, and runs it until stop is called.
func openTest(t *testing.T, dir string, change func(*Options)) (j *Journal, stop func()) {
	t.Helper()
	opts := testOptions(t, dir)
	if change != nil {
		change(&opts)
	}
	j, err := Open(t.Context(), opts)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- j.Run(ctx) }()
	var once sync.Once
	open := j
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-ended; err != nil {
				t.Errorf("run: %v", err)
			}
			if err := open.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
			open = nil // a test that opens thousands would keep them all until it ends
		})
	}
	t.Cleanup(stop)
	return j, stop
}

func testOptions(t *testing.T, dir string) Options {
	t.Helper()
	keys, err := keyring.Open(keyring.Options{Dir: filepath.Join(dir, "keys"), Name: "test.example"})
	if err != nil {
		t.Fatalf("keys: %v", err)
	}
	return Options{
		Dir: filepath.Join(dir, "journal"), Keys: keys, Archived: shelvedKeys,
		LogFileBytes: 64 << 10, SealEvents: 100, QueueBytes: 1 << 20, RingBytes: 64 << 10, SealAge: time.Hour,
	}
}

// someEvents makes events for a few streams, numbered from first by their origin
// id.
func someEvents(r *rand.Rand, first, n int) []*event.Event {
	events := make([]*event.Event, n)
	for i := range events {
		e := eventtest.Random(r)
		e.Place = event.Place{Stream: []string{"30d", "90d", "366d"}[r.IntN(3)]}
		e.SetCore(event.FieldOriginID, strconv.Itoa(first+i))
		events[i] = e
	}
	return events
}

func canonical(e *event.Event) string {
	return string(e.AppendSlot(e.AppendSlot(e.AppendPublic(nil), 0), 1))
}

// all reads what a journal holds, through a Reader.
func all(t *testing.T, j *Journal) []*event.Event {
	t.Helper()
	var events []*event.Event
	r := j.Reader(0)
	for r.Position() < j.Head() {
		// lost events at the end leave Next waiting for the next one
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		got, err := r.Next(ctx, 100)
		cancel()
		if errors.Is(err, context.DeadlineExceeded) {
			break
		}
		if err != nil {
			t.Fatalf("next: %v", err)
		}
		events = append(events, got...)
	}
	return events
}

// snapshotRows are the canonical bytes of all rows of a snapshot.
func snapshotRows(t *testing.T, j *Journal) []string {
	t.Helper()
	readers, release, err := j.Snapshot(t.Context())
	if err != nil {
		t.Fatalf("snapshot: %v", err)
	}
	defer release()
	var rows []string
	for _, r := range readers {
		for i := range r.Rows() {
			var e event.Event
			if err := r.Event(i, &e); err != nil {
				t.Fatalf("row %d: %v", i, err)
			}
			rows = append(rows, canonical(&e))
		}
	}
	slices.Sort(rows)
	return rows
}

func TestAppendedEventsComeBackAfterARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(1, 2))
	var want []string
	for round := range 4 {
		j, stop := openTest(t, dir, nil)
		for range 5 {
			events := someEvents(r, len(want), 1+r.IntN(200))
			got, err := j.Append(t.Context(), events)
			if err != nil {
				t.Fatalf("append: %v", err)
			}
			if n := counted(got); n != len(events) {
				t.Fatalf("ranges %v hold %d events, want %d", got, n, len(events))
			}
			for _, e := range events {
				want = append(want, canonical(e))
			}
		}
		var read []string
		for _, e := range all(t, j) {
			read = append(read, canonical(e))
		}
		if diff := cmp.Diff(len(want), len(read)); diff != "" {
			t.Fatalf("round %d: events read (-want +got):\n%s", round, diff)
		}
		if !slices.Equal(want, read) {
			t.Fatalf("round %d: the reader gives other events, or in another order", round)
		}
		sorted := slices.Clone(want)
		slices.Sort(sorted)
		if !slices.Equal(sorted, snapshotRows(t, j)) {
			t.Fatalf("round %d: the snapshot has other rows", round)
		}
		stop()
	}
}

func counted(ranges []event.Range) int {
	n := 0
	for _, r := range ranges {
		n += int(r.Last - r.First + 1)
	}
	return n
}

// waitSealed waits until the sealer has nothing to do.
func waitSealed(t *testing.T, j *Journal) {
	t.Helper()
	for range 2000 {
		j.seal.mu.Lock()
		queued := len(j.seal.queue)
		j.seal.mu.Unlock()
		j.order.mu.Lock()
		j.view.mu.Lock()
		hot := 0
		for _, h := range j.view.hot {
			if int(h.count) >= j.opts.SealEvents {
				hot++
			}
		}
		j.view.mu.Unlock()
		j.order.mu.Unlock()
		if queued == 0 && hot == 0 {
			return
		}
		time.Sleep(2 * time.Millisecond)
	}
	t.Fatal("ranges are not sealed")
}
