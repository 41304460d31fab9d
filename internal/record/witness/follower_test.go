// SPDX-License-Identifier: Apache-2.0

package witness

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// journal is a log that grows, or becomes another one.
type journal struct {
	mu   sync.Mutex
	log  *testLog
	size uint64
}

func (j *journal) set(log *testLog, size uint64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.log, j.size = log, size
}

func (j *journal) newest() ([]byte, uint64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.log == nil {
		return nil, 0
	}
	return j.log.checkpoint(j.size), j.size
}

func (j *journal) consistency(old, size uint64) ([]proof.Hash, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return proof.Consistency(&j.log.tree, old, size)
}

// following is a Follower with what is around it.
type following struct {
	*Follower
	journal

	t        testing.TB
	file     string
	cosigned chan Cosigned
	diverged chan string
	said     *syncBuffer
	stop     func()
}

// follow makes a Follower that does not pause, over a file that may be there.
func follow(t testing.TB, file string, clients ...*Client) *following {
	t.Helper()
	f := &following{t: t, file: file, cosigned: make(chan Cosigned, 100), diverged: make(chan string, 10), said: new(syncBuffer)}
	var err error
	f.Follower, err = NewFollower(FollowerOptions{
		Origin: origin, Latest: f.newest, Consistency: f.consistency, Clients: clients, File: file,
		Diverged: func(reason string) { f.diverged <- reason },
		Cosigned: func(c Cosigned) { f.cosigned <- c },
		Logger:   slog.New(slog.NewTextHandler(f.said, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	f.pause = func(time.Duration) time.Duration { return time.Millisecond }
	return f
}

func (f *following) run() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f.Run(ctx) }()
	f.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			f.t.Error(err)
		}
	})
	f.t.Cleanup(f.stop)
}

// upTo waits until that size is co-signed.
func (f *following) upTo(size uint64) Cosigned {
	f.t.Helper()
	for {
		select {
		case c := <-f.cosigned:
			if c.Checkpoint.Size == size {
				return c
			}
		case reason := <-f.diverged:
			f.t.Fatalf("diverged: %s", reason)
		case <-time.After(30 * time.Second):
			f.t.Fatalf("size %d is not co-signed: %+v", size, f.Status())
		}
	}
}

// stops waits until the log is told to stop, and returns why.
func (f *following) stops() string {
	f.t.Helper()
	select {
	case reason := <-f.diverged:
		f.stop()
		if s := f.Status()[0]; s.Diverged != reason || s.Error != reason {
			f.t.Errorf("status %+v, want %q", s, reason)
		}
		return reason
	case <-time.After(30 * time.Second):
		f.t.Fatalf("the log is not told to stop: %+v", f.Status())
		return ""
	}
}

func newFile(t testing.TB) string { t.Helper(); return filepath.Join(t.TempDir(), "witnessed") }

func TestFollowerFollows(t *testing.T) {
	t.Parallel()
	log, s := honest(t), newStation(t)
	f := follow(t, newFile(t), dial(t, s.Handler(), s.key))
	f.run()
	f.Wake() // nothing is signed yet
	f.set(log, 10)
	f.Wake()
	f.upTo(10)
	f.set(log, 20)
	f.Wake()
	c := f.upTo(20)
	n, err := note.Open(c.Note, note.VerifierList(s.own))
	if err != nil || c.Key != s.VerifierKey() || c.Checkpoint.Root != log.root(20) || !bytes.HasPrefix(c.Note, log.checkpoint(20)) {
		t.Errorf("%+v, %+v, %v", c, n, err)
	}
	if got := f.Status()[0]; got.Name != "witness.example" || got.Size != 20 || !got.At.Equal(s.clock.now()) || got.Error != "" || got.Diverged != "" {
		t.Errorf("status %+v", got)
	}
	f.stop()
	// What was co-signed is in the file, for others too.
	list, err := ReadCosigned(f.file)
	if err != nil || len(list) != 1 || !bytes.Equal(list[0].Note, c.Note) || list[0].Key != s.VerifierKey() || !list[0].At.Equal(c.At) {
		t.Fatalf("%+v, %v", list, err)
	}
	// And the next Follower goes on from there.
	next := follow(t, f.file, f.opt.Clients...)
	if got := next.Status()[0]; got.Size != 20 {
		t.Errorf("status %+v", got)
	}
	next.set(log, 40)
	next.run()
	next.upTo(40)
	if s.remembered() != 40 {
		t.Errorf("the witness remembers %d", s.remembered())
	}
}

