// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// TestReadersAndSnapshotsSeeEachRowOnce appends, seals, reads and takes snapshots
// at once.
func TestReadersAndSnapshotsSeeEachRowOnce(t *testing.T) {
	t.Parallel()
	const clients, calls, readers = 4, 40, 3
	j, _ := openTest(t, t.TempDir(), func(o *Options) {
		o.SealEvents, o.RingBytes, o.LogFileBytes = 40, 16<<10, 32<<10
	})
	var total, expected atomic.Int64 // acknowledged, and in all
	var appending, watching sync.WaitGroup
	for c := range uint64(clients) {
		appending.Go(func() {
			r := rand.New(rand.NewPCG(3, c))
			for range calls {
				n := 1 + r.IntN(20)
				if _, err := j.Append(t.Context(), someEvents(r, 0, n)); err != nil {
					t.Errorf("append: %v", err)
					return
				}
				total.Add(int64(n))
			}
		})
	}
	appended := make(chan struct{})
	for range readers {
		watching.Go(func() {
			r := j.Reader(0)
			seq := map[string]uint64{}
			ord, n := uint64(0), int64(0)
			for {
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				events, err := r.Next(ctx, 7)
				cancel()
				if err != nil {
					t.Errorf("next: %v", err)
					return
				}
				for _, e := range events {
					if e.Place.Ord <= ord || e.Place.Seq != seq[e.Place.Stream]+1 {
						t.Errorf("ord %d after %d, stream %s seq %d after %d", e.Place.Ord, ord, e.Place.Stream, e.Place.Seq, seq[e.Place.Stream])
						return
					}
					ord, seq[e.Place.Stream] = e.Place.Ord, e.Place.Seq
					n++
				}
				select {
				case <-appended:
					if n == expected.Load() {
						return
					}
				default:
				}
			}
		})
	}
	watching.Go(func() {
		for {
			before := total.Load()
			if n, twice := snapshotPlaces(t, j); twice > 0 || n < before {
				t.Errorf("snapshot has %d rows, %d of them twice; %d were acknowledged before", n, twice, before)
				return
			}
			select {
			case <-appended:
				return
			case <-time.After(time.Millisecond):
			}
		}
	})
	appending.Wait()
	expected.Store(total.Load() + 1) // one more, which wakes readers that have all the others
	close(appended)
	if _, err := j.Append(t.Context(), someEvents(rand.New(rand.NewPCG(9, 9)), 0, 1)); err != nil {
		t.Fatal(err)
	}
	watching.Wait()
}

func snapshotPlaces(t *testing.T, j *Journal) (n, twice int64) {
	t.Helper()
	readers, release, err := j.Snapshot(t.Context())
	if err != nil {
		t.Errorf("snapshot: %v", err)
		return 0, 0
	}
	defer release()
	seen := map[place]bool{}
	for _, r := range readers {
		b := r.Bounds()
		for seq := b.MinSeq; seq <= b.MaxSeq; seq++ {
			p := place{r.Stream(), seq}
			if seen[p] {
				twice++
			}
			seen[p] = true
		}
		n += int64(r.Rows())
	}
	return n, twice
}

// TestDiskFullRefusesAndResumes fills the disk for a while: nothing is
// acknowledged meanwhile, nothing that was accepted is lost, and writing goes on
// by itself.
func TestDiskFullRefusesAndResumes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	disk := newFaultDisk(dir, 1, 0)
	var full atomic.Bool
	disk.fail = func(op, _ string) error {
		if full.Load() && (op == "create" || op == "segment") {
			return unix.ENOSPC
		}
		return nil
	}
	j, stop := openTest(t, dir, func(o *Options) { o.disk, o.LogFileBytes = disk, 16<<10 })
	r := rand.New(rand.NewPCG(1, 1))
	l := &ledger{acked: map[place]string{}}
	refused := 0
	for i := range 120 {
		full.Store(i >= 20 && i < 80)
		events := someEvents(r, 0, 5)
		_, err := j.Append(t.Context(), events)
		switch {
		case err == nil:
			l.ack(events)
		case errors.Is(err, ErrFull) && errors.Is(err, ErrUnavailable):
			refused++
		default:
			t.Fatalf("append: %v", err)
		}
	}
	if refused == 0 {
		t.Fatal("nothing was refused while the disk was full")
	}
	waitWritable(t, j)
	if lost := l.compare(t, j); lost > 0 {
		t.Errorf("%d acknowledged events are lost", lost)
	}
	stop()
	again, _ := openTest(t, dir, nil)
	if lost := l.compare(t, again); lost > 0 {
		t.Errorf("after a restart %d acknowledged events are lost", lost)
	}
}

