// SPDX-License-Identifier: Apache-2.0

package keyring

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func fileNames(files []File) (names []string) {
	for _, f := range files {
		names = append(names, f.Name)
	}
	return names
}

// TestKeysGoIntoABackupAndToTheShelf: what a backup holds checks everything that
// the keys have made, and signs nothing.
func TestKeysGoIntoABackupAndToTheShelf(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "keys")
	open(t, Options{Dir: dir, Name: "host"})
	r, err := Rotate(Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"sessions", "other"} {
		if _, err := r.Secret(name); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(filepath.Join(dir, "mac-root.1")); err != nil { // its copy does
		t.Fatal(err)
	}
	before := snapshot(t, dir)
	files, err := Files(dir, true)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, snapshot(t, dir)); diff != "" {
		t.Errorf("the folder changed:\n%s", diff)
	}
	want := []string{
		"mac-root.1", "mac-root.2", "origin", "ring", "secret.other", "secret.sessions", "sign.checkpoint.1", "sign.checkpoint.2",
		"sign.receipt.1", "sign.receipt.2", "statement.checkpoint.2", "statement.receipt.2",
	}
	if diff := cmp.Diff(want, fileNames(files)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}

	shelf := filepath.Join(t.TempDir(), "shelf")
	if err := Shelve(shelf, files); err != nil {
		t.Fatal(err)
	}
	old, findings := Inspect(Options{Dir: shelf, Closed: true})
	if old == nil || len(findings) != 0 {
		t.Fatalf("shelf: %v", findings)
	}
	if diff := cmp.Diff(r.Public(), old.Public()); diff != "" || old.Origin() != r.Origin() || len(old.Signers(Checkpoint)) != 0 {
		t.Errorf("of %s, public keys (-want +got):\n%s", old.Origin(), diff)
	}
	for epoch := uint32(1); epoch <= 2; epoch++ {
		a, errA := r.Key(epoch, "90d", 3)
		b, errB := old.Key(epoch, "90d", 3)
		if a != b || errA != nil || errB != nil {
			t.Errorf("epoch %d: another key: %v, %v", epoch, errA, errB)
		}
	}
	if _, findings := Inspect(Options{Dir: shelf}); len(findings) == 0 {
		t.Error("the control: a shelf passes for a whole folder")
	}
	for name := range snapshot(t, shelf) {
		if base := filepath.Base(name); strings.HasPrefix(base, "sign.") || strings.HasPrefix(base, "secret.") {
			t.Errorf("%s is on the shelf", base)
		}
	}

	fresh := filepath.Join(t.TempDir(), "keys")
	if err := CarrySecrets(fresh, files, "sessions"); err != nil {
		t.Fatal(err)
	}
	next := open(t, Options{Dir: fresh, Name: "host"})
	for name, same := range map[string]bool{"other": true, "sessions": false} {
		a, errA := r.Secret(name)
		b, errB := next.Secret(name)
		if string(a) == string(b) != same || errA != nil || errB != nil {
			t.Errorf("secret %s is the same: %v, want %v (%v, %v)", name, !same, same, errA, errB)
		}
	}
}

func TestBackupWithoutSecrets(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "keys")
	open(t, Options{Dir: dir, Name: "host"})
	r, err := Rotate(Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	files, err := Files(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"origin", "ring", "statement.checkpoint.2", "statement.receipt.2"}
	if diff := cmp.Diff(want, fileNames(files)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	shelf := filepath.Join(t.TempDir(), "shelf")
	if err := Shelve(shelf, files); err != nil {
		t.Fatal(err)
	}
	old, _ := Inspect(Options{Dir: shelf, Closed: true})
	if diff := cmp.Diff(r.Public(), old.Public()); diff != "" {
		t.Errorf("public keys (-want +got):\n%s", diff)
	}
	if _, err := old.Key(1, "90d", 0); !errors.Is(err, ErrNoAnchor) {
		t.Errorf("a MAC key: %v", err)
	}
}

// TestBackupSeesAChangeAsDone: a rotation that was cut off in the middle is whole in
// the backup.
func TestBackupSeesAChangeAsDone(t *testing.T) {
	t.Parallel()
	for k := 1; ; k++ {
		dir := filepath.Join(t.TempDir(), "keys")
		open(t, Options{Dir: dir, Name: "host"})
		steps := 0
		s := newStore(Options{Dir: dir})
		s.step = func(string, string) error {
			if steps++; steps >= k {
				return errCrash
			}
			return nil
		}
		_, err := openStore(s, Options{Dir: dir, Existing: true}, true)
		files, filesErr := Files(dir, true)
		if filesErr != nil {
			t.Fatalf("cut off at step %d: %v", k, filesErr)
		}
		shelf := filepath.Join(t.TempDir(), "shelf")
		if err := Shelve(shelf, files); err != nil {
			t.Fatal(err)
		}
		ring, findings := Inspect(Options{Dir: shelf, Closed: true})
		rotated := slices.Contains(fileNames(files), "sign.checkpoint.2")
		if len(findings) != 0 || len(ring.Public()) != map[bool]int{false: 2, true: 4}[rotated] || ring.Epoch() != map[bool]uint32{false: 1, true: 2}[rotated] {
			t.Fatalf("cut off at step %d: %v, findings %v", k, fileNames(files), findings)
		}
		if err == nil {
			if !rotated {
				t.Error("the control: the whole rotation is not in the backup")
			}
			return
		}
	}
}

func TestBackupOfDamagedKeys(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "keys")
	open(t, Options{Dir: dir, Name: "host"})
	for _, path := range []string{filepath.Join(dir, "mac-root.1"), filepath.Join(dir, "copy", "mac-root.1")} {
		if err := os.WriteFile(path, []byte("no key"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Files(dir, true); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "mac-root.1") {
		t.Errorf("files: %v", err)
	}
	if _, err := Files(dir, false); err != nil {
		t.Errorf("files without secrets: %v", err)
	}
	if err := Shelve(t.TempDir(), []File{{Name: "../origin"}}); err == nil {
		t.Error("a path out of the folder was written")
	}
	if err := Shelve(t.TempDir(), []File{{Name: "origin", Raw: []byte("no key")}}); !errors.Is(err, ErrDamaged) {
		t.Errorf("a damaged file was written: %v", err)
	}
	if _, err := Files(t.TempDir(), true); !errors.Is(err, ErrMissing) {
		t.Errorf("an empty folder: %v", err)
	}
}
