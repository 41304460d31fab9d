// SPDX-License-Identifier: Apache-2.0

package keyring

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func FuzzRatchet(f *testing.F) {
	t0 := ratchet{version: 3, next: map[chainID]link{{1, "30d"}: {7, [KeyBytes]byte{1}}, {2, "system"}: {0, [KeyBytes]byte{2}}}}
	f.Add(uint64(3), strings.Join(t0.file().entries, "\n"))
	f.Fuzz(func(t *testing.T, version uint64, text string) {
		in := keyFile{name: fileRatchet, version: version, entries: strings.Split(text, "\n")}
		if r, err := decodeRatchet(in); err == nil && !slices.Equal(r.file().entries, in.entries) {
			t.Error("another form was taken")
		}
	})
}

func TestForgedRatchets(t *testing.T) {
	t.Parallel()
	k := strings.Repeat("ab", KeyBytes)
	f := func(version uint64, ok bool, entries ...string) {
		t.Helper()
		if _, err := decodeRatchet(keyFile{version: version, entries: entries}); (err == nil) != ok {
			t.Errorf("%d %q: %v", version, entries, err)
		}
	}
	f(1, true)
	f(0, false)
	f(1, true, "next 1 30d 0 "+k, "next 1 90d 4294967295 "+k, "next 2 30d 5 "+k)
	f(1, false, "next 2 30d 0 "+k, "next 1 30d 0 "+k)
	f(1, false, "next 1 30d 0 "+k, "next 1 30d 0 "+k)
	f(1, false, "next 1 30d 4294967296 "+k)
	f(1, false, "next 1 30d -1 "+k)
	f(1, false, "next 1 30d 0 "+k[2:])
	f(1, false, "next 1 30d 0 "+strings.ToUpper(k))
	f(1, false, "next 1 .. 0 "+k)
	f(1, false, "next 1  0 "+k)
	f(1, false, "anchor 1 30d 0 "+k)
	f(1, false, "next 1 30d 0")
}

func TestForgedChanges(t *testing.T) {
	t.Parallel()
	good := change{removes: []string{"mac-root.1"}}
	good.put(keyFile{name: "sign.checkpoint.2", data: []byte("x")})
	if c, err := decodeChange(good.file()); err != nil || !cmp.Equal(c.file(), good.file(), cmp.AllowUnexported(keyFile{})) {
		t.Fatalf("the good one: %v", err)
	}
	put := good.file().entries[0]
	for _, bad := range []string{
		"remove ../../journal/LOCK",
		"remove copy/ring",
		"remove change",
		"remove .",
		"remove ",
		"remove",
		"remove a b",
		"put ring " + strings.Fields(put)[2],
		"put sign.checkpoint.2 eA==",
		"put sign.checkpoint.2 =",
		"put sign.checkpoint.2",
		put + " x",
		"key checkpoint",
	} {
		if c, err := decodeChange(keyFile{entries: []string{bad}}); err == nil {
			t.Errorf("%q: %v was believed", bad, c)
		}
	}
}

func FuzzChange(f *testing.F) {
	c := change{removes: []string{"mac-root.1"}}
	c.put(keyFile{name: "ratchet", version: 2, entries: []string{"next 1 30d 0 00"}})
	f.Add(strings.Join(c.file().entries, "\n"))
	f.Fuzz(func(t *testing.T, text string) {
		c, err := decodeChange(keyFile{name: fileChange, entries: strings.Split(text, "\n")})
		if err != nil {
			return
		}
		for _, put := range c.puts {
			c.removes = append(c.removes, put.name)
		}
		for _, name := range c.removes {
			if filepath.Base(name) != name || strings.HasPrefix(name, ".") {
				t.Errorf("it may touch %q", name)
			}
		}
	})
}
