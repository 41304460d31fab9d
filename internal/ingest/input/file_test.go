// SPDX-License-Identifier: Apache-2.0

package input

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// openFile opens an input that follows pattern below dir, quickly.
func openFile(t testing.TB, env Env, pattern string, change ...func(*File)) *fileInput {
	t.Helper()
	in := open(t, "file", env, func(c *File) {
		c.Path, c.Format = Patterns{pattern}, "syslog"
		for _, f := range change {
			f(c)
		}
	}).(*fileInput)
	in.every, in.wait = 20*time.Millisecond, 500*time.Millisecond
	return in
}

func appendTo(t testing.TB, path string, texts ...string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, text := range texts {
		if _, err := f.WriteString(text); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFile(t *testing.T) {
	t.Parallel()
	dir, s := t.TempDir(), newSink(t)
	appendTo(t, filepath.Join(dir, "a.log"), "<1>one\n<1>two\r\n\n<1>caf\xe9\n<1>not ended")
	appendTo(t, filepath.Join(dir, "a.log.gz"), "packed\n")
	appendTo(t, filepath.Join(dir, "no.log"), "excluded\n")
	in := openFile(t, s.env("app"), dir+"/*.log*", func(c *File) {
		c.Exclude, c.Source, c.LineTimeout, c.Timezone = Patterns{"no.*"}, "system", time.Hour, "Europe/Bucharest"
	})
	run(t, in)
	s.waitFor(t, 3)
	appendTo(t, filepath.Join(dir, "a.log"), " yet\n")
	appendTo(t, filepath.Join(dir, "b.log"), "<1>new\n")
	s.waitFor(t, 5)
	if diff := cmp.Diff([]string{"<1>caf\ufffd", "<1>new", "<1>not ended yet", "<1>one", "<1>two"}, s.messages()); diff != "" {
		t.Error(diff)
	}
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, e := range s.all() {
		if e.Sender != "file:app" || e.Input != "app" || e.Host != host || e.Source != "system" || e.Service != "Europe/Bucharest" {
			t.Errorf("%+v", e)
		}
		path := filepath.Join(dir, "a.log")
		if e.Message == "<1>new" {
			path = filepath.Join(dir, "b.log")
		}
		if ids[e.OriginID] = true; len(e.Attrs) != 1 || e.Attrs[0].Key != "log.file.path" || e.Attrs[0].Value.Text != path {
			t.Errorf("%q has the attributes %+v", e.Message, e.Attrs)
		}
	}
	if len(ids) != 5 || ids[""] {
		t.Errorf("ids %v", ids)
	}
	if got := in.Stats(); got.Received != 5 || got.Files != 2 || got.Unreadable+got.Lost+got.Cut > 0 || got.Address != dir+"/*.log*" {
		t.Errorf("%+v", got)
	}
}

// What lies in a file without its end is taken after a while, and what follows is
// another record.
func TestFileDoesNotWaitForEver(t *testing.T) {
	t.Parallel()
	dir, s := t.TempDir(), newSink(t)
	path := filepath.Join(dir, "a.log")
	appendTo(t, path, "crashed here")
	run(t, openFile(t, s.env("app"), path, func(c *File) { c.LineTimeout = 100 * time.Millisecond }))
	s.waitFor(t, 1)
	appendTo(t, path, " and there\n")
	s.waitFor(t, 2)
	if diff := cmp.Diff([]string{" and there", "crashed here"}, s.messages()); diff != "" {
		t.Error(diff)
	}
}

func TestFileMultiline(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		multi Multiline
		want  []string
	}{
		{"indent", Multiline{Continuation: "indent"}, []string{"2026 fail\n  at a\n\tat b", "2026 next", "caused by"}},
		{"start", Multiline{Start: `^\d{4} `}, []string{"2026 fail\n  at a\n\tat b", "2026 next\ncaused by"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir, s := t.TempDir(), newSink(t)
			path := filepath.Join(dir, "a.log")
			appendTo(t, path, "2026 fail\n  at a\n")
			run(t, openFile(t, s.env("app"), path, func(f *File) { f.Multiline = c.multi }))
			time.Sleep(50 * time.Millisecond)
			appendTo(t, path, "\tat b\n2026 next\n", "caused by\n")
			s.waitFor(t, len(c.want))
			if diff := cmp.Diff(c.want, s.messages()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// start: end passes over what is there at the first run, not what comes later, nor
// what comes between two runs.
func TestFileStartsAtTheEnd(t *testing.T) {
	t.Parallel()
	dir, s := t.TempDir(), newSink(t)
	a, b := filepath.Join(dir, "a.log"), filepath.Join(dir, "b.log")
	appendTo(t, a, "old\nhalf of")
	atEnd := func(c *File) { c.Start = "end" }
	in := openFile(t, s.env("app"), dir+"/*.log", atEnd)
	stop := run(t, in)
	for deadline := time.Now().Add(10 * time.Second); in.Stats().Files == 0 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	appendTo(t, a, " an old line\nnew in a\n")
	appendTo(t, b, "first in b\n")
	s.waitFor(t, 2)
	stop()
	appendTo(t, filepath.Join(dir, "c.log"), "meanwhile in c\n")
	appendTo(t, a, "meanwhile in a\n")
	run(t, openFile(t, s.env("app"), dir+"/*.log", atEnd))
	s.waitFor(t, 4)
	if diff := cmp.Diff([]string{"first in b", "meanwhile in a", "meanwhile in c", "new in a"}, s.messages()); diff != "" {
		t.Error(diff)
	}
}

func TestFilesAreManyAndFewAreOpen(t *testing.T) {
	t.Parallel()
	const files, rounds = 1000, 3
	dir, s := t.TempDir(), newSink(t)
	in := openFile(t, s.env("app"), dir+"/*/*.log", func(c *File) { c.MaxOpen = 8 })
	run(t, in)
	var want []string
	for round := range rounds {
		for i := range files {
			line := fmt.Sprintf("file %d round %d", i, round)
			want = append(want, line)
			sub := filepath.Join(dir, strconv.Itoa(i%10))
			if err := os.MkdirAll(sub, 0o700); err != nil {
				t.Fatal(err)
			}
			appendTo(t, filepath.Join(sub, fmt.Sprintf("%d.log", i)), line+"\n")
		}
	}
	s.waitFor(t, len(want))
	slices.Sort(want)
	if diff := cmp.Diff(want, s.messages()); diff != "" {
		t.Error(diff)
	}
	if got := in.Stats(); got.Files != files || got.Unreadable != 0 {
		t.Errorf("%+v", got)
	}
}

func TestFileIsChecked(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		change func(*File)
		field  string
	}{
		{func(c *File) { c.Path = nil }, "path"},
		{func(c *File) { c.Path = Patterns{"/a/[", "/b"} }, "path"},
		{func(c *File) { c.Path = Patterns{"var/log/*.log"} }, "path"},
		{func(c *File) { c.Exclude = Patterns{"["} }, "exclude"},
		{func(c *File) { c.Format = "" }, "format"},
		{func(c *File) { c.Start = "middle" }, "start"},
		{func(c *File) { c.LineTimeout = 0 }, "line_timeout"},
		{func(c *File) { c.MaxFiles = 0 }, "max_files"},
		{func(c *File) { c.MaxOpen = 0 }, "max_open"},
		{func(c *File) { c.Timezone = "Mars" }, "timezone"},
		{func(c *File) { c.Multiline.Start = "(" }, "multiline.start"},
	} {
		config := fileSpec().New().(*File)
		config.Path = Patterns{"/var/log/*.log"}
		c.change(config)
		if err := config.Validate(); err == nil || !strings.HasPrefix(err.Error(), c.field+":") {
			t.Errorf("%v, want an error of %s", err, c.field)
		}
	}
}
