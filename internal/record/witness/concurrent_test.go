// SPDX-License-Identifier: Apache-2.0

package witness

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// slowDisk holds each write until it is let go.
type slowDisk struct {
	osDisk

	begun, goOn chan struct{}
}

func (d *slowDisk) write(path string, raw []byte) error {
	d.begun <- struct{}{}
	<-d.goOn
	return d.osDisk.write(path, raw)
}

// TestTwoAtOnce is the race of the specification: A with size N and B with size
// N+K are both sent from the same old size. One of them is co-signed, and the other
// one is told the size that was.
func TestTwoAtOnce(t *testing.T) {
	t.Parallel()
	log := honest(t)
	d := &slowDisk{begun: make(chan struct{}), goOn: make(chan struct{})}
	s := openStation(t, t.TempDir(), d, log.vkey)
	first := make(chan *httptest.ResponseRecorder, 1)
	second := make(chan *httptest.ResponseRecorder, 1)
	go func() { first <- s.post(log.request(0, 10)) }()
	<-d.begun // the first is checked, and not stored
	go func() { second <- s.post(log.request(0, 20)) }()
	if got := s.remembered(); got != 0 {
		t.Errorf("it tells size %d before it is stored", got)
	}
	d.goOn <- struct{}{}
	<-d.begun // of the list of known logs
	select {
	case rec := <-first:
		t.Errorf("answered %d before all is stored", rec.Code)
	default:
	}
	d.goOn <- struct{}{}
	if rec := <-first; rec.Code != 200 {
		t.Errorf("the first: %d %s", rec.Code, rec.Body)
	}
	if rec := <-second; rec.Code != 409 || rec.Body.String() != "10\n" {
		t.Errorf("the second: %d %s", rec.Code, rec.Body)
	}
}

// TestManyAtOnce: two logs that share a key tell two stories to one witness, from
// many senders. Whatever is co-signed is of one story.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	stories := []*testLog{honest(t), forked(t, 0)}
	s := newStation(t)
	type told struct{ story, size int }
	var mu sync.Mutex
	cosigned := map[told]bool{}
	var senders sync.WaitGroup
	for i := range 8 {
		senders.Go(func() {
			log := stories[i%2]
			for range 30 {
				old := s.remembered()
				size := min(old+uint64(i/2)+1, 40)
				if rec := s.post(log.request(old, size)); rec.Code == 200 {
					mu.Lock()
					cosigned[told{i % 2, int(size)}] = true
					mu.Unlock()
				}
			}
		})
	}
	senders.Wait()
	if len(cosigned) == 0 {
		t.Fatal("nothing was co-signed")
	}
	seen := map[int]bool{}
	largest := 0
	for c := range cosigned {
		seen[c.story] = true
		largest = max(largest, c.size)
	}
	if len(seen) != 1 {
		t.Errorf("both stories were co-signed: %v", cosigned)
	}
	if got := s.again().remembered(); got != uint64(largest) {
		t.Errorf("remembers %d, co-signed up to %d", got, largest)
	}
}

// TestOneLogCannotTakeAllRoom: more requests about a log than there is room for are
// turned away at once, while another log is served.
func TestOneLogCannotTakeAllRoom(t *testing.T) {
	t.Parallel()
	log := honest(t)
	second := honest(t)
	second.origin = "log.example/second"
	second.signer, second.vkey = logKey(t, second.origin, "key three")
	s := openStation(t, t.TempDir(), nil, log.vkey, second.vkey)
	l := s.logs[origin]
	l.turn <- struct{}{} // somebody has it for long
	var waiting sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	for range maxAtOnce {
		l.room <- struct{}{}
		waiting.Go(func() {
			defer func() { <-l.room }()
			if err := l.take(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("waited for %v", err)
			}
		})
	}
	rec := s.post(log.request(0, 10))
	if rec.Code != 503 || rec.Header().Get("Retry-After") == "" {
		t.Errorf("no room: %d %s", rec.Code, rec.Body)
	}
	s.want(200, "", second.request(0, 10))
	cancel()
	waiting.Wait()
	<-l.turn
	s.want(200, "", log.request(0, 10))
}

