// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
)

// exportAnchors moves the MAC roots of a stopped journal's keys into a file.
func exportAnchors(t *testing.T, dir string) (file string) {
	t.Helper()
	release, err := Lock(filepath.Join(dir, "journal"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := release(); err != nil {
			t.Error(err)
		}
	}()
	sealed, err := Sealed(filepath.Join(dir, "journal"))
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "anchors")
	if _, err := keysOf(t, dir).Export(file, []string{"system"}, sealed); err != nil {
		t.Fatal(err)
	}
	return file
}

// writeOn appends n events to the folder's journal and returns the canonical bytes of
// all that it holds then.
func writeOn(t *testing.T, dir string, n int) (events []string) {
	t.Helper()
	j, stop := openTest(t, dir, nil)
	if _, err := j.Append(t.Context(), someEvents(rand.New(rand.NewPCG(1, uint64(n))), 0, n)); err != nil {
		t.Fatalf("append: %v", err)
	}
	for _, e := range all(t, j) {
		events = append(events, canonical(e))
	}
	waitSealed(t, j)
	stop()
	return events
}

// verifyWith verifies a folder as it lies there, with exported anchors.
func verifyWith(t *testing.T, dir string, files ...string) Report {
	t.Helper()
	keys, findings := keyring.Inspect(keyring.Options{Dir: filepath.Join(dir, "keys")})
	if len(findings) != 0 {
		t.Errorf("keys: %v", findings)
	}
	for _, file := range files {
		if err := keys.Attach(file); err != nil {
			t.Fatal(err)
		}
	}
	r, err := Verify(t.Context(), filepath.Join(dir, "journal"), VerifyOptions{Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestAnchorAway: with the MAC roots exported the journal goes on as before, what
// was sealed cannot be forged with what is left, and the file has it all.
func TestAnchorAway(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeOn(t, dir, 700) // seals some ranges of each stream, and leaves some in the log
	file := exportAnchors(t, dir)
	if r := verifyWith(t, dir); !r.OK() || r.MACs == "checked" || r.Tampered != 0 {
		t.Errorf("without the file: %+v", r)
	}
	if r := verifyWith(t, dir, file); !r.OK() || r.MACs != "checked" {
		t.Errorf("with the file: %+v", r)
	}
	writeOn(t, dir, 700)
	events := writeOn(t, dir, 400)
	if len(events) != 1800 {
		t.Errorf("%d events", len(events))
	}
	if r := verifyWith(t, dir, file); !r.OK() || r.MACs != "checked" || r.Verified != 1800 {
		t.Errorf("with the file, written on: %+v", r)
	}
	sealed, err := Sealed(filepath.Join(dir, "journal"))
	if err != nil || len(sealed) != 3 {
		t.Fatalf("sealed %v, %v", sealed, err)
	}
	keys := keysOf(t, dir)
	for _, s := range sealed {
		if s.J < 3 {
			t.Errorf("stream %s has sealed %d ranges, which is no test", s.Stream, s.J+1)
		}
		for j := range s.J + 1 {
			if _, err := keys.Key(s.Epoch, s.Stream, j); !errors.Is(err, keyring.ErrAway) {
				t.Errorf("stream %s: K_%d is still there (%v)", s.Stream, j, err)
			}
		}
		if _, err := keys.Key(s.Epoch, s.Stream, s.J+1); err != nil {
			t.Errorf("stream %s: the next key: %v", s.Stream, err)
		}
	}
	// a stream that comes into being later has its key, one that nobody named has not
	j, _ := openTest(t, dir, nil)
	late := someEvents(rand.New(rand.NewPCG(3, 3)), 0, 2)
	late[0].Place.Stream, late[1].Place.Stream = "system", "other"
	if _, err := j.Append(t.Context(), late[:1]); err != nil {
		t.Errorf("a stream that was named: %v", err)
	}
	if _, err := j.Append(t.Context(), late[1:]); !errors.Is(err, keyring.ErrAway) {
		t.Errorf("a stream that was not: %v", err)
	}
}

// TestKeyIsForgottenAfterACrash: when the process dies between the seal and the
// forgetting, the next start does it.
func TestKeyIsForgottenAfterACrash(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeOn(t, dir, 700)
	exportAnchors(t, dir)
	paths := []string{filepath.Join(dir, "keys", "ratchet"), filepath.Join(dir, "keys", "copy", "ratchet")}
	before, err := os.ReadFile(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	writeOn(t, dir, 700)
	after, err := os.ReadFile(paths[0])
	if err != nil || slices.Equal(before, after) {
		t.Fatalf("nothing was forgotten while it ran (%v)", err)
	}
	want, err := Sealed(filepath.Join(dir, "journal"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range paths {
		if err := os.WriteFile(p, before, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := keysOf(t, dir).Key(want[0].Epoch, want[0].Stream, want[0].J); err != nil {
		t.Fatalf("the control: %v", err)
	}
	_, stop := openTest(t, dir, nil)
	stop()
	for _, s := range want {
		if _, err := keysOf(t, dir).Key(s.Epoch, s.Stream, s.J); !errors.Is(err, keyring.ErrAway) {
			t.Errorf("stream %s: K_%d is still there (%v)", s.Stream, s.J, err)
		}
	}
}

// TestLostManifestWhileAway: sealed ranges whose keys are gone are taken up again
// by their leaves and roots, also those that are still in the log.
func TestLostManifestWhileAway(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeOn(t, dir, 700)
	file := exportAnchors(t, dir)
	events := writeOn(t, dir, 700)
	slices.Sort(events)
	if err := os.Remove(filepath.Join(dir, "journal", "manifest")); err != nil {
		t.Fatal(err)
	}
	j, stop := openTest(t, dir, nil)
	got := snapshotRows(t, j)
	slices.Sort(got)
	if diff := cmp.Diff(events, got); diff != "" {
		t.Errorf("events are missing: %d of %d", len(got), len(events))
	}
	stop()
	if left, err := filepath.Glob(filepath.Join(dir, "journal", "quarantine", "*.seg")); err != nil || len(left) != 0 {
		t.Errorf("in quarantine: %v %v", left, err)
	}
	if r := verifyWith(t, dir, file); !r.OK() || r.MACs != "checked" || r.Verified != int64(len(events)) {
		t.Errorf("verify: %+v", r)
	}
}

// TestOlderKeysAreRefused: keys from before a rotation do not go on under a
// journal from after it.
func TestOlderKeysAreRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeOn(t, dir, 10)
	keys := filepath.Join(dir, "keys")
	if err := os.CopyFS(filepath.Join(dir, "backup"), os.DirFS(keys)); err != nil {
		t.Fatal(err)
	}
	if _, err := keyring.Rotate(keyring.Options{Dir: keys}); err != nil {
		t.Fatal(err)
	}
	writeOn(t, dir, 10)
	if err := os.Rename(keys, keys+".new"); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(dir, "backup"), keys); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), testOptions(t, dir))
	if !errors.Is(err, ErrForeign) || !strings.Contains(err.Error(), "epoch 2") {
		t.Errorf("open: %v", err)
	}
}

func TestLock(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	journal := filepath.Join(dir, "journal")
	if _, err := Lock(journal); err == nil {
		t.Error("a folder that is not there was locked")
	}
	_, stop := openTest(t, dir, nil)
	if _, err := Lock(journal); !errors.Is(err, ErrLocked) {
		t.Errorf("an open journal was locked: %v", err)
	}
	stop()
	release, err := Lock(journal)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), testOptions(t, dir)); !errors.Is(err, ErrLocked) {
		t.Errorf("opened while it is locked: %v", err)
	}
	if err := release(); err != nil {
		t.Error(err)
	}
}

// TestExportWithEntriesInTheLog: what waits to be sealed keeps its keys, also of an
// epoch that is over, and also when nothing but the log knows of it.
func TestExportWithEntriesInTheLog(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	journal := filepath.Join(dir, "journal")
	_, stop := openTest(t, dir, nil)
	stop()
	if got, err := Sealed(journal); err != nil || len(got) != 0 {
		t.Errorf("at the beginning: %v, %v", got, err)
	}
	writeOn(t, dir, 700)
	for _, name := range []string{"head", "manifest"} {
		if err := os.Rename(filepath.Join(journal, name), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		got, err := Sealed(journal)
		if err != nil || len(got) != 3 {
			t.Fatalf("without %s: %v, %v", name, got, err)
		}
		for _, s := range got {
			if !s.Unsealed || (name == "manifest") != (s.Epoch == 0) {
				t.Errorf("without %s: %+v", name, s)
			}
		}
		if err := os.Rename(filepath.Join(dir, name), filepath.Join(journal, name)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := keyring.Rotate(keyring.Options{Dir: filepath.Join(dir, "keys")}); err != nil {
		t.Fatal(err)
	}
	file := exportAnchors(t, dir)
	sealed, err := Sealed(journal)
	if err != nil {
		t.Fatal(err)
	}
	keys := keysOf(t, dir)
	for _, s := range sealed {
		if _, err := keys.Key(1, s.Stream, s.J+1); err != nil {
			t.Errorf("stream %s: the key of what waits: %v", s.Stream, err)
		}
	}
	if _, err := keys.Key(1, "system", 0); !errors.Is(err, keyring.ErrAway) {
		t.Errorf("a stream that has nothing of the old epoch keeps its key (%v)", err)
	}
	if events := writeOn(t, dir, 400); len(events) != 1100 {
		t.Errorf("%d events", len(events))
	}
	if sealed, err = Sealed(journal); err != nil {
		t.Fatal(err)
	}
	for _, s := range sealed {
		if s.Epoch != 2 {
			t.Errorf("stream %s is still in epoch %d", s.Stream, s.Epoch)
		}
	}
	if r := verifyWith(t, dir, file); !r.OK() || r.MACs != "checked" {
		t.Errorf("verify: %+v", r)
	}
}
