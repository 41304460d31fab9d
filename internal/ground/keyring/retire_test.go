// SPDX-License-Identifier: Apache-2.0

package keyring

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestOldKeysAreWiped: a key signs for ninety days beside the next one; then its
// private part goes, at the next Open or by Retire, and its public part stays.
func TestOldKeysAreWiped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "keys")
		open(t, Options{Dir: dir, Name: "host"})
		time.Sleep(24 * time.Hour)
		r, err := Rotate(Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		old := r.Public()[0]
		if want := r.Public()[2].From.Add(90 * 24 * time.Hour); !old.Until.Equal(want) {
			t.Errorf("until %v, want %v", old.Until, want)
		}
		private := filepath.Join(dir, "sign.checkpoint.1")
		held, err := os.Open(private)
		if err != nil {
			t.Fatal(err)
		}
		defer held.Close()

		time.Sleep(Overlap - time.Second)
		if err := r.Retire(); err != nil || len(r.Signers(Checkpoint)) != 2 {
			t.Errorf("before its end: %v, %d signers", err, len(r.Signers(Checkpoint)))
		}
		if r := open(t, Options{Dir: dir}); len(r.Signers(Checkpoint)) != 2 {
			t.Error("before its end the key does not sign")
		}
		time.Sleep(time.Second)
		if len(r.Signers(Checkpoint)) != 1 || len(r.Signers(Receipt)) != 1 {
			t.Error("after its end the key signs")
		}
		before := snapshot(t, dir)
		if seen, findings := Inspect(Options{Dir: dir}); len(findings) != 0 || !cmp.Equal(lines(seen), lines(r)) {
			t.Errorf("inspected: %v", findings)
		}
		if diff := cmp.Diff(before, snapshot(t, dir)); diff != "" {
			t.Errorf("Inspect wiped a key:\n%s", diff)
		}
		if err := r.Retire(); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{private, filepath.Join(dir, "copy", "sign.checkpoint.1"), filepath.Join(dir, "sign.receipt.1")} {
			if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("%s is still there (%v)", path, err)
			}
		}
		left := make([]byte, 4096)
		n, _ := held.ReadAt(left, 0)
		if n == 0 || !bytes.Equal(left[:n], make([]byte, n)) {
			t.Errorf("its bytes are still on the disk: %q", left[:n])
		}
		want := []string{"checkpoint 1 retired", "receipt 1 retired", "checkpoint 2 current", "receipt 2 current"}
		for _, r := range []*Ring{r, open(t, Options{Dir: dir, Existing: true})} {
			if diff := cmp.Diff(want, lines(r)); diff != "" || len(r.Signers(Receipt)) != 1 || len(r.Statements()) != 2 {
				t.Errorf("keys (-want +got):\n%s", diff)
			}
		}
		if _, findings := Inspect(Options{Dir: dir}); len(findings) != 0 {
			t.Errorf("a wiped key is missed: %v", findings)
		}
		// the next one goes at Open
		if _, err := Rotate(Options{Dir: dir}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(Overlap)
		if got := open(t, Options{Dir: dir}); len(got.Signers(Checkpoint)) != 1 || len(got.Public()) != 6 {
			t.Errorf("keys %v", lines(got))
		}
		if _, err := os.Stat(filepath.Join(dir, "sign.checkpoint.2")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("still there (%v)", err)
		}
	})
}

// TestClockPutBack: the times of the keys only go forward.
func TestClockPutBack(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "keys")
	r := open(t, Options{Dir: dir})
	from := r.Public()[0].From
	c, err := r.rotation("", from.Add(-48*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if err := r.store.commit(c); err != nil {
		t.Fatal(err)
	}
	keys := open(t, Options{Dir: dir}).Public()
	if got := keys[3].From; !got.Equal(from) || !keys[0].Until.Equal(from.Add(Overlap)) {
		t.Errorf("from %v, before it %v", got, from)
	}
}
