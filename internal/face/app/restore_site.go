// SPDX-License-Identifier: Apache-2.0

package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// restoringName is a file in a data folder that is being restored: as long as it is
// there nobody takes the folder for whole.
const restoringName = "RESTORING"

// The errors of a data folder that is being restored, or is to be.
var (
	ErrRestoring = errors.New("a restore into this folder is not finished")
	ErrNotEmpty  = errors.New("the folder is not empty; restore into a new one")
)

// finished is ErrRestoring for a folder whose restore was cut off.
func (f folder) finished() error {
	path := filepath.Join(f.dir, restoringName)
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("%w: %s is there; run `tocsin restore` again, which begins anew, or remove the folder", ErrRestoring, path)
	} else if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, unix.ENOTDIR) {
		return fmt.Errorf("data folder: %w", err)
	}
	return nil
}

// site is a data folder that is being restored. The steps: the mark, durable; the
// data, durable; the mark removed.
type site struct {
	folder
	made bool     // the folder was not there
	mark *os.File // locked
}

// newSite looks whether a folder may be restored into. It writes nothing.
func newSite(dir string) (*site, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	s := &site{folder: folder{abs}}
	empty, err := isNothing(abs)
	if err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	if err := s.finished(); !empty && !errors.Is(err, ErrRestoring) {
		return nil, errors.Join(fmt.Errorf("%s: %w", dir, ErrNotEmpty), err)
	}
	_, err = os.Stat(abs)
	s.made = errors.Is(err, fs.ErrNotExist)
	return s, nil
}

// begin makes the folder with its mark, and removes what an earlier restore has left.
func (s *site) begin(file string) error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	path := filepath.Join(s.dir, restoringName)
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return fmt.Errorf("mark the folder: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return errors.Join(fmt.Errorf("%w: another process is at it", ErrRestoring), f.Close())
	}
	s.mark = f
	_, err = fmt.Fprintf(f, "The restore of %s began at %s. While this file is here the folder is not whole.\n", filepath.Base(file), time.Now().UTC().Format(time.RFC3339))
	if err = errors.Join(err, f.Sync(), syncFolder(s.dir), syncFolder(filepath.Dir(s.dir)), s.clear()); err != nil {
		return errors.Join(plainFull(err), s.undo())
	}
	names, err := os.ReadDir(s.dir)
	if err == nil && len(names) != 1 { // somebody has put something there meanwhile
		err = fmt.Errorf("%s: %w", s.dir, ErrNotEmpty)
	}
	if err != nil {
		return errors.Join(err, s.undo())
	}
	return nil
}

// clear removes what a restore makes, and nothing else.
func (s *site) clear() error {
	var all error
	for _, dir := range [...]string{s.journal(), s.keys(), s.state()} {
		all = errors.Join(all, os.RemoveAll(dir))
	}
	return all
}

// undo leaves the folder as it was before.
func (s *site) undo() error {
	if err := s.clear(); err != nil {
		return fmt.Errorf("the folder stays marked as not whole: %w", errors.Join(err, s.mark.Close()))
	}
	err := errors.Join(os.Remove(s.mark.Name()), s.mark.Close())
	if err == nil && s.made {
		err = os.Remove(s.dir)
	}
	return err
}

// finish makes everything durable and takes the mark away.
func (s *site) finish() error {
	var folders []string
	err := filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			folders = append(folders, path)
		}
		return err
	})
	for _, dir := range slices.Backward(folders) {
		err = errors.Join(err, syncFolder(dir))
	}
	if err != nil {
		return fmt.Errorf("the folder stays marked as not whole: %w", errors.Join(err, s.mark.Close()))
	}
	return errors.Join(os.Remove(s.mark.Name()), syncFolder(s.dir), s.mark.Close())
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("open folder: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}
