// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// archivedJournal makes a journal that stands on an archive with retention and an
// erasure from before the restore, and an erasure and retention from after it.
func archivedJournal(t *testing.T) (j *Journal, old *keyring.Ring, past *proof.Checkpoint) {
	t.Helper()
	from := t.TempDir()
	j, stop := openTest(t, from, nil)
	fill(t, j, "90d", 700, 90, 0)
	fill(t, j, "30d", 20, 10, 40*24*time.Hour)
	fill(t, j, "60d", 20, 10, 80*24*time.Hour)
	signed, _, _, _ := j.Checkpoint()
	c, _, err := proof.OpenCheckpoint(signed, verifiers(j.opts.Keys))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := j.Retain(t.Context(), Retention{Now: time.Now().AddDate(0, 0, -15), Actor: "test"}); err != nil {
		t.Fatal(err)
	}
	if _, err := j.Erase(t.Context(), Erasure{ID: "before", Subject: "user7", Actor: "admin"}); err != nil {
		t.Fatal(err)
	}
	old = j.opts.Keys
	stop()
	dir, _ := restored(t, from, Restoration{})
	j, _ = openTest(t, dir, func(o *Options) { o.Archived = shelvedKeys })
	fill(t, j, "90d", 30, 10, 0)
	if _, err := j.Retain(t.Context(), Retention{Now: time.Now(), Actor: "test"}); err != nil {
		t.Fatal(err)
	}
	if _, err := j.Erase(t.Context(), Erasure{ID: "after", Subject: "user8", Actor: "admin"}); err != nil {
		t.Fatal(err)
	}
	return j, old, &c
}

