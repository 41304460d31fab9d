// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// disk is all that the journal asks of a file system for the files it writes.
// Every durable step of the journal is one call here, so that a test can fail or
// end the world at each of them. Calls come from several goroutines, never two on
// one path at a time.
type disk interface {
	// create makes a new file of size zero bytes, all written and durable; a file
	// that is there already is emptied first. The name is durable only after
	// syncDir.
	create(path string, size int64) (file, error)
	// open opens an existing file for reading and writing.
	open(path string) (file, error)
	// mkdir makes a folder; one that is there already is fine. Its name is durable only
	// after syncDir of the folder it lies in.
	mkdir(path string) error
	rename(from, to string) error
	remove(path string) error
	// syncDir makes the folder's names durable.
	syncDir(dir string) error
	// writeSegment writes a whole segment file, durable when it returns, and
	// drops it from the page cache, so that reading it back reads the disk.
	writeSegment(path string, rows segment.Reader, meta []byte) error
}

// file is an open file of a disk.
type file interface {
	io.WriterAt
	io.ReaderAt
	io.Closer
	// sync is fdatasync. After it has failed, the file is never synced again.
	sync() error
}

// osDisk is the operating system's. Its segment writer keeps its buffers; only
// the sealer uses it.
type osDisk struct{ segments segment.Writer }

type osFile struct{ *os.File }

func (f osFile) sync() error {
	for {
		err := unix.Fdatasync(int(f.Fd()))
		if !errors.Is(err, unix.EINTR) {
			if err != nil {
				return fmt.Errorf("fdatasync %s: %w", f.Name(), err)
			}
			return nil
		}
	}
}

func (*osDisk) create(path string, size int64) (file, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("create: %w", err)
	}
	zeros := make([]byte, min(size, 1<<20))
	for at := int64(0); at < size && err == nil; at += int64(len(zeros)) {
		_, err = f.WriteAt(zeros[:min(int64(len(zeros)), size-at)], at)
	}
	if err == nil && size > 0 {
		err = f.Sync()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("write zeros to %s: %w", path, err), f.Close(), os.Remove(path))
	}
	return osFile{f}, nil
}

func (*osDisk) open(path string) (file, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	return osFile{f}, nil
}

func (*osDisk) mkdir(path string) error {
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return fmt.Errorf("make folder: %w", err)
	}
	return nil
}

func (*osDisk) rename(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return fmt.Errorf("rename: %w", err)
	}
	return nil
}

func (*osDisk) remove(path string) error {
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("remove: %w", err)
	}
	return nil
}

func (*osDisk) syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("open folder: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("sync folder %s: %w", dir, err)
	}
	return nil
}

func (d *osDisk) writeSegment(path string, rows segment.Reader, meta []byte) error {
	if err := d.segments.WriteFile(path, rows, meta); err != nil {
		return fmt.Errorf("write segment: %w", err)
	}
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open segment: %w", err)
	}
	// Best effort: a file system that cannot drop pages reads back what it holds.
	_ = unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED)
	if err := f.Close(); err != nil {
		return fmt.Errorf("close segment: %w", err)
	}
	return nil
}

// replaceFile writes a whole small file by a temporary name, durable when it
// returns.
func replaceFile(d disk, path string, raw []byte) error {
	tmp := path + ".tmp"
	f, err := d.create(tmp, 0)
	if err != nil {
		return err
	}
	if _, err = f.WriteAt(raw, 0); err == nil {
		err = f.sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		_ = d.remove(tmp) // it may fill a full disk, or name somebody
		return fmt.Errorf("write %s: %w", tmp, err)
	}
	if err := d.rename(tmp, path); err != nil {
		return err
	}
	return d.syncDir(filepath.Dir(path))
}
