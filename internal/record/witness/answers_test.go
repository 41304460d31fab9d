// SPDX-License-Identifier: Apache-2.0

package witness

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// TestAnswers goes through every answer of the protocol. The witness has co-signed
// size 20 before each of them.
func TestAnswers(t *testing.T) {
	t.Parallel()
	log, other := honest(t), forked(t, 10)
	stranger := newLog(t, "key two", "", 40, 0)
	elsewhere := honest(t)
	elsewhere.origin = "log.example/other"
	elsewhere.signer, _ = logKey(t, elsewhere.origin, "key one")
	path := log.proof(20, 30)
	body := func(old uint64, path []proof.Hash, checkpoint []byte) []byte {
		r := Request{Old: old, Proof: path, Checkpoint: checkpoint}
		return r.Append(nil)
	}
	text := func(format string, args ...any) []byte { return fmt.Appendf(nil, format, args...) }
	good := log.request(20, 30)
	forged := bytes.Replace(log.checkpoint(30), []byte("\n30\n"), []byte("\n31\n"), 1)
	swapped := append([]proof.Hash{path[1], path[0]}, path[2:]...)
	sized, plain := sizeType, textType
	for name, c := range map[string]struct {
		body     []byte
		status   int
		kind     string
		answer   string // "" is any
		cosigned bool
	}{
		"the next one":                      {good, 200, plain, "", true},
		"the same one again":                {log.request(20, 20), 200, plain, "", true},
		"by two keys, one not known":        {body(20, path, log.checkpoint(30, stranger.signer)), 200, plain, "", true},
		"old is behind":                     {log.request(10, 30), 409, sized, "20\n", false},
		"old is ahead":                      {log.request(25, 30), 409, sized, "20\n", false},
		"old is 0, to ask for the size":     {log.request(0, 30), 409, sized, "20\n", false},
		"a smaller one":                     {log.request(10, 15), 409, sized, "20\n", false},
		"a size to itself, to ask":          {log.request(30, 30), 409, sized, "20\n", false},
		"rolled back":                       {log.request(0, 19), 409, sized, "20\n", false},
		"a fork of the same size":           {body(20, nil, other.checkpoint(20)), 409, plain, "another root was co-signed for size 20\n", false},
		"a fork of the same size, from 0":   {body(0, nil, other.checkpoint(20)), 409, sized, "20\n", false},
		"a fork that is larger":             {other.request(20, 30), 422, plain, "", false},
		"no proof":                          {body(20, nil, log.checkpoint(30)), 422, plain, "", false},
		"a proof that is too short":         {body(20, path[:len(path)-1], log.checkpoint(30)), 422, plain, "", false},
		"a proof that is too long":          {body(20, append(slices.Clip(path), path[0]), log.checkpoint(30)), 422, plain, "", false},
		"a proof in another order":          {body(20, swapped, log.checkpoint(30)), 422, plain, "", false},
		"a proof of another size":           {body(20, log.proof(20, 31), log.checkpoint(30)), 422, plain, "", false},
		"a proof for the same one":          {body(20, path, log.checkpoint(20)), 422, plain, "", false},
		"a proof from 0, where none is":     {body(0, path, log.checkpoint(20)), 409, sized, "20\n", false},
		"old is larger than the size":       {body(31, nil, log.checkpoint(30)), 400, plain, "", false},
		"a key that is not known":           {stranger.request(20, 30), 403, plain, "", false},
		"no signature of the log":           {bytes.Replace(good, []byte("— "+origin+" "), []byte("— some.body "), 1), 403, plain, "", false},
		"a signature over something else":   {body(20, path, forged), 403, plain, "", false},
		"an origin that is not known":       {elsewhere.request(20, 30), 404, plain, "", false},
		"nothing":                           {nil, 400, plain, "", false},
		"no old line":                       {good[len("old 20\n"):], 400, plain, "", false},
		"a zero before old":                 {bytes.Replace(good, []byte("old 20"), []byte("old 020"), 1), 400, plain, "", false},
		"a negative old":                    {bytes.Replace(good, []byte("old 20"), []byte("old -20"), 1), 400, plain, "", false},
		"an old of 2^63":                    {bytes.Replace(good, []byte("old 20"), []byte("old 9223372036854775808"), 1), 400, plain, "", false},
		"two spaces":                        {bytes.Replace(good, []byte("old 20"), []byte("old  20"), 1), 400, plain, "", false},
		"ends of lines of DOS":              {bytes.ReplaceAll(good, []byte("\n"), []byte("\r\n")), 400, plain, "", false},
		"a proof line that is no hash":      {bytes.Replace(good, []byte("old 20\n"), []byte("old 20\nAAAA\n"), 1), 400, plain, "", false},
		"a proof line without padding":      {bytes.Replace(good, []byte("=\n"), []byte("\n"), 1), 400, plain, "", false},
		"64 lines of proof":                 {body(20, make([]proof.Hash, 64), log.checkpoint(30)), 400, plain, "", false},
		"63 lines of proof":                 {body(20, make([]proof.Hash, 63), log.checkpoint(30)), 422, plain, "", false},
		"no empty line":                     {text("old 20\n"), 400, plain, "", false},
		"no checkpoint":                     {text("old 20\n\n"), 400, plain, "", false},
		"an origin and nothing else":        {text("old 20\n\n%s\n", origin), 400, plain, "", false},
		"a note without signatures":         {text("old 20\n\n%s\n20\nAAAA\n", origin), 400, plain, "", false},
		"a last line without end":           {good[:len(good)-1], 400, plain, "", false},
		"a size with a zero, signed":        {signedText(t, log, "%s\n030\n%s\n", origin, base64Root(log, 30)), 400, plain, "", false},
		"a root that is no hash, signed":    {signedText(t, log, "%s\n30\nAAAA\n", origin), 400, plain, "", false},
		"two lines only, signed":            {signedText(t, log, "%s\n30\n", origin), 400, plain, "", false},
		"a body that is too large":          {append(bytes.Clone(good), make([]byte, MaxRequestBytes)...), 413, plain, "", false},
		"a body with a NUL":                 {append(bytes.Clone(good), 0), 400, plain, "", false},
		"a checkpoint with a line more":     {signedTextWith(t, log, path, "%s\n30\n%s\nmore\n", origin, base64Root(log, 30)), 200, plain, "", true},
		"an empty tree after a full one":    {log.request(0, 0), 409, sized, "20\n", false},
		"an empty tree with a root, signed": {signedText(t, log, "%s\n0\n%s\n", origin, base64Root(log, 30)), 400, plain, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStation(t)
			s.want(200, "", log.request(0, 20))
			rec := s.post(c.body)
			if rec.Code != c.status || rec.Header().Get("Content-Type") != c.kind || c.answer != "" && rec.Body.String() != c.answer {
				t.Fatalf("%d %s %q, want %d %s %q", rec.Code, rec.Header().Get("Content-Type"), rec.Body, c.status, c.kind, c.answer)
			}
			if strings.Contains(rec.Body.String(), "— ") != c.cosigned {
				t.Errorf("answered %q", rec.Body)
			}
			want := uint64(20)
			if c.cosigned {
				r, err := ParseRequest(c.body)
				if err != nil {
					t.Fatal(err)
				}
				s.cosigned(r.Checkpoint, rec.Body.Bytes())
				cp, _, err := proof.OpenCheckpoint(r.Checkpoint, s.logs[origin].keys)
				if err != nil {
					t.Fatal(err)
				}
				want = cp.Size
			}
			if again := s.again(); s.remembered() != want || again.remembered() != want {
				t.Errorf("it remembers size %d and, opened again, %d; want %d", s.remembered(), again.remembered(), want)
			}
		})
	}
}

