// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/face/api"
	"github.com/tocsin-siem/tocsin/internal/record/query"
)

func open(t *testing.T, url, token string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

// get reads an answer to its end, or to where it breaks off.
func get(t *testing.T, url, token string) (string, error) {
	t.Helper()
	resp := open(t, url, token)
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	return string(body), err
}

// endless gives one page at once, and then waits until nobody wants the next one.
type endless struct {
	*fakeLogs
	stopped chan error
}

func (l endless) Query(ctx context.Context, f query.Filter) (query.Page, error) {
	if f.Cursor == "" {
		return query.Page{Items: []event.Event{{ID: idOf(1), Message: strings.Repeat("x", 1000)}}, Next: "more"}, nil
	}
	<-ctx.Done()
	l.stopped <- ctx.Err()
	return query.Page{}, ctx.Err()
}

// Each page is there before the next one is asked for; a client that is gone ends it;
// and only so many run.
func TestExportsFlow(t *testing.T) {
	t.Parallel()
	logs := endless{newLogs(), make(chan error, 9)}
	recorded := make(chan event.Outcome, 9)
	h := newHouse(t, func(o *api.Options) {
		o.Logs = logs
		o.Audit = func(_ context.Context, e *event.Event) { recorded <- e.Outcome }
	})
	srv := httptest.NewServer(h)
	defer srv.Close()
	url, token := srv.URL+"/api/siem/export?format=ndjson", h.tokens["read"]
	line := make([]byte, 1000)
	var answers []*http.Response
	for range 2 {
		resp := open(t, url, token)
		if _, err := io.ReadFull(resp.Body, line); err != nil {
			t.Fatal(err)
		}
		answers = append(answers, resp)
	}
	third := open(t, url, token)
	body, _ := io.ReadAll(third.Body)
	_ = third.Body.Close()
	mustBeProblem(t, third.StatusCode, third.Header, string(body), 429, "too_many_exports")
	for _, resp := range answers {
		_ = resp.Body.Close()
		if err := <-logs.stopped; err == nil {
			t.Error("it went on without a client")
		}
	}
	for _, want := range []event.Outcome{event.Success, event.Success, event.Failure, event.Failure} { // the last two when their places are free
		if got := <-recorded; got != want {
			t.Errorf("recorded %v, want %v", got, want)
		}
	}
	again := open(t, url, token)
	_ = again.Body.Close()
	if again.StatusCode != http.StatusOK {
		t.Errorf("a place was not freed: %d", again.StatusCode)
	}
}

// A client that does not read loses its connection, and frees its place.
func TestExportsToSlowClientsEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, func(o *api.Options) { o.Logs = manyLogs(3000) })
		l := &pipes{conns: make(chan net.Conn, 1), closed: make(chan struct{})}
		srv := &http.Server{Handler: h, ReadHeaderTimeout: time.Second, ErrorLog: nil}
		go func() { _ = srv.Serve(l) }()
		client, server := net.Pipe()
		l.conns <- server
		if _, err := io.WriteString(client, "GET /api/siem/export HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "+h.tokens["read"]+"\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if h.categories() != "data_export data_export" || h.events[1].Outcome != event.Failure {
			t.Errorf("recorded %q", h.categories())
		}
		if took := time.Duration(h.events[1].Time - began.UnixNano()); took > 2*time.Minute {
			t.Errorf("it took %s to end", took)
		}
		_ = client.Close()
		_ = srv.Close()
	})
}

// A question about an export makes none.
func TestHeadOfAnExport(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	w := h.do(t, call{method: "HEAD", url: "/api/siem/export?format=csv", token: h.tokens["read"]})
	if w.Code != 200 || w.Header().Get("Content-Disposition") == "" || h.categories() != "" || len(h.logs.asked) != 0 {
		t.Errorf("%d %v, recorded %q", w.Code, w.Header(), h.categories())
	}
}
