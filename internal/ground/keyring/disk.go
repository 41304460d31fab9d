// SPDX-License-Identifier: Apache-2.0

package keyring

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// write writes a whole file by a temporary name and makes it and its folder
// durable. What the file held before is wiped.
func (s store) write(path string, raw []byte) error {
	tmp, err := s.temporary(path, raw)
	if err != nil {
		return err
	}
	return s.leave(path, "rename", func() error { return os.Rename(tmp, path) })
}

// temporary writes what a file is to hold under another name, durable.
func (s store) temporary(path string, raw []byte) (tmp string, err error) {
	tmp = path + ".tmp"
	if err := s.before("write", tmp); err != nil {
		return "", err
	}
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return "", fmt.Errorf("open: %w", err)
	}
	_, err = f.Write(raw)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return "", fmt.Errorf("write %s: %w", tmp, err)
	}
	return tmp, nil
}

// remove removes a file and wipes what it held. That it is not there is no error.
func (s store) remove(path string) error {
	err := s.leave(path, "remove", func() error { return os.Remove(path) })
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// leave lets go of what the path named until now, makes that durable, and then
// wipes it, unless it has another name, for example in a backup by hard links. On
// disks that write elsewhere than they are told, the old bytes stay for a while.
func (s store) leave(path, operation string, away func() error) error {
	if err := s.before(operation, path); err != nil {
		return err
	}
	old, err := os.OpenFile(path, os.O_WRONLY|unix.O_NOFOLLOW, 0)
	if err != nil {
		old = nil // nothing there, or nothing that can be wiped
	} else {
		defer old.Close()
	}
	if err := away(); err != nil {
		return fmt.Errorf("%s: %w", operation, err)
	}
	if err := s.before("sync", filepath.Dir(path)); err != nil {
		return err
	}
	if err := syncDir(filepath.Dir(path)); err != nil {
		return err
	}
	if old == nil {
		return nil
	}
	if err := s.before("wipe", path); err != nil {
		return err
	}
	return wipe(old)
}

func (s store) before(operation, path string) error {
	if s.step == nil {
		return nil
	}
	return s.step(operation, path)
}

// clean removes temporary files that a crash has left.
func (s store) clean() error {
	for _, dir := range [...]string{s.dir, filepath.Join(s.dir, "copy")} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return fmt.Errorf("read key folder: %w", err)
		}
		for _, e := range entries {
			if e.Type().IsRegular() && strings.HasSuffix(e.Name(), ".tmp") {
				if err := s.remove(filepath.Join(dir, e.Name())); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// wipe writes zeros over a file that has no name any more.
func wipe(f *os.File) error {
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return fmt.Errorf("wipe %s: %w", f.Name(), err)
	}
	if st.Nlink > 0 {
		return nil
	}
	if _, err := f.WriteAt(make([]byte, st.Size), 0); err != nil {
		return fmt.Errorf("wipe %s: %w", f.Name(), err)
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("wipe %s: %w", f.Name(), err)
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

func readBounded(path string, most int64) ([]byte, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("stat: %w", err)
	}
	if st.Size() > most {
		return nil, fmt.Errorf("%d bytes are too many for a key file", st.Size())
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	return raw, nil
}

// lockDir keeps other processes from making keys in the folder meanwhile.
func lockDir(dir string) (unlock func(), err error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("open key folder: %w", err)
	}
	for {
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock key folder %s: %w", dir, err), f.Close())
	}
	return func() { _ = f.Close() }, nil
}
