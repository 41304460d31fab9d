// SPDX-License-Identifier: Apache-2.0

package input

import (
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

// protocol is how the senders of an HTTP input give their token, and how it speaks to
// them: the contract of every member is the same, its words are not.
type protocol struct {
	present func(r *http.Request, token string)
	// stranger, reader, throttled and fault are the statuses for an unknown token, one
	// that may not write, one that is too quick, and an error of ours.
	stranger, reader, throttled, fault int
	// form tells whether an answer has the form of the protocol's refusals.
	form func(body []byte) bool
	// anything tells the routes that take any body.
	anything func(pattern string) bool
}

func manners(name string) protocol {
	p := protocol{
		present:  func(r *http.Request, token string) { r.Header.Set("Authorization", "Bearer "+token) },
		stranger: http.StatusUnauthorized, reader: http.StatusForbidden, throttled: http.StatusTooManyRequests, fault: http.StatusInternalServerError,
		form: has("title", "status", "detail"), anything: func(string) bool { return false },
	}
	switch name {
	case "hec":
		p.present = func(r *http.Request, token string) { r.Header.Set("Authorization", "Splunk "+token) }
		p.stranger, p.throttled = http.StatusForbidden, http.StatusServiceUnavailable
		p.form, p.anything = has("text", "code"), func(pattern string) bool { return strings.Contains(pattern, "/raw") }
	case "datadog":
		p.present = func(r *http.Request, token string) { r.Header.Set("DD-API-KEY", token) }
		p.stranger = http.StatusForbidden
		p.form = func(body []byte) bool { return has("errors")(body) || has("code", "message")(body) }
	case "workspace":
		p.present = func(*http.Request, string) {} // it is in the path
		p.form = has("Error", "Message")
	case "otlp":
		p.form = has("code", "message")
	case "bulk":
		p.present = func(r *http.Request, token string) { r.Header.Set("Authorization", "ApiKey "+token) }
		p.form, p.anything = has("error", "status"), func(pattern string) bool { return !strings.Contains(pattern, "_bulk") }
	}
	return p
}

// has makes a form of the members that an answer must have.
func has(members ...string) func([]byte) bool {
	return func(body []byte) bool {
		var answer map[string]any
		if json.Unmarshal(body, &answer) != nil {
			return false
		}
		for _, m := range members {
			if answer[m] == nil {
				return false
			}
		}
		return true
	}
}

// check: nothing without a token that may write, nothing of the body before it; a body
// that is too large or garbage is refused in the protocol's own form.
func (p protocol) check(t *testing.T, in Input, route Route) {
	t.Helper()
	if route.Method == "" || !strings.HasPrefix(route.Pattern, "/") {
		t.Errorf("route %s %s", route.Method, route.Pattern)
	}
	mux := http.NewServeMux()
	mux.Handle(route.Method+" "+route.Pattern, route.Handler)
	placeOfToken, nobody := regexp.MustCompile(`\{(key|token)\}`), http.StatusUnauthorized
	if placeOfToken.MatchString(route.Pattern) {
		nobody = p.stranger // there is always something in the place
	}
	ask := func(token string, body io.Reader, change func(*http.Request)) *httptest.ResponseRecorder {
		path := placeOfToken.ReplaceAllString(route.Pattern, cmp.Or(token, "nobody"))
		url := strings.ReplaceAll(regexp.MustCompile(`\{[a-z]+(\.\.\.)?\}`).ReplaceAllString(path, "some"), "{$}", "")
		r := httptest.NewRequestWithContext(t.Context(), route.Method, url, body)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Splunk-Request-Channel", "00000000-0000-0000-0000-000000000000")
		if token != "" && path == route.Pattern {
			p.present(r, token)
		}
		if change != nil {
			change(r)
		}
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		return w
	}
	if route.Open {
		if w := ask("", nil, nil); w.Code != http.StatusOK {
			t.Errorf("%s: %d", route.Pattern, w.Code)
		}
		return
	}
	before := in.Stats().Received
	for token, want := range map[string]int{
		"": nobody, "bad": p.stranger, "reader": p.reader, "broken": p.fault, "eager": p.throttled,
	} {
		body := &countingReader{}
		w := ask(token, body, nil)
		if w.Code != want || body.reads > 0 || !p.form(w.Body.Bytes()) {
			t.Errorf("%s with %q: %d after %d reads, want %d and none: %s", route.Pattern, token, w.Code, body.reads, want, w.Body)
		}
		if strings.Contains(w.Body.String(), "locked") || token != "" && strings.Contains(w.Body.String(), token) {
			t.Errorf("%s with %q: an inner error or the token is told: %s", route.Pattern, token, w.Body)
		}
		if token == "eager" && w.Header().Get("Retry-After") != "2" {
			t.Errorf("%s: Retry-After %q", route.Pattern, w.Header().Get("Retry-After"))
		}
		if w.Code == http.StatusUnauthorized && w.Header().Get("WWW-Authenticate") == "" {
			t.Errorf("%s with %q: 401 without a challenge", route.Pattern, token)
		}
	}
	if route.Method == http.MethodGet {
		return
	}
	body := &countingReader{}
	w := ask("good", body, func(r *http.Request) { r.ContentLength = MaxBody + 1 })
	if w.Code != http.StatusRequestEntityTooLarge || body.reads > 0 || !p.form(w.Body.Bytes()) {
		t.Errorf("%s: a body over the limit: %d after %d reads: %s", route.Pattern, w.Code, body.reads, w.Body)
	}
	if w = ask("good", strings.NewReader("\x00garbage"), nil); !p.anything(route.Pattern) && (w.Code != http.StatusBadRequest || !p.form(w.Body.Bytes())) {
		t.Errorf("%s: garbage: %d %s", route.Pattern, w.Code, w.Body)
	}
	if w = ask("good", strings.NewReader(""), nil); (!p.anything(route.Pattern) || strings.Contains(route.Pattern, "/raw")) && (w.Code != http.StatusBadRequest || !p.form(w.Body.Bytes())) {
		t.Errorf("%s: nothing: %d %s", route.Pattern, w.Code, w.Body)
	}
	if got := in.Stats().Received - before; got > 1 {
		t.Errorf("%s: received %d of nothing", route.Pattern, got)
	}
}

type countingReader struct{ reads int }

func (r *countingReader) Read(p []byte) (int, error) {
	r.reads++
	return copy(p, "{}"), nil
}
