// SPDX-License-Identifier: Apache-2.0

package keyring

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
)

// signedBy is a note that the ring's checkpoint key has signed.
func signedBy(t *testing.T, r *Ring, text string) []byte {
	t.Helper()
	raw, err := note.Sign(&note.Note{Text: text + "\n"}, r.Signers(Checkpoint)...)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestWhatIsSignedIsRemembered(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "keys")
	r := open(t, Options{Dir: dir})
	if raw, err := r.Remembered(); raw != nil || err != nil {
		t.Errorf("before the first: %q, %v", raw, err)
	}
	for _, text := range []string{"one", "two"} {
		want := signedBy(t, r, text)
		if err := r.Remember(want); err != nil {
			t.Fatal(err)
		}
		again := open(t, Options{Dir: dir, Existing: true})
		if got, err := again.Remembered(); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %q, %v", text, got, err)
		}
	}
	seen, findings := Inspect(Options{Dir: dir})
	if got, err := seen.Remembered(); err != nil || !strings.HasPrefix(string(got), "two\n") || len(findings) > 0 {
		t.Errorf("inspected: %q, %v, %v", got, err, findings)
	}
	if err := seen.Remember([]byte("x")); err == nil {
		t.Error("who only reads could write")
	}
	files, err := Files(dir, true)
	if err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(files, func(f File) bool { return f.Name == fileSigned }) {
		t.Error("it is in a backup, out of which nobody goes on to sign with these keys")
	}
	if err := r.Remember(make([]byte, 64<<10)); err == nil {
		t.Error("it was written larger than it is read")
	}
}

// TestADamagedMemoryIsTold: the keys still open, and an inspection names the file.
func TestADamagedMemoryIsTold(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "keys")
	r := open(t, Options{Dir: dir})
	if err := r.Remember(signedBy(t, r, "one")); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, fileSigned)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	strangers := open(t, Options{Dir: filepath.Join(t.TempDir(), "keys")})
	for name, raw := range map[string][]byte{
		"a byte":       append([]byte{whole[0] ^ 1}, whole[1:]...),
		"cut":          whole[:len(whole)/2],
		"empty":        {},
		"of strangers": keyFile{name: fileSigned, data: signedBy(t, strangers, "one")}.encode(),
	} {
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		open(t, Options{Dir: dir, Existing: true})
		seen, findings := Inspect(Options{Dir: dir})
		if len(findings) != 1 || findings[0].File != fileSigned {
			t.Errorf("%s: %v", name, findings)
		}
		if _, err := seen.Remembered(); name != "of strangers" && !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
		if err := r.Remember(signedBy(t, r, "two")); err != nil {
			t.Errorf("%s: not written again: %v", name, err)
		}
	}
}

// TestRememberIsWholeAfterACrash: wherever it is cut off, the checkpoint before is
// there, or the new one.
func TestRememberIsWholeAfterACrash(t *testing.T) {
	t.Parallel()
	cut := errors.New("cut off")
	for at := range 3 {
		dir := filepath.Join(t.TempDir(), "keys")
		r := open(t, Options{Dir: dir})
		before, after := signedBy(t, r, "before"), signedBy(t, r, "after")
		if err := r.Remember(before); err != nil {
			t.Fatal(err)
		}
		n := 0
		r.store.step = func(string, string) error {
			if n++; n > at {
				return cut
			}
			return nil
		}
		if err := r.Remember(after); !errors.Is(err, cut) {
			t.Fatalf("step %d: %v", at, err)
		}
		got, err := open(t, Options{Dir: dir, Existing: true}).Remembered()
		if err != nil || !bytes.Equal(got, before) && !bytes.Equal(got, after) {
			t.Errorf("step %d: %q, %v", at, got, err)
		}
	}
}
