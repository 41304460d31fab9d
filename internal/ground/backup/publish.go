// SPDX-License-Identifier: Apache-2.0

package backup

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Publish gives the finished file its name, durably, and closes it. ErrExists when
// a file of that name has come meanwhile; then the temporary one is still there.
func (w *Writer) Publish() error {
	if !w.finished {
		return errors.New("publish backup: it is not finished")
	}
	partial := w.f.Name()
	err := unix.Renameat2(unix.AT_FDCWD, partial, unix.AT_FDCWD, w.path, unix.RENAME_NOREPLACE)
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) { // a file system that cannot
		if _, e := os.Lstat(w.path); e == nil {
			err = fs.ErrExist
		} else {
			err = os.Rename(partial, w.path)
		}
	}
	switch {
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("%s: %w", w.path, ErrExists)
	case err != nil:
		return fmt.Errorf("publish backup: %w", err)
	}
	if err := errors.Join(syncDir(filepath.Dir(w.path)), w.f.Close()); err != nil {
		return fmt.Errorf("publish backup: %w", err)
	}
	return nil
}

// Discard removes the temporary file.
func (w *Writer) Discard() error {
	err := os.Remove(w.f.Name()) // before the lock goes with the descriptor
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if err = errors.Join(err, w.f.Close()); err != nil {
		return fmt.Errorf("discard backup: %w", err)
	}
	return nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("open folder: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("sync folder %s: %w", dir, err)
	}
	return nil
}

// validName tells whether a part may be called so: it becomes a path.
func validName(name string) bool {
	return fs.ValidPath(name) && name != "." && name != contentsName && len(name) <= 1000 && filepath.IsLocal(filepath.FromSlash(name))
}

func newReader(raw []byte) io.Reader { return bytes.NewReader(raw) }
