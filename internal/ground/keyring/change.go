// SPDX-License-Identifier: Apache-2.0

package keyring

import (
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strings"
)

// The names of the key files that are there once.
const (
	fileOrigin  = "origin"
	fileRing    = "ring"
	fileRatchet = "ratchet"
	fileChange  = "change"
	fileAnchor  = "anchor" // outside the key folder
)

// change is what happens to several key files at once: all of it or nothing, also
// when a crash comes between. It is written down whole, as the file `change`,
// before the first file is touched; from then on it has happened, and who finds
// that file carries it out (again, which does no harm) and removes it.
type change struct {
	puts    []keyFile
	removes []string
}

func (c *change) put(files ...keyFile)   { c.puts = append(c.puts, files...) }
func (c *change) remove(names ...string) { c.removes = append(c.removes, names...) }
func (c *change) empty() bool            { return len(c.puts)+len(c.removes) == 0 }
func (c *change) file() (f keyFile) {
	f.name = fileChange
	for i := range c.puts {
		f.entries = append(f.entries, "put "+c.puts[i].name+" "+base64.StdEncoding.EncodeToString(c.puts[i].encode()))
	}
	for _, name := range c.removes {
		f.entries = append(f.entries, "remove "+name)
	}
	return f
}

// decodeChange reads the entries of the file `change`.
func decodeChange(f keyFile) (c change, err error) {
	for _, e := range f.entries {
		name, ok := "", false
		if w, isPut := words(e, 2); isPut && strings.HasPrefix(e, "put ") {
			raw, err := base64.StdEncoding.DecodeString(w[1])
			if err != nil {
				return c, errors.New("line put: its value cannot be read")
			}
			put, err := decode(raw, w[0])
			if err != nil {
				return c, fmt.Errorf("line put %.40q: %w", w[0], err)
			}
			c.put(put)
			name, ok = w[0], true
		} else if w, isRemove := words(e, 1); isRemove && strings.HasPrefix(e, "remove ") {
			c.remove(w[0])
			name, ok = w[0], true
		}
		if !ok || !validFile(name) {
			return c, fmt.Errorf("it changes something that is no key file: %.40q", name)
		}
	}
	return c, nil
}

// commit makes the change, after one that a crash has interrupted.
func (s store) commit(c change) error {
	if err := s.settle(); err != nil {
		return err
	}
	if err := s.put(c.file()); err != nil {
		return err
	}
	return s.apply(c)
}

// settle carries a change out that a crash has interrupted.
func (s store) settle() error {
	c, err := s.pending()
	if err != nil || c.empty() {
		return err
	}
	return s.apply(c)
}

func (s store) apply(c change) error {
	for i := range c.puts {
		if err := s.put(c.puts[i]); err != nil {
			return err
		}
	}
	for _, name := range c.removes {
		if err := s.drop(name); err != nil {
			return err
		}
	}
	return s.drop(fileChange)
}

// pending is the change that is not carried out, if there is one.
func (s store) pending() (c change, err error) {
	f, err := s.load(fileChange)
	if errors.Is(err, os.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return c, err
	}
	if c, err = decodeChange(f); err != nil {
		return c, fmt.Errorf("key file %s: %w: %w", s.paths(fileChange)[0], ErrDamaged, err)
	}
	return c, nil
}

// ahead is the store as it is after the pending change, for who only reads.
func (s store) ahead(c change) store {
	s.over = map[string][]byte{}
	for i := range c.puts {
		s.over[c.puts[i].name] = c.puts[i].encode()
	}
	for _, name := range c.removes {
		s.over[name] = nil
	}
	return s
}

// validFile tells names that a file of the key folder can have.
func validFile(name string) bool {
	for part := range strings.SplitSeq(name, ".") {
		if !validName(part) {
			return false
		}
	}
	return name != fileChange
}
