// SPDX-License-Identifier: Apache-2.0

package keyring

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

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
