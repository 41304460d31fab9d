// SPDX-License-Identifier: Apache-2.0

package witness

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// dial makes a client of a server that is a witness, or claims to be.
func dial(t testing.TB, h http.Handler, key *proof.Cosigner) *Client {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	c, err := NewClient(server.URL, key.VerifierKey(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.http.CloseIdleConnections)
	return c
}

func TestClientWithAWitness(t *testing.T) {
	t.Parallel()
	log, other, s := honest(t), forked(t, 10), newStation(t)
	c := dial(t, s.Handler(), s.key)
	size := func(log *testLog, at, want uint64) {
		t.Helper()
		if got, err := c.Size(t.Context(), log.checkpoint(at)); err != nil || got != want {
			t.Errorf("size %d, %v, want %d", got, err, want)
		}
		if got := s.remembered(); got != want {
			t.Errorf("asking has changed what it remembers to %d", got)
		}
	}
	size(log, 20, 0)
	lines, err := c.Add(t.Context(), 0, nil, log.checkpoint(20))
	if err != nil {
		t.Fatal(err)
	}
	s.cosigned(log.checkpoint(20), lines)
	size(log, 20, 20)
	size(log, 10, 20)
	size(log, 30, 20)
	lines, err = c.Add(t.Context(), 20, log.proof(20, 30), log.checkpoint(30))
	if err != nil {
		t.Fatal(err)
	}
	s.cosigned(log.checkpoint(30), lines)

	conflict := func(err error, want ConflictError) {
		t.Helper()
		if got, ok := errors.AsType[*ConflictError](err); !ok || *got != want {
			t.Errorf("%v, want %+v", err, want)
		}
	}
	_, err = c.Add(t.Context(), 20, log.proof(20, 40), log.checkpoint(40))
	conflict(err, ConflictError{Size: 30})
	_, err = c.Add(t.Context(), 30, nil, other.checkpoint(30))
	conflict(err, ConflictError{OtherRoot: true})
	_, err = c.Size(t.Context(), other.checkpoint(30))
	conflict(err, ConflictError{OtherRoot: true})

	refused := func(err error, status int) {
		t.Helper()
		if got, ok := errors.AsType[*RefusedError](err); !ok || got.Status != status {
			t.Errorf("%v, want status %d", err, status)
		}
	}
	_, err = c.Add(t.Context(), 30, nil, log.checkpoint(40))
	refused(err, 422)
	_, err = c.Add(t.Context(), 30, log.proof(30, 40), newLog(t, "key two", "", 40, 0).checkpoint(40))
	refused(err, 403)
	elsewhere := honest(t)
	elsewhere.origin = "log.example/other"
	elsewhere.signer, _ = logKey(t, elsewhere.origin, "key one")
	_, err = c.Add(t.Context(), 0, nil, elsewhere.checkpoint(40))
	refused(err, 404)
	_, err = c.Add(t.Context(), 41, nil, log.checkpoint(40))
	refused(err, 400)
	if _, err = c.Add(t.Context(), 30, nil, []byte("no note")); err == nil {
		t.Error("what is no note is sent")
	}
}

// TestAnswersThatAreNotBelieved come from servers that are no witness, or not ours.
func TestAnswersThatAreNotBelieved(t *testing.T) {
	t.Parallel()
	log := honest(t)
	key := cosigner(t, "witness.example", "w", new(clock).now)
	impostor := cosigner(t, "witness.example", "i", new(clock).now)
	other := cosigner(t, "other.example", "o", new(clock).now)
	msg := log.checkpoint(20)
	line := func(checkpoint []byte, keys ...note.Signer) string {
		t.Helper()
		text, err := noteText(checkpoint)
		if err != nil {
			t.Fatal(err)
		}
		signed, err := note.Sign(&note.Note{Text: text}, keys...)
		if err != nil {
			t.Fatal(err)
		}
		return string(signed[len(text)+1:])
	}
	good := line(msg, key)
	for name, c := range map[string]struct {
		status     int
		kind, body string
		want       error  // nil: lines
		lines      string // "" is any
	}{
		"good":                            {200, textType, good, nil, good},
		"good, of another type":           {200, "application/octet-stream", good, nil, good},
		"good beside one of another":      {200, textType, line(msg, other, key), nil, good},
		"good beside one of an impostor":  {200, textType, line(msg, impostor) + good, nil, good},
		"good twice":                      {200, textType, good + good, nil, good},
		"of an impostor":                  {200, textType, line(msg, impostor), ErrAnswer, ""},
		"of another witness":              {200, textType, line(msg, other), ErrAnswer, ""},
		"over another size":               {200, textType, line(log.checkpoint(19), key), ErrAnswer, ""},
		"over a text with more in it":     {200, textType, "more\n\n" + rawLine(t, msg, "\nmore\n"), ErrAnswer, ""},
		"nothing":                         {200, textType, "", ErrAnswer, ""},
		"an empty line":                   {200, textType, "\n" + good, ErrAnswer, ""},
		"no end":                          {200, textType, strings.TrimSuffix(good, "\n"), ErrAnswer, ""},
		"a web page":                      {200, "text/html", "<html></html>\n", ErrAnswer, ""},
		"without end":                     {200, textType, good + strings.Repeat("x", maxAnswerBytes), ErrAnswer, ""},
		"a conflict":                      {409, sizeType, "7\n", &ConflictError{Size: 7}, ""},
		"a conflict, with parameters":     {409, sizeType + "; charset=utf-8", "7\n", &ConflictError{Size: 7}, ""},
		"a conflict with the same size":   {409, sizeType, "20\n", &ConflictError{OtherRoot: true}, ""},
		"a conflict of roots":             {409, textType, "", &ConflictError{OtherRoot: true}, ""},
		"a conflict without a type":       {409, "", "other root", &ConflictError{OtherRoot: true}, ""},
		"a size that is none":             {409, sizeType, "seven\n", ErrAnswer, ""},
		"a size with a zero":              {409, sizeType, "07\n", ErrAnswer, ""},
		"a size without end":              {409, sizeType, "7", ErrAnswer, ""},
		"a size of 2^63":                  {409, sizeType, "9223372036854775808\n", ErrAnswer, ""},
		"refused":                         {403, textType, "no\n", &RefusedError{403, `"no\n"`}, ""},
		"refused with a terminal's words": {403, textType, "\x1b[31m", &RefusedError{403, `"\x1b[31m"`}, ""},
		"broken":                          {500, textType, "", &RefusedError{500, `""`}, ""},
		"busy":                            {503, textType, "", ErrUnreachable, ""},
		"too often":                       {429, textType, "", ErrUnreachable, ""},
		"behind a proxy":                  {502, textType, "", ErrUnreachable, ""},
		"redirected":                      {307, textType, "", &RefusedError{307, `""`}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := dial(t, http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
				rw.Header()["Content-Type"] = []string{c.kind}
				rw.Header().Set("Location", "/elsewhere")
				rw.WriteHeader(c.status)
				_, _ = io.WriteString(rw, c.body)
			}), key)
			lines, err := client.Add(t.Context(), 20, nil, msg)
			if c.want == nil {
				if err != nil || c.lines != "" && string(lines) != c.lines {
					t.Errorf("%q, %v", lines, err)
				}
				return
			}
			if lines != nil || err == nil || !errors.Is(err, c.want) && err.Error() != c.want.Error() {
				t.Errorf("%q, %v, want %v", lines, err, c.want)
			}
		})
	}
	// A conflict without a size is one of roots only from a size to itself.
	client := dial(t, http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusConflict) }), key)
	if _, err := client.Add(t.Context(), 10, nil, msg); !errors.Is(err, ErrAnswer) {
		t.Errorf("%v", err)
	}
	client = dial(t, http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", sizeType)
		rw.WriteHeader(http.StatusConflict)
		_, _ = io.WriteString(rw, "10\n")
	}), key)
	if _, err := client.Add(t.Context(), 10, nil, msg); !errors.Is(err, ErrAnswer) {
		t.Errorf("a conflict with the size that was sent: %v", err)
	}
}

