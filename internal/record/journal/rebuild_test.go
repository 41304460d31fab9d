// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// manifestStep is how far apart the places are at which the manifest is harmed.
func manifestStep() int {
	switch {
	case os.Getenv("TOCSIN_LONG") != "":
		return 3
	case testing.Short():
		return 499
	}
	return 151
}

// TestADamagedManifestLosesNothing harms the manifest of a journal with merged,
// erased and pruned files at every place: everything is verified without it, the
// next start loses and brings back nothing, and afterwards it is whole again.
func TestADamagedManifestLosesNothing(t *testing.T) {
	t.Parallel()
	for name, dir := range map[string]string{"an estate": estate(t), "merged and in the log": mergedInLog(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			damageManifest(t, dir)
		})
	}
}

func damageManifest(t *testing.T, dir string) {
	whole, err := os.ReadFile(filepath.Join(dir, "journal", "manifest"))
	if err != nil {
		t.Fatal(err)
	}
	before, want := verifyDir(t, dir), contents(t, copied(t, dir))
	check := func(what string, at int, bad []byte) {
		t.Helper()
		c := copied(t, dir)
		defer os.RemoveAll(c)
		if err := os.WriteFile(filepath.Join(c, "journal", "manifest"), bad, 0o600); err != nil {
			t.Fatal(err)
		}
		got := verifyDir(t, c)
		if got.Status != Unanchored || got.Total != before.Total || got.Verified != before.Verified || got.Pruned != before.Pruned || got.Erased != before.Erased {
			t.Errorf("%s at %d of %d: %+v", what, at, len(whole), got)
		}
		for _, f := range got.Files {
			if f.File != "manifest" || f.Evidence {
				t.Errorf("%s at %d: names %+v", what, at, f)
			}
		}
		if c := scanManifest(bad); len(got.Files) == 0 && (c.damaged || c.torn) { // a cut between two records is what a crash leaves
			t.Errorf("%s at %d of %d is not named", what, at, len(whole))
		}
		sameContents(t, what, want, contents(t, c))
		if again := verifyDir(t, c); again.Status != Unanchored || again.Total != before.Total || again.Verified != before.Verified || len(again.Files) != 0 {
			t.Errorf("%s at %d, opened again: %+v", what, at, again)
		}
		if t.Failed() {
			t.FailNow()
		}
	}
	for at := 0; at < len(whole); at += manifestStep() {
		bad := bytes.Clone(whole)
		bad[at] ^= 1 << (at % 8)
		check("a flipped bit", at, bad)
		check("a cut", at, whole[:at])
	}
	// Cut between two records, or with a zero of the next one, it looks sound.
	for at, left := range []int{0, 1, 2, 5} {
		end := boundary(t, whole, left)
		check("a cut between records", end, whole[:end])
		check("a cut with a zero", end+1, whole[:end+1])
		if at == 0 && testing.Short() {
			break
		}
	}
	check("an older manifest", 0, older(t, whole))
}

// boundary is where a manifest ends that has its first n records.
func boundary(t *testing.T, whole []byte, n int) int {
	t.Helper()
	at := manifestHead
	for range n {
		_, size, ok := recordAt(whole[at:])
		if !ok {
			t.Fatalf("no record at %d", at)
		}
		at += size
	}
	return at
}

// older is a manifest as it was before its last change that took a file away.
func older(t *testing.T, whole []byte) []byte {
	t.Helper()
	last := 0
	for off := manifestHead; off < len(whole); {
		r, size, ok := recordAt(whole[off:])
		if !ok {
			break
		}
		if len(r.Old) > 0 {
			last = off
		}
		off += size
	}
	if last == 0 {
		t.Fatal("no file was ever taken away")
	}
	return whole[:last]
}
