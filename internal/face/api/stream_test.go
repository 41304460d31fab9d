// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/alert"
	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// watcher is an open stream.
type watcher struct {
	*bufio.Scanner
	t *testing.T
}

// open starts a stream and waits for its first line.
func (h *house) open(t *testing.T, srv *httptest.Server, url, token string) *watcher {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL+url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	res, err := srv.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("stream: %d %s", res.StatusCode, res.Header.Get("Content-Type"))
	}
	w := &watcher{bufio.NewScanner(res.Body), t}
	w.Buffer(nil, 1<<20)
	w.Scan() // the first comment: the server has taken the client in
	return w
}

// next returns the next event as `name data`; "" at the end of the stream.
func (w *watcher) next() string {
	var name string
	for w.Scan() {
		line := w.Text()
		if after, ok := strings.CutPrefix(line, "event: "); ok {
			name = after
		}
		if after, ok := strings.CutPrefix(line, "data: "); ok {
			return name + " " + after
		}
	}
	return ""
}

func (w *watcher) expect(parts ...string) {
	w.t.Helper()
	got := w.next()
	for _, part := range parts {
		if !strings.Contains(got, part) {
			w.t.Errorf("next event %.200q, want %q in it", got, part)
		}
	}
}

func serve(t *testing.T, h *house) *httptest.Server {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv
}

func TestStreamShowsChangesAndEndsWithTheSession(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	srv := serve(t, h)
	token := h.login(t)
	mine, other := h.open(t, srv, "/api/siem/stream", token), h.open(t, srv, "/api/siem/stream", h.tokens["read"])
	h.Publish(alert.Change{Anomalies: h.cases.anomalies, Alerts: h.cases.alerts[:1]})
	for _, w := range []*watcher{mine, other} {
		w.expect("anomaly {", `"id":"an1"`)
		w.expect("alert {", `"id":"al1"`, `"status":"active"`)
	}
	if w := h.do(t, call{method: "POST", url: "/api/siem/alerts/al1/resolve", token: token}); w.Code != 200 {
		t.Fatal(w.Body)
	}
	mine.expect("anomaly {")
	mine.expect("alert {", `"status":"resolved"`)
	h.do(t, call{method: "POST", url: "/api/auth/logout", token: token})
	mine.expect(`end {"reason":"revoked"}`)
	if got := mine.next(); got != "" {
		t.Errorf("after the end: %q", got)
	}
	other.expect("anomaly {")
	other.expect("alert {")
	id := decode[struct{ Items []struct{ ID, Scope string } }](t, h.do(t, call{method: "GET", url: "/api/siem/tokens", token: h.tokens["manage"]}))
	for _, item := range id.Items {
		if item.Scope == "read" {
			h.do(t, call{method: "DELETE", url: "/api/siem/tokens/" + item.ID, token: h.tokens["manage"]})
		}
	}
	other.expect(`end {"reason":"revoked"}`)
}

func TestStreamsEndAtShutdown(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	srv := serve(t, h)
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- h.Run(ctx) }()
	changes, logs := h.open(t, srv, "/api/siem/stream", h.tokens["read"]), h.open(t, srv, "/api/siem/search/stream", h.tokens["read"])
	cancel()
	if err := <-ran; err != nil {
		t.Errorf("Run = %v", err)
	}
	changes.expect(`end {"reason":"shutdown"}`)
	logs.expect(`end {"reason":"shutdown"}`)
	if w := h.do(t, call{method: "GET", url: "/api/siem/stream", token: h.tokens["read"]}); w.Code != 429 {
		t.Errorf("a stream after the shutdown: %d", w.Code)
	}
}

func TestSlowClientLosesMessagesAndIsTold(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	srv := serve(t, h)
	w := h.open(t, srv, "/api/siem/stream", h.tokens["read"])
	big := h.cases.alerts[0]
	big.Assignee = strings.Repeat("x", 20_000)
	const sent = 4000 // 80 MB: more than any socket holds
	for range sent {
		h.Publish(alert.Change{Alerts: []alert.Alert{big}})
	}
	h.Publish(alert.Change{Anomalies: h.cases.anomalies}) // lost too, or the last
	got, lost := 0, int64(0)
	for lost == 0 && got < sent {
		m := w.next()
		if _, err := fmt.Sscanf(m, `dropped {"count":%d}`, &lost); err != nil {
			lost = 0
			got++
		}
	}
	if lost == 0 {
		t.Fatalf("all %d messages came, none was counted as lost", got)
	}
}

func TestLiveTail(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	srv := serve(t, h)
	h.tail.append(event.Event{ID: idOf(50), Source: "authentication", Message: "before"})
	all := h.open(t, srv, "/api/siem/search/stream", h.tokens["read"])
	some := h.open(t, srv, "/api/siem/search/stream?level=high&q=door", h.tokens["read"])
	h.tail.append(
		event.Event{ID: idOf(51), Source: "authentication", Severity: event.High, Message: "window open"},
		event.Event{ID: idOf(52), Source: "authentication", Severity: event.High, Message: "the DOOR is open\n\ndata: {}\n"},
	)
	all.expect("log {", "window open", idOf(51).String())
	all.expect("log {", `the DOOR is open\n\ndata`)
	some.expect("log {", "the DOOR")
	// Far too many to show: the rest is counted.
	var many []event.Event
	for range 20_000 {
		many = append(many, event.Event{ID: idOf(53), Source: "load", Message: "load"})
	}
	h.tail.append(many...)
	var shown int64
	for all.Scan() {
		if strings.HasPrefix(all.Text(), "event: log") {
			shown++
		}
		if strings.HasPrefix(all.Text(), "event: dropped") {
			break
		}
		if shown >= 20_000 {
			t.Fatal("all 20,000 events of a burst were sent")
		}
		if shown == 150 { // one more lets the count be told once the second is over
			go func() {
				for range 40 {
					h.tail.append(event.Event{ID: idOf(54), Source: "load", Message: "after"})
					select {
					case <-t.Context().Done():
						return
					case <-tick(t):
					}
				}
			}()
		}
	}
}

func TestTooManyStreams(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	srv := serve(t, h)
	for range 16 {
		h.open(t, srv, "/api/siem/stream", h.tokens["read"])
	}
	w := h.do(t, call{method: "GET", url: "/api/siem/stream", token: h.tokens["read"]})
	mustBeProblem(t, w.Code, w.Header(), w.Body.String(), 429, "too_many_streams")
	h.open(t, srv, "/api/siem/stream", h.tokens["manage"])
}