// TestFollowerWithoutItsFile: the witness knows what the log's file does not.
func TestFollowerWithoutItsFile(t *testing.T) {
	t.Parallel()
	log, s := honest(t), newStation(t)
	s.want(200, "", log.request(0, 20))
	for name, prepare := range map[string]func(file string) error{
		"lost":    func(string) error { return nil },
		"damaged": func(file string) error { return os.WriteFile(file, []byte("tocsin-witnessed 1\nsum 00\nx"), 0o600) },
		"of another log": func(file string) error {
			elsewhere := honest(t)
			elsewhere.origin = "log.example/other"
			elsewhere.signer, _ = logKey(t, elsewhere.origin, "key one")
			return os.WriteFile(file, kept{s.VerifierKey(): {note: elsewhere.checkpoint(35, s.key)}}.encode(), 0o600)
		},
	} {
		file := newFile(t)
		if err := prepare(file); err != nil {
			t.Fatal(err)
		}
		f := follow(t, file, dial(t, s.Handler(), s.key))
		if got := f.Status()[0].Size; got != 0 {
			t.Errorf("%s: it believes %d", name, got)
		}
		f.set(log, 30)
		f.run()
		f.upTo(30)
		f.stop()
		if name == "damaged" {
			if _, err := os.Stat(file + ".damaged"); err != nil || !strings.Contains(f.said.String(), "put aside") {
				t.Errorf("the damaged file: %v, said %q", err, f.said)
			}
		}
	}
}

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

// TestOneWitnessDoesNotHoldUpAnother, and each failure is told and tried again.
func TestOneWitnessDoesNotHoldUpAnother(t *testing.T) {
	t.Parallel()
	log := honest(t)
	good, late := newStation(t), openStation(t, t.TempDir(), nil, log.vkey)
	late.key = cosigner(t, "late.example", "late", late.clock.now)
	late.own, _ = proof.NewVerifier(late.VerifierKey())
	down := make(chan struct{})
	never := cosigner(t, "never.example", "never", late.clock.now)
	release := make(chan struct{})
	defer close(release)
	f := follow(t, newFile(t),
		dial(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-r.Context().Done():
			case <-release:
			}
		}), never),
		dial(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			select {
			case <-down:
				late.Handler().ServeHTTP(rw, r)
			default:
				rw.WriteHeader(http.StatusServiceUnavailable)
			}
		}), late.key),
		dial(t, good.Handler(), good.key),
	)
	f.set(log, 10)
	f.run()
	if c := f.upTo(10); c.Key != good.VerifierKey() {
		t.Errorf("%s was first", c.Key)
	}
	f.set(log, 20)
	f.Wake()
	f.upTo(20)
	for !strings.Contains(f.Status()[1].Error, "status 503") {
		time.Sleep(time.Millisecond)
	}
	close(down)
	if c := f.upTo(20); c.Key != late.VerifierKey() {
		t.Errorf("%s co-signed", c.Key)
	}
	status := f.Status()
	if status[0].Size != 0 || status[1].Size != 20 || status[2].Size != 20 || status[1].Error != "" {
		t.Errorf("status %+v", status)
	}
	if list := f.Cosigned(); len(list) != 2 || list[0].Checkpoint.Size != 20 || list[1].Checkpoint.Size != 20 {
		t.Errorf("%+v", list)
	}
}

func TestAhead(t *testing.T) {
	t.Parallel()
	log, s := honest(t), newStation(t)
	s.want(200, "", log.request(0, 20))
	dead, err := NewClient("http://127.0.0.1:1", cosigner(t, "dead.example", "d", s.clock.now).VerifierKey(), nil)
	if err != nil {
		t.Fatal(err)
	}
	live := dial(t, s.Handler(), s.key)
	withFile := newFile(t)
	if err := os.WriteFile(withFile, kept{live.vkey: {note: log.checkpoint(20, s.key)}}.encode(), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		file    string
		log     *testLog
		signed  uint64
		size    uint64
		clients []*Client
		ahead   bool
		knows   uint64
		err     error
	}{
		"as far":                         {"", log, 20, 20, []*Client{live}, false, 20, nil},
		"not signed up to its size":      {"", log, 15, 21, []*Client{live}, false, 20, nil},
		"it knows more":                  {"", log, 15, 19, []*Client{live}, true, 20, nil},
		"it knows less":                  {"", log, 30, 30, []*Client{live}, false, 20, nil},
		"another root":                   {"", forked(t, 5), 20, 20, []*Client{live}, true, 20, nil},
		"nobody answers":                 {"", log, 15, 15, []*Client{dead}, false, 0, ErrUnreachable},
		"one answers":                    {"", log, 15, 15, []*Client{dead, live}, true, 20, ErrUnreachable},
		"the file knows":                 {withFile, log, 15, 15, []*Client{live, dead}, true, 20, ErrUnreachable},
		"nothing is signed":              {"", nil, 0, 0, []*Client{live}, false, 0, ErrNoCheckpoint},
		"nothing is signed, a file":      {withFile, nil, 0, 0, []*Client{live}, true, 20, ErrNoCheckpoint},
		"an empty tree is signed":        {"", log, 0, 0, []*Client{live}, true, 20, nil},
		"the file is of another witness": {withFile, log, 20, 20, []*Client{dead}, false, 0, ErrUnreachable},
		"no witness":                     {"", log, 20, 20, nil, false, 0, nil},
	} {
		file := c.file
		if file == "" {
			file = newFile(t)
		}
		f := follow(t, file, c.clients...)
		f.set(c.log, c.signed)
		ahead, knows, err := f.Ahead(t.Context(), c.size)
		if ahead != c.ahead || knows != c.knows || !errors.Is(err, c.err) {
			t.Errorf("%s: %v %d %v, want %v %d %v", name, ahead, knows, err, c.ahead, c.knows, c.err)
		}
	}
	if s.remembered() != 20 {
		t.Errorf("asking has changed what it remembers to %d", s.remembered())
	}
}

