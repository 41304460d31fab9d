// SPDX-License-Identifier: Apache-2.0

package input

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// scribe writes numbered lines into a log that is rotated in one of several ways.
type scribe struct {
	t       testing.TB
	path    string
	file    *os.File
	flags   int
	written []string
	rotated int
}

func newScribe(t testing.TB, path string, flags int) *scribe {
	w := &scribe{t: t, path: path, flags: flags}
	w.open()
	t.Cleanup(func() { _ = w.file.Close() })
	return w
}

func (w *scribe) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *scribe) open() {
	var err error
	w.file, err = os.OpenFile(w.path, os.O_WRONLY|os.O_CREATE|w.flags, 0o600)
	w.must(err)
}

// write writes n lines, some of them in two pieces.
func (w *scribe) write(n int) {
	for range n {
		line := fmt.Sprintf("%06d of %s after %d rotations", len(w.written), filepath.Base(w.path), w.rotated)
		w.written = append(w.written, line)
		if len(w.written)%7 == 0 {
			_, err := w.file.WriteString(line[:9])
			w.must(err)
			line = line[9:]
		}
		_, err := w.file.WriteString(line + "\n")
		w.must(err)
	}
}

// rotations are the ways in which logs are rotated. Each is called between two lines.
func rotations() map[string]func(w *scribe) {
	create := func(w *scribe) {
		w.must(w.file.Close())
		w.open()
	}
	name := func(w *scribe, n int) string { return fmt.Sprintf("%s.%d", w.path, n) }
	return map[string]func(w *scribe){
		"rename and create": func(w *scribe) {
			w.must(os.Rename(w.path, name(w, w.rotated)))
			w.write(3) // the writer does not know yet
			create(w)
		},
		"rename all and create": func(w *scribe) {
			for n := 3; n > 0; n-- {
				_ = os.Rename(name(w, n), name(w, n+1))
			}
			w.must(os.Rename(w.path, name(w, 1)))
			create(w)
		},
		"copy and truncate": func(w *scribe) {
			copyFile(w, w.path, name(w, w.rotated))
			w.must(w.file.Truncate(0))
		},
		"rename, pack and create": func(w *scribe) {
			w.must(os.Rename(w.path, name(w, w.rotated)))
			copyFile(w, name(w, w.rotated), name(w, w.rotated)+".gz")
			create(w)
			w.must(os.Remove(name(w, w.rotated)))
		},
		"delete and create": func(w *scribe) {
			w.must(os.Remove(w.path))
			create(w)
		},
		"link to the next": func(w *scribe) {
			if w.rotated == 1 { // from now on it is a link
				w.must(os.Rename(w.path, name(w, 0)))
			}
			w.must(w.file.Close())
			w.must(os.WriteFile(name(w, w.rotated), nil, 0o600))
			w.must(os.Symlink(name(w, w.rotated), w.path+".new"))
			w.must(os.Rename(w.path+".new", w.path))
			w.open()
		},
	}
}

func copyFile(w *scribe, from, to string) {
	a, err := os.Open(from)
	w.must(err)
	b, err := os.Create(to)
	w.must(err)
	_, err = io.Copy(b, a)
	w.must(err)
	w.must(a.Close())
	w.must(b.Close())
}

// Every line of a log is recorded once, however it is rotated while it is written,
// and whether or not the pattern finds what was rotated.
func TestRotation(t *testing.T) {
	t.Parallel()
	for name, rotate := range rotations() {
		for _, pattern := range []string{"app.log", "app.log*"} {
			for flag, flags := range map[string]int{"appending": os.O_APPEND, "at its place": 0} {
				t.Run(name+"/"+pattern+"/"+flag, func(t *testing.T) {
					t.Parallel()
					dir, s := t.TempDir(), newSink(t)
					in := openFile(t, s.env("app"), filepath.Join(dir, pattern))
					run(t, in)
					w := newScribe(t, filepath.Join(dir, "app.log"), flags)
					for range 8 {
						before := len(w.written)
						w.write(40)
						s.waitFor(t, before+1) // what nobody has seen once is not followed
						w.write(200)
						w.rotated++
						rotate(w)
					}
					w.write(10)
					s.waitFor(t, len(w.written))
					onceEach(t, s, w.written)
				})
			}
		}
	}
}

// onceEach compares what was recorded with what was written.
func onceEach(t testing.TB, s *sink, written []string) {
	t.Helper()
	time.Sleep(100 * time.Millisecond) // for what would come twice
	want := slices.Clone(written)
	slices.Sort(want)
	if diff := cmp.Diff(want, s.messages()); diff != "" {
		t.Error(diff)
	}
}

// A log that is emptied without a copy begins anew, also when the writer goes on at
// its place and leaves a hole, and when the new text is longer than the old.
func TestTruncation(t *testing.T) {
	t.Parallel()
	for name, flags := range map[string]int{"appending": os.O_APPEND, "at its place": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, s := t.TempDir(), newSink(t)
			run(t, openFile(t, s.env("app"), dir+"/app.log"))
			w := newScribe(t, filepath.Join(dir, "app.log"), flags)
			for i := range 6 {
				w.write(50 << i)
				s.waitFor(t, len(w.written))
				w.must(w.file.Truncate(0))
				w.rotated++
			}
			w.write(5)
			s.waitFor(t, len(w.written))
			onceEach(t, s, w.written)
		})
	}
}
