// SPDX-License-Identifier: Apache-2.0

package keyring

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestForget moves the keys forward, durably, in the folder and in memory, and
// only forward.
func TestForget(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	dir := filepath.Join(base, "keys")
	r := open(t, Options{Dir: dir})
	if err := r.Forget(1, "30d", 5); err != nil {
		t.Fatal(err)
	}
	all := make([]string, 20)
	for j := range all {
		all[j] = mac(r, 1, "30d", uint64(j)) // and still with the root on the host
	}
	if _, err := r.Export(filepath.Join(base, "anchors"), []string{"30d", "90d"}, nil); err != nil {
		t.Fatal(err)
	}
	check := func(lowest int) {
		t.Helper()
		inspected, _ := Inspect(Options{Dir: dir})
		for name, r := range map[string]*Ring{"the ring": r, "opened again": open(t, Options{Dir: dir}), "inspected": inspected} {
			for j := range all {
				want := all[j]
				if j < lowest {
					want = "away"
				}
				if got := mac(r, 1, "30d", uint64(j)); got != want {
					t.Errorf("%s, lowest %d: K_%d is %s, want %s", name, lowest, j, got, want)
				}
			}
			if got := mac(r, 1, "90d", 0); len(got) != 2*KeyBytes {
				t.Errorf("%s: another stream is %s", name, got)
			}
		}
		text := below(t, dir)
		for j := range lowest {
			if strings.Contains(text, all[j]) {
				t.Errorf("K_%d lies in the folder", j)
			}
		}
	}
	check(0)
	for _, step := range []struct {
		j      uint64
		lowest int
	}{{0, 1}, {1, 2}, {1, 2}, {7, 8}, {3, 8}, {8, 9}} {
		held, err := os.Open(filepath.Join(dir, "ratchet"))
		if err != nil {
			t.Fatal(err)
		}
		before := snapshot(t, dir)
		if err := r.Forget(1, "30d", step.j); err != nil {
			t.Fatal(err)
		}
		check(step.lowest)
		raw := make([]byte, 4096)
		n, _ := held.ReadAt(raw, 0)
		if changed := !cmp.Equal(before, snapshot(t, dir)); changed != bytes.Equal(raw[:n], make([]byte, n)) {
			t.Errorf("forget %d: changed %v, what was there before: %.60q", step.j, changed, raw[:n])
		}
		held.Close()
	}
	for _, no := range []Range{{Stream: "365d", Epoch: 1, J: 3}, {Stream: "30d", J: 3}} {
		if err := r.Forget(no.Epoch, no.Stream, no.J); err != nil {
			t.Errorf("%v: %v", no, err)
		}
	}
	check(9)
	inspected, _ := Inspect(Options{Dir: dir})
	before := snapshot(t, dir)
	if err := inspected.Forget(1, "30d", 12); err != nil || !cmp.Equal(before, snapshot(t, dir)) {
		t.Errorf("over an inspected folder: %v", err)
	}
}

// TestRotationWhileAway: the new epoch's root is on the host until it is exported;
// a range that was sealed in it leaves the stream no keys of the old one.
func TestRotationWhileAway(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	dir := filepath.Join(base, "keys")
	streams := []string{"30d", "90d"}
	r := open(t, Options{Dir: dir})
	k1 := mac(r, 1, "30d", 3)
	if _, err := r.Export(filepath.Join(base, "first"), streams, nil); err != nil {
		t.Fatal(err)
	}
	r, err := Rotate(Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Epoch{{1, Away, false}, {2, Random, true}}, r.Epochs()); diff != "" {
		t.Errorf("epochs (-want +got):\n%s", diff)
	}
	k2 := mac(r, 2, "30d", 2)
	if got := mac(r, 1, "30d", 3); got != k1 || len(k2) != 2*KeyBytes {
		t.Errorf("K_3 of epoch 1 is %s, want %s", got, k1)
	}
	if err := r.Forget(2, "30d", 0); err != nil {
		t.Fatal(err)
	}
	if got := mac(r, 1, "30d", 3); got != "away" {
		t.Errorf("a range of epoch 2 was sealed, and K_3 of epoch 1 is %s", got)
	}
	if got := mac(r, 1, "90d", 0); got == "away" {
		t.Error("the other stream lost its keys")
	}
	epochs, err := r.Export(filepath.Join(base, "second"), streams, []Range{{Stream: "30d", Epoch: 2}, {Stream: "90d", Unsealed: true}})
	if err != nil || !cmp.Equal(epochs, []uint32{2}) {
		t.Fatalf("epochs %v, %v", epochs, err)
	}
	r = open(t, Options{Dir: dir, Existing: true})
	got := []string{mac(r, 1, "30d", 3), mac(r, 2, "30d", 0), mac(r, 2, "30d", 2)}
	if diff := cmp.Diff([]string{"away", "away", k2}, got); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	inspected, _ := Inspect(Options{Dir: dir})
	for _, file := range []string{"first", "second"} {
		if err := inspected.Attach(filepath.Join(base, file)); err != nil {
			t.Fatal(err)
		}
	}
	if got := mac(inspected, 1, "30d", 3); got != k1 {
		t.Errorf("with both files K_3 of epoch 1 is %s", got)
	}
}

