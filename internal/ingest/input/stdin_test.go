// SPDX-License-Identifier: Apache-2.0

package input

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func openStdin(t testing.TB, s *sink) (in Input, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = r.Close(), w.Close() })
	env := s.env("in")
	env.Stdin = r
	return open(t, "stdin", env, func(c *Stdin) { c.Source, c.Format = "system", "syslog" }), w
}

func TestStdin(t *testing.T) {
	t.Parallel()
	s := newSink(t)
	in, w := openStdin(t, s)
	run(t, in)
	for _, text := range []string{"12 <34>one\n\n<34>tw", "o\r\n", strings.Repeat("x", maxMessage+9) + "\n", "not ended"} {
		if _, err := w.WriteString(text); err != nil {
			t.Fatal(err)
		}
	}
	s.waitFor(t, 3)
	_ = w.Close()
	s.waitFor(t, 4)
	got := s.messages()
	got[3] = got[3][:9] // cut to what a field holds
	if diff := cmp.Diff([]string{"12 <34>one", "<34>two", "not ended", "xxxxxxxxx"}, got); diff != "" {
		t.Error(diff)
	}
	if e := s.all()[0]; e.Sender != "stdin" || e.Source != "system" {
		t.Errorf("%+v", e)
	}
	if got := in.Stats(); got.Received != 4 || got.Cut != 1 || got.Lost != 0 {
		t.Errorf("%+v", got)
	}
}

// At a stop what was read is recorded, without its end too, whether or not standard
// input can be called off.
func TestStdinStops(t *testing.T) {
	t.Parallel()
	s := newSink(t)
	in, w := openStdin(t, s)
	stop := run(t, in)
	if _, err := w.WriteString("one\ntwo"); err != nil {
		t.Fatal(err)
	}
	s.waitFor(t, 1)
	stop()
	if diff := cmp.Diff([]string{"one", "two"}, s.messages()); diff != "" {
		t.Error(diff)
	}
	env := s.env("deaf")
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	env.Stdin = deaf(release)
	stop = run(t, open[*Stdin](t, "stdin", env, nil))
	time.Sleep(10 * time.Millisecond)
	stop()
}

// deaf is a reader that knows no deadline.
type deaf chan struct{}

func (d deaf) Read([]byte) (int, error) {
	<-d
	return 0, os.ErrClosed
}
