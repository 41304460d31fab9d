// SPDX-License-Identifier: Apache-2.0

package keyring

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
)

// store reads and writes key files in two copies.
type store struct {
	dir      string
	log      *slog.Logger
	readOnly bool // nothing is made and nothing healed

	// over is what a change that is not carried out yet makes of files, for
	// who only reads: nil is a file that it removes.
	over map[string][]byte
	// step, in tests, comes before each file operation and can let it fail.
	step func(operation, path string) error
}

var errStale = errors.New("is older than its copy")

// copies is what lies in the two places of a key file.
type copies struct {
	paths [2]string
	raws  [2][]byte
	files [2]keyFile
	errs  [2]error
}

func (s store) paths(name string) [2]string {
	return [2]string{filepath.Join(s.dir, name), filepath.Join(s.dir, "copy", name)}
}

// read reads both copies and changes nothing.
func (s store) read(name string) copies {
	c := copies{paths: s.paths(name)}
	for i, p := range c.paths {
		raw, ahead := s.over[name]
		switch {
		case ahead && raw == nil:
			c.errs[i] = os.ErrNotExist
		case ahead:
			c.raws[i] = raw
		default:
			c.raws[i], c.errs[i] = readBounded(p, maxFile(name))
		}
		if c.errs[i] == nil {
			c.files[i], c.errs[i] = decode(c.raws[i], name)
		}
	}
	// of a file that is replaced, the copy comes first: one may be a state ahead
	if a, b := c.files[0].version, c.files[1].version; c.errs[0] == nil && c.errs[1] == nil && a != b {
		c.errs[slices.Index([]uint64{a, b}, min(a, b))] = errStale
	}
	return c
}

// good is the place that can be used, the first when both can. os.ErrNotExist when
// neither is there, ErrDamaged when none is good or they differ.
func (c *copies) good() (int, error) {
	switch {
	case errors.Is(c.errs[0], os.ErrNotExist) && errors.Is(c.errs[1], os.ErrNotExist):
		return 0, fmt.Errorf("key file %s: %w", c.paths[0], os.ErrNotExist)
	case errors.Is(c.errs[0], ErrVersion):
		return 0, fmt.Errorf("key file %s: %w", c.paths[0], c.errs[0])
	case c.errs[0] != nil && c.errs[1] != nil:
		return 0, fmt.Errorf("key file %s: %w: %w; its copy %s: %w; put one of them back from a backup", c.paths[0], ErrDamaged, c.errs[0], c.paths[1], c.errs[1])
	case c.errs[0] == nil && c.errs[1] == nil && !bytes.Equal(c.raws[0], c.raws[1]):
		return 0, fmt.Errorf("key file %s: %w: it differs from its copy %s, and both are whole; keep the one that belongs to this data folder in both places", c.paths[0], ErrDamaged, c.paths[1])
	}
	return slices.Index(c.errs[:], nil), nil
}

// load reads both copies and heals one of them where it can. Its errors are those
// of good.
func (s store) load(name string) (keyFile, error) {
	c := s.read(name)
	good, err := c.good()
	if err != nil {
		return keyFile{}, err
	}
	if bad := 1 - good; c.errs[bad] != nil && !s.readOnly {
		if err := s.write(c.paths[bad], c.raws[good]); err != nil {
			return keyFile{}, fmt.Errorf("heal key file: %w", err)
		}
		s.log.Warn("key file healed from its copy", "path", c.paths[bad], "reason", c.errs[bad])
	}
	return c.files[good], nil
}

// create writes both copies of a new key; both are durable when it returns.
func (s store) create(f keyFile) error {
	for _, p := range s.paths(f.name) {
		if _, err := os.Lstat(p); !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("create key file %s: %w", p, os.ErrExist)
		}
	}
	return s.put(f)
}

// put writes both copies of a file, new or in the place of what it was; both are
// durable when it returns. A copy that is right already is left alone. The copy
// comes first: a crash between the two leaves what load heals.
func (s store) put(f keyFile) error {
	if s.readOnly {
		return fmt.Errorf("key file %s: %w: the keys are open for reading only", f.name, ErrMissing)
	}
	raw := f.encode()
	if int64(len(raw)) > maxFile(f.name) {
		return fmt.Errorf("key file %s: %d bytes are too many", f.name, len(raw))
	}
	paths := s.paths(f.name)
	slices.Reverse(paths[:])
	for _, p := range paths {
		if old, err := readBounded(p, maxFile(f.name)); err == nil && bytes.Equal(old, raw) {
			continue
		}
		if err := s.write(p, raw); err != nil {
			return fmt.Errorf("write key file: %w", err)
		}
	}
	return nil
}

// drop removes both copies of a file, which need not be there.
func (s store) drop(name string) error {
	for _, p := range s.paths(name) {
		if err := s.remove(p); err != nil {
			return fmt.Errorf("remove key file: %w", err)
		}
	}
	return nil
}

// absent tells that neither copy of a file is there.
func (s store) absent(name string) bool {
	c := s.read(name)
	return errors.Is(c.errs[0], os.ErrNotExist) && errors.Is(c.errs[1], os.ErrNotExist)
}

// names lists the key files that are there in either place, sorted.
func (s store) names() []string {
	var names []string
	for _, dir := range [...]string{s.dir, filepath.Join(s.dir, "copy")} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue // its key files are missing, which is told for each
		}
		for _, e := range entries {
			if !e.IsDir() {
				names = append(names, e.Name())
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
