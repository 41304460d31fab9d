// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
)

// intoFolder is where the parts of a test's backup go: a folder that Verify can read.
func intoFolder(t *testing.T, dir string) BackupOptions {
	t.Helper()
	return BackupOptions{Secrets: true, Put: func(name string, size int64, r io.Reader) error {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return err // a part twice, too
		}
		n, err := io.Copy(f, r)
		if n != size {
			err = errors.Join(err, errors.New(name+" has another size"))
		}
		return errors.Join(err, f.Close())
	}}
}

// verifyBackup checks the folder that a backup was made into.
func verifyBackup(t *testing.T, dir string, keys *keyring.Ring) Report {
	t.Helper()
	r, err := Verify(t.Context(), dir, VerifyOptions{Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	if !r.OK() || r.Verified != r.Total || r.MACs != "checked" {
		t.Fatalf("verify the backup: %+v", r)
	}
	return r
}

// backUp makes a backup of a journal into a folder, and verifies it.
func backUp(t *testing.T, dir string, keys *keyring.Ring) (BackedUp, string, Report) {
	t.Helper()
	to := filepath.Join(t.TempDir(), "backup")
	got, err := Backup(t.Context(), filepath.Join(dir, "journal"), intoFolder(t, to))
	if err != nil {
		t.Fatal(err)
	}
	return got, to, verifyBackup(t, to, keys)
}

func TestBackupHoldsEverything(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j, stop := openTest(t, dir, nil)
	keys := j.opts.Keys
	fill(t, j, "90d", 60, 10, 0)
	if _, err := j.Append(t.Context(), someEvents(rand.New(rand.NewPCG(1, 1)), 0, 40)); err != nil {
		t.Fatal(err)
	}
	for _, running := range []bool{true, false} {
		if !running {
			stop()
		}
		got, _, r := backUp(t, dir, keys)
		if got.Events != 100 || got.Unsealed != 40 || got.Origin != keys.Origin() || got.Headers != r.Headers || r.Total != 100 || r.Running {
			t.Errorf("running %v: %+v, %+v", running, got, r)
		}
	}
}

func TestBackupOfWhatIsNot(t *testing.T) {
	t.Parallel()
	if _, err := Backup(t.Context(), t.TempDir(), BackupOptions{}); err == nil || !strings.Contains(err.Error(), "no journal") {
		t.Errorf("of an empty folder: %v", err)
	}
	dir := t.TempDir()
	j, stop := openTest(t, dir, nil)
	fill(t, j, "90d", 20, 10, 0)
	stop()
	full := errors.New("no room")
	_, err := Backup(t.Context(), filepath.Join(dir, "journal"), BackupOptions{Put: func(string, int64, io.Reader) error { return full }})
	if !errors.Is(err, full) {
		t.Errorf("to a full disk: %v", err)
	}
	gone := segments(t, dir, "90d")[0]
	if err := os.Remove(gone); err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "backup")
	_, err = Backup(t.Context(), filepath.Join(dir, "journal"), intoFolder(t, to))
	if err == nil || !strings.Contains(err.Error(), filepath.Base(gone)) {
		t.Errorf("without a segment file: %v", err)
	}
}

// TestBackupUnderLoad makes backups while events come, ranges are sealed and merged,
// people are erased and files dropped. Each backup verifies, and holds what was
// acknowledged before it began.
func TestBackupUnderLoad(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j, stop := openTest(t, dir, func(o *Options) { o.SealEvents, o.LogFileBytes, o.SealAge = 20, 16<<10, 50*time.Millisecond })
	keys := j.opts.Keys
	var mu sync.Mutex
	acked := map[string]bool{}
	ctx, cancel := context.WithCancel(t.Context())
	var load sync.WaitGroup
	for c := range uint64(2) {
		load.Go(func() {
			r := rand.New(rand.NewPCG(5, c))
			for ctx.Err() == nil {
				events := someEvents(r, 0, 1+r.IntN(8))
				for _, e := range events {
					e.Received = time.Now().UnixNano() // so that retention keeps them
				}
				if _, err := j.Append(ctx, events); err != nil {
					if !errors.Is(err, context.Canceled) {
						t.Errorf("append beside a backup: %v", err)
					}
					return
				}
				mu.Lock()
				for _, e := range events {
					acked[e.ID.String()] = true
				}
				mu.Unlock()
			}
		})
	}
	load.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			e := benchEvent(i)
			e.Place, e.User = event.Place{Stream: "30d"}, "somebody"
			e.Received = time.Now().Add(-100 * 24 * time.Hour).UnixNano()
			_, err := j.Append(ctx, []*event.Event{e})
			if err == nil {
				_, err = j.Erase(ctx, Erasure{ID: "order", Subject: "somebody", Actor: "admin"})
			}
			if err == nil {
				_, err = j.Merge(ctx)
			}
			if err == nil {
				_, err = j.Retain(ctx, Retention{Now: time.Now(), Actor: "test"})
			}
			if err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("upkeep beside a backup: %v", err)
				return
			}
		}
	})
	rounds := 8
	if testing.Short() {
		rounds = 3
	}
	for range rounds {
		time.Sleep(100 * time.Millisecond)
		mu.Lock()
		before := len(acked)
		want := make(map[string]bool, before)
		for id := range acked {
			want[id] = true
		}
		mu.Unlock()
		got, to, _ := backUp(t, dir, keys)
		if got.Events < int64(before) {
			t.Errorf("%d events in the backup, %d were acknowledged before", got.Events, before)
		}
		for _, id := range idsIn(t, to, keys) {
			delete(want, id)
		}
		if len(want) != 0 {
			t.Fatalf("%d of %d acknowledged events are not in the backup", len(want), before)
		}
		mu.Lock()
		t.Logf("%d events acknowledged before, %d in the backup, %d after; %d parts unused", before, got.Events, len(acked), len(got.Unused))
		mu.Unlock()
	}
	cancel()
	load.Wait()
	stop()
}

