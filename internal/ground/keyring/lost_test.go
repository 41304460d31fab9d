// SPDX-License-Identifier: Apache-2.0

package keyring

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestFolderFromBeforeSigningKeys gets them once, keeps what it had, and misses
// them from then on.
func TestFolderFromBeforeSigningKeys(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "keys")
	legacy(t, dir)
	before, findings := Inspect(Options{Dir: dir})
	if len(findings) != 0 || len(before.Public()) != 0 {
		t.Fatalf("findings %v, keys %v", findings, before.Public())
	}
	k, err := before.Key(2, "30d", 3)
	if err != nil {
		t.Fatal(err)
	}
	r := open(t, Options{Dir: dir, Existing: true})
	if again, err := r.Key(2, "30d", 3); err != nil || again != k || r.Epoch() != 2 || r.Origin() != "old.example/abcdefgh" {
		t.Errorf("MAC keys changed: %v", err)
	}
	if diff := cmp.Diff([]string{"checkpoint 1 current", "receipt 1 current"}, lines(r)); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	if again := open(t, Options{Dir: dir, Existing: true}); !cmp.Equal(r.Public(), again.Public()) {
		t.Error("the keys were made again")
	}
	// everything but origin and roots gone: not a folder from before any more
	for _, name := range newStore(Options{Dir: dir}).names() {
		if name != fileOrigin && epochOf(name) == 0 {
			remove(t, dir, name)
		}
	}
	if _, err := Open(Options{Dir: dir, Existing: true}); !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), "ring") {
		t.Errorf("open: %v", err)
	}
	if left := newStore(Options{Dir: dir}).names(); len(left) != 3 {
		t.Errorf("new keys over old data: %v", left)
	}
}

// remove takes both copies of a file away.
func remove(t *testing.T, dir, name string) {
	t.Helper()
	hurt(t, filepath.Join(dir, name), "gone")
	hurt(t, filepath.Join(dir, "copy", name), "gone")
}

// TestLostKeysAreRefused: whichever file of a rotated ring is lost or damaged in
// both places, the next start says which, and makes no other.
func TestLostKeysAreRefused(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"origin", "ring", "mac-root.1", "mac-root.2", "sign.checkpoint.1", "sign.checkpoint.2", "sign.receipt.1", "sign.receipt.2",
		"statement.checkpoint.2", "statement.receipt.2",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "keys")
			open(t, Options{Dir: dir})
			r, err := Rotate(Options{Dir: dir})
			if err != nil {
				t.Fatal(err)
			}
			before := state(r)
			for _, harm := range []string{"flip", "gone"} {
				whole := hurt(t, filepath.Join(dir, name), harm)
				hurt(t, filepath.Join(dir, "copy", name), harm)
				files := snapshot(t, dir)
				for _, opts := range []Options{{Dir: dir, Existing: true}, {Dir: dir}} {
					want := map[string]error{"flip": ErrDamaged, "gone": ErrMissing}[harm]
					if _, err := Open(opts); !errors.Is(err, want) || !strings.Contains(err.Error(), name) {
						t.Errorf("%s: %v", harm, err)
					}
					if _, err := Rotate(opts); !errors.Is(err, want) {
						t.Errorf("%s: rotate: %v", harm, err)
					}
				}
				if diff := cmp.Diff(files, snapshot(t, dir)); diff != "" {
					t.Errorf("%s: the folder was changed:\n%s", harm, diff)
				}
				if _, findings := Inspect(Options{Dir: dir}); len(findings) != 1 || findings[0].File != name {
					t.Errorf("%s: findings %v", harm, findings)
				}
				// one copy is enough
				if err := os.WriteFile(filepath.Join(dir, "copy", name), whole, 0o600); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(before, state(open(t, Options{Dir: dir, Existing: true}))); diff != "" {
					t.Errorf("%s: healed (-before +after):\n%s", harm, diff)
				}
			}
		})
	}
}

// TestFilesOfTwoRings: keys of another ring, and a ring that is older than its keys,
// are refused.
func TestFilesOfTwoRings(t *testing.T) {
	t.Parallel()
	dir, other := filepath.Join(t.TempDir(), "keys"), filepath.Join(t.TempDir(), "keys")
	open(t, Options{Dir: dir, Name: "a"})
	open(t, Options{Dir: other, Name: "b"})
	old := map[string][]byte{}
	for _, name := range []string{"ring", "sign.checkpoint.1", "mac-root.1", "origin"} {
		raw, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		old[name] = raw
		foreign, err := os.ReadFile(filepath.Join(other, name))
		if err != nil {
			t.Fatal(err)
		}
		put(t, dir, name, foreign)
		if _, err := Open(Options{Dir: dir, Existing: true}); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s of another ring: %v", name, err)
		}
		put(t, dir, name, raw)
	}
	if _, err := Rotate(Options{Dir: dir}); err != nil {
		t.Fatal(err)
	}
	put(t, dir, "ring", old["ring"])
	_, err := Open(Options{Dir: dir, Existing: true})
	if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "mac-root.2 is there") {
		t.Errorf("a ring from before the rotation: %v", err)
	}
}
