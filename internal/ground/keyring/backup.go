// SPDX-License-Identifier: Apache-2.0

package keyring

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// File is one key file as it lies in a backup.
type File struct {
	Name string
	Raw  []byte
}

// isPublic tells the files in which nothing is secret: the origin, which keys there
// are and how they followed each other.
func isPublic(name string) bool {
	return name == fileOrigin || name == fileRing || strings.HasPrefix(name, "statement.")
}

// Files returns the key files of a folder, of two copies the good one, as they
// belong together: what a crash has interrupted is seen as done. Without secrets it
// leaves out what is secret. It changes nothing; keys may be in use meanwhile. The
// errors are those of Open.
func Files(dir string, secrets bool) ([]File, error) {
	unlock, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	defer unlock()
	s := newStore(Options{Dir: dir})
	s.readOnly = true
	c, err := s.pending()
	if err != nil {
		return nil, err
	}
	s = s.ahead(c)
	names := s.names()
	for name := range s.over {
		names = append(names, name)
	}
	slices.Sort(names)
	var files []File
	for _, name := range slices.Compact(names) {
		if name == fileSigned || !validFile(name) || strings.HasSuffix(name, ".tmp") || !secrets && !isPublic(name) {
			continue
		}
		both := s.read(name)
		good, err := both.good()
		if errors.Is(err, os.ErrNotExist) { // removed by the change
			continue
		}
		if err != nil {
			return nil, err
		}
		files = append(files, File{Name: name, Raw: both.raws[good]})
	}
	if !slices.ContainsFunc(files, func(f File) bool { return f.Name == fileOrigin }) {
		return nil, fmt.Errorf("key folder %s: origin: %w", dir, ErrMissing)
	}
	return files, nil
}

// Shelve writes the keys of an origin that is over into a folder of its own, for
// checking what it has recorded: all that Files gave but the private parts of
// signing keys and the named secrets, for nothing is signed with them any more.
// Inspect with Options.Closed reads it.
func Shelve(dir string, files []File) error {
	return putFiles(dir, files, func(name string) bool {
		return !strings.HasPrefix(name, "sign.") && !strings.HasPrefix(name, "secret.")
	})
}

// CarrySecrets writes the named secrets among the files into the folder of a new
// ring, which is not made yet, but those called except.
func CarrySecrets(dir string, files []File, except ...string) error {
	return putFiles(dir, files, func(name string) bool {
		secret, ok := strings.CutPrefix(name, "secret.")
		return ok && !slices.Contains(except, secret)
	})
}

// putFiles writes files, both copies of each, into a folder.
func putFiles(dir string, files []File, wanted func(name string) bool) error {
	if err := os.MkdirAll(filepath.Join(dir, "copy"), 0o700); err != nil {
		return fmt.Errorf("make key folder: %w", err)
	}
	s := newStore(Options{Dir: dir})
	for _, f := range files {
		if !validFile(f.Name) {
			return fmt.Errorf("key file %.80q: no such name", f.Name)
		}
		if !wanted(f.Name) {
			continue
		}
		k, err := decode(f.Raw, f.Name)
		if err != nil {
			return fmt.Errorf("key file %s: %w: %w", f.Name, ErrDamaged, err)
		}
		if !bytes.Equal(k.encode(), f.Raw) {
			return fmt.Errorf("key file %s: %w", f.Name, ErrDamaged)
		}
		if err := s.put(k); err != nil {
			return err
		}
	}
	return nil
}
