// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/core/secret"
	"github.com/tocsin-siem/tocsin/internal/face/api"
	"github.com/tocsin-siem/tocsin/internal/face/auth"
	"github.com/tocsin-siem/tocsin/internal/face/auth/authtest"
)

const password = "correct horse battery"

// house is an API with everything behind it in memory.
type house struct {
	*api.API
	auth   *auth.Auth
	store  *authtest.Store
	logs   *fakeLogs
	cases  *fakeCases
	tail   *fakeTail
	orders *fakeOrders
	holds  *fakeHolds
	log    *bytes.Buffer // guarded by mu
	tokens map[string]string

	mu     sync.Mutex
	events []event.Event
	did    []auth.Activity
}

// Write makes the house the place where its log goes.
func (h *house) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.log.Write(p)
}

func (h *house) audit(_ context.Context, e *event.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events = append(h.events, *e)
}

func (h *house) activity(_ context.Context, a auth.Activity) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.did = append(h.did, a)
}

// categories lists what was recorded, activities first.
func (h *house) categories() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []string
	for _, a := range h.did {
		out = append(out, a.Category)
	}
	for _, e := range h.events {
		out = append(out, e.Category)
	}
	return strings.Join(out, " ")
}

func (h *house) forget() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.did, h.events = nil, nil
}

func web() fs.FS {
	return fstest.MapFS{
		"index.html":               {Data: []byte("<!doctype html><title>Tocsin</title>")},
		"favicon.svg":              {Data: []byte("<svg/>")},
		"assets/main-abc123.js":    {Data: []byte("plain script")},
		"assets/main-abc123.js.br": {Data: []byte("brotli")},
		"assets/main-abc123.js.gz": {Data: []byte("gzip")},
		".vite/manifest.json":      {Data: []byte("{}")},
	}
}

// admin is the user of every house; its password is hashed once.
func admin(t testing.TB) auth.User {
	t.Helper()
	u, err := makeAdmin()
	if err != nil {
		t.Fatal(err)
	}
	return u
}

var makeAdmin = sync.OnceValues(func() (auth.User, error) {
	store := &authtest.Store{}
	a, err := auth.New(auth.Options{
		Store: store, Key: []byte(strings.Repeat("k", 32)), Audit: func(context.Context, auth.Activity) {}, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return auth.User{}, err
	}
	if _, err := a.EnsureAdmin(context.Background(), secret.New(password)); err != nil {
		return auth.User{}, err
	}
	return store.UserByName(context.Background(), "admin")
})

func newHouse(t testing.TB, change func(*api.Options)) *house {
	t.Helper()
	h := &house{store: &authtest.Store{}, logs: newLogs(), cases: newCases(), tail: newTail(), orders: newOrders(), holds: &fakeHolds{}, log: &bytes.Buffer{}, tokens: map[string]string{}}
	logger := slog.New(slog.NewJSONHandler(h, nil))
	a, err := auth.New(auth.Options{Store: h.store, Key: []byte(strings.Repeat("k", 32)), Audit: h.activity, Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.store.CreateUser(t.Context(), admin(t)); err != nil {
		t.Fatal(err)
	}
	inflow := &fakeInflow{}
	for _, scope := range auth.Scopes() {
		token, plain, err := a.IssueToken(t.Context(), string(scope)+" token", scope, time.Time{}, "admin", auth.Peer{})
		if err != nil {
			t.Fatal(err)
		}
		h.tokens[string(scope)], inflow.token = plain.Reveal(), token.ID
	}
	h.auth = a
	opts := api.Options{
		Logs: h.logs, Hunts: &fakeHunts{logs: h.logs}, Saved: newSaved(), Cases: h.cases, Auth: a, Audit: h.audit, Logger: logger, Evidence: shared(t), Head: h.tail.head, Tail: h.tail.open,
		Verify: func(context.Context, time.Time, time.Time, func(float64)) (api.Verification, error) {
			return api.Verification{Status: api.VerificationStatusVALID, Total: 7, Verified: 7}, nil
		},
		Vitals: func(context.Context) (api.Vitals, error) {
			return api.Vitals{Ingest: api.IngestHealth{Rate: 1.5, Accepted: 9}}, nil
		},
		Erasures: h.orders, Holds: h.holds, Retain: h.holds.retain, Retention: h.holds.retention, Inflow: inflow,
		Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "tocsin_up 1\n") }),
		Inputs: []api.Input{{Method: http.MethodPost, Pattern: "/{index}/_bulk", Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, "index "+r.PathValue("index"))
		})}, {Method: http.MethodPost, Pattern: "/api/siem/events", Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"accepted":1}`)
		})}},
		Web: web(), Demo: true,
	}
	if change != nil {
		change(&opts)
	}
	if h.API, err = api.New(opts); err != nil {
		t.Fatal(err)
	}
	h.forget()
	return h
}

// call is one request; Body is JSON unless the header says otherwise.
type call struct {
	method, url, body string
	token             string
	header            map[string]string
}

func (h *house) do(t *testing.T, c call) *httptest.ResponseRecorder {
	t.Helper()
	var body io.Reader
	if c.body != "" {
		body = strings.NewReader(c.body)
	}
	r := httptest.NewRequestWithContext(t.Context(), c.method, c.url, body)
	if c.body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	r.Header.Set("User-Agent", "test/1")
	for k, v := range c.header {
		r.Header.Set(k, v)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func (h *house) login(t *testing.T) string {
	t.Helper()
	in, err := h.auth.Login(t.Context(), "admin", secret.New(password), auth.Peer{IP: "192.0.2.1"})
	if err != nil {
		t.Fatal(err)
	}
	h.forget()
	return in.Token
}

func decode[T any](t *testing.T, w *httptest.ResponseRecorder) (v T) {
	t.Helper()
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Fatalf("%v: %s", err, w.Body)
	}
	return v
}