// TestSecretAfterExport: a secret begins the next epoch also when the root of the
// last one is away.
func TestSecretAfterExport(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	dir := filepath.Join(base, "keys")
	r := open(t, Options{Dir: dir})
	if _, err := r.Export(filepath.Join(base, "anchors"), []string{"30d"}, nil); err != nil {
		t.Fatal(err)
	}
	if r := open(t, Options{Dir: dir, Existing: true}); r.Epoch() != 1 {
		t.Errorf("epoch %d", r.Epoch())
	}
	r = open(t, Options{Dir: dir, Existing: true, Secret: "a secret of the operator"})
	if diff := cmp.Diff([]Epoch{{1, Away, false}, {2, Derived, true}}, r.Epochs()); diff != "" {
		t.Errorf("epochs (-want +got):\n%s", diff)
	}
}

func TestLostRatchetIsRefused(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	dir := filepath.Join(base, "keys")
	r := open(t, Options{Dir: dir})
	if _, err := r.Export(filepath.Join(base, "anchors"), []string{"30d"}, nil); err != nil {
		t.Fatal(err)
	}
	older, err := os.ReadFile(filepath.Join(dir, "ratchet"))
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Forget(1, "30d", 3); err != nil {
		t.Fatal(err)
	}
	want := mac(r, 1, "30d", 9)
	// one copy a state behind is what a crash leaves, and no finding
	if err := os.WriteFile(filepath.Join(dir, "ratchet"), older, 0o600); err != nil {
		t.Fatal(err)
	}
	inspected, findings := Inspect(Options{Dir: dir})
	if len(findings) != 0 || mac(inspected, 1, "30d", 3) != "away" {
		t.Errorf("findings %v", findings)
	}
	if r := open(t, Options{Dir: dir}); mac(r, 1, "30d", 3) != "away" || mac(r, 1, "30d", 9) != want {
		t.Error("the older of two states was taken")
	}
	for _, harm := range []string{"cut", "gone"} {
		hurt(t, filepath.Join(dir, "ratchet"), harm)
		hurt(t, filepath.Join(dir, "copy", "ratchet"), harm)
		if _, err := Open(Options{Dir: dir}); !errors.Is(err, ErrMissing) && !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", harm, err)
		}
		if r, findings := Inspect(Options{Dir: dir}); len(findings) != 1 || mac(r, 1, "30d", 9) != "away" {
			t.Errorf("%s: findings %v", harm, findings)
		}
	}
	// an older state from a backup serves, for the keys go forward
	put(t, dir, "ratchet", older)
	if r := open(t, Options{Dir: dir}); mac(r, 1, "30d", 9) != want {
		t.Error("an older state gives another key")
	}
}

// BenchmarkForget is what a sealed range costs while the roots are away.
func BenchmarkForget(b *testing.B) {
	base := b.TempDir()
	r, err := Open(Options{Dir: filepath.Join(base, "keys")})
	if err != nil {
		b.Fatal(err)
	}
	streams := []string{"30d", "90d", "180d", "366d", "731d", "2192d", "2557d", "system"}
	if _, err := r.Export(filepath.Join(base, "anchors"), streams, nil); err != nil {
		b.Fatal(err)
	}
	var j uint64
	for b.Loop() {
		if err := r.Forget(1, "30d", j); err != nil {
			b.Fatal(err)
		}
		j++
	}
}