func TestAContextThatEnds(t *testing.T) {
	t.Parallel()
	log, s := honest(t), newStation(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Add(ctx, log.request(0, 10)); !errors.Is(err, context.Canceled) || s.remembered() != 0 {
		t.Errorf("%v, remembers %d", err, s.remembered())
	}
	rec := httptest.NewRecorder()
	s.Handler().ServeHTTP(rec, httptest.NewRequestWithContext(ctx, http.MethodPost, "/add-checkpoint", strings.NewReader(string(log.request(0, 10)))))
	if rec.Code != 503 {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
}

// slowBody never ends.
type slowBody struct{ begun, goOn chan struct{} }

func (b slowBody) Read([]byte) (int, error) {
	b.begun <- struct{}{}
	<-b.goOn
	return 0, errors.New("gone")
}

// TestBodiesThatNeverEnd keep nobody else away.
func TestBodiesThatNeverEnd(t *testing.T) {
	t.Parallel()
	log, s := honest(t), newStation(t)
	h := s.Handler()
	b := slowBody{make(chan struct{}), make(chan struct{})}
	var senders sync.WaitGroup
	for range 4 * maxAtOnce {
		senders.Go(func() {
			rec := httptest.NewRecorder()
			h.ServeHTTP(rec, httptest.NewRequest(http.MethodPost, "/add-checkpoint", b))
			if rec.Code != 400 {
				t.Errorf("a body that breaks off: %d", rec.Code)
			}
		})
		<-b.begun
	}
	s.want(200, "", log.request(0, 10))
	close(b.goOn)
	senders.Wait()
}

func FuzzRequest(f *testing.F) {
	log := honest(f)
	for _, body := range [][]byte{
		log.request(0, 10), log.request(10, 20), log.request(20, 20), log.request(0, 15)[:40], []byte("old 0\n\n"), nil,
	} {
		f.Add(body)
	}
	f.Add(fmt.Appendf(nil, "old 1\n%s\n\nx\n", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="))
	s := openStation(f, f.TempDir(), nil, log.vkey)
	if rec := s.post(log.request(0, 20)); rec.Code != 200 {
		f.Fatal(rec.Body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := ParseRequest(body)
		if err == nil && string(r.Append(nil)) != string(body) {
			t.Errorf("%q has a second form %q", body, r.Append(nil))
		}
		line, err := s.Add(t.Context(), body)
		var refusal *StatusError
		if err != nil && !errors.As(err, &refusal) {
			t.Errorf("%q: %v", body, err)
		}
		// Only what the log signed is co-signed.
		if err == nil {
			if _, _, err := openSubmitted(r.Checkpoint, s.logs[origin].keys); err != nil || len(line) == 0 {
				t.Errorf("co-signed %q: %v", body, err)
			}
		}
	})
}

func FuzzFiles(f *testing.F) {
	log := honest(f)
	key := cosigner(f, "witness.example", "w", new(clock).now)
	m := &memory{note: log.checkpoint(20, key)}
	f.Add(m.encode())
	f.Add(kept{key.VerifierKey(): m}.encode())
	f.Add(withSum(keptHead, fmt.Appendf(nil, "witness %s 99999999\nx", key.VerifierKey())))
	f.Add([]byte(memoryHead + "\nsum \n"))
	s := openStation(f, f.TempDir(), nil)
	f.Fuzz(func(t *testing.T, raw []byte) {
		// The checksum hides the rest from a fuzzer, so the text is tried alone too.
		for _, file := range [][]byte{raw, withSum(memoryHead, raw), withSum(keptHead, raw)} {
			if m, err := decodeMemory(file, origin, s.own); err == nil && (m.checkpoint.Origin != origin || string(m.encode()) != string(file)) {
				t.Errorf("%q is read as %+v", file, m)
			}
			k, err := decodeKept(file)
			if err == nil && len(k) > maxWitnesses {
				t.Errorf("%d witnesses", len(k))
			}
		}
	})
}