// base64Root is the third line of a checkpoint.
func base64Root(l *testLog, size uint64) string {
	return strings.Split(proof.Checkpoint{Root: l.root(size)}.Text(), "\n")[2]
}

// signedText is a request from 20 with a note that is signed, whatever it says.
func signedText(t *testing.T, l *testLog, format string, args ...any) []byte {
	t.Helper()
	return signedTextWith(t, l, nil, format, args...)
}

func signedTextWith(t *testing.T, l *testLog, path []proof.Hash, format string, args ...any) []byte {
	t.Helper()
	msg, err := note.Sign(&note.Note{Text: fmt.Sprintf(format, args...)}, l.signer)
	if err != nil {
		t.Fatal(err)
	}
	r := Request{Old: 20, Proof: path, Checkpoint: msg}
	return r.Append(nil)
}

func TestTheFirstCheckpoint(t *testing.T) {
	t.Parallel()
	log := honest(t)
	withProof := Request{Proof: log.proof(10, 20), Checkpoint: log.checkpoint(20)}
	s := newStation(t)
	s.want(409, "0\n", log.request(10, 20))
	s.want(409, "0\n", log.request(20, 20))
	s.want(422, "", withProof.Append(nil))
	s.want(200, "", log.request(0, 0)) // an empty tree can be co-signed, and remembered
	if _, err := os.Stat(s.logs[origin].path); err != nil {
		t.Error(err)
	}
	s = s.again()
	s.want(200, "", log.request(0, 20))
	s.want(409, "20\n", log.request(0, 0))
}

