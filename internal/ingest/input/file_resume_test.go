// SPDX-License-Identifier: Apache-2.0

package input

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/ingest/pipeline"
)

// duplicates counts the records that the pipeline knew already.
func (s *sink) duplicates() (n uint64) {
	for _, in := range s.pipe.Stats().Inputs {
		n += in.Duplicates
	}
	return n
}

// A crash puts the kept places back to an earlier time: what was recorded since then
// is read again, and known. Meanwhile logs are written and rotated. The control has
// no ids, and records lines twice.
func TestFileAfterCrashes(t *testing.T) {
	t.Parallel()
	for name, rotate := range rotations() {
		for _, known := range []bool{true, false} {
			if !known && name != "rename and create" {
				continue
			}
			t.Run(fmt.Sprintf("%s/%t", name, known), func(t *testing.T) {
				t.Parallel()
				dir, s := t.TempDir(), newSink(t)
				env := s.env("app")
				if !known {
					env.Ingest = func(ctx context.Context, b pipeline.Batch) (pipeline.Result, error) {
						b.Origins = nil
						return s.pipe.Ingest(ctx, b)
					}
				}
				pattern := filepath.Join(dir, "app.log*")
				w := newScribe(t, filepath.Join(dir, "app.log"), os.O_APPEND)
				written := 0
				for range 6 {
					in := openFile(t, env, pattern)
					stop := run(t, in)
					written = len(w.written)
					w.write(60)
					s.waitFor(t, written+1)
					var before []byte // what the crash will leave
					for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
						before, _ = os.ReadFile(env.State)
						files, err := readKept(before)
						// A copy is known by what was read before it was made.
						if err == nil && (name != "copy and truncate" || !slices.ContainsFunc(files, func(f *tailed) bool { return f.at.offset == 0 })) {
							break
						}
					}
					w.write(60)
					s.waitFor(t, len(w.written))
					stop()
					w.must(os.WriteFile(env.State, before, 0o600))
					w.write(20)
					if name != "delete and create" && name != "rename, pack and create" { // what is gone is gone
						w.rotated++
						rotate(w)
						w.write(20)
					}
				}
				run(t, openFile(t, env, pattern))
				if !known {
					s.waitFor(t, len(w.written)+1)
					return
				}
				s.waitFor(t, len(w.written))
				onceEach(t, s, w.written)
				if s.duplicates() == 0 {
					t.Error("nothing was read again: the test proves nothing")
				}
				for _, e := range s.all() {
					if e.Marked(event.MarkOriginConflict) {
						t.Errorf("%q has the place of another line", e.Message)
					}
				}
			})
		}
	}
}

// At a stop nothing that was read and could not be recorded is given up: it comes with
// the next run.
func TestFileStopsWhileNothingCanBeRecorded(t *testing.T) {
	t.Parallel()
	dir, s := t.TempDir(), newSink(t)
	path := filepath.Join(dir, "a.log")
	appendTo(t, path, "a\nb\n")
	env := s.env("app")
	refused := env
	waiting := make(chan struct{}, 100)
	refused.Ingest = func(ctx context.Context, _ pipeline.Batch) (pipeline.Result, error) {
		waiting <- struct{}{}
		<-ctx.Done()
		return pipeline.Result{}, ctx.Err()
	}
	in := openFile(t, refused, path)
	stop := run(t, in)
	<-waiting
	stop()
	if got := in.Stats(); got.Lost != 0 {
		t.Errorf("%+v", got)
	}
	run(t, openFile(t, env, path))
	s.waitFor(t, 2)
}

// A file and a folder that cannot be read are told once, and read when they can be.
func TestFileThatCannotBeRead(t *testing.T) {
	t.Parallel()
	dir, s := t.TempDir(), newSink(t)
	loop := filepath.Join(dir, "loop.log") // not even root can open it
	if err := os.Symlink("loop.log", loop); err != nil {
		t.Fatal(err)
	}
	env, log := s.env("app"), &logged{}
	env.Logger = log.logger()
	in := openFile(t, env, dir+"/*.log", func(c *File) { c.Path = append(c.Path, dir+"/none/*.log") })
	run(t, in)
	appendTo(t, filepath.Join(dir, "a.log"), "a\n")
	s.waitFor(t, 1)
	time.Sleep(10 * in.every)
	if got := in.Stats().Unreadable; got != 2 {
		t.Errorf("%d cannot be read, want the link and the folder", got)
	}
	if n := strings.Count(log.String(), "loop.log"); n == 0 || n > 2 { // path and error are in one line
		t.Errorf("told %d times:\n%s", n, log)
	}
	if err := os.Remove(loop); err != nil {
		t.Fatal(err)
	}
	appendTo(t, loop, "b\n")
	if err := os.Mkdir(filepath.Join(dir, "none"), 0o700); err != nil {
		t.Fatal(err)
	}
	appendTo(t, filepath.Join(dir, "none", "c.log"), "c\n")
	s.waitFor(t, 3)
	for deadline := time.Now().Add(10 * time.Second); in.Stats().Unreadable > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%+v", in.Stats())
		}
	}
}

func TestFileStateThatMakesNoSense(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "{", `{"version":2,"files":[]}`, `{"version":1,"files":[{}]}`, `{"version":1,"files":[{"id":"a","offset":-1}]}`,
		`{"version":1,"files":[{"id":"a","offset":1,"last":{"size":2},"sum":"1"}]}`, `{"version":1,"files":[{"id":"a","sum":"x"}]}`,
	} {
		s := newSink(t)
		env := s.env("app")
		if err := replaceFile(env.State, []byte(text)); err != nil {
			t.Fatal(err)
		}
		c := fileSpec().New().(*File)
		c.Path = Patterns{"/var/log/*.log"}
		if _, err := c.Open(t.Context(), env); err == nil || !strings.Contains(err.Error(), env.State) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func FuzzFileState(f *testing.F) {
	f.Add([]byte(`{"version":1,"files":[]}`))
	f.Add([]byte(`{"version":1,"files":[{"id":"a","offset":7,"head":{"size":1,"sum":"x"},"last":{"size":7,"sum":"y"},"sum":"17"}]}`))
	f.Fuzz(func(_ *testing.T, text []byte) {
		_, _ = readKept(text)
	})
}
