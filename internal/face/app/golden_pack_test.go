// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// goldenSpare is the log file that is zeroed ahead of its use: 32 MiB of nothing, which
// a start makes anew, and which is not packed.
const goldenSpare = "journal/wal/spare.tmp"

// pack writes a folder as a tar.gz that is the same for the same content.
func pack(t *testing.T, dir, file string) {
	t.Helper()
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(z)
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		name := strings.TrimPrefix(filepath.ToSlash(strings.TrimPrefix(path, dir)), "/")
		if err != nil || name == "" || name == goldenSpare {
			return err
		}
		if d.IsDir() {
			return w.WriteHeader(&tar.Header{Name: name + "/", Typeflag: tar.TypeDir, Mode: 0o700, Format: tar.FormatUSTAR})
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if err := w.WriteHeader(&tar.Header{Name: name, Size: int64(len(raw)), Mode: 0o600, Format: tar.FormatUSTAR}); err != nil {
			return err
		}
		_, err = w.Write(raw)
		return err
	})
	if err := errors.Join(err, w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// unpack makes a folder of a packed one. What is zero is left to the file system, for a
// log file is mostly that.
func unpack(t *testing.T, file string) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "data")
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return dir
		}
		if err != nil || !filepath.IsLocal(h.Name) {
			t.Fatalf("%s: %q, %v", file, h.Name, err)
		}
		path := filepath.Join(dir, filepath.FromSlash(h.Name))
		if h.Typeflag == tar.TypeDir {
			err = os.MkdirAll(path, 0o700)
		} else {
			err = sparse(path, r, h.Size)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// sparse writes a file without its blocks of zeros.
func sparse(path string, r io.Reader, size int64) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	block := make([]byte, 64<<10)
	zeros := make([]byte, len(block))
	for at := int64(0); at < size && err == nil; {
		b := block[:min(size-at, int64(len(block)))]
		if _, err = io.ReadFull(r, b); err == nil && !bytes.Equal(b, zeros[:len(b)]) {
			_, err = f.WriteAt(b, at)
		}
		at += int64(len(b))
	}
	return errors.Join(err, f.Truncate(size), f.Close())
}
