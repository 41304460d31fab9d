// SPDX-License-Identifier: Apache-2.0

package keyring

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

// TestRotate starts an epoch and new keys, and leaves what the old ones are for.
func TestRotate(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "keys")
	old := open(t, Options{Dir: dir, Name: "host"})
	k := mac(old, 1, "30d", 3)
	if err := old.Current(); err != nil {
		t.Error(err)
	}
	r, err := Rotate(Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if r.Epoch() != 2 || r.Origin() != old.Origin() || mac(r, 1, "30d", 3) != k || mac(r, 2, "30d", 3) == k {
		t.Errorf("epoch %d, origin %s", r.Epoch(), r.Origin())
	}
	if diff := cmp.Diff(old.Public()[0].VKey, r.Public()[0].VKey); diff != "" {
		t.Errorf("the old key changed:\n%s", diff)
	}
	if err := old.Current(); err == nil || !strings.Contains(err.Error(), "changed meanwhile") {
		t.Errorf("a ring from before the rotation: %v", err)
	}
	if err := r.Current(); err != nil {
		t.Error(err)
	}
}

// TestRotateNeedsKeys: it makes no first ones.
func TestRotateNeedsKeys(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "keys")
	if _, err := Rotate(Options{Dir: dir}); !errors.Is(err, ErrMissing) {
		t.Errorf("rotate: %v", err)
	}
	if names := newStore(Options{Dir: dir}).names(); len(names) != 0 {
		t.Errorf("it made %v", names)
	}
	// in a folder from before signing keys it makes those and follows them
	legacy(t, dir)
	r, err := Rotate(Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if r.Epoch() != 3 || len(r.Statements()) != 2 || len(r.Signers(Receipt)) != 2 {
		t.Errorf("epoch %d, keys %v", r.Epoch(), lines(r))
	}
}

// TestRotateTakesAnotherSecret, and the server then needs that one.
func TestRotateTakesAnotherSecret(t *testing.T) {
	t.Parallel()
	const first, second = "first secret of the operator", "second secret of the operator"
	dir := filepath.Join(t.TempDir(), "keys")
	k := mac(open(t, Options{Dir: dir, Secret: first}), 1, "30d", 0)
	f := func(opts Options, rotate bool, want error, epoch uint32) {
		t.Helper()
		opts.Dir = dir
		r, err := openStore(newStore(opts), opts, rotate)
		if !errors.Is(err, want) {
			t.Fatalf("%v, want %v", err, want)
		}
		if err == nil && r.Epoch() != epoch {
			t.Errorf("epoch %d, want %d", r.Epoch(), epoch)
		}
	}
	f(Options{Secret: first}, true, nil, 2)                          // the same
	f(Options{}, true, ErrWrongSecret, 0)                            // none: not by mistake
	f(Options{Secret: second}, false, ErrWrongSecret, 0)             // another, without a rotation
	f(Options{Secret: second}, true, nil, 3)                         // another
	f(Options{Secret: first}, false, ErrWrongSecret, 0)              // the old one is not enough now
	f(Options{Secret: second}, false, nil, 3)                        // the new one is
	f(Options{Secret: first, PreviousSecret: second}, false, nil, 4) // and can be changed as before
	f(Options{Secret: second, PreviousSecret: first}, true, nil, 5)  // also by a rotation
	f(Options{Secret: second, PreviousSecret: first}, false, nil, 5) // once
	_, err := Open(Options{Dir: dir, Secret: "mistyped"})
	if !errors.Is(err, ErrWrongSecret) || !strings.Contains(err.Error(), "tocsin key rotate") {
		t.Errorf("the message does not say what to do: %v", err)
	}
	r := open(t, Options{Dir: dir, Secret: second, PreviousSecret: first})
	if got := mac(r, 1, "30d", 0); got != k {
		t.Errorf("the first epoch's key is %s, want %s", got, k)
	}
	if len(r.Public()) != 8 {
		t.Errorf("keys %v", lines(r))
	}
}

// TestFolderIsFrozen opens a folder as this version writes it: two epochs, the first
// of them away, and two keys of each purpose.
func TestFolderIsFrozen(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "keys")
	anchors := unpack(t, dir)
	r, findings := Inspect(Options{Dir: dir})
	if len(findings) != 0 {
		t.Fatalf("findings %v", findings)
	}
	if err := r.Attach(anchors); err != nil {
		t.Fatal(err)
	}
	got := append(state(r), "")
	if diff := cmp.Diff(string(frozen(t)["want"]), strings.Join(got, "\n")); diff != "" {
		t.Errorf("state (-want +got):\n%s", diff)
	}
	opened := open(t, Options{Dir: dir, Existing: true})
	if len(opened.Signers(Checkpoint)) == 0 || mac(opened, 1, "30d", 0) != "away" {
		t.Errorf("opened: keys %v", lines(opened))
	}
}

// frozen is testdata/folder.txtar: each key file once, the exported anchors, and
// what they come to.
func frozen(t *testing.T) map[string][]byte {
	t.Helper()
	archive, err := txtar.ParseFile(filepath.Join("testdata", "folder.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, f := range archive.Files {
		files[f.Name] = f.Data
	}
	return files
}

func unpack(t *testing.T, dir string) (anchors string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(dir, "copy"), 0o700); err != nil {
		t.Fatal(err)
	}
	anchors = filepath.Join(t.TempDir(), "anchors")
	for name, raw := range frozen(t) {
		switch name {
		case "anchors":
			if err := os.WriteFile(anchors, raw, 0o600); err != nil {
				t.Fatal(err)
			}
		case "want":
		default:
			put(t, dir, name, raw)
		}
	}
	return anchors
}
