// SPDX-License-Identifier: Apache-2.0

package keyring

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestForeignAnchors(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	export := func(name string) (file string, r *Ring) {
		dir := filepath.Join(base, name, "keys")
		r = open(t, Options{Dir: dir, Name: name})
		file = filepath.Join(base, name, "anchors")
		if _, err := r.Export(file, nil, nil); err != nil {
			t.Fatal(err)
		}
		return file, r
	}
	mine, r := export("mine")
	other, _ := export("other")
	f := func(file, want string) {
		t.Helper()
		before := state(r)
		if err := r.Attach(file); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), file) {
			t.Errorf("%v, want %q", err, want)
		}
		if diff := cmp.Diff(before, state(r)); diff != "" {
			t.Errorf("the ring was changed:\n%s", diff)
		}
	}
	forged := func(name string, entries ...string) string {
		path := filepath.Join(base, name)
		if err := os.WriteFile(path, keyFile{name: fileAnchor, entries: entries}.encode(), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	var a [KeyBytes]byte
	line := func(epoch uint32) string { return fmt.Sprintf("anchor %d %x %x", epoch, checkValue(a, epoch), a) }
	f(filepath.Join(base, "nowhere"), "no such file")
	f(other, "of the journal other/")
	f(forged("another root", "origin "+r.Origin(), line(1)), "not the one of these keys")
	f(forged("empty"), "holds no anchors")
	f(forged("no anchors", "origin "+r.Origin()), "holds no anchors")
	f(forged("no origin", line(1), line(2)), "holds no anchors")
	f(forged("epoch 0", "origin "+r.Origin(), line(0)), "check value")
	f(forged("wrong check", "origin "+r.Origin(), strings.Replace(line(1), "anchor 1", "anchor 2", 1)), "check value")
	f(forged("something else", "origin "+r.Origin(), "epoch 1 random 00"), "does not belong there")
	if err := r.Attach(forged("later epoch", "origin "+r.Origin(), line(2), line(4000000000))); err != nil || r.Epoch() != 1 {
		t.Errorf("an epoch that the ring does not know yet: %v", err)
	}
	raw, err := os.ReadFile(mine)
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw {
		raw[i] ^= 4
		path := filepath.Join(base, "flipped")
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := r.Attach(path); err == nil {
			t.Fatalf("byte %d changed and it was believed", i)
		}
		raw[i] ^= 4
	}
	if err := r.Attach(mine); err != nil || !r.Epochs()[0].Known {
		t.Errorf("mine: %v", err)
	}
}

func FuzzAnchors(f *testing.F) {
	var a [KeyBytes]byte
	f.Add(keyFile{name: fileAnchor, entries: []string{"origin a/b", fmt.Sprintf("anchor 1 %x %x", checkValue(a, 1), a)}}.encode())
	f.Fuzz(func(t *testing.T, raw []byte) {
		if _, roots, err := decodeAnchors(resum(raw)); err == nil {
			for epoch, rt := range roots {
				if checkValue(rt.anchor, epoch) != rt.check || !rt.known {
					t.Error("a root that does not fit its check value was taken")
				}
			}
		}
	})
}
