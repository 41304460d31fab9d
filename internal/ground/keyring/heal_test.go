// SPDX-License-Identifier: Apache-2.0

package keyring

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestOneBadCopyIsHealed(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"origin", "mac-root.1", "secret.jwt", "copy/origin", "copy/mac-root.1", "copy/secret.jwt"} {
		for _, harm := range []string{"flip", "cut", "gone"} {
			t.Run(name+" "+harm, func(t *testing.T) {
				t.Parallel()
				dir := filepath.Join(t.TempDir(), "keys")
				a := open(t, Options{Dir: dir})
				secret, err := a.Secret("jwt")
				if err != nil {
					t.Fatal(err)
				}
				path := filepath.Join(dir, name)
				whole := hurt(t, path, harm)
				b := open(t, Options{Dir: dir, Existing: true})
				if got, err := b.Secret("jwt"); err != nil || !bytes.Equal(got, secret) || b.Origin() != a.Origin() || b.roots[0] != a.roots[0] {
					t.Fatalf("after healing: %v", err)
				}
				if raw, err := os.ReadFile(path); err != nil || !bytes.Equal(raw, whole) {
					t.Errorf("the copy is not healed: %v", err)
				}
			})
		}
	}
}

func TestTwoBadCopiesAreRefused(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"origin", "mac-root.1"} {
		for _, harm := range []string{"flip", "cut", "gone"} {
			t.Run(name+" "+harm, func(t *testing.T) {
				t.Parallel()
				dir := filepath.Join(t.TempDir(), "keys")
				open(t, Options{Dir: dir})
				hurt(t, filepath.Join(dir, name), harm)
				hurt(t, filepath.Join(dir, "copy", name), harm)
				_, err := Open(Options{Dir: dir, Existing: true})
				if !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrMissing) {
					t.Fatalf("open: %v", err)
				}
				if harm == "gone" {
					if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
						t.Error("a new key was made over old data")
					}
				}
			})
		}
	}
}

func TestCopiesThatDifferAreRefused(t *testing.T) {
	t.Parallel()
	dir, other := filepath.Join(t.TempDir(), "keys"), filepath.Join(t.TempDir(), "keys")
	open(t, Options{Dir: dir})
	open(t, Options{Dir: other})
	raw, err := os.ReadFile(filepath.Join(other, "mac-root.1"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "mac-root.1"), raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Options{Dir: dir, Existing: true}); !errors.Is(err, ErrDamaged) {
		t.Errorf("open: %v", err)
	}
}

func TestLostEpochIsRefused(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "keys")
	open(t, Options{Dir: dir})
	open(t, Options{Dir: dir, Secret: "first secret of the operator"})
	for _, name := range []string{"mac-root.1", "copy/mac-root.1"} {
		hurt(t, filepath.Join(dir, name), "gone")
	}
	if _, err := Open(Options{Dir: dir, Secret: "first secret of the operator", Existing: true}); !errors.Is(err, ErrMissing) {
		t.Errorf("open: %v", err)
	}
}

func hurt(t *testing.T, path, harm string) (whole []byte) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	switch harm {
	case "gone":
		err = os.Remove(path)
	case "cut":
		err = os.WriteFile(path, raw[:len(raw)/2], 0o600)
	default:
		bad := bytes.Clone(raw)
		bad[len(bad)/2] ^= 4
		err = os.WriteFile(path, bad, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
