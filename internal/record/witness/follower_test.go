// SPDX-License-Identifier: Apache-2.0

package witness

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
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
	for f.Status()[1].Error != "" { // the exchange ends a moment after it was told of
		time.Sleep(time.Millisecond)
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
