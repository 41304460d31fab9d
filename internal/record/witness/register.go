// SPDX-License-Identifier: Apache-2.0

package witness

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

const (
	registerHead = "tocsin-witness-known 1"
	registerName = "known"
	// maxRegisterBytes is room for 64,000 logs.
	maxRegisterBytes = 4 << 20
)

// register is the list of the logs for which something was ever co-signed: the file
// `known`, a file name of logs/ on each line. It tells a file that was lost from one
// that never was. Its methods may be called concurrently.
type register struct {
	path  string
	mu    sync.Mutex
	names []string // sorted
}

// openRegister reads the list. Files that are there and not in it are taken up: a
// crash came between the two.
func openRegister(d disk, dir string) (*register, error) {
	r := &register{path: filepath.Join(dir, registerName)}
	raw, err := readBounded(r.path, maxRegisterBytes)
	if err == nil {
		var text []byte
		if text, err = cutSum(registerHead, raw); err != nil {
			return nil, fmt.Errorf("%s is damaged: %w; put it back from a backup, or remove it if no file of %s was lost", r.path, err, filepath.Join(dir, logsFolder))
		}
		r.names = strings.Fields(string(text))
	} else if !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("list of known logs: %w", err)
	}
	files, err := os.ReadDir(filepath.Join(dir, logsFolder))
	if err != nil {
		return nil, fmt.Errorf("list of known logs: %w", err)
	}
	names := slices.Clone(r.names)
	for _, f := range files {
		if filepath.Ext(f.Name()) == "" {
			names = append(names, f.Name())
		}
	}
	return r, r.put(d, names)
}

// put makes the list durable when it is another one.
func (r *register) put(d disk, names []string) error {
	slices.Sort(names)
	names = slices.Compact(names)
	if slices.Equal(names, r.names) {
		return nil
	}
	if err := replace(d, r.path, withSum(registerHead, []byte(strings.Join(names, "\n")+"\n"))); err != nil {
		return fmt.Errorf("list of known logs: %w", err)
	}
	r.names = names
	return nil
}

func (r *register) has(origin string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, found := slices.BinarySearch(r.names, fileName(origin))
	return found
}

// add makes it durable that something is known of a log.
func (r *register) add(d disk, origin string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.put(d, append(slices.Clone(r.names), fileName(origin)))
}

// Existing tells whether something was ever co-signed over that folder: then its
// key must be there and is never made anew.
func Existing(dir string) (bool, error) {
	if _, err := os.Stat(filepath.Join(dir, registerName)); err == nil {
		return true, nil
	} else if !errors.Is(err, os.ErrNotExist) {
		return false, fmt.Errorf("look for %s: %w", registerName, err)
	}
	files, err := os.ReadDir(filepath.Join(dir, logsFolder))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return false, fmt.Errorf("look for known logs: %w", err)
	}
	return len(files) > 0, nil
}
