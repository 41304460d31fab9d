// SPDX-License-Identifier: Apache-2.0

package keyring

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestWhatIsReplacedIsWiped: the bytes of a file that was replaced or removed are
// zeros, unless the file has another name, as in a backup by hard links.
func TestWhatIsReplacedIsWiped(t *testing.T) {
	t.Parallel()
	for _, operation := range []string{"write", "remove"} {
		for _, linked := range []bool{false, true} {
			dir := filepath.Join(t.TempDir(), "keys")
			open(t, Options{Dir: dir})
			path := filepath.Join(dir, "mac-root.1")
			backup := filepath.Join(t.TempDir(), "backup")
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if linked {
				if err := os.Link(path, backup); err != nil {
					t.Fatal(err)
				}
			}
			held, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer held.Close()
			s := newStore(Options{Dir: dir})
			if operation == "write" {
				err = s.write(path, []byte("new"))
			} else {
				err = s.remove(path)
			}
			if err != nil {
				t.Fatal(err)
			}
			left := make([]byte, len(raw)+1)
			n, _ := held.ReadAt(left, 0)
			want := make([]byte, len(raw))
			if linked {
				want = raw
			}
			if !bytes.Equal(left[:n], want) {
				t.Errorf("%s, linked %v: %q is left", operation, linked, left[:n])
			}
		}
	}
}

// TestRemovingNothing is no error, and removes nothing else.
func TestRemovingNothing(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "keys")
	open(t, Options{Dir: dir})
	before := newStore(Options{Dir: dir}).names()
	if err := newStore(Options{Dir: dir}).drop("mac-root.7"); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(before, newStore(Options{Dir: dir}).names()); diff != "" {
		t.Errorf("files (-before +after):\n%s", diff)
	}
}

// TestTornFilesGo: what a crash has left under a temporary name is no key file and
// does not stay.
func TestTornFilesGo(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "keys")
	r := open(t, Options{Dir: dir})
	torn := []string{filepath.Join(dir, "sign.checkpoint.9.tmp"), filepath.Join(dir, "copy", "change.tmp")}
	for _, path := range torn {
		if err := os.WriteFile(path, []byte("half a key"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	seen, findings := Inspect(Options{Dir: dir})
	if len(findings) != 0 || !cmp.Equal(state(seen), state(r)) {
		t.Errorf("findings %v", findings)
	}
	if again := open(t, Options{Dir: dir, Existing: true}); !cmp.Equal(state(again), state(r)) {
		t.Error("other keys")
	}
	for _, path := range torn {
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is still there (%v)", path, err)
		}
	}
}

// TestAChangeOfTwoStates: when both copies of what a crash has interrupted are bad,
// nobody knows what the keys are, and that is said.
func TestAChangeOfTwoStates(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "keys")
	open(t, Options{Dir: dir})
	for name, raw := range map[string][]byte{
		"torn":   []byte("tocsin-key 1\nname change\n"),
		"forged": keyFile{name: fileChange, entries: []string{"remove ../../journal/LOCK"}}.encode(),
	} {
		put(t, dir, fileChange, raw)
		if _, err := Open(Options{Dir: dir}); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
		if _, findings := Inspect(Options{Dir: dir}); len(findings) != 1 || findings[0].File != fileChange {
			t.Errorf("%s: findings %v", name, findings)
		}
	}
}
