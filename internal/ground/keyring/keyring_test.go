// SPDX-License-Identifier: Apache-2.0

package keyring

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
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
