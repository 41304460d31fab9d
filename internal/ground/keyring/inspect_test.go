// SPDX-License-Identifier: Apache-2.0

package keyring

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// snapshot is every name below dir with its mode, its time and what it holds.
func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		var raw []byte
		if info.Mode().IsRegular() {
			raw, err = os.ReadFile(path)
		}
		files[path] = fmt.Sprintf("%v %v %x", info.Mode(), info.ModTime(), sha256.Sum256(raw))
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return files
}

func TestInspectWritesNothing(t *testing.T) {
	t.Parallel()
	const first, second = "first secret of the operator", "second secret of the operator"
	all := func(t *testing.T, dir, name, harm string) {
		t.Helper()
		hurt(t, filepath.Join(dir, name), harm)
		hurt(t, filepath.Join(dir, "copy", name), harm)
	}
	cases := []struct {
		name   string
		made   []Options // how the folder was opened before, in this order
		harm   func(t *testing.T, dir string)
		given  Options
		epochs []bool // which are known, nil for no ring
		want   []Finding
	}{
		{name: "whole", made: []Options{{}}, epochs: []bool{true}},
		{name: "a secret over a random root", made: []Options{{}}, given: Options{Secret: first}, epochs: []bool{true}},
		{name: "its secret", made: []Options{{Secret: first}}, given: Options{Secret: first}, epochs: []bool{true}},
		{
			name: "no secret", made: []Options{{Secret: first}}, epochs: []bool{false},
			want: []Finding{{"mac-root.1", "was made with LOG_SIGNATURE_SECRET, which is not set; MACs of epoch 1 are not checked"}},
		},
		{
			name: "another secret", made: []Options{{Secret: first}}, given: Options{Secret: second}, epochs: []bool{false},
			want: []Finding{{"mac-root.1", "was made with another LOG_SIGNATURE_SECRET; MACs of epoch 1 are not checked"}},
		},
		{
			name: "the newer of two secrets", made: []Options{{}, {Secret: first}, {Secret: second, PreviousSecret: first}},
			given: Options{Secret: second}, epochs: []bool{true, false, true},
			want: []Finding{{"mac-root.2", "was made with another LOG_SIGNATURE_SECRET; MACs of epoch 2 are not checked"}},
		},
		{
			name: "both secrets", made: []Options{{}, {Secret: first}, {Secret: second, PreviousSecret: first}},
			given: Options{Secret: second, PreviousSecret: first}, epochs: []bool{true, true, true},
		},
		{
			name: "a secret that would have been changed", made: []Options{{Secret: first}},
			given: Options{Secret: second, PreviousSecret: first}, epochs: []bool{true},
		},
		{
			name: "one copy damaged", made: []Options{{}}, epochs: []bool{true},
			harm: func(t *testing.T, dir string) {
				t.Helper()
				hurt(t, filepath.Join(dir, "mac-root.1"), "flip")
				hurt(t, filepath.Join(dir, "copy", "origin"), "gone")
			},
			want: []Finding{
				{"copy/origin", "is missing; origin is used"},
				{"mac-root.1", "is damaged: checksum does not fit; copy/mac-root.1 is used"},
			},
		},
		{
			name: "both copies of a root damaged", made: []Options{{}, {Secret: first}}, given: Options{Secret: first}, epochs: []bool{false, true},
			harm: func(t *testing.T, dir string) { t.Helper(); all(t, dir, "mac-root.1", "flip") },
			want: []Finding{{"mac-root.1", "is damaged: checksum does not fit; its copy is damaged: checksum does not fit; MACs of epoch 1 are not checked"}},
		},
		{
			name: "a root gone", made: []Options{{}, {Secret: first}}, given: Options{Secret: first}, epochs: []bool{false, true},
			harm: func(t *testing.T, dir string) { t.Helper(); all(t, dir, "mac-root.1", "gone") },
			want: []Finding{{"mac-root.1", "is missing, and so is its copy; MACs of epoch 1 are not checked"}},
		},
		{
			name: "copies that differ", made: []Options{{}}, epochs: []bool{false},
			harm: func(t *testing.T, dir string) {
				t.Helper()
				other := filepath.Join(t.TempDir(), "keys")
				open(t, Options{Dir: other})
				raw, err := os.ReadFile(filepath.Join(other, "mac-root.1"))
				if err == nil {
					err = os.WriteFile(filepath.Join(dir, "mac-root.1"), raw, 0o600)
				}
				if err != nil {
					t.Fatal(err)
				}
			},
			want: []Finding{{"mac-root.1", "differs from its copy, and both are whole; MACs of epoch 1 are not checked"}},
		},
		{
			name: "origin damaged", made: []Options{{}},
			harm: func(t *testing.T, dir string) { t.Helper(); all(t, dir, "origin", "cut") },
			want: []Finding{{"origin", "is damaged: not a whole tocsin-key file; its copy is damaged: not a whole tocsin-key file; no MAC can be checked"}},
		},
		{
			name: "no folder", made: []Options{{}},
			harm: func(t *testing.T, dir string) {
				t.Helper()
				if err := os.RemoveAll(dir); err != nil {
					t.Fatal(err)
				}
			},
			want: []Finding{
				{"origin", "is missing, and so is its copy; no MAC can be checked"},
				{"mac-root.1", "is missing, and so is its copy; MACs of epoch 1 are not checked"},
			},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "keys")
			var made *Ring
			for _, o := range c.made {
				o.Dir = dir
				made = open(t, o)
			}
			if c.harm != nil {
				c.harm(t, dir)
			}
			before := snapshot(t, dir)
			given := c.given
			given.Dir = dir
			r, got := Inspect(given)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(before, snapshot(t, dir)); diff != "" {
				t.Errorf("the folder was changed (-before +after):\n%s", diff)
			}
			if (r == nil) != (c.epochs == nil) {
				t.Fatalf("ring %v", r)
			}
			if r == nil {
				return
			}
			if r.Origin() != made.Origin() || int(r.Epoch()) != len(c.epochs) {
				t.Errorf("origin %s, %d epochs", r.Origin(), r.Epoch())
			}
			for i, known := range c.epochs {
				epoch := uint32(i) + 1
				key, err := r.Key(epoch, "365d", 0)
				if known != (err == nil) || !known && !errors.Is(err, ErrNoAnchor) {
					t.Errorf("epoch %d: %v, want known %v", epoch, err, known)
				}
				if want, err := made.Key(epoch, "365d", 0); known && err == nil && key != want {
					t.Errorf("epoch %d has another key", epoch)
				}
			}
			if _, err := r.Secret("jwt"); !errors.Is(err, ErrMissing) {
				t.Errorf("a secret over an inspected folder: %v", err)
			}
			if diff := cmp.Diff(before, snapshot(t, dir)); diff != "" {
				t.Errorf("Secret changed the folder (-before +after):\n%s", diff)
			}
		})
	}
}

// TestInspectIsBounded gives a key file the name of an epoch far away.
func TestInspectIsBounded(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "keys")
	open(t, Options{Dir: dir})
	for _, name := range []string{"mac-root.4000000000", "mac-root.-3", "mac-root.007", "mac-root.x"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if r, got := Inspect(Options{Dir: dir}); r == nil || r.Epoch() != 1 || len(got) != 0 {
		t.Errorf("ring %v, findings %v", r, got)
	}
}
