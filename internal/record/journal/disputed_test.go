// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// eventFiles are the segment files of the streams that events are in, with their bytes.
func eventFiles(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	found, err := filepath.Glob(filepath.Join(dir, "journal", "segments", "*d", "*", "*.seg"))
	if err != nil || len(found) == 0 {
		t.Fatalf("%d files, %v", len(found), err)
	}
	for _, path := range found {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all[path] = string(raw)
	}
	return all
}

// TestNothingIsDestroyedOfTwoHistories: while somebody outside knows another history,
// neither retention nor an erasure takes anything away, also when it comes to be known
// half way.
func TestNothingIsDestroyedOfTwoHistories(t *testing.T) {
	t.Parallel()
	retain := func(ctx context.Context, j *Journal, _ func(Progress)) error {
		_, err := j.Retain(ctx, Retention{Now: time.Now(), Actor: "test"})
		return err
	}
	erase := func(ctx context.Context, j *Journal, progress func(Progress)) error {
		others := func(context.Context, string) (map[string]int, error) { return map[string]int{"state": 1}, nil }
		_, err := j.Erase(ctx, Erasure{ID: "order", Subject: "user3", Actor: "admin", Progress: progress, Others: others})
		return err
	}
	for name, c := range map[string]struct {
		do      func(ctx context.Context, j *Journal, progress func(Progress)) error
		diverge bool
		stage   Stage // at which it comes to be known
		kept    bool
		order   bool // is left, to be taken up
	}{
		"retention":                {retain, true, "", true, false},
		"retention, the control":   {retain, false, "", false, false},
		"an erasure":               {erase, true, "", true, false},
		"an erasure, when it runs": {erase, false, StageRecord, true, true},
		"an erasure, the control":  {erase, false, "", false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			j, _ := openTest(t, dir, nil)
			fill(t, j, "30d", 40, 10, 40*24*time.Hour)
			fill(t, j, "90d", 40, 10, 0)
			before := eventFiles(t, dir)
			if c.diverge {
				j.Diverge("a witness knows more")
			}
			err := c.do(t.Context(), j, func(p Progress) {
				if c.stage == p.Stage {
					j.Diverge("a witness knows more")
				}
			})
			if kept := errors.Is(err, ErrDisputed); kept != c.kept || kept && !errors.Is(err, ErrDiverged) || !kept && err != nil {
				t.Errorf("%v", err)
			}
			if diff := cmp.Diff(before, eventFiles(t, dir)); (diff == "") != c.kept {
				t.Errorf("files kept: %v, want %v", diff == "", c.kept)
			}
			orders, err := j.Erasures()
			if err != nil || (len(orders) == 1) != c.order {
				t.Errorf("orders %+v, %v", orders, err)
			}
		})
	}
}

// TestSupersededFilesOfTwoHistories: what would be removed at the start goes into
// quarantine, beside what is there already.
func TestSupersededFilesOfTwoHistories(t *testing.T) {
	t.Parallel()
	for name, diverged := range map[string]bool{"diverged": true, "the control": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			j, stop := openTest(t, dir, nil)
			fill(t, j, "90d", 100, 10, 0)
			before := eventFiles(t, dir)
			if n, err := j.Merge(t.Context()); err != nil || n == 0 {
				t.Fatalf("%d merged, %v", n, err)
			}
			for path := range eventFiles(t, dir) {
				delete(before, path) // it has no part in the merge
			}
			keys := j.opts.Keys
			stop()
			for path, raw := range before { // as if the merge had been cut off before it removed them
				if err := os.WriteFile(path, []byte(raw), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if diverged {
				signed, err := proof.SignCheckpoint(proof.Checkpoint{Origin: keys.Origin(), Size: 100, Root: hash{1}}, keys.Signers(keyring.Checkpoint)...)
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(dir, "journal", checkpointName), signed, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want := 0
			for range 2 { // the second time its name is taken in quarantine
				if diverged {
					want += len(before)
				}
				_, stop = openTest(t, dir, nil)
				stop()
				away, err := os.ReadDir(filepath.Join(dir, "journal", "quarantine"))
				if err != nil || len(away) != want {
					t.Errorf("%d files in quarantine, want %d: %v", len(away), want, err)
				}
				for path, raw := range before {
					if _, err := os.Stat(path); err == nil {
						t.Errorf("%s is still there", path)
					}
					if err := os.WriteFile(path, []byte(raw), 0o600); err != nil {
						t.Fatal(err)
					}
				}
			}
		})
	}
}
