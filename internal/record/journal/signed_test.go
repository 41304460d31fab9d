// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
}

// verifyHome verifies a journal's folder beside its own keys.
func verifyHome(t *testing.T, dir string) Report {
	t.Helper()
	keys := keysOf(t, dir)
	signed, _ := keys.Remembered() // a damaged one is told with the keys
	r, err := Verify(t.Context(), filepath.Join(dir, "journal"), VerifyOptions{Keys: keys, Signed: signed})
	if err != nil {
		t.Fatalf("verify: %v", err)
	}
	return r
}

// TestTheKeysSignNoSecondHistory puts another journal beside keys that have signed 6
// headers. They sign nothing over it, verify says DIVERGED, and it still records. The
// control is a ring that has forgotten: there nobody notices.
func TestTheKeysSignNoSecondHistory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, stop := openTest(t, dir, nil)
	stop()
	empty := t.TempDir()
	copyDir(t, dir, empty)
	j, stop := openTest(t, dir, nil)
	fill(t, j, "90d", 20, 10, 0)
	stop()
	older := t.TempDir()
	copyDir(t, dir, older)
	j, stop = openTest(t, dir, nil)
	fill(t, j, "90d", 40, 10, 0)
	stop()
	signed, err := keysOf(t, dir).Remembered()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		put      func(t *testing.T, dir string)
		diverged []event.Range
		ok       bool
	}{
		"the journal itself": {put: func(*testing.T, string) {}, ok: true},
		"emptied": {put: func(t *testing.T, dir string) {
			t.Helper()
			remove(t, dir+"/journal")
		}},
		"an older copy": {put: func(t *testing.T, dir string) {
			t.Helper()
			remove(t, dir+"/journal")
			copyDir(t, older+"/journal", dir+"/journal")
		}, diverged: []event.Range{{Stream: "90d", First: 21}}},
		"one from before the first entry": {put: func(t *testing.T, dir string) {
			t.Helper()
			remove(t, dir+"/journal")
			copyDir(t, empty+"/journal", dir+"/journal")
		}},
		"another history of the same length": {put: func(t *testing.T, dir string) {
			t.Helper()
			remove(t, dir+"/journal")
			remove(t, dir+"/keys/signed")
			j, stop := openTest(t, dir, nil)
			fill(t, j, "90d", 90, 15, 0)
			stop()
			if got := verifyHome(t, dir); !got.OK() { // the control: nothing else tells
				t.Errorf("the keys have forgotten, and yet: %s, %+v", got.Status, got.Files)
			}
			if err := keysOf(t, dir).Remember(signed); err != nil {
				t.Fatal(err)
			}
		}, diverged: []event.Range{{Stream: "90d", First: 1, Last: 90}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			own := t.TempDir()
			copyDir(t, dir, own)
			c.put(t, own)
			got := verifyHome(t, own)
			if diff := cmp.Diff(c.diverged, got.Diverged); got.OK() != c.ok || !c.ok && got.Status != Diverged || diff != "" {
				t.Errorf("verify: %s, diverged (-want +got):\n%s", got.Status, diff)
			}
			j, stop := openTest(t, own, nil)
			if errors.Is(j.Diverged(), ErrDiverged) == c.ok {
				t.Errorf("opened: %v", j.Diverged())
			}
			before, err := os.ReadFile(j.path(checkpointName))
			if err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
			fill(t, j, "90d", 10, 10, 0)
			after, err := os.ReadFile(j.path(checkpointName))
			if err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
			if bytes.Equal(before, after) == c.ok {
				t.Errorf("signed anew: %v", c.ok)
			}
			stop()
			kept, err := keysOf(t, own).Remembered()
			if err != nil || !bytes.Equal(kept, signed) == !c.ok {
				t.Errorf("the keys remember %q, %v", kept, err)
			}
			if got := verifyHome(t, own); got.OK() != c.ok {
				t.Errorf("verify afterwards: %s", got.Status)
			}
		})
	}
}

// TestTheMemoryIsMade: a folder from before it was kept, or whose file is damaged, has
// it again once the journal opens, without a word from verify.
func TestTheMemoryIsMade(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j, stop := openTest(t, dir, nil)
	fill(t, j, "90d", 20, 10, 0)
	stop()
	want, err := keysOf(t, dir).Remembered()
	if err != nil || len(want) == 0 {
		t.Fatalf("%q, %v", want, err)
	}
	path := filepath.Join(dir, "keys", "signed")
	for name, spoil := range map[string]func() error{
		"not there": func() error { return os.Remove(path) },
		"damaged":   func() error { return os.WriteFile(path, []byte("tocsin-key 1\n"), 0o600) },
	} {
		if err := spoil(); err != nil {
			t.Fatal(err)
		}
		if got := verifyHome(t, dir); got.Status != Unanchored || len(got.Files) > 0 {
			t.Errorf("%s: %s, %+v", name, got.Status, got.Files)
		}
		j, stop := openTest(t, dir, nil)
		if err := j.Diverged(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		stop()
		if got, err := keysOf(t, dir).Remembered(); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: remembers %q, %v", name, got, err)
		}
	}
}
