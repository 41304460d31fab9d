// SPDX-License-Identifier: Apache-2.0

package witness

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"
)

// TestDivergence: each way in which a log and a witness can have two histories. The
// log is told to stop, once, and nothing new is co-signed.
func TestDivergence(t *testing.T) {
	t.Parallel()
	log := honest(t)
	for name, c := range map[string]struct {
		known uint64   // co-signed by the witness, of the honest log
		mine  uint64   // as far as the log's file knows; 0 is no file
		now   *testLog // what the log is now
		size  uint64
		says  string
	}{
		"rolled back, and the file with it": {30, 0, log, 20, "has co-signed size 30 of the log, which has only 20"},
		"rolled back to an older file":      {30, 10, log, 20, "has co-signed size 30 of the log, which has only 20"},
		"rolled back, the file is newer":    {30, 30, log, 20, "has co-signed size 30 of the log, which has only 20"},
		"cut off to nothing":                {30, 30, log, 0, "which has only 0"},
		"rewritten, same size":              {30, 0, forked(t, 10), 30, "another root for size 30"},
		"rewritten, same size, file known":  {30, 30, forked(t, 10), 30, "does not continue"},
		"rewritten and grown":               {30, 0, forked(t, 10), 40, "does not continue"},
		"rewritten and grown, file known":   {30, 30, forked(t, 10), 40, "does not continue"},
		"rolled back, grown past it":        {30, 10, forked(t, 20), 40, "does not continue"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStation(t)
			s.want(200, "", log.request(0, c.known))
			file := newFile(t)
			if c.mine > 0 {
				if err := os.WriteFile(file, kept{s.VerifierKey(): {note: log.checkpoint(c.mine, s.key)}}.encode(), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			f := follow(t, file, dial(t, s.Handler(), s.key))
			f.set(c.now, c.size)
			f.run()
			if reason := f.stops(); !strings.Contains(reason, c.says) {
				t.Errorf("stopped for %q, want %q", reason, c.says)
			}
			if s.remembered() != c.known || len(f.diverged) > 0 || !strings.Contains(f.said.String(), "DIVERGED") {
				t.Errorf("the witness remembers %d, said %q", s.remembered(), f.said)
			}
		})
	}
}

// TestNothingIsAskedAfterADivergence: the life of the witness is over then.
func TestNothingIsAskedAfterADivergence(t *testing.T) {
	t.Parallel()
	s := newStation(t)
	s.want(200, "", honest(t).request(0, 30))
	f := follow(t, newFile(t), dial(t, s.Handler(), s.key))
	f.set(honest(t), 20)
	ended := make(chan struct{})
	go func() { f.follow(t.Context(), f.peers[0]); close(ended) }()
	select {
	case <-ended:
	case <-time.After(30 * time.Second):
		t.Error("it goes on")
	}
	if len(f.diverged) != 1 {
		t.Errorf("told %d times", len(f.diverged))
	}
}

// TestADivergenceIsRemembered over restarts, until a person removes the mark.
func TestADivergenceIsRemembered(t *testing.T) {
	t.Parallel()
	log, s := honest(t), newStation(t)
	s.want(200, "", log.request(0, 30))
	file := newFile(t)
	first := follow(t, file, dial(t, s.Handler(), s.key))
	first.set(forked(t, 10), 40)
	first.run()
	reason := first.stops()

	asked := false
	silent := dial(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }), s.key)
	next := follow(t, file, silent)
	next.set(log, 40)
	if ahead, _, err := next.Ahead(t.Context(), 40); !ahead || !errors.Is(err, ErrDiverged) || !strings.Contains(err.Error(), file+".diverged") {
		t.Errorf("%v, %v", ahead, err)
	}
	next.run()
	if got := <-next.diverged; got != reason {
		t.Errorf("stopped again for %q, want %q", got, reason)
	}
	if got := next.Status()[0].Diverged; got != reason {
		t.Errorf("status says %q", got)
	}
	next.stop()
	if asked {
		t.Error("a witness was asked")
	}

	if err := os.WriteFile(file+".diverged", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := follow(t, file, silent).Status()[0].Diverged; got == "" {
		t.Error("an empty mark is none")
	}
	if err := os.Remove(file + ".diverged"); err != nil {
		t.Fatal(err)
	}
	last := follow(t, file, dial(t, s.Handler(), s.key))
	last.set(log, 40)
	last.run()
	last.upTo(40)

	// What cannot be remembered is told all the same.
	deaf := follow(t, newFile(t), dial(t, s.Handler(), s.key))
	deaf.disk = &faultyDisk{at: 1}
	deaf.set(log, 10)
	deaf.run()
	deaf.stops()
	if !strings.Contains(deaf.said.String(), "not remembered over a restart") {
		t.Errorf("said %q", deaf.said)
	}
	unreadable := newFile(t)
	if err := os.Mkdir(unreadable+".diverged", 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := NewFollower(FollowerOptions{File: unreadable}); err == nil {
		t.Error("a mark that cannot be read is passed over")
	}
}

// TestNoDivergence is the control: what looks like it, and is none.
func TestNoDivergence(t *testing.T) {
	t.Parallel()
	log := honest(t)

	t.Run("the answer was lost", func(t *testing.T) {
		t.Parallel()
		s := newStation(t)
		lost := true
		f := follow(t, newFile(t), dial(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if lost {
				lost = false
				s.Handler().ServeHTTP(httptest.NewRecorder(), r)
				panic(http.ErrAbortHandler)
			}
			s.Handler().ServeHTTP(rw, r)
		}), s.key))
		f.set(log, 10)
		f.run()
		f.upTo(10)
		if lost {
			t.Error("nothing was lost")
		}
	})

	t.Run("the log grows while it is asked", func(t *testing.T) {
		t.Parallel()
		s := newStation(t)
		f := follow(t, newFile(t))
		f.set(log, 10)
		f.peers = []*peer{{wake: make(chan struct{}), client: dial(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if s.remembered() == 0 { // meanwhile somebody has sent the next one
				s.want(200, "", log.request(0, 20))
				f.set(log, 20)
			}
			s.Handler().ServeHTTP(rw, r)
		}), s.key)}}
		f.run()
		f.upTo(20)
	})

	t.Run("the witness was set back", func(t *testing.T) {
		t.Parallel()
		s := newStation(t)
		s.want(200, "", log.request(0, 10))
		file := newFile(t)
		if err := os.WriteFile(file, kept{s.VerifierKey(): {note: log.checkpoint(30, s.key)}}.encode(), 0o600); err != nil {
			t.Fatal(err)
		}
		f := follow(t, file, dial(t, s.Handler(), s.key))
		f.set(log, 40)
		f.run()
		f.upTo(40)
		if !strings.Contains(f.said.String(), "it was set back") {
			t.Errorf("said %q", f.said)
		}
	})

	t.Run("it refuses a proof that is right", func(t *testing.T) {
		t.Parallel()
		s := newStation(t)
		broken := true
		f := follow(t, newFile(t), dial(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if s.remembered() == 10 && broken {
				broken = false
				rw.WriteHeader(http.StatusUnprocessableEntity)
				return
			}
			s.Handler().ServeHTTP(rw, r)
		}), s.key))
		f.set(log, 10)
		f.run()
		f.upTo(10)
		f.set(log, 20)
		f.Wake()
		f.upTo(20)
		if !strings.Contains(f.said.String(), "status 422") {
			t.Errorf("said %q", f.said)
		}
	})
}
