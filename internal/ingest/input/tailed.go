// SPDX-License-Identifier: Apache-2.0

package input

import (
	"container/list"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc64"
	"io"
	"os"
	"path/filepath"
	"time"
)

// fileKey is where a file is in its file system. It is reused after a file is deleted:
// fingerprint tells such files apart.
type fileKey struct{ Dev, Ino uint64 }

// printBytes is how much of a file's beginning is known by its fingerprint, lastBytes
// how much of what was read last.
const (
	printBytes = 1 << 10
	lastBytes  = 64
)

// fingerprint stands for a piece of a file: its length and hash.
type fingerprint struct {
	Size int    `json:"size"`
	Sum  string `json:"sum"`
}

func printOf(head []byte) fingerprint {
	sum := sha256.Sum256(head)
	return fingerprint{Size: len(head), Sum: hex.EncodeToString(sum[:16])}
}

// headOf returns the first bytes of a file, as many as a fingerprint covers.
func headOf(r io.ReaderAt) ([]byte, error) {
	head := make([]byte, printBytes)
	n, err := r.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return head[:n], nil
}

// fits tells whether a file that begins with head may be the one of the fingerprint.
func (p fingerprint) fits(head []byte) bool {
	return len(head) >= p.Size && printOf(head[:p.Size]) == p
}

// mark is a place in a file. sum is the CRC-64 of all bytes before it that were read:
// unlike a hash's, its state holds nothing of the text.
type mark struct {
	offset  int64
	skip    bool // the rest of the line there is passed over
	skipped int64
	last    fingerprint // of what lies before offset
	sum     uint64
}

// tailed is one file that is followed: what has been in one inode since it was made or
// truncated last. It is used by one goroutine.
type tailed struct {
	id    string // ours, for ever
	first string // the path at which it was found
	path  string // where it is now
	key   fileKey
	head  fingerprint
	// at is up to where everything is recorded, ahead how far has been read.
	at, ahead mark

	unsaved bool // its id is not kept yet

	file   *os.File      // nil while it is closed
	place  *list.Element // among the open ones, nil while it is closed
	size   int64         // when it was looked at last
	change time.Time     // its time of change then
	grown  time.Time     // when it had new bytes
	leaves time.Time     // when no pattern found it any more, zero as a rule
}

// newTailed makes a file that is followed from its beginning on.
func newTailed(path string, key fileKey, head []byte, now time.Time) *tailed {
	var id [8]byte
	_, _ = rand.Read(id[:]) // never fails
	f := &tailed{id: hex.EncodeToString(id[:]), first: path, path: path, key: key, head: printOf(head), grown: now, unsaved: true}
	return f
}

// open opens the file, unless it is open. errAnother says that its path leads to
// another one by now.
func (f *tailed) open() error {
	if f.file != nil {
		return nil
	}
	file, err := os.Open(f.path)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err == nil && keyOf(info) != f.key {
		err = errAnother
	}
	if err != nil {
		return errors.Join(err, file.Close())
	}
	f.file = file
	return nil
}

var errAnother = errors.New("it is another file by now")

func (f *tailed) close() {
	if f.file != nil {
		_ = f.file.Close() // it was only read
		f.file = nil
	}
}

// same tells whether the open file is still what was read before: it is at least as
// long, begins with the same bytes, and has the same before the place up to which it
// was read. The fingerprint grows with a short file.
func (f *tailed) same() (bool, error) {
	info, err := f.file.Stat()
	if err != nil {
		return false, fmt.Errorf("look at %s: %w", f.path, err)
	}
	f.size = info.Size()
	if f.size < f.ahead.offset {
		return false, nil
	}
	head, err := headOf(f.file)
	if err != nil {
		return false, fmt.Errorf("read %s: %w", f.path, err)
	}
	last := make([]byte, f.ahead.last.Size)
	if _, err := f.file.ReadAt(last, f.ahead.offset-int64(len(last))); err != nil && !errors.Is(err, io.EOF) {
		return false, fmt.Errorf("read %s: %w", f.path, err)
	}
	if !f.head.fits(head) || len(last) > 0 && printOf(last) != f.ahead.last {
		return false, nil
	}
	if len(head) > f.head.Size {
		f.head = printOf(head)
	}
	return true, nil
}

// copied tells whether a file is a copy of f, which has been truncated since: it has
// the same bytes up to where f was recorded.
func (f *tailed) copied(path string) bool {
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer func() { _ = file.Close() }()
	head, err := headOf(file)
	if err != nil || f.head.Size == 0 || !f.head.fits(head) {
		return false
	}
	sum := crc64.New(crc64.MakeTable(crc64.ECMA))
	n, err := io.Copy(sum, io.NewSectionReader(file, f.at.skipped, f.at.offset-f.at.skipped))
	return err == nil && n == f.at.offset-f.at.skipped && sum.Sum64() == f.at.sum
}

// beside looks for the file of that kind in the folder where f was, among a bounded
// number of files.
func (f *tailed) beside(is func(path string, info os.FileInfo) bool) (path string, ok bool) {
	real := f.path
	if target, err := filepath.EvalSymlinks(f.path); err == nil {
		real = target
	}
	dir, err := os.Open(filepath.Dir(real))
	if err != nil {
		return "", false
	}
	defer func() { _ = dir.Close() }()
	entries, _ := dir.ReadDir(maxBeside)
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && info.Mode().IsRegular() && is(filepath.Join(dir.Name(), e.Name()), info) {
			return filepath.Join(dir.Name(), e.Name()), true
		}
	}
	return "", false
}

// maxBeside is how many files of a folder are looked at for one that was rotated.
const maxBeside = 10_000
