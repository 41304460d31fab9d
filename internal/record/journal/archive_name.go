// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// An archive lies in origins/<n> below the journal's folder, n from 1, the oldest
// first: the files of a journal that is over, and its keys.
const (
	archivesDir = "origins"
	// ArchiveKeys is the folder of an archive's keys, below its own.
	ArchiveKeys = "keys"
)

// archiveName is the folder of an archive, below the journal's, with slashes.
func archiveName(n int) string { return archivesDir + "/" + strconv.Itoa(n) }

// Shelve tells where the parts of a backup of a journal lie below the folder of the
// journal that is made of it: what was the journal becomes the newest archive, its
// archives stay what they were. The keys of the journal, which are no parts of it, go
// to keys, below that folder.
func Shelve(parts []string) (places map[string]string, keys string) {
	newest := 0
	for _, p := range parts {
		if rest, ok := strings.CutPrefix(p, archivesDir+"/"); ok {
			number, _, _ := strings.Cut(rest, "/")
			if n, err := strconv.Atoi(number); err == nil {
				newest = max(newest, n)
			}
		}
	}
	home := archiveName(newest + 1)
	places = make(map[string]string, len(parts))
	for _, p := range parts {
		switch {
		case p == holdsName || strings.HasPrefix(p, archivesDir+"/"):
			places[p] = p
		default:
			places[p] = home + "/" + p
		}
	}
	return places, home + "/" + ArchiveKeys
}

// ArchiveDirs are the folders of the archives of a journal's folder, the oldest first.
func ArchiveDirs(dir string) (dirs []string, err error) {
	numbers, err := archiveNumbers(dir)
	for _, n := range numbers {
		dirs = append(dirs, filepath.Join(dir, filepath.FromSlash(archiveName(n))))
	}
	return dirs, err
}

// archiveNumbers lists the archives of a journal.
func archiveNumbers(dir string) (numbers []int, err error) {
	entries, err := os.ReadDir(filepath.Join(dir, archivesDir))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("read archives: %w", err)
	}
	for _, e := range entries {
		if n, err := strconv.Atoi(e.Name()); e.IsDir() && err == nil && n > 0 && strconv.Itoa(n) == e.Name() {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	return numbers, nil
}
