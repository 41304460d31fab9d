// SPDX-License-Identifier: Apache-2.0

package keyring

import (
	"crypto/ed25519"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLoneKeyStaysTheSame(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "keys")
	name, key, err := Lone(LoneOptions{Dir: dir, Host: "my host!"})
	if err != nil || !strings.HasPrefix(name, "myhost/") || len(name) != len("myhost/")+16 {
		t.Fatalf("%q, %v", name, err)
	}
	for _, opts := range []LoneOptions{
		{Dir: dir},
		{Dir: dir, Host: "another"},
		{Dir: dir, Name: name},
		{Dir: dir, Existing: true},
	} {
		again, same, err := Lone(opts)
		if err != nil || again != name || !key.Equal(same) {
			t.Errorf("%+v: %q, %v", opts, again, err)
		}
	}
	if _, _, err := Lone(LoneOptions{Dir: dir, Name: "other"}); err == nil || !strings.Contains(err.Error(), "keeps its name") {
		t.Errorf("it takes another name: %v", err)
	}
	for _, p := range []string{"lone", "copy/lone"} {
		info, err := os.Stat(filepath.Join(dir, p))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", p, info, err)
		}
	}
	_, other, err := Lone(LoneOptions{Dir: filepath.Join(t.TempDir(), "keys"), Name: name})
	if err != nil || key.Equal(other) {
		t.Errorf("another folder has the same key: %v", err)
	}
}

func TestLoneKeyIsNeverMadeAnew(t *testing.T) {
	t.Parallel()
	make1 := func(t *testing.T) (string, ed25519.PrivateKey) {
		t.Helper()
		dir := filepath.Join(t.TempDir(), "keys")
		_, key, err := Lone(LoneOptions{Dir: dir, Name: "witness.example"})
		if err != nil {
			t.Fatal(err)
		}
		return dir, key
	}
	for name, c := range map[string]struct {
		harm func(t *testing.T, dir string)
		want error // nil: healed
	}{
		"one is damaged":      {func(t *testing.T, dir string) { t.Helper(); hurt(t, filepath.Join(dir, "lone"), "flip") }, nil},
		"the copy is damaged": {func(t *testing.T, dir string) { t.Helper(); hurt(t, filepath.Join(dir, "copy", "lone"), "flip") }, nil},
		"one is gone":         {func(t *testing.T, dir string) { t.Helper(); hurt(t, filepath.Join(dir, "lone"), "gone") }, nil},
		"both are gone":       {func(t *testing.T, dir string) { t.Helper(); remove(t, dir, "lone") }, ErrMissing},
		"both are damaged": {func(t *testing.T, dir string) {
			t.Helper()
			hurt(t, filepath.Join(dir, "lone"), "flip")
			hurt(t, filepath.Join(dir, "copy", "lone"), "flip")
		}, ErrDamaged},
		"no name": {func(t *testing.T, dir string) {
			t.Helper()
			f := keyFile{name: "lone", data: make([]byte, ed25519.SeedSize)}
			put(t, dir, "lone", f.encode())
		}, ErrDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, key := make1(t)
			c.harm(t, dir)
			_, got, err := Lone(LoneOptions{Dir: dir, Existing: true})
			if !errors.Is(err, c.want) || c.want == nil && !key.Equal(got) {
				t.Errorf("%v, want %v", err, c.want)
			}
			if c.want != nil {
				return
			}
			raws := newStore(Options{Dir: dir}).read("lone")
			if raws.errs != [2]error{} {
				t.Errorf("not healed: %v", raws.errs)
			}
		})
	}
}

func TestLoneKeyNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a b", "a+b", "a\nb", "\xff", strings.Repeat("a", 256)} {
		dir := filepath.Join(t.TempDir(), "keys")
		if _, _, err := Lone(LoneOptions{Dir: dir, Name: name}); err == nil {
			t.Errorf("a key called %q", name)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%q: a folder was made", name)
		}
	}
}
