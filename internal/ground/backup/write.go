// SPDX-License-Identifier: Apache-2.0

package backup

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/sys/unix"
)

// Writer writes a backup under a temporary name.
type Writer struct {
	path     string
	f        *os.File
	enc      *zstd.Encoder
	tar      *tar.Writer
	out      counted // of the frame that is being written
	offset   int64   // where it begins
	created  time.Time
	parts    []Part
	names    map[string]bool
	finished bool
}

// counted counts and hashes what goes through it.
type counted struct {
	w   io.Writer
	sum hash.Hash
	n   int64
}

func (c *counted) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.sum.Write(b[:n])
	c.n += int64(n)
	return n, err //nolint:wrapcheck // it stands for the file
}

// Create begins a backup that will be called path, which must not be there.
// ErrExists when it is, ErrBusy when another process is writing one of that name.
func Create(path string) (*Writer, error) {
	if _, err := os.Lstat(path); err == nil {
		return nil, fmt.Errorf("%s: %w", path, ErrExists)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("create backup: %w", err)
	}
	f, err := os.OpenFile(path+".partial", os.O_CREATE|os.O_RDWR|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, fmt.Errorf("create backup: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, ErrBusy), f.Close())
	}
	w := &Writer{path: path, f: f, created: time.Now().UTC(), names: map[string]bool{}}
	if err := f.Truncate(0); err != nil { // what a run that was killed has left
		return nil, errors.Join(fmt.Errorf("create backup: %w", err), w.Discard())
	}
	if w.enc, err = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1)); err != nil {
		return nil, errors.Join(fmt.Errorf("create backup: %w", err), w.Discard())
	}
	w.tar = tar.NewWriter(w.enc)
	return w, nil
}

// Partial is the name that the file has until Publish.
func (w *Writer) Partial() string { return w.f.Name() }

// Put adds a part of exactly size bytes.
func (w *Writer) Put(name string, size int64, r io.Reader) error {
	if !validName(name) || w.names[name] {
		return fmt.Errorf("backup part %.200q: a name that cannot be, or is there already", name)
	}
	if len(w.parts) >= maxParts {
		return fmt.Errorf("backup part %s: there are %d at most", name, maxParts)
	}
	if err := w.put(name, size, r, false); err != nil {
		return fmt.Errorf("backup part %s: %w", name, err)
	}
	w.names[name] = true
	return nil
}

// put writes the frame of a part.
func (w *Writer) put(name string, size int64, r io.Reader, last bool) error {
	w.out = counted{w: w.f, sum: sha256.New()}
	w.enc.Reset(&w.out)
	h := &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o600, ModTime: w.created.Truncate(time.Second), Format: tar.FormatPAX}
	if err := w.tar.WriteHeader(h); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	sum := sha256.New()
	n, err := io.Copy(w.tar, io.TeeReader(io.LimitReader(r, size), sum))
	if err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	if n != size {
		return fmt.Errorf("it has %d bytes, not %d", n, size)
	}
	end := w.tar.Flush
	if last {
		end = w.tar.Close
	}
	if err := errors.Join(end(), w.enc.Close()); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	w.parts = append(w.parts, Part{
		Name: name, Size: size, SHA256: hex.EncodeToString(sum.Sum(nil)),
		Offset: w.offset, Stored: w.out.n, StoredSHA256: hex.EncodeToString(w.out.sum.Sum(nil)),
	})
	w.offset += w.out.n
	return nil
}

// Finish writes the table of contents, with the caller's info in it, and makes the
// file durable. It keeps its temporary name, under which it can be read.
func (w *Writer) Finish(info any) error {
	about, err := json.Marshal(info)
	if err != nil {
		return fmt.Errorf("finish backup: %w", err)
	}
	c := Contents{Format: formatName, Version: Version, Created: w.created, Info: about, Parts: w.parts}
	raw, err := json.MarshalIndent(c, "", " ")
	if err != nil {
		return fmt.Errorf("finish backup: %w", err)
	}
	if len(raw) > maxContents {
		return fmt.Errorf("finish backup: a table of contents of %d bytes, at most %d can be read", len(raw), maxContents)
	}
	if err := w.put(contentsName, int64(len(raw)), newReader(raw), true); err != nil {
		return fmt.Errorf("finish backup: %w", err)
	}
	t := trailer{version: Version, offset: w.offset - w.out.n, stored: w.out.n}
	w.out.sum.Sum(t.sum[:0])
	if _, err := w.f.Write(t.encode()); err != nil {
		return fmt.Errorf("finish backup: %w", err)
	}
	if err := w.f.Sync(); err != nil {
		return fmt.Errorf("finish backup: %w", err)
	}
	// Best effort: so that who checks it reads the disk, not the memory.
	_ = unix.Fadvise(int(w.f.Fd()), 0, 0, unix.FADV_DONTNEED)
	w.finished = true
	return nil
}
