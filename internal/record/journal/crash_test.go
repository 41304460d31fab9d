// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// ledger is what was acknowledged, kept apart from the journal: the events' bytes
// by stream and seq.
type ledger struct {
	mu    sync.Mutex
	acked map[place]string
}

type place struct {
	stream string
	seq    uint64
}

func (l *ledger) ack(events []*event.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range events {
		l.acked[place{e.Place.Stream, e.Place.Seq}] = canonical(e)
	}
}

// compare tells how many acknowledged events are not in the journal as they were,
// and fails on anything twice, out of order, or with a gap.
func (l *ledger) compare(t *testing.T, j *Journal) (lost int) {
	t.Helper()
	found := map[place]string{}
	last := map[string]uint64{}
	ord := uint64(0)
	for _, e := range all(t, j) {
		p := place{e.Place.Stream, e.Place.Seq}
		if e.Place.Ord <= ord {
			t.Errorf("ord %d after %d", e.Place.Ord, ord)
		}
		ord = e.Place.Ord
		if e.Place.Seq != last[p.stream]+1 {
			t.Errorf("stream %s: seq %d after %d", p.stream, p.seq, last[p.stream])
		}
		last[p.stream] = p.seq
		found[p] = canonical(e)
	}
	if rows := snapshotRows(t, j); len(rows) != len(found) {
		t.Errorf("snapshot has %d rows, reader gave %d events", len(rows), len(found))
	}
	for p, want := range l.acked {
		if found[p] != want {
			lost++
		}
	}
	return lost
}

// crashRun appends from several clients until the disk is off, and returns how
// many operations the disk did.
func crashRun(t *testing.T, dir string, disk *faultDisk, l *ledger, seed uint64) int {
	t.Helper()
	opts := testOptions(t, dir)
	opts.disk = disk
	opts.LogFileBytes, opts.SealEvents, opts.RingBytes = 16<<10, 15, 8<<10
	j, err := Open(t.Context(), opts)
	if err != nil {
		disk.off()
		if !disk.crashed {
			t.Fatalf("open: %v", err)
		}
		return disk.ops
	}
	ctx, cancel := context.WithCancel(t.Context())
	var run, clients sync.WaitGroup
	run.Go(func() { _ = j.Run(ctx) })
	for c := range uint64(3) {
		clients.Go(func() {
			r := rand.New(rand.NewPCG(seed, c))
			for range 12 {
				events := someEvents(r, 0, 1+r.IntN(8))
				if _, err := j.Append(ctx, events); err != nil {
					if !errors.Is(err, ErrUnavailable) && !errors.Is(err, ErrClosed) && !errors.Is(err, context.Canceled) {
						t.Errorf("append: %v", err)
					}
					return
				}
				l.ack(events)
			}
		})
	}
	clients.Wait()
	for until := time.Now().Add(2 * time.Second); time.Now().Before(until); time.Sleep(time.Millisecond) {
		disk.mu.Lock()
		off := disk.crashed
		disk.mu.Unlock()
		j.seal.mu.Lock()
		idle := len(j.seal.queue) == 0
		j.seal.mu.Unlock()
		if off || idle {
			break
		}
	}
	cancel()
	run.Wait()
	disk.mu.Lock()
	disk.off()
	ops := disk.ops
	disk.mu.Unlock()
	_ = j.Close()
	return ops
}

// TestPowerLossAtEveryStep turns the power off at every k-th operation on the
// disk, opens the journal again and compares it with the ledger; a second loss
// hits the recovery and what follows it.
func TestPowerLossAtEveryStep(t *testing.T) {
	t.Parallel()
	steps := crashRun(t, t.TempDir(), newFaultDisk(t.TempDir(), 1, 0), &ledger{acked: map[place]string{}}, 1)
	t.Logf("a run without a loss takes %d steps", steps)
	every, seeds := 7, uint64(1)
	switch {
	case os.Getenv("TOCSIN_LONG") != "":
		every, seeds = 1, 8
	case testing.Short():
		every = 23
	}
	for seed := range seeds {
		for k := 1; k < steps+20; k += every {
			dir := t.TempDir()
			l := &ledger{acked: map[place]string{}}
			crashRun(t, dir, newFaultDisk(dir, 7+seed, k), l, 100*seed+uint64(k))
			crashRun(t, dir, newFaultDisk(dir, 8+seed, 1+k*int(seed+1)%60), l, 1000*seed+uint64(k))
			checkAfterLoss(t, dir, l)
			if t.Failed() {
				t.Fatalf("power off at step %d, seed %d", k, seed)
			}
		}
	}
}

// checkAfterLoss opens what a loss of power left, compares it with the ledger and
// goes on writing.
func checkAfterLoss(t *testing.T, dir string, l *ledger) {
	t.Helper()
	noAlarm(t, dir)
	j, stop := openTest(t, dir, nil)
	if lost := l.compare(t, j); lost > 0 {
		t.Errorf("%d of %d acknowledged events are lost", lost, len(l.acked))
	}
	if _, err := j.Append(t.Context(), someEvents(rand.New(rand.NewPCG(1, 1)), 0, 3)); err != nil {
		t.Errorf("append afterwards: %v", err)
	}
	stop()
	noAlarm(t, dir)
}

// noAlarm verifies: a crash is no tampering.
func noAlarm(t *testing.T, dir string) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(dir, "journal")); err != nil {
		return
	}
	if r := verifyDir(t, dir); !r.OK() || r.Total != r.Verified {
		t.Errorf("false alarm: %+v", r)
	}
}

// TestPowerLossControl acknowledges without a sync: it must lose events, or the
// test above proves nothing.
func TestPowerLossControl(t *testing.T) {
	t.Parallel()
	lost := 0
	for k := 30; k < 230 && lost == 0; k += 10 {
		dir := t.TempDir()
		l := &ledger{acked: map[place]string{}}
		d := newFaultDisk(dir, 7, k)
		d.lieSync = true
		crashRun(t, dir, d, l, uint64(k))
		opts := testOptions(t, dir)
		j, err := Open(t.Context(), opts)
		if err != nil {
			lost++
			break
		}
		found := map[place]string{}
		for _, e := range all(t, j) {
			found[place{e.Place.Stream, e.Place.Seq}] = canonical(e)
		}
		for p, want := range l.acked {
			if found[p] != want {
				lost++
			}
		}
		_ = j.Close()
	}
	if lost == 0 {
		t.Error("nothing is lost without syncs: the simulated power loss does nothing")
	}
}
