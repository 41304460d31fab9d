// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestADamagedOrderNamesNobodyElse flips every byte of the order of an erasure that
// was cut off: nobody else is erased in the person's place, and it is not forgotten.
func TestADamagedOrderNamesNobodyElse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j, stop := openTest(t, dir, nil)
	fill(t, j, "90d", 20, 10, 0)
	_, err := j.Erase(t.Context(), Erasure{ID: "x", Subject: "user3@example.com", Actor: "admin", Others: func(context.Context, string) (map[string]int, error) {
		return nil, errCutOff
	}})
	if err == nil {
		t.Fatal("not cut off")
	}
	stop()
	path := filepath.Join(dir, "journal", ordersDir, "x.json")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	j, _ = openTest(t, dir, nil)
	put := func(raw []byte) {
		t.Helper()
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for at := range whole {
		for bit := range 8 {
			bad := bytes.Clone(whole)
			bad[at] ^= 1 << bit
			put(bad)
			if orders, err := j.Erasures(); err == nil || len(orders) != 0 {
				t.Fatalf("bit %d of byte %d: %+v, %v", bit, at, orders, err)
			}
			if _, err := os.Stat(path); err != nil {
				t.Fatalf("bit %d of byte %d: the order is forgotten", bit, at)
			}
		}
	}
	put(whole)
	if orders, err := j.Erasures(); err != nil || len(orders) != 1 || orders[0].Subject != "user3@example.com" {
		t.Errorf("whole: %+v, %v", orders, err)
	}
	put(make([]byte, len(whole))) // it was being forgotten when the power went
	if err := os.WriteFile(path+".tmp", whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if orders, err := j.Erasures(); err != nil || len(orders) != 0 {
		t.Errorf("zeroed: %+v, %v", orders, err)
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestHoldsComeBackFromTheJournal removes and damages the file of holds.
func TestHoldsComeBackFromTheJournal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j, stop := openTest(t, dir, nil)
	fill(t, j, "30d", 10, 10, 40*24*time.Hour)
	from := time.Now().Add(-50 * 24 * time.Hour).UTC()
	for _, h := range []Hold{
		{ID: "case-1", Reason: "a court asked", Actor: "admin", Stream: "30d", From: from},
		{ID: "case-2", Reason: "an auditor asked", Actor: "admin", To: from.Add(time.Hour)},
		{ID: "case-3", Reason: "it is over", Actor: "admin"},
	} {
		if err := j.Place(t.Context(), h); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Place(t.Context(), Hold{ID: "no", Reason: "r", Actor: "a", From: from, To: from.Add(-time.Hour)}); err == nil {
		t.Error("a hold that ends before it begins is placed")
	}
	if err := j.Lift(t.Context(), "case-3", "admin"); err != nil {
		t.Fatal(err)
	}
	want := j.Holds()
	stop()
	path := filepath.Join(dir, "journal", holdsName)
	for name, raw := range map[string][]byte{"removed": nil, "emptied": {}, "junk": []byte("[]\n"), "lifted by hand": addSum([]byte("[]\n"))} {
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		if raw == nil {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}
		if r := verifyDir(t, dir); !r.OK() || len(r.Files) != 1 || r.Files[0].File != holdsName {
			t.Errorf("%s: %s", name, brief(&r))
		}
		j, stop := openTest(t, dir, nil)
		got := j.Holds()
		if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b Hold) bool { return a.same(&b) })); diff != "" {
			t.Errorf("%s: holds (-want +got):\n%s", name, diff)
		}
		if r, err := j.Retain(t.Context(), Retention{Now: time.Now(), Actor: "test"}); err != nil || r.Files != 0 || r.Held != 1 {
			t.Errorf("%s: retained %+v, %v", name, r, err)
		}
		stop()
		if r := verifyDir(t, dir); !r.OK() || len(r.Files) != 0 {
			t.Errorf("%s, opened again: %s", name, brief(&r))
		}
	}
}
