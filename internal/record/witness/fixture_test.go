// SPDX-License-Identifier: Apache-2.0

package witness

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

const origin = "log.example/abc"

// testLog is a log that can tell different stories.
type testLog struct {
	t      testing.TB
	origin string
	signer note.Signer
	vkey   string
	tree   proof.Levels
}

// newLog makes a log whose key depends on the key's seed, and whose leaves on the
// story, from the leaf `from` on; those before are the same in every story.
func newLog(t testing.TB, seed, story string, size, from int) *testLog {
	t.Helper()
	l := &testLog{t: t, origin: origin}
	l.signer, l.vkey = logKey(t, origin, seed)
	for i := range size {
		told := story
		if i < from {
			told = ""
		}
		l.tree.Add(sha256.Sum256(fmt.Appendf(nil, "%s %d", told, i)))
	}
	return l
}

// honest is the log of most tests, of 40 leaves.
func honest(t testing.TB) *testLog { t.Helper(); return newLog(t, "key one", "", 40, 0) }

// forked has the same key and the first n leaves.
func forked(t testing.TB, n int) *testLog { t.Helper(); return newLog(t, "key one", "other", 40, n) }

func logKey(t testing.TB, name, seed string) (note.Signer, string) {
	t.Helper()
	raw := make([]byte, ed25519.SeedSize)
	copy(raw, seed)
	vkey, err := note.NewEd25519VerifierKey(name, ed25519.NewKeyFromSeed(raw).Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	hash := strings.Split(vkey, "+")[1]
	signer, err := note.NewSigner("PRIVATE+KEY+" + name + "+" + hash + "+" + base64.StdEncoding.EncodeToString(append([]byte{1}, raw...)))
	if err != nil {
		t.Fatal(err)
	}
	return signer, vkey
}

func (l *testLog) root(size uint64) proof.Hash {
	l.t.Helper()
	root, err := proof.RootAt(&l.tree, size)
	if err != nil {
		l.t.Fatal(err)
	}
	return root
}

// checkpoint is the signed note of that size; more signers sign too.
func (l *testLog) checkpoint(size uint64, more ...note.Signer) []byte {
	l.t.Helper()
	msg, err := proof.SignCheckpoint(proof.Checkpoint{Origin: l.origin, Size: size, Root: l.root(size)}, append([]note.Signer{l.signer}, more...)...)
	if err != nil {
		l.t.Fatal(err)
	}
	return msg
}

func (l *testLog) proof(old, size uint64) []proof.Hash {
	l.t.Helper()
	path, err := proof.Consistency(&l.tree, old, size)
	if err != nil {
		l.t.Fatal(err)
	}
	return path
}

// request is the body that takes a witness from one size to another.
func (l *testLog) request(old, size uint64) []byte {
	l.t.Helper()
	r := Request{Old: old, Proof: l.proof(old, size), Checkpoint: l.checkpoint(size)}
	return r.Append(nil)
}

// clock is a time that a test sets.
type clock struct{ seconds atomic.Int64 }

func (c *clock) now() time.Time { return time.Unix(1_700_000_000+c.seconds.Load(), 0) }

func cosigner(t testing.TB, name, seed string, now func() time.Time) *proof.Cosigner {
	t.Helper()
	raw := make([]byte, ed25519.SeedSize)
	copy(raw, seed)
	c, err := proof.NewCosigner(name, ed25519.NewKeyFromSeed(raw), now)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// station is an opened witness with what is around it.
type station struct {
	*Witness

	t     testing.TB
	dir   string
	clock clock
	said  *syncBuffer
}

// open opens a witness over a folder.
func openStation(t testing.TB, dir string, d disk, vkeys ...string) *station {
	t.Helper()
	s := &station{t: t, dir: dir, said: new(syncBuffer)}
	w, err := Open(Options{
		Dir: dir, Key: cosigner(t, "witness.example", "w", s.clock.now), Logs: vkeys,
		Logger: slog.New(slog.NewTextHandler(s.said, &slog.HandlerOptions{Level: slog.LevelDebug})), disk: d,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Witness = w
	t.Cleanup(func() { _ = w.Close() })
	return s
}

// newStation watches the honest log in a new folder.
func newStation(t testing.TB) *station {
	t.Helper()
	return openStation(t, t.TempDir(), nil, honest(t).vkey)
}

// again closes the witness and opens its folder anew.
func (s *station) again() *station {
	s.t.Helper()
	if err := s.Close(); err != nil {
		s.t.Fatal(err)
	}
	return openStation(s.t, s.dir, nil, honest(s.t).vkey)
}

// post sends a body to the handler.
func (s *station) post(body []byte) *httptest.ResponseRecorder {
	s.t.Helper()
	rec := httptest.NewRecorder()
	s.Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodPost, "/add-checkpoint", bytes.NewReader(body)))
	return rec
}

// want posts a body and wants that status and, if it is not "", that answer.
func (s *station) want(status int, answer string, body []byte) {
	s.t.Helper()
	rec := s.post(body)
	if rec.Code != status || answer != "" && rec.Body.String() != answer {
		s.t.Errorf("status %d %q, want %d %q", rec.Code, rec.Body, status, answer)
	}
}

// cosigned checks an answer's cosignature over a checkpoint and returns its time.
func (s *station) cosigned(checkpoint, answer []byte) time.Time {
	s.t.Helper()
	n, err := note.Open(append(bytes.Clone(checkpoint), answer...), note.VerifierList(s.own))
	if err != nil {
		s.t.Fatalf("%v: %q", err, answer)
	}
	at, err := proof.CosignatureTime(n.Sigs[0])
	if err != nil {
		s.t.Fatal(err)
	}
	return at
}

// remembered is the size that the witness knows.
func (s *station) remembered() uint64 { return s.Logs()[0].Size }

// syncBuffer is what was logged.
type syncBuffer struct {
	mu atomic.Pointer[string]
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	for {
		old := b.mu.Load()
		text := string(p)
		if old != nil {
			text = *old + text
		}
		if b.mu.CompareAndSwap(old, &text) {
			return len(p), nil
		}
	}
}

func (b *syncBuffer) String() string {
	if p := b.mu.Load(); p != nil {
		return *p
	}
	return ""
}
