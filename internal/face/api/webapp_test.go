// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/tocsin-siem/tocsin/internal/face/api"
)

// tick is a channel that is ready a little later.
func tick(t *testing.T) <-chan time.Time {
	t.Helper()
	return time.After(50 * time.Millisecond)
}

func TestWebApp(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	const page, script = "<title>Tocsin</title>", "plain script"
	for _, c := range []struct {
		url, accept           string
		status                int
		has, encoding, caches string
	}{
		{"/", "", 200, page, "", "no-cache"},
		{"/index.html", "", 200, page, "", "no-cache"},
		{"/alerts/al1?tab=events", "", 200, page, "", "no-cache"},
		{"/security/intelligence", "", 200, page, "", "no-cache"},
		{"/favicon.svg", "", 200, "<svg/>", "", "no-cache"},
		{"/assets/main-abc123.js", "", 200, script, "", "immutable"},
		{"/assets/main-abc123.js", "gzip, br", 200, "brotli", "br", "immutable"},
		{"/assets/main-abc123.js", "gzip;q=0.5, br;q=0", 200, "gzip", "gzip", "immutable"},
		{"/assets/main-abc123.js", "deflate", 200, script, "", "immutable"},
		{"/assets/none.js", "", 404, "", "", ""},
		{"/none.png", "", 404, "", "", ""},
		{"/.vite/manifest.json", "", 404, "", "", ""},
		{"/assets/..%2f..%2fapi_test.go", "", 404, "", "", ""},
		{"/api", "", 404, "not_found", "", "no-store"},
		{"/services/collector/health", "", 404, "not_found", "", "no-store"},
	} {
		w := h.do(t, call{method: "GET", url: c.url, header: map[string]string{"Accept-Encoding": c.accept}})
		got := w.Header()
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.has) || got.Get("Content-Encoding") != c.encoding ||
			!strings.Contains(got.Get("Cache-Control"), c.caches) {
			t.Errorf("%s (%s): %d %q %s", c.url, c.accept, w.Code, got, w.Body)
		}
		if etag := got.Get("ETag"); c.status == 200 {
			again := h.do(t, call{method: "GET", url: c.url, header: map[string]string{"Accept-Encoding": c.accept, "If-None-Match": etag}})
			if again.Code != 304 {
				t.Errorf("%s again with %s: %d, want 304", c.url, etag, again.Code)
			}
		}
	}
	if w := h.do(t, call{method: "HEAD", url: "/"}); w.Code != 200 || w.Body.Len() != 0 {
		t.Errorf("HEAD /: %d with %d bytes", w.Code, w.Body.Len())
	}
}

func TestWithoutWebApp(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(o *api.Options) { o.Web = nil })
	if w := h.do(t, call{method: "GET", url: "/"}); w.Code != 200 || !strings.Contains(w.Body.String(), "without its web app") {
		t.Errorf("GET /: %d %s", w.Code, w.Body)
	}
}

// An input that takes some requests of a route leaves the others to the web app, and
// is no method of the route for them.
func TestInputTakesOnlyItsRequests(t *testing.T) {
	t.Parallel()
	marked := func(r *http.Request) bool { return r.Header.Get("Authorization") != "" }
	answer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte("input at " + r.Pattern)) })
	h := newHouse(t, func(o *api.Options) {
		o.Inputs = []api.Input{
			{Method: "GET", Pattern: "/{$}", Handler: answer, Only: marked},
			{Method: "PUT", Pattern: "/{index}/{name}", Handler: answer, Only: func(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/_") }},
		}
	})
	for _, c := range []struct {
		method, url, token string
		status             int
		body               string
	}{
		{"GET", "/", "x", 200, "input at GET /{$}"},
		{"GET", "/", "", 200, "<!doctype html>"},
		{"GET", "/alerts", "x", 200, "<!doctype html>"},
		{"PUT", "/_template/a", "", 200, "input at PUT /{index}/{name}"},
		{"POST", "/_template/a", "", 405, "this route takes PUT"},
		{"PUT", "/a/b", "", 404, "not_found"},
		{"POST", "/a/b", "", 404, "not_found"},
	} {
		w := h.do(t, call{method: c.method, url: c.url, token: c.token})
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.body) {
			t.Errorf("%s %s: %d %s, want %d %s", c.method, c.url, w.Code, w.Body, c.status, c.body)
		}
		if page := strings.HasPrefix(c.body, "<!"); page && w.Header().Get("Content-Security-Policy") == "" {
			t.Errorf("%s: a page without its policy", c.url)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	full := api.Options{}
	newHouse(t, func(o *api.Options) { full = *o })
	for name, change := range map[string]func(*api.Options){
		"no logs":       func(o *api.Options) { o.Logs = nil },
		"no audit":      func(o *api.Options) { o.Audit = nil },
		"two handlers":  func(o *api.Options) { o.Inputs = append(o.Inputs, o.Inputs[0]) },
		"taken route":   func(o *api.Options) { o.Inputs = []api.Input{{Method: "GET", Pattern: "/api/siem/logs", Handler: h}} },
		"no index.html": func(o *api.Options) { o.Web = fstest.MapFS{"x.js": {Data: []byte("x")}} },
	} {
		o := full
		change(&o)
		if _, err := api.New(o); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
