// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

// An archive lies in origins/<n> below the journal's folder, n from 1, the oldest
// first: the files of a journal that is over, and its keys.
const (
	archivesDir = "origins"
	archiveKeys = "keys"
)

// archiveName is the folder of an archive, below the journal's, with slashes.
func archiveName(n int) string { return archivesDir + "/" + strconv.Itoa(n) }

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
