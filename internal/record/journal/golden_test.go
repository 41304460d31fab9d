// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/cryptotest"
	"testing/synctest"
)

var (
	makeGolden  = flag.Bool("golden", false, "write the golden hashes of this format version, if there are none")
	forceGolden = flag.Bool("golden-force", false, "write them also in the place of those that are there")
)

// goldenHashes has, for each file that goldenFiles writes, its size and SHA-256.
func goldenHashes() string {
	return filepath.Join("testdata", "golden", fmt.Sprintf("v%d.txt", FormatVersion))
}

// TestTheFormatIsThatOfItsVersion: with the same clock, the same random numbers and the
// same events every file has the very bytes that this version of the format has always
// written. It is not run in parallel: the source of random numbers is everybody's.
//
// Two things are not the writer's own: the process in LOCK, which is written as 1 here,
// and what zstd makes of the columns in a segment file, which another version of that
// library may pack differently. `segment` has a frozen file of its own for what those
// bytes mean.
func TestTheFormatIsThatOfItsVersion(t *testing.T) {
	got := hashesOf(t, goldenFiles(t, 1))
	if *makeGolden {
		if _, err := os.Stat(goldenHashes()); err == nil && !*forceGolden {
			t.Fatalf("%s is there. A program of version %d may be in use: raise FormatVersion and make new ones, and keep the old", goldenHashes(), FormatVersion)
		}
		if err := os.WriteFile(goldenHashes(), []byte(strings.Join(got, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := os.ReadFile(goldenHashes())
	if err != nil {
		t.Fatalf("%v: version %d of the format is new: write its hashes with -golden, make a golden folder of it (internal/face/app/testdata/golden), and keep those of earlier versions", err, FormatVersion)
	}
	want := strings.Split(strings.TrimSuffix(string(raw), "\n"), "\n")
	if changed := append(only(want, got), only(got, want)...); len(changed) > 0 {
		slices.Sort(changed)
		t.Errorf(`other bytes than version %d of the format has always written:
  %s
(what an entry says is in its leaf, and with it in headers, checkpoint, head and manifest after it: look for the first cause).
If a program that knows only version %[1]d would read one of these wrongly, or call it damaged: raise FormatVersion, go on reading
the old form, and add a new golden folder and new hashes beside the old ones, which stay (docs/journal-format.md, Versions).
Only when every program of this version reads the new bytes as well (the text of an entry, another way to compress) are the
hashes written anew, with -golden -golden-force.`, FormatVersion, strings.Join(slices.Compact(changed), "\n  "))
	}
}

// only are the names of the files of a list that are not, as they are, in another.
func only(list, other []string) (names []string) {
	for _, line := range list {
		if !slices.Contains(other, line) {
			name, _, _ := strings.Cut(line, " ")
			names = append(names, name)
		}
	}
	return names
}

// TestTheFormatTestSeesChanges is its control: other random numbers are other bytes, in
// every kind of file that has any of them in it.
func TestTheFormatTestSeesChanges(t *testing.T) {
	one, other := goldenFiles(t, 1), goldenFiles(t, 2)
	for _, name := range []string{
		"checkpoint", "head", "headers", "headers.copy", "manifest", "keys/origin", "keys/mac-root.2", "keys/statement.receipt.2",
		"receipt", "bundle", "certificate", "erasures.ndjson", "restored/headers", "restored/manifest",
	} {
		if one[name] == "" || one[name] == other[name] {
			t.Errorf("%s: %d bytes, which do not depend on what is written", name, len(one[name]))
		}
	}
	kinds := map[string]bool{}
	for name := range one {
		kinds[filepath.Ext(name)] = true
	}
	if !kinds[".seg"] || !kinds[".wal"] || !kinds[".json"] || one["holds"] == "" || one["format"] == "" || one["LOCK"] == "" {
		t.Errorf("kinds of files: %v", kinds)
	}
}

// hashesOf lists files with their sizes and hashes.
func hashesOf(t *testing.T, files map[string]string) (list []string) {
	t.Helper()
	for name, raw := range files {
		list = append(list, fmt.Sprintf("%s %d %x", name, len(raw), sha256.Sum256([]byte(raw))))
	}
	slices.Sort(list)
	return list
}

// goldenFiles plays the same life of a journal, with random numbers from a seed, and
// returns every file that it has left, and what it has given away.
func goldenFiles(t *testing.T, seed uint64) map[string]string {
	t.Helper()
	cryptotest.SetGlobalRandom(t, seed)
	files := map[string]string{}
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		g := goldenLife{t: t, dir: dir, given: map[string][]byte{}}
		g.live()
		fresh, _ := restored(t, dir, Restoration{Actor: "admin", Backup: goldenTime(3)})
		for root, prefix := range map[string]string{
			filepath.Join(dir, "journal"): "", filepath.Join(dir, "keys"): "keys/", filepath.Join(fresh, "journal"): "restored/",
		} {
			for path, raw := range everyFile(t, root) {
				name, err := filepath.Rel(root, path)
				if err != nil {
					t.Fatal(err)
				}
				if name != filepath.Join("wal", "spare.tmp") { // zeros
					files[prefix+filepath.ToSlash(name)] = goldenLock(t, name, raw)
				}
			}
		}
		for name, raw := range g.given {
			files[name] = string(raw)
		}
	})
	return files
}

// goldenLock is a file without the number of this process, if it is LOCK.
func goldenLock(t *testing.T, name, raw string) string {
	t.Helper()
	if name != "LOCK" {
		return raw
	}
	var pid int
	var boot uint64
	_, err := fmt.Sscanf(raw, "pid %d\nboot %d\n", &pid, &boot)
	if err != nil || pid != os.Getpid() || lockLine(pid, boot) != raw {
		t.Errorf("LOCK is %q, %v", raw, err)
	}
	return lockLine(1, boot)
}