func TestBundlesOfAnArchive(t *testing.T) {
	t.Parallel()
	j, old, past := archivedJournal(t)
	origin := old.Origin()
	one := func(stream string, first, last uint64) []event.Range {
		return []event.Range{{Stream: stream, First: first, Last: last}}
	}
	for name, c := range map[string]struct {
		r                         BundleRequest
		entries, erased, withheld uint64
		complete                  string
		notices                   int
		wantError                 error
	}{
		"one entry":                {r: BundleRequest{Entries: one("90d", 3, 3)}, entries: 1, complete: proof.CompleteNotClaimed},
		"erased before the backup": {r: BundleRequest{Entries: one("90d", 8, 8)}, entries: 2, erased: 1, complete: proof.CompleteNotClaimed},
		"erased since":             {r: BundleRequest{Entries: one("90d", 9, 9)}, entries: 1, withheld: 1, complete: proof.CompleteNotClaimed},
		"a complete run": {
			r: BundleRequest{Complete: one("90d", 80, 650), Older: past}, entries: 572, erased: 57, withheld: 57, complete: proof.CompleteProven,
		},
		"pruned before the backup": {r: BundleRequest{Complete: one("60d", 1, 20)}, entries: 1, complete: proof.CompleteProven, notices: 1},
		"pruned since":             {r: BundleRequest{Complete: one("30d", 1, 20)}, wantError: ErrArchived},
		"none":                     {r: BundleRequest{Entries: one("90d", 701, 701)}, wantError: ErrNoEvidence},
		"no stream of it":          {r: BundleRequest{Entries: one("7d", 1, 1)}, wantError: ErrNoEvidence},
	} {
		c.r.Origin = origin
		var out bytes.Buffer
		err := j.WriteBundle(t.Context(), &out, c.r)
		if c.wantError != nil {
			if !errors.Is(err, c.wantError) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := proof.CheckBundle(bytes.NewReader(out.Bytes()), vkeys(old), proof.BundleOptions{Older: c.r.Older})
		if err != nil || !got.OK() || got.Origin != origin || got.Entries != c.entries || got.Erased != c.erased || got.Withheld != c.withheld ||
			got.Complete != c.complete || len(got.Notices) != c.notices {
			t.Errorf("%s: %v, %+v", name, err, got)
		}
		// the control: the present journal's key is the wrong one
		if got, err := proof.CheckBundle(bytes.NewReader(out.Bytes()), vkeys(j.opts.Keys), proof.BundleOptions{}); err == nil && got.OK() {
			t.Errorf("%s: the present key proves it", name)
		}
		samePython(t, name, out.Bytes(), vkeys(old)[0], got)
	}
	var out bytes.Buffer
	if err := j.WriteBundle(t.Context(), &out, BundleRequest{Origin: "nobody/abcdefgh", Entries: one("90d", 1, 1)}); !errors.Is(err, ErrNoEvidence) {
		t.Errorf("of another origin: %v", err)
	}
	// the present journal's own entries have the same numbers, and its own key
	out.Reset()
	if err := j.WriteBundle(t.Context(), &out, BundleRequest{Entries: one("90d", 3, 3)}); err != nil {
		t.Fatal(err)
	}
	if got, err := proof.CheckBundle(&out, vkeys(j.opts.Keys), proof.BundleOptions{}); err != nil || !got.OK() || got.Origin != j.Origin() {
		t.Errorf("its own: %v, %+v", err, got)
	}
}

// samePython has the second verifier check a bundle.
func samePython(t *testing.T, name string, bundle []byte, key string, ours proof.BundleReport) {
	t.Helper()
	if _, err := exec.LookPath("python3"); err != nil {
		return
	}
	path := filepath.Join(t.TempDir(), "bundle")
	if err := os.WriteFile(path, bundle, 0o600); err != nil {
		t.Fatal(err)
	}
	said, err := exec.CommandContext(t.Context(), "python3", "../../../test/verifier/verify.py", "--json", "--key", key, path).Output()
	var theirs struct {
		Status, Complete string
		proof.BundleCounts
		Withheld, Erased uint64
		Failures         []string
	}
	if e := json.Unmarshal(said, &theirs); e != nil || err != nil {
		t.Fatalf("%s: %v, %v, %s", name, e, err, said)
	}
	if theirs.Status != ours.Status || theirs.BundleCounts != ours.BundleCounts || theirs.Withheld != ours.Withheld || theirs.Erased != ours.Erased || theirs.Complete != ours.Complete {
		t.Errorf("%s: they count %+v, we count %+v", name, theirs, ours)
	}
}

// TestAnArchiveThatCannotProve: what an archive lacks is said, and nothing is proven
// with what is not as it was sealed.
func TestAnArchiveThatCannotProve(t *testing.T) {
	t.Parallel()
	j, old, _ := archivedJournal(t)
	a := j.archives[0]
	ask := func() error {
		return j.WriteBundle(t.Context(), &bytes.Buffer{}, BundleRequest{Origin: old.Origin(), Entries: []event.Range{{Stream: "90d", First: 3, Last: 3}}})
	}
	if err := ask(); err != nil {
		t.Fatalf("the control: %v", err)
	}
	spoil := func(name string) (mend func()) {
		path := filepath.Join(a.dir, name)
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		bad := bytes.Clone(raw)
		bad[40] ^= 1
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		return func() {
			if err := os.WriteFile(path, raw, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	mend := spoil(checkpointName)
	if err := ask(); err != nil { // the journal after it has it, too
		t.Errorf("another checkpoint: %v", err)
	}
	mend()
	first := spoil(hlogNames()[0])
	if err := ask(); err != nil {
		t.Errorf("one copy of the headers is damaged: %v", err)
	}
	second := spoil(hlogNames()[1])
	if err := ask(); !errors.Is(err, ErrDamaged) {
		t.Errorf("both copies of the headers are damaged: %v", err)
	}
	first()
	second()
	keys := j.opts.Archived
	j.opts.Archived = nil
	if err := ask(); !errors.Is(err, ErrArchived) {
		t.Errorf("without its keys: %v", err)
	}
	j.opts.Archived = func(string) Archived { return Archived{Keys: j.opts.Keys} }
	if err := ask(); !errors.Is(err, ErrDamaged) {
		t.Errorf("with the keys of another journal: %v", err)
	}
	j.opts.Archived = keys
	if err := os.Remove(filepath.Join(a.dir, checkpointName)); err != nil {
		t.Fatal(err)
	}
	if err := ask(); err != nil {
		t.Errorf("without a checkpoint in its folder: %v", err)
	}
	log := a.leaves
	a.leaves = log[:2]
	if err := ask(); !errors.Is(err, ErrDamaged) {
		t.Errorf("a log that its checkpoint goes beyond: %v", err)
	}
	a.leaves = log
}