func TestFollowerRefuses(t *testing.T) {
	t.Parallel()
	s := newStation(t)
	c := dial(t, s.Handler(), s.key)
	if _, err := NewFollower(FollowerOptions{Clients: []*Client{c, c}, File: newFile(t)}); err == nil {
		t.Error("one witness twice")
	}
	if _, err := NewFollower(FollowerOptions{Clients: make([]*Client, maxWitnesses+1), File: newFile(t)}); err == nil {
		t.Error("too many witnesses")
	}
	// A log that hands out what is not its own checkpoint sends nothing.
	f := follow(t, newFile(t), c)
	f.opt.Latest = func() ([]byte, uint64) { return honest(t).checkpoint(10), 11 }
	if err := f.submit(t.Context(), f.peers[0]); err == nil || s.remembered() != 0 {
		t.Errorf("%v, the witness remembers %d", err, s.remembered())
	}
	f.opt.Latest = func() ([]byte, uint64) { return []byte("no note"), 0 }
	if err := f.submit(t.Context(), f.peers[0]); !errors.Is(err, proof.ErrCheckpoint) {
		t.Errorf("%v", err)
	}
	// What cannot be kept is not told as co-signed.
	f = follow(t, newFile(t), c)
	f.disk = &faultyDisk{at: 2}
	f.set(honest(t), 10)
	if err := f.submit(t.Context(), f.peers[0]); !errors.Is(err, errDisk) || f.Status()[0].Size != 0 {
		t.Errorf("%v, %+v", err, f.Status())
	}
	if err := f.submit(t.Context(), f.peers[0]); err != nil || f.Status()[0].Size != 10 {
		t.Errorf("the next time: %v, %+v", err, f.Status())
	}
}

// TestKeptFileIsBelievedOnlyWithItsCosignatures changes every byte.
func TestKeptFileIsBelievedOnlyWithItsCosignatures(t *testing.T) {
	t.Parallel()
	log := honest(t)
	a, b := cosigner(t, "a.example", "a", new(clock).now), cosigner(t, "b.example", "b", new(clock).now)
	k := kept{a.VerifierKey(): {note: log.checkpoint(20, a)}, b.VerifierKey(): {note: log.checkpoint(30, b)}}
	got, err := decodeKept(k.encode())
	if err != nil || len(got) != 2 || got[b.VerifierKey()].checkpoint.Size != 30 || !bytes.Equal(got.encode(), k.encode()) {
		t.Fatalf("%+v, %v", got, err)
	}
	if list := got.list(); list[0].Checkpoint.Size != 30 || list[1].Checkpoint.Size != 20 {
		t.Errorf("not the largest first: %+v", list)
	}
	text, err := cutSum(keptHead, k.encode())
	if err != nil {
		t.Fatal(err)
	}
	for i := range text {
		bad := bytes.Clone(text)
		bad[i] ^= 1
		got, err := decodeKept(withSum(keptHead, bad))
		if err != nil {
			continue
		}
		for key, m := range got { // the log's own signature is not the witness's business
			if want := k[key]; want == nil || !bytes.Equal(bytes.Split(m.note, []byte("\n\n"))[0], bytes.Split(want.note, []byte("\n\n"))[0]) {
				t.Fatalf("byte %d altered, and it is read", i)
			}
		}
	}
	swapped := kept{a.VerifierKey(): k[b.VerifierKey()]}
	if _, err := decodeKept(swapped.encode()); !errors.Is(err, errForeign) {
		t.Errorf("a cosignature of another: %v", err)
	}
}
