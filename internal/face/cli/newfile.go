// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// newFile is a file that appears under its name only when all of it is there.
type newFile struct{ *os.File }

// writeNew makes a file: fill writes to a temporary one beside it, which is synced and
// renamed when fill has returned nil. A file that is there already is left as it is.
func writeNew(name string, fill func(w *newFile) error) (err error) {
	if err := absent(name); err != nil {
		return err
	}
	dir := filepath.Dir(name)
	tmp, err := os.CreateTemp(dir, ".tocsin-*.tmp")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = tmp.Close() // once more does no harm
			_ = os.Remove(tmp.Name())
		}
	}()
	if err := fill(&newFile{tmp}); err != nil {
		return err
	}
	if err := tmp.Sync(); err != nil {
		return fmt.Errorf("sync %s: %w", name, err)
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	if err := appear(tmp.Name(), name); err != nil {
		return err
	}
	return syncFolder(dir)
}

// appear gives a file its name. A link, unlike a rename, never takes the place of a
// file that came meanwhile, but not every file system has links.
func appear(tmp, name string) error {
	err := os.Link(tmp, name)
	switch {
	case err == nil:
		return os.Remove(tmp)
	case errors.Is(err, fs.ErrExist):
		return err
	}
	if err := absent(name); err != nil {
		return err
	}
	return os.Rename(tmp, name)
}

func absent(name string) error {
	_, err := os.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err == nil:
		err = fs.ErrExist
	}
	return fmt.Errorf("%s: %w", name, err)
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("sync folder %s: %w", dir, err)
	}
	return nil
}
