// SPDX-License-Identifier: Apache-2.0

package input

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// serve starts an HTTP server with the routes of an input of that type.
func serve(t testing.TB, name string, env Env) string {
	t.Helper()
	mux := http.NewServeMux()
	for _, r := range open[Config](t, name, env, nil).Routes() {
		mux.Handle(r.Method+" "+r.Pattern, r.Handler)
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

type reply struct {
	status int
	header http.Header
	body   []byte
}

// post sends a body with header lines "Name: value".
func post(t testing.TB, url string, body []byte, header ...string) reply {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer good")
	for _, h := range header {
		k, v, _ := strings.Cut(h, ": ")
		req.Header.Set(k, v)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{res.StatusCode, res.Header, got}
}

func gzipped(t testing.TB, body []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(body); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zstded(t testing.TB, body []byte) []byte {
	t.Helper()
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return z.EncodeAll(body, nil)
}

func TestHTTPForms(t *testing.T) {
	t.Parallel()
	const jsonType, lines, text = "Content-Type: application/json", "Content-Type: application/x-ndjson", "Content-Type: text/plain; charset=utf-8"
	for _, c := range []struct {
		name, query, body string
		header            []string
		want              string // messages
		answer            string // beginning of the answer
	}{
		{"object", "", `{"message":"a"}`, []string{jsonType}, "a", `{"accepted":1,"duplicates":0,"rejected":0,"errors":[],"entries":[{"stream":"90d","first_seq":1,"last_seq":1}],"receipt":null}`},
		{"object over lines", "", "{\n\"message\":\n\"a\"}\n", []string{jsonType}, "a", `{"accepted":1`},
		{"array", "", `[{"message":"a"},{"message":"b"}]`, []string{jsonType}, "a b", `{"accepted":2`},
		{"empty array", "", `[]`, []string{jsonType}, "", `{"accepted":0,"duplicates":0,"rejected":0,"errors":[],"entries":[],"receipt":null}`},
		{"lines", "", "{\"message\":\"a\"}\n{\"message\":\"b\"}\n", []string{lines}, "a b", `{"accepted":2`},
		{"lines as application/json", "", "{\"message\":\"a\"}\n{\"message\":\"b\"}", []string{jsonType}, "a b", `{"accepted":2`},
		{"no content type", "", `[{"message":"a"}]`, nil, "a", `{"accepted":1`},
		{"what curl sends by itself", "", `{"message":"a"}`, []string{"Content-Type: application/x-www-form-urlencoded"}, "a", `{"accepted":1`},
		{"text", "?source=shop", "one\ntwo\r\n\n{\"message\":\"three\"}\n", []string{text}, "one three two", `{"accepted":3`},
		{"text as syslog", "?format=syslog", "{one", []string{text}, "{one", `{"accepted":1`},
		{"text that is no UTF-8", "", "caf\xe9\n", []string{text}, "caf\ufffd", `{"accepted":1`},
		{"one broken line", "", "{\"message\":\"a\"}\n{\"message\":}\n{\"message\":\"c\"}\n", []string{lines}, "a c", `{"accepted":2,"duplicates":0,"rejected":1,"errors":[{"index":1,"error":"line 2: json: `},
		{"one broken member", "", `[{"message":"a"},{"message":},{"message":"c"}]`, []string{jsonType}, "a c", `{"accepted":2,"duplicates":0,"rejected":1,"errors":[{"index":1,"error":"json: `},
		{"array that breaks off", "", `[{"message":"a"},{"mess`, []string{jsonType}, "a", `{"accepted":1,"duplicates":0,"rejected":1,"errors":[{"index":1,"error":"offset 17: the JSON breaks off`},
		{"wrong type of the only event", "", `{"message":7}`, []string{jsonType}, "", `{"accepted":0,"duplicates":0,"rejected":1,"errors":[{"index":0,"error":"json: `},
		{"duplicates", "", `[{"id":"x","message":"a"},{"id":"x","message":"a"}]`, []string{jsonType}, "a", `{"accepted":2,"duplicates":1,"rejected":0`},
	} {
		for _, encoding := range []string{"", "gzip", "zstd"} {
			t.Run(c.name+"/"+encoding, func(t *testing.T) {
				t.Parallel()
				s := newSink(t)
				body, header := []byte(c.body), c.header
				switch encoding {
				case "gzip":
					body, header = gzipped(t, body), append(slices.Clip(header), "Content-Encoding: gzip")
				case "zstd":
					body, header = zstded(t, body), append(slices.Clip(header), "Content-Encoding: zstd")
				}
				got := post(t, serve(t, "http", s.env("http"))+"/api/siem/events"+c.query, body, header...)
				if got.status != http.StatusOK || !strings.HasPrefix(string(got.body), c.answer) || got.header.Get("Content-Type") != "application/json" {
					t.Errorf("%d %s", got.status, got.body)
				}
				if diff := cmp.Diff(c.want, strings.Join(s.messages(), " ")); diff != "" {
					t.Error(diff)
				}
				for _, e := range s.all() {
					if e.Input != "http" || e.Sender != "token-1" || c.query == "?source=shop" && e.Source != "shop" {
						t.Errorf("%+v", e)
					}
				}
			})
		}
	}
}

func TestHTTPRefusals(t *testing.T) {
	t.Parallel()
	s := newSink(t)
	url := serve(t, "http", s.env("http")) + "/api/siem/events"
	for _, c := range []struct {
		name, query string
		body        []byte
		header      []string
		status      int
		detail      string
	}{
		{"empty", "", nil, nil, 400, "the body is empty"},
		{"blank lines", "", []byte("\n\n"), []string{"Content-Type: application/x-ndjson"}, 400, "the body is empty"},
		{"broken object", "", []byte(`{"message":`), []string{"Content-Type: application/json"}, 400, "nothing in the body could be read: json: "},
		{"broken array", "", []byte(`[{"mess`), []string{"Content-Type: application/json"}, 400, "offset 1: the JSON breaks off"},
		{"text as JSON", "", []byte(`hello`), []string{"Content-Type: application/json"}, 400, "no JSON object"},
		{"text as lines of JSON", "", []byte("hello\nworld\n"), []string{"Content-Type: application/x-ndjson"}, 400, "line 1: json: "},
		{"unknown format", "?format=morse", []byte(`{}`), []string{"Content-Type: application/json"}, 400, "format: unknown format"},
		{"media type", "", []byte(`<event/>`), []string{"Content-Type: application/xml"}, 415, "application/xml"},
		{"garbled media type", "", []byte(`{}`), []string{"Content-Type: ;;;"}, 415, ";;;"},
		{"text without a type", "", []byte(`hello`), nil, 415, "use application/json"},
		{"encoding", "", []byte(`{}`), []string{"Content-Encoding: br"}, 415, "gzip, deflate, zstd"},
		{"no gzip", "", []byte(`{}`), []string{"Content-Encoding: gzip"}, 400, "cannot be read"},
		{"gzip that breaks off", "", gzipped(t, []byte(`{"message":"aaa"}`))[:20], []string{"Content-Encoding: gzip"}, 400, "cannot be read"},
		{"no zstd", "", []byte(`{}`), []string{"Content-Encoding: zstd"}, 400, "cannot be read"},
		{"more than 10 MiB", "", make([]byte, MaxBody+1), nil, 413, "10485761 bytes, at most 10485760"},
		{"too many records", "", []byte("[" + strings.Repeat("1,", 500_000) + "1]"), nil, 413, "more than 500000 records"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := post(t, url+c.query, c.body, c.header...)
			var p struct {
				Type, Title, Detail string
				Status              int
			}
			if err := json.Unmarshal(got.body, &p); err != nil {
				t.Fatalf("%s: %v", got.body, err)
			}
			if got.status != c.status || p.Status != c.status || p.Type != "about:blank" || p.Title != http.StatusText(c.status) ||
				!strings.Contains(p.Detail, c.detail) || got.header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("%d %s, want %d with %q", got.status, got.body, c.status, c.detail)
			}
		})
	}
	t.Cleanup(func() {
		if n := len(s.all()); n > 0 {
			t.Errorf("%d events recorded", n)
		}
	})
}

func TestHTTPSaysWhenToComeBack(t *testing.T) {
	t.Parallel()
	s := newSink(t)
	s.gate = func(context.Context) error { return errors.New("no space left on /var/lib/tocsin") }
	url := serve(t, "http", s.env("http")) + "/api/siem/events"
	got := post(t, url, []byte(`{"message":"a"}`))
	if got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") != "5" || bytes.Contains(got.body, []byte("/var/lib")) {
		t.Errorf("%d %v %s", got.status, got.header, got.body)
	}
	env := newSink(t).env("http")
	env.Bodies = NewBodies(10)
	got = post(t, serve(t, "http", env)+"/api/siem/events", []byte(`{"message":"a"}`))
	if got.status != http.StatusTooManyRequests || got.header.Get("Retry-After") != "1" {
		t.Errorf("%d %v %s", got.status, got.header, got.body)
	}
}

// The table of bad events, each between two good ones.
func TestHTTPOneBadEventDoesNotSpoilTheRest(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000)
	for _, c := range []struct {
		name, item, err, mark string
	}{
		{"broken JSON", `{"message":}`, "invalid character", ""},
		{"wrong type", `{"message":["a"]}`, "cannot unmarshal", ""},
		{"not an object", `"a"`, "cannot unmarshal", ""},
		{"100 KB field", `{"message":"` + strings.Repeat("m", 100_000) + `"}`, "", event.MarkTruncated},
		{"300 KB event", `{"message":"` + strings.Repeat("m", 300_000) + `"}`, "at most 262144 are allowed", ""},
		{"deep nesting", deep, "at most 262144 are allowed", ""},
		{"less deep nesting", `{"x":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + "}", "exceeded max depth", ""},
		{"future", `{"message":"b","timestamp":"2199-01-01T00:00:00Z"}`, "", event.MarkFuture},
		{"ancient", `{"message":"b","timestamp":"1999-01-01T00:00:00Z"}`, "", event.MarkAncient},
		{"before all time", `{"timestamp":"1900-01-01T00:00:00Z"}`, "time: before 1970", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSink(t)
			got := post(t, serve(t, "http", s.env("http"))+"/api/siem/events", []byte(`[{"message":"first"},`+c.item+`,{"message":"last"}]`))
			var a Answer
			if err := json.Unmarshal(got.body, &a); err != nil || got.status != http.StatusOK {
				t.Fatalf("%d %s %v", got.status, got.body, err)
			}
			if c.err == "" {
				if a.Accepted != 3 || !s.all()[1].Marked(c.mark) {
					t.Errorf("%s, marks %+v", got.body, s.all()[1].Marks)
				}
				return
			}
			if a.Accepted != 2 || a.Rejected != 1 || a.Errors[0].Index != 1 || !strings.Contains(a.Errors[0].Err, c.err) {
				t.Errorf("%s", got.body)
			}
			if diff := cmp.Diff([]string{"first", "last"}, s.messages()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func BenchmarkHTTP(b *testing.B) {
	const size = 100
	item := `{"id":"","message":"` + strings.Repeat("m", 600) + `"}`
	body := []byte("[" + strings.Repeat(item+",", size-1) + item + "]")
	env := newSink(b).env("http")
	h := open[*HTTP](b, "http", env, nil).Routes()[0].Handler
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		req := httptest.NewRequest(http.MethodPost, "/api/siem/events", bytes.NewReader(body))
		req.Header.Set("Authorization", "Bearer good")
		req.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, req); w.Code != http.StatusOK {
			b.Fatal(w.Body)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*size), "ns/event")
}