func TestTheSameCheckpointIsCosignedAgain(t *testing.T) {
	t.Parallel()
	log, s := honest(t), newStation(t)
	first := s.cosigned(log.checkpoint(20), s.post(log.request(0, 20)).Body.Bytes())
	before, err := os.ReadFile(s.logs[origin].path)
	if err != nil {
		t.Fatal(err)
	}
	s.clock.seconds.Add(60)
	second := s.cosigned(log.checkpoint(20), s.post(log.request(20, 20)).Body.Bytes())
	if second.Sub(first) != time.Minute {
		t.Errorf("co-signed at %s and again at %s", first, second)
	}
	after, err := os.ReadFile(s.logs[origin].path)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the file is written again: %v", err)
	}
}

// TestKeysOverlap: a log changes its key while the witness knows both.
func TestKeysOverlap(t *testing.T) {
	t.Parallel()
	before, after := honest(t), newLog(t, "key two", "", 40, 0)
	s := openStation(t, t.TempDir(), nil, before.vkey, after.vkey)
	s.want(200, "", before.request(0, 10))
	s.want(200, "", after.request(10, 20))
	both := Request{Old: 20, Proof: before.proof(20, 30), Checkpoint: before.checkpoint(30, after.signer)}
	s.want(200, "", both.Append(nil))
	// One good signature does not cover for a bad one of a known key.
	bad := bytes.Replace(both.Append(nil), []byte("\n"+base64Root(before, 30)), []byte("\n"+base64Root(before, 29)), 1)
	s.want(403, "", bad)
	// Afterwards the witness knows the new one only.
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openStation(t, s.dir, nil, after.vkey)
	if s.remembered() != 30 {
		t.Errorf("with the new key it remembers %d", s.remembered())
	}
	s.want(403, "", before.request(30, 40))
	s.want(200, "", after.request(30, 40))
}

func TestForkIsKeptAsEvidence(t *testing.T) {
	t.Parallel()
	log, other, s := honest(t), forked(t, 10), newStation(t)
	s.want(200, "", log.request(0, 20))
	for range 3 { // the same fork is kept once
		s.want(409, "", other.request(20, 20))
	}
	files, err := os.ReadDir(filepath.Join(s.dir, evidenceFolder))
	if err != nil || len(files) != 1 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	text, err := os.ReadFile(filepath.Join(s.dir, evidenceFolder, files[0].Name()))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range [][]byte{log.checkpoint(20), other.checkpoint(20)} {
		if !bytes.Contains(text, part) {
			t.Errorf("%q is not in %q", part, text)
		}
	}
	if said := s.said.String(); strings.Count(said, "FORK") != 3 || !strings.Contains(said, "level=ERROR") {
		t.Errorf("said %q", said)
	}
	// Who has the key can fork without end, but not fill the disk.
	for i := range maxEvidence + 5 {
		s.want(409, "", newLog(t, "key one", strconv.Itoa(i), 20, 5).request(20, 20))
	}
	if files, _ = os.ReadDir(filepath.Join(s.dir, evidenceFolder)); len(files) != maxEvidence {
		t.Errorf("%d files are kept", len(files))
	}
	// An honest log leaves none.
	s = newStation(t)
	s.want(200, "", log.request(0, 20))
	s.want(409, "", log.request(0, 20))
	s.want(409, "", log.request(0, 19))
	s.want(422, "", other.request(20, 21))
	if files, _ = os.ReadDir(filepath.Join(s.dir, evidenceFolder)); len(files) != 0 {
		t.Errorf("evidence against an honest log: %v", files)
	}
}

func TestOtherPathsAndMethods(t *testing.T) {
	t.Parallel()
	s := newStation(t)
	s.want(200, "", honest(t).request(0, 20))
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{http.MethodGet, "/add-checkpoint", 405},
		{http.MethodPost, "/", 405},
		{http.MethodGet, "/checkpoint", 404},
		{http.MethodGet, "/", 200},
	} {
		rec := httptest.NewRecorder()
		s.Handler().ServeHTTP(rec, httptest.NewRequest(c.method, c.path, http.NoBody))
		if rec.Code != c.status {
			t.Errorf("%s %s: %d, want %d", c.method, c.path, rec.Code, c.status)
		}
		if c.status == 200 {
			want := "Tocsin witness " + s.VerifierKey() + "\n\nLOG              SIZE  CO-SIGNED\nlog.example/abc  20    2023-11-14T22:13:20Z\n"
			if rec.Body.String() != want {
				t.Errorf("status page %q, want %q", rec.Body, want)
			}
		}
	}
}
