// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// sent is one request that a sender made.
type sent struct {
	at    time.Duration
	query string
	body  string
}

// script is a server without a network: it gives its answers one after another,
// and accepts everything once they are used up.
type script struct {
	began   time.Time
	answers []answer
	got     []sent
	types   map[string]bool
}

type answer struct {
	status int
	after  string
	body   string
}

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if s.types == nil {
		s.types = map[string]bool{}
	}
	s.types[r.Header.Get("Content-Type")+" "+r.Header.Get("Authorization")] = true
	s.got = append(s.got, sent{time.Since(s.began), r.URL.RequestURI(), string(body)})
	a := answer{status: http.StatusOK, body: fmt.Sprintf(`{"accepted":%d}`, bytes.Count(body, []byte("\n")))}
	if n := len(s.got) - 1; n < len(s.answers) {
		a = s.answers[n]
	}
	return &http.Response{
		StatusCode: a.status, Status: fmt.Sprintf("%d %s", a.status, http.StatusText(a.status)),
		Header: http.Header{"Retry-After": {a.after}}, Body: io.NopCloser(strings.NewReader(a.body)), Request: r,
	}, nil
}

// sending sends a text as standard input, in a time of its own.
func sending(t *testing.T, c *ingestCommand, text string, answers []answer, check func(t *testing.T, s *lineSender, to *script, said string, err error)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var said bytes.Buffer
		to := &script{began: time.Now(), answers: answers}
		s := &lineSender{command: c, env: &Env{Stdin: strings.NewReader(text), Stderr: &said}, client: &http.Client{Transport: to}}
		err := s.file(t.Context(), "-")
		check(t, s, to, said.String(), err)
	})
}

func TestLinesAsTheyAre(t *testing.T) {
	t.Parallel()
	f := func(text, want string) {
		t.Helper()
		sending(t, &ingestCommand{URL: "http://x.example/base", Format: "auto"}, text, nil, func(t *testing.T, s *lineSender, to *script, _ string, err error) {
			var got strings.Builder
			for _, r := range to.got {
				got.WriteString(r.body)
			}
			if err != nil || got.String() != want || s.accepted != strings.Count(want, "\n") {
				t.Errorf("%q became %q, %d accepted, %v", text, got.String(), s.accepted, err)
			}
			for _, r := range to.got {
				if r.query != "/base/api/siem/events?format=auto" {
					t.Errorf("sent to %s", r.query)
				}
			}
		})
	}
	f("", "")
	f("\n \n\t\r\n", "")
	f("a", "a\n")
	f("a\nb\n", "a\nb\n")
	f("a\r\n\r\n b \n", "a\n b \n")
	f("\xff\x00\n", "\xff\x00\n")
	long := strings.Repeat("x", maxLine-1)
	f(long+"\n", long+"\n")
}

func TestWhatIsAskedFor(t *testing.T) {
	t.Parallel()
	c := &ingestCommand{URL: "http://x.example", Format: "json", Source: "shop & co", Zone: "Europe/Bucharest", Token: "key"}
	sending(t, c, "{}\n", nil, func(t *testing.T, _ *lineSender, to *script, _ string, err error) {
		if err != nil || to.got[0].query != "/api/siem/events?format=json&source=shop+%26+co&timezone=Europe%2FBucharest" || !to.types["application/x-ndjson Bearer key"] {
			t.Errorf("%v %+v %v", err, to.got, to.types)
		}
	})
	sending(t, &ingestCommand{URL: "http://x.example", Format: "text"}, "x\n", nil, func(t *testing.T, _ *lineSender, to *script, _ string, err error) {
		if err != nil || !to.types["text/plain; charset=utf-8 "] {
			t.Errorf("%v %v", err, to.types)
		}
	})
	sending(t, &ingestCommand{URL: "http://x y"}, "x\n", nil, func(t *testing.T, _ *lineSender, _ *script, _ string, err error) {
		if err == nil || !strings.Contains(err.Error(), "--url") {
			t.Errorf("%v, want one that names --url", err)
		}
	})
}

// TestRequestsAreBounded in lines and in bytes.
func TestRequestsAreBounded(t *testing.T) {
	t.Parallel()
	f := func(text string, want ...int) {
		t.Helper()
		sending(t, &ingestCommand{URL: "http://x.example"}, text, nil, func(t *testing.T, _ *lineSender, to *script, _ string, err error) {
			var got []int
			for _, r := range to.got {
				got = append(got, strings.Count(r.body, "\n"))
			}
			if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("requests of %v lines, want %v, %v", got, want, err)
			}
		})
	}
	f(strings.Repeat("a\n", batchLines), batchLines)
	f(strings.Repeat("a\n", 2*batchLines+1), batchLines, batchLines, 1)
	f(strings.Repeat(strings.Repeat("x", batchBytes/8-1)+"\n", 9), 8, 1)
}

