// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tocsin-siem/tocsin/internal/face/traffic"
)

// receiver is a server without a network: it counts what a demo sends.
type receiver struct {
	t      *testing.T
	status int
	lines  map[string]int // records by path
	calls  int
	last   time.Time
}

func (r *receiver) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	if req.Method != http.MethodPost || req.Header.Get("Authorization") != "Bearer key" {
		r.t.Errorf("%s %s with %q", req.Method, req.URL, req.Header.Get("Authorization"))
	}
	r.calls++
	r.last = time.Now()
	r.lines[req.URL.RequestURI()] += records(r.t, req.Header.Get("Content-Type"), body)
	return &http.Response{StatusCode: r.status, Status: http.StatusText(r.status), Body: io.NopCloser(strings.NewReader(`{"title":"no"}`)), Request: req}, nil
}

// records counts the records of a body, which must be well formed.
func records(t *testing.T, contentType string, body []byte) int {
	t.Helper()
	switch contentType {
	case "application/json":
		var batch struct {
			Source string
			Events []json.RawMessage
		}
		if err := json.Unmarshal(body, &batch); err != nil || batch.Source == "" || len(batch.Events) == 0 {
			t.Errorf("batch of %d: %v in %.200s", len(batch.Events), err, body)
		}
		return len(batch.Events)
	case "application/x-ndjson":
		lines := bytes.Split(body, []byte("\n"))
		for _, line := range lines {
			if !json.Valid(line) {
				t.Errorf("line %.200q is no JSON", line)
			}
		}
		return len(lines)
	default:
		if !bytes.HasSuffix(body, []byte("\n")) {
			t.Errorf("the last line is not ended: %.200q", body)
		}
		return bytes.Count(body, []byte("\n"))
	}
}

func count(records []traffic.Record, wire traffic.Wire) (n int) {
	for _, r := range records {
		if r.Wire == wire {
			n++
		}
	}
	return n
}

// TestDemoPlaysAllOfIt: each record once, to the input that it is meant for, in
// the time that it takes.
func TestDemoPlaysAllOfIt(t *testing.T) {
	t.Parallel()
	for mode, attacks := range map[DemoMode][]string{DemoQuiet: nil, DemoAttack: traffic.Attacks()} {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			var all []traffic.Record
			all = append(all, traffic.Generate(traffic.Options{Seed: demoSeed, Start: start.Add(-demoHistory), Length: demoHistory, Rate: demoRate})...)
			all = append(all, traffic.Generate(traffic.Options{Seed: demoSeed + 1, Start: start, Length: demoLive, Rate: demoRate, Delay: demoDelay, Attacks: attacks})...)
			var log bytes.Buffer
			r := &receiver{t: t, status: http.StatusOK, lines: map[string]int{}}
			d := &demo{mode: mode, url: "http://demo.example", token: "key", client: &http.Client{Transport: r}, logger: slog.New(slog.NewTextHandler(&log, nil))}
			d.Run(t.Context())
			for path, wire := range map[string]traffic.Wire{
				"/api/siem/events": traffic.JSON, "/api/security/events": traffic.Resk, "/api/siem/events?format=syslog": traffic.Syslog,
			} {
				if want := count(all, wire); r.lines[path] != want || want == 0 {
					t.Errorf("mode %d, %s: %d records, want %d", mode, path, r.lines[path], want)
				}
			}
			if took := r.last.Sub(start); took < demoLive/2 || took > demoLive+demoDelay+10*time.Minute {
				t.Errorf("mode %d: the last was sent after %v", mode, took)
			}
			if got := strings.TrimSpace(log.String()); strings.Count(got, "\n") != 0 || !strings.Contains(got, "demo traffic has ended") {
				t.Errorf("mode %d: log %q", mode, got)
			}
		})
	}
}

// TestDemoSendsInBatches of a bounded size.
func TestDemoSendsInBatches(t *testing.T) {
	t.Parallel()
	r := &receiver{t: t, status: http.StatusOK, lines: map[string]int{}}
	d := &demo{url: "http://demo.example", token: "key", client: &http.Client{Transport: r}, logger: slog.New(slog.DiscardHandler)}
	list := make([]traffic.Record, 2*demoBatch+1)
	for i := range list {
		list[i] = traffic.Record{Wire: traffic.JSON, Body: []byte("{}")}
	}
	d.send(t.Context(), list)
	d.send(t.Context(), nil)
	if r.calls != 3 || r.lines["/api/siem/events"] != len(list) {
		t.Errorf("%d records in %d requests, want %d in 3", r.lines["/api/siem/events"], r.calls, len(list))
	}
}

// TestDemoGoesOnWhenRefused: a refusal is told with what was said, and ends
// neither the demo nor, when the server stops, fills the log.
func TestDemoGoesOnWhenRefused(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	r := &receiver{t: t, status: http.StatusTooManyRequests, lines: map[string]int{}}
	d := &demo{url: "http://demo.example", token: "key", client: &http.Client{Transport: r}, logger: slog.New(slog.NewTextHandler(&log, nil))}
	list := []traffic.Record{{Wire: traffic.JSON, Body: []byte("{}")}, {Wire: traffic.Resk, Body: []byte("{}")}, {Wire: traffic.Syslog, Body: []byte("<34>x")}}
	d.send(t.Context(), list)
	if r.calls != 3 || !strings.Contains(log.String(), "429") && !strings.Contains(log.String(), "Too Many") || !strings.Contains(log.String(), "/api/security/events") {
		t.Errorf("%d calls, log %s", r.calls, &log)
	}
	if strings.Contains(log.String(), "key") {
		t.Errorf("the token is in the log: %s", &log)
	}
	log.Reset()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	d.send(over, list)
	if log.Len() != 0 {
		t.Errorf("the end of the server is logged: %s", &log)
	}
}

// TestDemoSpeaksSyslog over TCP where there is a listener.
func TestDemoSpeaksSyslog(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	got := make(chan string, 1)
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			got <- err.Error()
			return
		}
		b, _ := io.ReadAll(conn)
		got <- string(b)
		_ = conn.Close()
	}()
	d := &demo{syslog: listener.Addr().String(), logger: slog.New(slog.DiscardHandler)}
	if err := d.lines(t.Context(), [][]byte{[]byte("<34>one"), []byte("<34>two")}); err != nil {
		t.Fatal(err)
	}
	if text := <-got; text != "<34>one\n<34>two\n" {
		t.Errorf("came as %q", text)
	}
	if err := d.lines(t.Context(), nil); err != nil {
		t.Errorf("nothing to send: %v", err)
	}
	_ = listener.Close()
	var refused *net.OpError
	if err := d.lines(t.Context(), [][]byte{[]byte("x")}); !errors.As(err, &refused) {
		t.Errorf("nobody listens: %v", err)
	}
}
