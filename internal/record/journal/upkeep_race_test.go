// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// TestTheJournalsOwnEntriesAreNotErased erases who has decided on an erasure, a drop
// and a hold before: the tombstones still excuse what is gone.
func TestTheJournalsOwnEntriesAreNotErased(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j, stop := openTest(t, dir, nil)
	fill(t, j, "30d", 20, 10, 40*24*time.Hour)
	fill(t, j, "90d", 40, 10, 0)
	e := benchEvent(1)
	e.Place, e.User = event.Place{Stream: "90d"}, "admin"
	if _, err := j.Append(t.Context(), []*event.Event{e}); err != nil {
		t.Fatal(err)
	}
	if got, err := j.Retain(t.Context(), Retention{Now: time.Now(), Actor: "admin"}); err != nil || got.Files != 2 {
		t.Fatalf("dropped %+v, %v", got, err)
	}
	for _, subject := range []string{"user3", "admin", "90d"} {
		if _, err := j.Erase(t.Context(), Erasure{ID: "of-" + subject, Subject: subject, Actor: "admin"}); err != nil {
			t.Fatalf("erase %s: %v", subject, err)
		}
	}
	stop()
	if r := verifyDir(t, dir); r.Status != Unanchored || r.Verified != r.Total || r.Erased != 5 || r.Pruned != 20 {
		t.Errorf("verify: %s", brief(&r))
	}
}

// TestErasureOfSomebodyWhoGoesOn erases a person of whom new entries come all the
// time: what was there is gone, and that more is there now keeps nothing from its end.
func TestErasureOfSomebodyWhoGoesOn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j, stop := openTest(t, dir, func(o *Options) { o.LogFileBytes = 16 << 10 })
	fill(t, j, "90d", 40, 10, 0)
	got, err := j.Erase(t.Context(), Erasure{ID: "x", Subject: "user3", Actor: "admin", Others: func(ctx context.Context, _ string) (map[string]int, error) {
		for i := range 60 { // over several log files, in a range that stays open
			e := benchEvent(i)
			e.Place, e.User = event.Place{Stream: "90d"}, "user3"
			if _, err := j.Append(ctx, []*event.Event{e}); err != nil {
				return nil, err
			}
		}
		return nil, nil
	}})
	if err != nil || got.Entries != 4 || got.Certificate == "" {
		t.Errorf("erased %+v, %v", got, err)
	}
	stop()
	if r := verifyDir(t, dir); r.Status != Unanchored || r.Verified != r.Total || r.Erased != 4 {
		t.Errorf("verify: %s", brief(&r))
	}
}

// TestErasureWaitsForWhatCannotBeRemoved lets no segment file be removed: there is no
// certificate as long as a file with the person's data is there.
func TestErasureWaitsForWhatCannotBeRemoved(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	disk := newFaultDisk(t.TempDir(), 1, 0)
	var stuck atomic.Bool
	disk.fail = func(op, path string) error {
		if stuck.Load() && op == "remove" && strings.HasSuffix(path, ".seg") {
			return unix.EIO
		}
		return nil
	}
	j, stop := openTest(t, dir, func(o *Options) { o.disk = disk })
	fill(t, j, "90d", 40, 10, 0)
	order := Erasure{ID: "x", Subject: "user3", Actor: "admin"}
	stuck.Store(true)
	for range 6 { // each file in turn, and the certificate at last
		if got, err := j.Erase(t.Context(), order); !errors.Is(err, unix.EIO) || got.Certificate != "" {
			t.Fatalf("erased %+v, %v", got, err)
		}
	}
	if orders, err := j.Erasures(); err != nil || len(orders) != 1 {
		t.Errorf("orders: %v, %v", orders, err)
	}
	stuck.Store(false)
	if got, err := j.Erase(t.Context(), order); err != nil || got.Entries != 4 || got.Certificate == "" {
		t.Errorf("erased %+v, %v", got, err)
	}
	if n := len(segments(t, dir, "90d")); n != 4 {
		t.Errorf("%d files, want 4", n)
	}
	stop()
	if r := verifyDir(t, dir); r.Status != Unanchored || r.Verified != r.Total || len(r.Files) != 0 {
		t.Errorf("verify: %s", brief(&r))
	}
}

// holdMeanwhile is a disk on which a hold is placed just when the checkpoint over a
// tombstone is written.
func holdMeanwhile(t *testing.T, j **Journal, armed *atomic.Bool) (disk *faultDisk, wait func()) {
	t.Helper()
	var placing sync.WaitGroup
	disk = newFaultDisk(t.TempDir(), 1, 0)
	disk.fail = func(op, path string) error {
		if op == "rename" && filepath.Base(path) == checkpointName && armed.CompareAndSwap(true, false) {
			placing.Go(func() {
				if err := (*j).Place(t.Context(), Hold{ID: "case-1", Reason: "a court asked", Actor: "admin"}); err != nil {
					t.Errorf("place: %v", err)
				}
			})
			disk.mu.Unlock()
			for len((*j).Holds()) == 0 { // in force; its entry is recorded later
				time.Sleep(time.Millisecond)
			}
			disk.mu.Lock()
		}
		return nil
	}
	return disk, placing.Wait
}

