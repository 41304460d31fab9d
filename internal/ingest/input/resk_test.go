// SPDX-License-Identifier: Apache-2.0

package input

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

func TestReskForms(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, body string
		status     int
		accepted   int
		rejected   int
		detail     string
	}{
		{"as the client sends it", `{"source":"resk-llm-ts","events":[{"eventId":"a"},{"eventId":"b"}],"metadata":{"batchSize":2}}`, 200, 2, 0, ""},
		{"any source, any order", ` { "metadata" : [ 1 , { } ], "events" : [ {"eventId":"a"} ] , "source" : 7 } `, 200, 1, 0, ""},
		{"events alone", `{"events":[{}]}`, 200, 1, 0, ""},
		{"no events", `{"source":"x","events":[]}`, 200, 0, 0, ""},
		{"one wrong event", `{"events":[{"eventId":"a"},{"eventId":{}},7]}`, 200, 1, 2, ""},
		{"events that break off", `{"events":[{"eventId":"a"},{"ev`, 200, 1, 1, ""},
		{"events is an object", `{"events":{"eventId":"a"}}`, 400, 0, 0, "events: must be an array"},
		{"events is text", `{"events":"[]"}`, 400, 0, 0, "events: must be an array"},
		{"events is null", `{"events":null}`, 400, 0, 0, "events: must be an array"},
		{"events twice", `{"events":[],"events":[{}]}`, 400, 0, 0, "events: twice"},
		{"without events", `{"source":"x"}`, 400, 0, 0, "events: missing"},
		{"empty object", `{}`, 400, 0, 0, "events: missing"},
		{"array", `[{"eventId":"a"}]`, 400, 0, 0, "no JSON object"},
		{"nothing", ``, 400, 0, 0, "no JSON object"},
		{"broken key", `{"source:1}`, 400, 0, 0, "offset 1"},
		{"no value", `{"source":}`, 400, 0, 0, "offset 10"},
		{"no colon", `{"source"}`, 400, 0, 0, "offset 9"},
		{"no end", `{"source":1`, 400, 0, 0, "no end"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSink(t)
			got := post(t, serve(t, "resk", s.env("resk"))+"/api/security/events", []byte(c.body), "Content-Type: application/json")
			var a struct {
				Success          bool
				Processed        int
				Timestamp, Error string
				Detail           string
				Answer
			}
			if err := json.Unmarshal(got.body, &a); err != nil || got.status != c.status {
				t.Fatalf("%d %s %v", got.status, got.body, err)
			}
			if c.status != http.StatusOK {
				if !strings.Contains(a.Error, c.detail) || a.Error != a.Detail || got.header.Get("Content-Type") != "application/problem+json" {
					t.Errorf("%s, want %q", got.body, c.detail)
				}
				return
			}
			if _, err := time.Parse(time.RFC3339, a.Timestamp); err != nil || !a.Success || a.Processed != c.accepted ||
				a.Accepted != c.accepted || a.Rejected != c.rejected || len(s.all()) != c.accepted {
				t.Errorf("%s", got.body)
			}
		})
	}
}

// Every webhook request that was captured from the real client is sent byte for
// byte, but for its path: those with a key are accepted, the others are told
// 401, a retry does not double.
func TestReskCaptures(t *testing.T) {
	t.Parallel()
	const dir = "../../../../shared/reference/resk-captures"
	if _, err := os.Stat(dir); err != nil {
		t.Skip("needs ../shared/reference/resk-captures")
	}
	for _, c := range []struct {
		files  []string
		status int
		events int
	}{
		{[]string{"webhook-01", "webhook-02"}, http.StatusOK, 8},
		{[]string{"webhook-nokey-01", "webhook-nokey-02"}, http.StatusUnauthorized, 0},
		{[]string{"batch-01", "batch-02", "batch-03"}, http.StatusOK, 7},
		{[]string{"retry-01", "retry-02", "retry-03"}, http.StatusOK, 1},
		{[]string{"filter-e2e-01"}, http.StatusOK, 3},
	} {
		t.Run(c.files[0], func(t *testing.T) {
			t.Parallel()
			s := newSink(t)
			address := strings.TrimPrefix(serve(t, "resk", s.env("resk")), "http://")
			ids := map[string]bool{}
			for _, f := range c.files {
				raw, err := os.ReadFile(filepath.Join(dir, f+".http"))
				if err != nil {
					t.Fatal(err)
				}
				_, rest, _ := bytes.Cut(raw, []byte("\r\n"))
				raw = append([]byte("POST /api/security/events HTTP/1.1\r\n"), rest...)
				if got := exchange(t, address, raw); got != c.status {
					t.Errorf("%s: %d, want %d", f, got, c.status)
				}
			}
			for _, e := range s.all() {
				if e.OriginID == "" || ids[e.OriginID] || e.Marked(event.MarkOriginConflict) {
					t.Errorf("event %s is there twice or in conflict", e.OriginID)
				}
				ids[e.OriginID] = true
			}
			if len(ids) != c.events {
				t.Errorf("%d events, want %d", len(ids), c.events)
			}
		})
	}
}

// exchange sends the bytes of a request and returns the answer's status.
func exchange(t *testing.T, address string, request []byte) int {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write(request); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode
}

func FuzzReskEvents(f *testing.F) {
	f.Add([]byte(`{"source":"resk-llm-ts","events":[{"eventId":"a"}],"metadata":{}}`))
	f.Add([]byte(`{"a":"\"","events":[1,[2],"}"]}`))
	f.Add([]byte(`{"events":[{]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		items, broken, err := reskEvents(body)
		var object map[string]json.RawMessage
		if err != nil || broken != "" || json.Unmarshal(body, &object) != nil || bytes.Contains(body, []byte(`\u`)) {
			return
		}
		var want []json.RawMessage
		if err := json.Unmarshal(object["events"], &want); err != nil || len(want) != len(items) {
			t.Fatalf("%q: %d events, want %d (%v)", body, len(items), len(want), err)
		}
	})
}
