// SPDX-License-Identifier: Apache-2.0

package input

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/zlib"

	"github.com/tocsin-siem/tocsin/internal/ingest/pipeline"
)

func TestDatadogForms(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, path, body string
		header           []string
		status           int
		answer           string
		events           int
	}{
		{"array", "/api/v2/logs", `[{"message":"a"},{"message":"b"}]`, nil, 202, `{}`, 2},
		{"one", "/api/v2/logs", `{"message":"a"}`, nil, 202, `{}`, 1},
		{"lines", "/api/v2/logs", "{\"message\":\"a\"}\n{\"message\":\"b\"}\n", nil, 202, `{}`, 2},
		{"no logs", "/api/v2/logs", `[]`, nil, 202, `{}`, 0},
		{"version 1", "/v1/input", `[{"message":"a"}]`, nil, 200, `{}`, 1},
		{"key in the path", "/v1/input/good", `[{"message":"a"}]`, []string{"DD-API-KEY: "}, 200, `{}`, 1},
		{"text", "/v1/input", "a\nb\n", []string{"Content-Type: text/plain"}, 200, `{}`, 2},
		{"one wrong", "/api/v2/logs", `[{"message":"a"},{"message":}]`, nil, 202, `{"errors":[{"status":"400","title":"Bad Request","detail":"json: `, 1},
		{"all wrong", "/api/v2/logs", `[{"message":7}]`, nil, 400, `{"errors":[{"status":"400","title":"Bad Request","detail":"json: `, 0},
		{"breaks off", "/api/v2/logs", `[{"message":"a"},{"mes`, nil, 202, `{"errors":[{"status":"400","title":"Bad Request","detail":"offset 17`, 1},
		{"all wrong in version 1", "/v1/input", `[{"message":7}]`, nil, 400, `{"code":400,"message":"json: `, 0},
		{"garbage", "/v1/input", `hello`, nil, 400, `{"code":400,"message":"the body is no JSON`, 0},
		{"nothing", "/api/v2/logs", ``, nil, 400, `{"errors":[{"status":"400","title":"Bad Request","detail":"the body is empty"}]}`, 0},
		{"no key", "/api/v2/logs", `[]`, []string{"DD-API-KEY: ", "Authorization: "}, 401, `{"errors":[{"status":"401","title":"Unauthorized"`, 0},
		{"unknown key", "/api/v2/logs", `[]`, []string{"DD-API-KEY: nobody"}, 403, `{"errors":[{"status":"403","title":"Forbidden"`, 0},
		{"unknown key in the path", "/v1/input/nobody", `[]`, []string{"DD-API-KEY: ", "Authorization: "}, 403, `{"code":403,"message":"a valid token is required"}`, 0},
		{"reader's key", "/v1/input", `[]`, []string{"DD-API-KEY: reader"}, 403, `{"code":403,`, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSink(t)
			header := append([]string{"DD-API-KEY: good", "Content-Type: application/json"}, c.header...)
			got := post(t, serve(t, "datadog", s.env("datadog"))+c.path, []byte(c.body), header...)
			if got.status != c.status || !strings.HasPrefix(string(got.body), c.answer) {
				t.Errorf("%d %s, want %d %s", got.status, got.body, c.status, c.answer)
			}
			if n := len(s.all()); n != c.events {
				t.Errorf("%d events, want %d", n, c.events)
			}
		})
	}
}

// Agents of some age send deflate. A bomb of it is refused like those of the others.
func TestDatadogDeflate(t *testing.T) {
	t.Parallel()
	s := newSink(t)
	url := serve(t, "datadog", s.env("datadog")) + "/api/v2/logs"
	for _, c := range []struct {
		body   []byte
		status int
	}{
		{deflated(t, []byte(`[{"message":"a"}]`)), 202},
		{deflated(t, bytes.Repeat([]byte(" "), 200*FreeExpanded)), 413},
		{[]byte("no deflate"), 400},
		{deflated(t, []byte(`[{"message":"a"}]`))[:12], 400},
	} {
		if got := post(t, url, c.body, "DD-API-KEY: good", "Content-Encoding: deflate"); got.status != c.status {
			t.Errorf("%d bytes: %d %s, want %d", len(c.body), got.status, got.body, c.status)
		}
	}
	if m := s.messages(); len(m) != 1 || m[0] != "a" {
		t.Errorf("%q", m)
	}
}

func deflated(t testing.TB, body []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	if _, err := z.Write(body); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// What the query says stands around every log.
func TestDatadogQuery(t *testing.T) {
	t.Parallel()
	var got pipeline.Batch
	env := newSink(t).env("datadog")
	env.Ingest = func(_ context.Context, b pipeline.Batch) (pipeline.Result, error) {
		got = b
		return pipeline.Result{Accepted: len(b.Items)}, nil
	}
	post(t, serve(t, "datadog", env)+"/v1/input?hostname=h&ddtags=env:prod&ddsource=nginx&service=shop&dd=x", []byte("a"), "DD-API-KEY: good", "Content-Type: text/plain")
	if text := fmt.Sprint(got.Around.Host, " ", len(got.Around.Attrs), " ", got.Around.Attrs[0].Key, " ", got.Format); text != "h 3 ddsource auto" {
		t.Error(text)
	}
}

// A token in a path is in no line of the log, whatever goes wrong, and in no answer.
func TestTokenInPathIsNotTold(t *testing.T) {
	t.Parallel()
	const secret = "s3cret-in-the-path"
	for kind, path := range map[string]string{"datadog": "/v1/input/", "workspace": "/api/logs/"} {
		for name, refusal := range map[string]error{
			"fault":       context.DeadlineExceeded,
			"unavailable": &pipeline.RefusedError{Err: pipeline.ErrUnavailable, After: time.Second},
			"none":        nil,
		} {
			var log syncBuffer
			s := newSink(t)
			s.gate = func(context.Context) error { return refusal }
			env := s.env(kind)
			env.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			env.Authorize = func(_ context.Context, token string) (Sender, error) {
				if token != secret {
					return Sender{}, ErrUnauthorized
				}
				return Sender{ID: "token-1"}, nil
			}
			env.Ingest = func(ctx context.Context, b pipeline.Batch) (pipeline.Result, error) {
				if refusal != nil {
					return pipeline.Result{}, refusal
				}
				return s.pipe.Ingest(ctx, b)
			}
			url := serve(t, kind, env) + path + secret
			for _, body := range []string{`[{"message":"a"}]`, "", "\x00"} {
				got := post(t, url, []byte(body))
				if strings.Contains(string(got.body)+fmt.Sprint(got.header), secret) {
					t.Errorf("%s, %s: the answer tells the token: %s", kind, name, got.body)
				}
			}
			if refusal != nil && log.String() == "" {
				t.Errorf("%s, %s: the log says nothing", kind, name)
			}
			if strings.Contains(log.String(), secret) {
				t.Errorf("%s, %s: the log has the token: %s", kind, name, log.String())
			}
		}
	}
}

type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