// TestTooLongALine is told with its number; what stood before it was sent.
func TestTooLongALine(t *testing.T) {
	t.Parallel()
	sending(t, &ingestCommand{URL: "http://x.example"}, "one\n\n"+strings.Repeat("x", maxLine+1)+"\nafter\n", nil,
		func(t *testing.T, s *lineSender, to *script, _ string, err error) {
			if err == nil || !strings.Contains(err.Error(), "line 3: longer than 1048576 bytes") || s.accepted != 1 || to.got[0].body != "one\n" {
				t.Errorf("%v, %d accepted, %+v", err, s.accepted, len(to.got))
			}
		})
}

// TestRefusedLinesAreNamed by file and by their own number, with what the server
// said; what it said about lines that were never sent is passed over.
func TestRefusedLinesAreNamed(t *testing.T) {
	t.Parallel()
	body, err := json.Marshal(map[string]any{"accepted": 1, "rejected": 2, "errors": []map[string]any{
		{"index": 1, "error": "line 2: user: want text"}, {"index": 2, "error": "no such thing"}, {"index": 3, "error": "x"}, {"index": -1, "error": "y"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	sending(t, &ingestCommand{URL: "http://x.example"}, "one\n\n\ntwo\nthree\n", []answer{{status: 200, body: string(body)}},
		func(t *testing.T, s *lineSender, _ *script, said string, err error) {
			if err != nil || s.accepted != 1 || s.rejected != 2 || said != "-:4: user: want text\n-:5: no such thing\n" {
				t.Errorf("%v, %d and %d, said %q", err, s.accepted, s.rejected, said)
			}
		})
}

// TestBusyServer: the same lines come again when the server said to wait, and
// not before.
func TestBusyServer(t *testing.T) {
	t.Parallel()
	sending(t, &ingestCommand{URL: "http://x.example"}, "a\n", []answer{
		{status: 429, after: "7"}, {status: 503}, {status: 503, after: "soon"}, {status: 429, after: "-3"}, {status: 503, after: "86400"},
	}, func(t *testing.T, s *lineSender, to *script, _ string, err error) {
		var at []time.Duration
		for _, r := range to.got {
			at = append(at, r.at)
			if r.body != "a\n" {
				t.Errorf("sent again as %q", r.body)
			}
		}
		if err != nil || s.accepted != 1 || fmt.Sprint(at) != "[0s 7s 8s 9s 10s 40s]" {
			t.Errorf("%v, %d accepted, sent at %v", err, s.accepted, at)
		}
	})
	many := make([]answer, 2*maxTries)
	for i := range many {
		many[i] = answer{status: 503, body: `{"title":"Unavailable","detail":"the disk is full"}`}
	}
	sending(t, &ingestCommand{URL: "http://x.example"}, "a\n", many, func(t *testing.T, s *lineSender, to *script, _ string, err error) {
		if err == nil || !strings.Contains(err.Error(), "503 Service Unavailable: the disk is full") || len(to.got) != maxTries || s.accepted != 0 {
			t.Errorf("%v after %d tries", err, len(to.got))
		}
	})
}

// TestFailuresAreSaid and not tried again.
func TestFailuresAreSaid(t *testing.T) {
	t.Parallel()
	f := func(a answer, want string) {
		t.Helper()
		sending(t, &ingestCommand{URL: "http://x.example"}, "a\n", []answer{a}, func(t *testing.T, _ *lineSender, to *script, _ string, err error) {
			if err == nil || !strings.Contains(err.Error(), want) || len(to.got) != 1 {
				t.Errorf("%+v: %v after %d tries, want %q", a, err, len(to.got), want)
			}
		})
	}
	f(answer{status: 401, body: `{"title":"Unauthorized"}`}, "401 Unauthorized: Unauthorized")
	f(answer{status: 400, body: `{"title":"Bad","detail":"format: pigeon"}`}, "400 Bad Request: format: pigeon")
	f(answer{status: 502, body: "<html>"}, "502 Bad Gateway")
	f(answer{status: 413, body: `{}`}, "413 ")
	f(answer{status: 200, body: "<html>"}, "answer: ")
}

// TestWaitingEndsWithTheContext.
func TestWaitingEndsWithTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		to := &script{began: time.Now(), answers: []answer{{status: 429, after: "20"}}}
		s := &lineSender{command: &ingestCommand{URL: "http://x.example"}, env: &Env{Stdin: strings.NewReader("a\n")}, client: &http.Client{Transport: to}}
		if err := s.file(ctx, "-"); !errors.Is(err, context.DeadlineExceeded) || time.Since(to.began) != 3*time.Second || len(to.got) != 1 {
			t.Errorf("%v after %v", err, time.Since(to.began))
		}
	})
}