// TestSyncErrorPoisonsTheFile makes single syncs fail: the file is never synced
// again, the batch goes to a new one, and nothing is lost.
func TestSyncErrorPoisonsTheFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	disk := newFaultDisk(dir, 1, 0)
	syncs := map[string]int{}
	poisoned := map[string]bool{}
	disk.fail = func(op, path string) error {
		if op != "sync" || !strings.HasSuffix(path, ".wal") {
			return nil
		}
		if poisoned[path] {
			t.Errorf("%s is synced again after an error", path)
		}
		if syncs[path]++; syncs[path] == 5 {
			poisoned[path] = true
			return unix.EIO
		}
		return nil
	}
	j, stop := openTest(t, dir, func(o *Options) { o.disk, o.LogFileBytes = disk, 256<<10 })
	r := rand.New(rand.NewPCG(1, 1))
	l := &ledger{acked: map[place]string{}}
	for range 60 {
		events := someEvents(r, 0, 5)
		if _, err := j.Append(t.Context(), events); err != nil {
			t.Fatalf("append: %v", err)
		}
		l.ack(events)
	}
	if len(poisoned) < 5 {
		t.Errorf("only %d files had an error", len(poisoned))
	}
	if lost := l.compare(t, j); lost > 0 {
		t.Errorf("%d acknowledged events are lost", lost)
	}
	stop()
	again, _ := openTest(t, dir, nil)
	if lost := l.compare(t, again); lost > 0 {
		t.Errorf("after a restart %d acknowledged events are lost", lost)
	}
}

// TestDeadDiskRefuses lets every operation fail.
func TestDeadDiskRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	disk := newFaultDisk(dir, 1, 0)
	var dead atomic.Bool
	disk.fail = func(string, string) error {
		if dead.Load() {
			return unix.EIO
		}
		return nil
	}
	j, _ := openTest(t, dir, func(o *Options) { o.disk = disk })
	r := rand.New(rand.NewPCG(1, 1))
	if _, err := j.Append(t.Context(), someEvents(r, 0, 5)); err != nil {
		t.Fatal(err)
	}
	dead.Store(true)
	for range 3 {
		if _, err := j.Append(t.Context(), someEvents(r, 0, 5)); !errors.Is(err, ErrPoisoned) {
			t.Fatalf("append on a dead disk: %v", err)
		}
	}
	dead.Store(false)
	waitWritable(t, j)
}

func waitWritable(t *testing.T, j *Journal) {
	t.Helper()
	r := rand.New(rand.NewPCG(5, 5))
	for range 1000 {
		if _, err := j.Append(t.Context(), someEvents(r, 0, 1)); err == nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("writing does not go on after the disk is well")
}

func TestSecondProcessIsKeptOut(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, stop := openTest(t, dir, nil)
	_, err := Open(t.Context(), testOptions(t, dir))
	if !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), fmt.Sprint("process ", os.Getpid())) {
		t.Fatalf("second open: %v", err)
	}
	stop()
	_, _ = openTest(t, dir, nil)
}

func TestAppendRefusesWhatItCannotRecord(t *testing.T) {
	t.Parallel()
	j, _ := openTest(t, t.TempDir(), nil)
	for _, stream := range []string{"", "../x", "A", strings.Repeat("a", 65), "a/b"} {
		e := &event.Event{Source: "shop", Place: event.Place{Stream: stream}}
		if _, err := j.Append(t.Context(), []*event.Event{e}); !errors.Is(err, ErrEvent) {
			t.Errorf("stream %q: %v", stream, err)
		}
	}
	big := &event.Event{Source: "shop", Raw: strings.Repeat("x", event.MaxEventBytes+1), Place: event.Place{Stream: "30d"}}
	if _, err := j.Append(t.Context(), []*event.Event{big}); !errors.Is(err, ErrEvent) {
		t.Errorf("too large an event: %v", err)
	}
	if n := j.Head(); n != 0 {
		t.Errorf("head is %d, want 0", n)
	}
}

func TestCloseEndsReadersAndAppends(t *testing.T) {
	t.Parallel()
	j, stop := openTest(t, t.TempDir(), nil)
	ended := make(chan error, 1)
	go func() {
		_, err := j.Reader(0).Next(context.WithoutCancel(t.Context()), 1)
		ended <- err
	}()
	time.Sleep(10 * time.Millisecond)
	stop()
	if err := <-ended; !errors.Is(err, ErrClosed) {
		t.Errorf("reader: %v", err)
	}
	if _, err := j.Append(t.Context(), someEvents(rand.New(rand.NewPCG(1, 1)), 0, 1)); !errors.Is(err, ErrClosed) {
		t.Errorf("append: %v", err)
	}
}

// The slice that Append is given stays the caller's: who reuses it changes nothing
// that readers get.
func TestTheSliceStaysTheCallers(t *testing.T) {
	t.Parallel()
	j, stop := openTest(t, t.TempDir(), func(o *Options) { o.RingBytes = 8 << 20 })
	defer stop()
	r := rand.New(rand.NewPCG(4, 4))
	slice := someEvents(r, 0, 50)
	want := slices.Clone(slice)
	if _, err := j.Append(t.Context(), slice); err != nil {
		t.Fatal(err)
	}
	clear(slice)
	got, err := j.Reader(0).Next(t.Context(), 100)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%d of %d events are the ones that were appended: %v", len(got), len(want), err)
	}
}
