// SPDX-License-Identifier: Apache-2.0

package segment_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// TestOpenRefuses: each refusal names the file and what is wrong.
func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	good := sample(t, 3)
	folder := t.TempDir()
	f := func(name, want string, change func(b []byte) []byte) {
		t.Helper()
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, change(append([]byte(nil), good...)), 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := segment.OpenFile(path, nil)
		if err == nil {
			_ = r.Close()
		}
		if !errors.Is(err, segment.ErrCorrupt) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v, want ErrCorrupt with %q and the path", name, err, want)
		}
	}
	f("empty", "0 bytes", func([]byte) []byte { return nil })
	f("short", "23 bytes", func(b []byte) []byte { return b[:23] })
	f("other head", "not a segment file", func(b []byte) []byte { b[0] ^= 1; return b })
	f("other version at one end", "not a segment file", func(b []byte) []byte { b[7]++; return b })
	f("other tail", "not a segment file", func(b []byte) []byte { b[len(b)-1]++; return b })
	f("footer longer than the file", "footer of", func(b []byte) []byte {
		binary.LittleEndian.PutUint32(b[len(b)-16:], uint32(len(b)))
		return b
	})
	f("footer over the magic", "footer of", func(b []byte) []byte {
		binary.LittleEndian.PutUint32(b[len(b)-16:], uint32(len(b)-16-7))
		return b
	})
	f("footer changed", "wrong checksum", func(b []byte) []byte { b[len(b)-20] ^= 1; return b })

	if _, err := segment.OpenFile(filepath.Join(folder, "nowhere"), nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if _, err := segment.OpenFile(folder, nil); err == nil || !strings.Contains(err.Error(), folder) {
		t.Errorf("a folder: %v", err)
	}
}

// TestOtherVersions: a whole file of another version is refused by its version,
// and is not called damaged.
func TestOtherVersions(t *testing.T) {
	t.Parallel()
	for _, version := range []byte{1, 4} {
		b := sample(t, 3)
		b[7], b[len(b)-1] = version, version
		path := filepath.Join(t.TempDir(), "a.seg")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := segment.OpenFile(path, nil)
		want := fmt.Sprintf("the file has version %d, this program reads versions 2 and 3", version)
		if !errors.Is(err, segment.ErrVersion) || errors.Is(err, segment.ErrCorrupt) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("version %d: %v, want ErrVersion with %q and the path", version, err, want)
		}
	}
}

// TestFileSays what it was given, and closes once and again.
func TestFileSays(t *testing.T) {
	t.Parallel()
	es := []*event.Event{{Source: "s", Place: event.Place{Origin: "here/1", Stream: "30d"}}}
	f := write(t, fill(t, es), nil)
	info, err := os.Stat(f.Path())
	if err != nil || f.Size() != info.Size() || f.Origin() != "here/1" || f.Stream() != "30d" || string(f.Meta()) != "meta" {
		t.Errorf("%s: %d bytes, %s %s %q, %v", f.Path(), f.Size(), f.Origin(), f.Stream(), f.Meta(), err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("anybody may read it: %v", info.Mode())
	}
	for range 2 {
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	var e event.Event
	if err := f.Event(0, &e); !errors.Is(err, os.ErrClosed) || !strings.Contains(err.Error(), f.Path()) {
		t.Errorf("read after Close: %v", err)
	}
}

// TestWriterAfterAFailure: a file that could not be written is gone, and the
// same Writer writes the next one whole.
func TestWriterAfterAFailure(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	var w segment.Writer
	es := events(3, 200)
	b := fill(t, es)
	if err := w.WriteFile(filepath.Join(folder, "no", "a.seg"), b.Reader(), nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
	for name, broken := range map[string]segment.Reader{
		"time": failing{b.Reader(), segment.ColTime}, "id": failing{b.Reader(), segment.ColID},
		"source": failing{b.Reader(), segment.ColSource}, "rest": failing{b.Reader(), segment.ColRest},
	} {
		path := filepath.Join(folder, name)
		err := w.WriteFile(path, broken, nil)
		if !errors.Is(err, errBroken) || !strings.Contains(err.Error(), "column "+name) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: half a file was left: %v", name, err)
		}
		good := filepath.Join(folder, "good-"+name)
		if err := w.WriteFile(good, b.Reader(), nil); err != nil {
			t.Fatal(err)
		}
		f, err := segment.OpenFile(good, nil)
		if err != nil {
			t.Fatal(err)
		}
		same(t, f, es)
		_ = f.Close()
	}
	huge := make([]byte, 17<<20)
	path := filepath.Join(folder, "huge")
	if err := w.WriteFile(path, b.Reader(), huge); err == nil || !strings.Contains(err.Error(), "footer of") {
		t.Errorf("17 MiB of meta: %v", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("half a file was left: %v", err)
	}
}

// TestWriteOverAnOldFile leaves nothing of it.
func TestWriteOverAnOldFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.seg")
	for _, n := range []int{300, 5} {
		es := events(4, n)
		if err := segment.WriteFile(path, fill(t, es), nil); err != nil {
			t.Fatal(err)
		}
		f, err := segment.OpenFile(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		same(t, f, es)
		_ = f.Close()
	}
}

var errBroken = errors.New("broken")

// failing is a Reader of which one column cannot be read.
type failing struct {
	segment.Reader
	column segment.Column
}

func (f failing) Ints(c segment.Column, page int) ([]int64, error) {
	if c == f.column {
		return nil, errBroken
	}
	return f.Reader.Ints(c, page)
}

func (f failing) Bytes(c segment.Column, page int) ([]byte, error) {
	if c == f.column {
		return nil, errBroken
	}
	return f.Reader.Bytes(c, page)
}

func (f failing) Texts(c segment.Column, page int) (segment.Texts, error) {
	if c == f.column {
		return segment.Texts{}, errBroken
	}
	return f.Reader.Texts(c, page)
}