// rawLine is a good cosignature over a checkpoint's text with something behind it,
// which only a witness that looks at nothing would give.
func rawLine(t *testing.T, checkpoint []byte, more string) string {
	t.Helper()
	text, err := noteText(checkpoint)
	if err != nil {
		t.Fatal(err)
	}
	seed := make([]byte, ed25519.SeedSize)
	copy(seed, "w")
	key := cosigner(t, "witness.example", "w", new(clock).now)
	raw := binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint32(nil, key.KeyHash()), 1)
	raw = append(raw, ed25519.Sign(ed25519.NewKeyFromSeed(seed), []byte("cosignature/v1\ntime 1\n"+text+more))...)
	line := "— witness.example " + base64.StdEncoding.EncodeToString(raw) + "\n"
	verifier, err := proof.NewVerifier(key.VerifierKey())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := note.Open([]byte(text+more+"\n"+line), note.VerifierList(verifier)); err != nil {
		t.Fatal(err)
	}
	return line
}

func TestClientUnreachable(t *testing.T) {
	t.Parallel()
	log, s := honest(t), newStation(t)
	server := httptest.NewServer(s.Handler())
	c, err := NewClient(server.URL+"/", s.VerifierKey(), nil)
	if err != nil {
		t.Fatal(err)
	}
	server.Close()
	if _, err := c.Add(t.Context(), 0, nil, log.checkpoint(20)); !errors.Is(err, ErrUnreachable) {
		t.Errorf("%v", err)
	}
	release := make(chan struct{})
	hang := dial(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }), s.key)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := hang.Size(ctx, log.checkpoint(20)); !errors.Is(err, ErrUnreachable) || !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	close(release)
}

func TestNewClientRefuses(t *testing.T) {
	t.Parallel()
	key := cosigner(t, "witness.example", "w", new(clock).now).VerifierKey()
	_, plain := logKey(t, "witness.example", "w")
	for _, c := range [][2]string{
		{"", key},
		{"witness.example", key},
		{"ftp://witness.example", key},
		{"https://", key},
		{"https://user:pass@witness.example", key},
		{"https://witness.example/?a=b", key},
		{"https://witness.example/#a", key},
		{"https://witness.example\x7f", key},
		{"https://witness.example", ""},
		{"https://witness.example", key + "A"},
		{"https://witness.example", plain},
	} {
		if got, err := NewClient(c[0], c[1], nil); err == nil {
			t.Errorf("a client of %q with %q: %+v", c[0], c[1], got)
		} else if strings.Contains(err.Error(), "pass") {
			t.Errorf("the error tells the password: %v", err)
		}
	}
	if c, err := NewClient("https://witness.example/a/", key, nil); err != nil || c.URL() != "https://witness.example/a" || c.Name() != "witness.example" || c.VerifierKey() != key {
		t.Errorf("%+v, %v", c, err)
	}
}