// TestAHoldThatComesMeanwhile is placed after retention and erasure have looked for
// holds, and before they drop and erase: it keeps the entries all the same.
func TestAHoldThatComesMeanwhile(t *testing.T) {
	t.Parallel()
	t.Run("retention", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		var j *Journal
		var armed atomic.Bool
		disk, wait := holdMeanwhile(t, &j, &armed)
		j, stop := openTest(t, dir, func(o *Options) { o.disk = disk })
		fill(t, j, "30d", 20, 10, 40*24*time.Hour)
		armed.Store(true)
		got, err := j.Retain(t.Context(), Retention{Now: time.Now(), Actor: "test"})
		if err != nil || got.Files != 0 || got.Entries != 0 {
			t.Errorf("dropped %+v, %v", got, err)
		}
		wait()
		if n := len(snapshotRows(t, j)); n != 20 {
			t.Errorf("%d rows are left, want 20", n)
		}
		stop()
		if r := verifyDir(t, dir); r.Status != Unanchored || r.Verified != r.Total || r.Pruned != 0 {
			t.Errorf("verify: %s", brief(&r))
		}
	})
	t.Run("erasure", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		var j *Journal
		var armed atomic.Bool
		disk, wait := holdMeanwhile(t, &j, &armed)
		j, stop := openTest(t, dir, func(o *Options) { o.disk = disk })
		fill(t, j, "90d", 40, 10, 0)
		before := snapshotRows(t, j)
		armed.Store(true) // everything is sealed: the next checkpoint is the tombstones'
		order := Erasure{ID: "x", Subject: "user3", Actor: "admin"}
		for range 2 {
			if got, err := j.Erase(t.Context(), order); !errors.Is(err, ErrHold) || got.Certificate != "" {
				t.Errorf("erased %+v, %v", got, err)
			}
			wait()
			if orders, err := j.Erasures(); err != nil || len(orders) != 1 {
				t.Errorf("the order must wait, its tombstones are there: %v, %v", orders, err)
			}
		}
		if after := snapshotRows(t, j); len(after) != len(before) || strings.Join(after, "") != strings.Join(before, "") {
			t.Error("rows changed under a hold")
		}
		if err := j.Lift(t.Context(), "case-1", "admin"); err != nil {
			t.Fatal(err)
		}
		if got, err := j.Erase(t.Context(), order); err != nil || got.Entries != 4 {
			t.Errorf("erased %+v, %v", got, err)
		}
		stop()
		if r := verifyDir(t, dir); r.Status != Unanchored || r.Verified != r.Total || r.Erased != 4 {
			t.Errorf("verify: %s", brief(&r))
		}
	})
}

// TestErasureBesideANewRange: a range that begins with the log file that an erasure
// has begun keeps no older one.
func TestErasureBesideANewRange(t *testing.T) {
	t.Parallel()
	j, _ := openTest(t, t.TempDir(), nil)
	fill(t, j, "90d", 20, 10, 0)
	got, err := j.Erase(t.Context(), Erasure{ID: "x", Subject: "nobody", Actor: "admin", Others: func(ctx context.Context, _ string) (map[string]int, error) {
		_, err := j.Append(ctx, []*event.Event{inStream(1, "366d")})
		return nil, err
	}})
	if err != nil || got.Entries != 0 || got.Certificate == "" {
		t.Errorf("erased %+v, %v", got, err)
	}
}

// TestTheFileOfErasuresLacksNothing cuts an erasure off between its tombstones and the
// file of erasures, and lets retention drop the entries before it goes on: a restore
// of an older backup must erase them all the same.
func TestTheFileOfErasuresLacksNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	disk := newFaultDisk(t.TempDir(), 1, 0)
	var full atomic.Bool
	disk.fail = func(op, path string) error {
		if full.Load() && op == "create" && strings.Contains(path, erasuresName) {
			return unix.ENOSPC
		}
		return nil
	}
	j, stop := openTest(t, dir, func(o *Options) { o.disk = disk })
	fill(t, j, "30d", 20, 10, 40*24*time.Hour)
	order := Erasure{ID: "x", Subject: "user3", Actor: "admin"}
	full.Store(true)
	if _, err := j.Erase(t.Context(), order); !errors.Is(err, unix.ENOSPC) {
		t.Fatalf("not cut off: %v", err)
	}
	full.Store(false)
	if got, err := j.Retain(t.Context(), Retention{Now: time.Now(), Actor: "test"}); err != nil || got.Files != 2 {
		t.Fatalf("retain: %+v, %v", got, err)
	}
	if _, err := j.Erase(t.Context(), order); err != nil {
		t.Fatal(err)
	}
	stop()
	if r := verifyDir(t, dir); !r.OK() || len(r.Files) != 0 {
		t.Errorf("verify: %s", brief(&r))
	}
	raw, err := os.ReadFile(filepath.Join(dir, "journal", erasuresName))
	if err != nil || !strings.Contains(string(raw), `"stream":"30d"`) {
		t.Errorf("the file of erasures holds %q, %v", raw, err)
	}
}
