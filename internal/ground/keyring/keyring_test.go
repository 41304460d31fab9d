// SPDX-License-Identifier: Apache-2.0

package keyring

import (
	"bytes"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func open(t *testing.T, opts Options) *Ring {
	t.Helper()
	r, err := Open(opts)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	return r
}

func TestKeysStayTheSame(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "keys")
	a := open(t, Options{Dir: dir, Name: "siem-1.example.com"})
	secret, err := a.Secret("jwt")
	if err != nil {
		t.Fatal(err)
	}
	key, err := a.Key(1, "365d", 0)
	if err != nil {
		t.Fatal(err)
	}
	b := open(t, Options{Dir: dir, Name: "renamed", Existing: true})
	if a.Origin() != b.Origin() || !strings.HasPrefix(a.Origin(), "siem-1.example.com/") {
		t.Errorf("origins %q and %q", a.Origin(), b.Origin())
	}
	if again, err := b.Secret("jwt"); err != nil || !bytes.Equal(secret, again) || len(secret) != KeyBytes {
		t.Errorf("secret changed: %v", err)
	}
	if again, err := b.Key(1, "365d", 0); err != nil || again != key {
		t.Errorf("range key changed: %v", err)
	}
	if other, err := b.Key(1, "90d", 0); err != nil || other == key {
		t.Errorf("two streams have one key: %v", err)
	}
	err = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if info, statErr := d.Info(); err == nil && statErr == nil && !d.IsDir() && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestDerivationIsFrozen keeps the bytes of docs/journal-format.md.
func TestDerivationIsFrozen(t *testing.T) {
	t.Parallel()
	var anchor [KeyBytes]byte
	for i := range anchor {
		anchor[i] = byte(i)
	}
	r := &Ring{origin: "siem.example/abcdefgh", roots: []root{{anchor: anchor, known: true}}}
	k, err := r.Key(1, "365d", 0)
	if err != nil {
		t.Fatal(err)
	}
	next := Ratchet(k)
	derived := deriveRoot("correct horse battery staple", anchor, 1)
	check := checkValue(anchor, 1)
	for _, c := range []struct{ name, got, want string }{
		{"K_0", hex.EncodeToString(k[:]), "66c915adbbcb7c6fbc1ab12684e12ddf5cef88943fe5d7fd324cff570ba325d8"},
		{"K_1", hex.EncodeToString(next[:]), "c87d70cc37bf9ba819eb12f6f535a35b2093162bb62f17265c1a06bc2b9a0b70"},
		{"A_1 of a secret", hex.EncodeToString(derived[:]), "e51188d3cbd3c4338d8aaf11de594dfa566a690a235bfdb10d159a3b4f11a1aa"},
		{"check value", hex.EncodeToString(check[:]), "013fdd001e3eeb3d541115144dac38bb"},
	} {
		if c.got != c.want {
			t.Errorf("%s is %s, want %s", c.name, c.got, c.want)
		}
	}
}

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

func TestSecretOfTheOperator(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "keys")
	first := Options{Dir: dir, Secret: "first secret of the operator"}
	a := open(t, first)
	k1, err := a.Key(1, "365d", 0)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "mac-root.1"))
	if err != nil || bytes.Contains(raw, a.roots[0].anchor[:]) {
		t.Errorf("the root lies on disk (%v)", err)
	}
	if b := open(t, first); b.Epoch() != 1 || b.roots[0] != a.roots[0] {
		t.Error("the same secret gives other keys")
	}
	for _, wrong := range []Options{{Dir: dir}, {Dir: dir, Secret: "another"}, {Dir: dir, Secret: "another", PreviousSecret: "wrong too"}} {
		if _, err := Open(wrong); !errors.Is(err, ErrWrongSecret) {
			t.Errorf("wrong secret: %v", err)
		}
	}
	second := Options{Dir: dir, Secret: "second secret", PreviousSecret: first.Secret}
	b := open(t, second)
	if b.Epoch() != 2 {
		t.Fatalf("epoch %d after a change, want 2", b.Epoch())
	}
	if again, err := b.Key(1, "365d", 0); err != nil || again != k1 {
		t.Errorf("keys of the old epoch: %v", err)
	}
	c := open(t, Options{Dir: dir, Secret: second.Secret})
	if c.Epoch() != 2 {
		t.Errorf("epoch %d, want 2", c.Epoch())
	}
	if _, err := c.Key(1, "365d", 0); !errors.Is(err, ErrNoAnchor) {
		t.Errorf("the old epoch without its secret: %v", err)
	}
	if _, err := c.Key(3, "365d", 0); !errors.Is(err, ErrNoAnchor) {
		t.Errorf("an epoch that is not: %v", err)
	}
}

func TestFirstStartOfManyAtOnce(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "keys")
	origins := make([]string, 8)
	var wg sync.WaitGroup
	for i := range origins {
		wg.Go(func() {
			r, err := Open(Options{Dir: dir})
			if err != nil {
				t.Errorf("open: %v", err)
				return
			}
			origins[i] = r.Origin()
		})
	}
	wg.Wait()
	for _, o := range origins {
		if o != origins[0] {
			t.Errorf("origins %q and %q", o, origins[0])
		}
	}
}

func TestSecretNames(t *testing.T) {
	t.Parallel()
	r := open(t, Options{Dir: filepath.Join(t.TempDir(), "keys")})
	for _, name := range []string{"", "../x", "A", "a.b", strings.Repeat("a", 41)} {
		if _, err := r.Secret(name); err == nil {
			t.Errorf("name %q is taken", name)
		}
	}
}

func FuzzKeyFile(f *testing.F) {
	f.Add(keyFile{name: "mac-root.1", kind: kindRandom, check: []byte{1}, data: []byte("key")}.encode())
	f.Add(keyFile{name: "mac-root.1", version: 7, entries: []string{"next 1 30d 0 00", "key "}}.encode())
	f.Add([]byte(fileHead + "name x\nsum \n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, raw := range [][]byte{raw, resum(raw)} {
			k, err := decode(raw, "mac-root.1")
			if err == nil && (k.name != "mac-root.1" || !bytes.Equal(k.encode(), raw)) {
				t.Errorf("another form is taken: %q", raw)
			}
		}
	})
}