// idsIn opens a copy of a backup's folder as a journal and reads the ids in it.
func idsIn(t *testing.T, dir string, keys *keyring.Ring) (ids []string) {
	t.Helper()
	copied := filepath.Join(t.TempDir(), "journal")
	if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	j, err := Open(t.Context(), Options{Dir: copied, Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all(t, j) {
		ids = append(ids, e.ID.String())
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	return ids
}

// TestBackupAfterACrash backs up what a loss of power at each step has left, before
// anybody has opened it again.
func TestBackupAfterACrash(t *testing.T) {
	t.Parallel()
	every := 11
	switch {
	case os.Getenv("TOCSIN_LONG") != "":
		every = 1
	case testing.Short():
		every = 41
	}
	steps := crashRun(t, t.TempDir(), newFaultDisk(t.TempDir(), 3, 0), &ledger{acked: map[place]string{}}, 3)
	for k := 20; k < steps; k += every {
		dir := t.TempDir()
		l := &ledger{acked: map[place]string{}}
		crashRun(t, dir, newFaultDisk(dir, 11, k), l, uint64(k))
		if !Exists(filepath.Join(dir, "journal")) {
			continue
		}
		keys := testOptions(t, dir).Keys
		to := filepath.Join(t.TempDir(), "backup")
		got, err := Backup(t.Context(), filepath.Join(dir, "journal"), intoFolder(t, to))
		if errors.Is(err, ErrUnsettled) {
			t.Errorf("power off at step %d: %v", k, err)
			continue
		}
		if err != nil {
			t.Fatalf("power off at step %d: %v", k, err)
		}
		r := verifyBackup(t, to, keys)
		if got.Events != r.Total || r.Total < int64(len(l.acked)) {
			t.Fatalf("power off at step %d: %d events, %d verified, %d acknowledged", k, got.Events, r.Total, len(l.acked))
		}
	}
}

// TestVerifyFetchesSegments: the segment files may lie elsewhere.
func TestVerifyFetchesSegments(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j, stop := openTest(t, dir, nil)
	keys := j.opts.Keys
	fill(t, j, "90d", 60, 10, 0)
	stop()
	_, to, want := backUp(t, dir, keys)
	away := filepath.Join(t.TempDir(), "away")
	if err := os.Rename(filepath.Join(to, "segments"), away); err != nil {
		t.Fatal(err)
	}
	released := 0
	var mu sync.Mutex
	opts := VerifyOptions{Keys: keys, Fetch: func(_ context.Context, name string) (string, func(), error) {
		return filepath.Join(away, strings.TrimPrefix(name, "segments/")), func() {
			mu.Lock()
			defer mu.Unlock()
			released++
		}, nil
	}}
	got, err := Verify(t.Context(), to, opts)
	if diff := cmp.Diff(want, got); err != nil || diff != "" || released != 6 {
		t.Errorf("%d files released, %v, report (-want +got):\n%s", released, err, diff)
	}
	opts.Fetch = func(context.Context, string) (string, func(), error) { return "", nil, os.ErrNotExist }
	if got, err = Verify(t.Context(), to, opts); err != nil || got.Status != Invalid || got.Tampered != 60 || got.Entries[0].Verdict != Missing {
		t.Errorf("without them: %+v, %v", got, err)
	}
	broken := errors.New("the backup is damaged")
	opts.Fetch = func(context.Context, string) (string, func(), error) { return "", nil, broken }
	if _, err = Verify(t.Context(), to, opts); !errors.Is(err, broken) {
		t.Errorf("from a damaged backup: %v", err)
	}
}

// TestBackupWhileFilesAreReplaced changes the journal's files in the middle of the
// copying.
func TestBackupWhileFilesAreReplaced(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(ctx context.Context, j *Journal) error
		events int64
		unused int
		erased int64
		pruned int64
	}{
		"merge": {change: func(ctx context.Context, j *Journal) error {
			_, err := j.Merge(ctx)
			return err
		}, events: 90, unused: 1},
		"erasure": {change: func(ctx context.Context, j *Journal) error {
			_, err := j.Erase(ctx, Erasure{ID: "o", Subject: "user3", Actor: "admin"})
			return err
		}, events: 90, unused: 1, erased: 9},
		"retention": {change: func(ctx context.Context, j *Journal) error {
			_, err := j.Retain(ctx, Retention{Now: time.Now(), Actor: "test"})
			return err
		}, events: 0, unused: 1, pruned: 90},
		"a seal": {change: func(ctx context.Context, j *Journal) error {
			e := benchEvent(1)
			e.Place = event.Place{Stream: "366d"}
			if _, err := j.Append(ctx, []*event.Event{e}); err != nil {
				return err
			}
			return j.Seal(ctx)
		}, events: 90},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			j, stop := openTest(t, dir, nil)
			defer stop()
			fill(t, j, "30d", 90, 10, 40*24*time.Hour)
			to := filepath.Join(t.TempDir(), "backup")
			into := intoFolder(t, to)
			var once sync.Once
			opts := BackupOptions{Put: func(name string, size int64, r io.Reader) error {
				err := into.Put(name, size, r)
				once.Do(func() { err = errors.Join(err, c.change(t.Context(), j)) })
				return err
			}}
			got, err := Backup(t.Context(), filepath.Join(dir, "journal"), opts)
			if err != nil {
				t.Fatal(err)
			}
			for _, part := range got.Unused { // a restore leaves them out
				if err := os.Remove(filepath.Join(to, part)); err != nil {
					t.Error(err)
				}
			}
			r := verifyBackup(t, to, j.opts.Keys)
			if got.Events != c.events || len(got.Unused) != c.unused || r.Erased != c.erased || r.Pruned != c.pruned || len(r.Files) > 1 { // headers.copy
				t.Errorf("%+v\n%+v", got, r)
			}
		})
	}
}
