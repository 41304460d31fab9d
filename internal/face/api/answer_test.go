// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/face/api"
	"github.com/tocsin-siem/tocsin/internal/record/query"
)

// TestNothingIsLeftOut: an API without one of its parts is not made.
func TestNothingIsLeftOut(t *testing.T) {
	t.Parallel()
	var whole api.Options
	newHouse(t, func(o *api.Options) { whole = *o })
	for name, leave := range map[string]func(*api.Options){
		"logs": func(o *api.Options) { o.Logs = nil }, "cases": func(o *api.Options) { o.Cases = nil }, "auth": func(o *api.Options) { o.Auth = nil },
		"audit": func(o *api.Options) { o.Audit = nil }, "verify": func(o *api.Options) { o.Verify = nil }, "head": func(o *api.Options) { o.Head = nil },
		"tail": func(o *api.Options) { o.Tail = nil }, "vitals": func(o *api.Options) { o.Vitals = nil }, "logger": func(o *api.Options) { o.Logger = nil },
		"hunts": func(o *api.Options) { o.Hunts = nil },
	} {
		o := whole
		leave(&o)
		if _, err := api.New(o); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("without %s: %v", name, err)
		}
	}
}

// TestFiltersReachTheStore as they were asked for; what is not asked for does not
// restrict.
func TestFiltersReachTheStore(t *testing.T) {
	t.Parallel()
	f := func(url, want string) {
		t.Helper()
		h := newHouse(t, nil)
		if w := h.do(t, call{method: "GET", url: url, token: h.tokens["read"]}); w.Code != http.StatusOK {
			t.Errorf("%s: %d %s", url, w.Code, w.Body)
		}
		if got := strings.Join(h.cases.filters, " "); got != want {
			t.Errorf("%s:\n got %s\nwant %s", url, got, want)
		}
	}
	const page = "Window:{Limit:100 Cursor: Offset:0}}"
	f("/api/siem/anomalies", "{IDs:[] Types:[] Severities:[] Statuses:[] Entity: "+page)
	f("/api/siem/anomalies?type=brute_force_attack&status=resolved&severity=high", "{IDs:[] Types:[brute_force_attack] Severities:[high] Statuses:[resolved] Entity: "+page)
	f("/api/siem/anomalies?limit=1000&offset=7", "{IDs:[] Types:[] Severities:[] Statuses:[] Entity: Window:{Limit:1000 Cursor: Offset:7}}")
	f("/api/siem/anomalies?limit=1&cursor=n1", "{IDs:[] Types:[] Severities:[] Statuses:[] Entity: Window:{Limit:1 Cursor:n1 Offset:0}}")
	f("/api/siem/alerts", "{Rules:[] Severities:[] Statuses:[active acknowledged] Entity: "+page)
	f("/api/siem/alerts?status=resolved&rule=RULE-BRUTE-FORCE&severity=critical", "{Rules:[RULE-BRUTE-FORCE] Severities:[critical] Statuses:[resolved] Entity: "+page)
}

// paged answers with a page of its own.
type paged struct {
	*fakeLogs
	page query.Page
}

func (p paged) Query(context.Context, query.Filter) (query.Page, error) { return p.page, nil }

// TestPageOfLogs: the next cursor and a total that is not known, and events that
// bring along what a browser would act on.
func TestPageOfLogs(t *testing.T) {
	t.Parallel()
	evil := event.Event{ID: idOf(9), Source: "s", Message: "</script><img src=x onerror=alert(1)>\u202e\x00", User: "\u2028", Attrs: []event.Attr{{Key: `"><b>`, Value: event.Number("NaN")}}}
	for _, fields := range []string{"", "&fields=b"} {
		h := newHouse(t, func(o *api.Options) {
			o.Logs = paged{newLogs(), query.Page{Items: []event.Event{evil, evil}, Next: "abc-_1", Incomplete: 3}}
		})
		w := h.do(t, call{method: "GET", url: "/api/siem/logs?limit=2" + fields, token: h.tokens["read"]})
		var got struct {
			Items []json.RawMessage
			Next  *string
			Total *int64
		}
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusOK {
			t.Fatalf("%s: %d %v %s", fields, w.Code, err, w.Body)
		}
		if len(got.Items) != 2 || got.Next == nil || *got.Next != "abc-_1" || got.Total != nil || !strings.Contains(w.Body.String(), `"total":null`) {
			t.Errorf("%s: %s", fields, w.Body)
		}
		if w.Header().Get("Content-Type") != "application/json" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", fields, w.Header())
		}
		if strings.ContainsAny(w.Body.String(), "<>\u202e\u2028\x00") {
			t.Errorf("%s: something that a page would act on: %s", fields, w.Body)
		}
	}
}

// TestFlatRow: each field of the form b, for an event that has all of them and
// one that has them empty or null.
func TestFlatRow(t *testing.T) {
	t.Parallel()
	full := event.Event{
		ID: idOf(7), OriginID: "o-1", Time: 1_790_000_000e9, Received: 1_790_000_001e9, Source: "s", Category: "c", Severity: event.High, Message: "m",
		User: "ana", IP: "192.0.2.7", UserAgent: "curl/8", Attrs: []event.Attr{{Key: "a", Value: event.List(event.Int(1), event.Null())}},
	}
	bare := event.Event{ID: idOf(8), Source: "s"}
	bare.SetCore(event.FieldUser, "")
	bare.SetNull(event.FieldIP)
	bare.SetNull(event.FieldMessage)
	h := newHouse(t, func(o *api.Options) { o.Logs = paged{newLogs(), query.Page{Items: []event.Event{full, bare}}} })
	w := h.do(t, call{method: "GET", url: "/api/siem/logs?fields=b", token: h.tokens["read"]})
	want := `{"items":[{"log_id":"o-1","source":"s","level":"high","category":"c","message":"m","metadata":{"a":[1,null]},"user_id":"ana",` +
		`"ip_address":"192.0.2.7","user_agent":"curl/8","signature":null,"timestamp":"2026-09-21T14:13:20Z","created_at":"2026-09-21T14:13:21Z"},` +
		`{"log_id":"` + idOf(8).String() + `","source":"s","level":"info","category":"","message":"","metadata":{},"user_id":null,` +
		`"ip_address":null,"user_agent":null,"signature":null,"timestamp":"1970-01-01T00:00:00Z","created_at":"1970-01-01T00:00:00Z"}],"next":null,"total":null}` + "\n"
	if w.Body.String() != want {
		t.Errorf("got  %s\nwant %s", w.Body, want)
	}
}

// TestReadyAsks the server, and says when to come again.
func TestReadyAsks(t *testing.T) {
	t.Parallel()
	trouble := "the disk is full"
	for status, want := range map[api.HealthStatus]int{api.HealthStatusOk: 200, api.HealthStatusUnavailable: 503} {
		h := newHouse(t, func(o *api.Options) {
			o.Ready = func(context.Context) api.Health {
				return api.Health{Status: status, Components: []api.Component{{Name: "journal", Ok: status == api.HealthStatusOk, Detail: &trouble}}}
			}
		})
		w := h.do(t, call{method: "GET", url: "/readyz"})
		if w.Code != want || !strings.Contains(w.Body.String(), trouble) || (w.Header().Get("Retry-After") == "1") != (want == 503) {
			t.Errorf("%s: %d %v %s", status, w.Code, w.Header(), w.Body)
		}
		if w := h.do(t, call{method: "GET", url: "/healthz"}); w.Code != 200 {
			t.Errorf("alive although not ready: %d", w.Code)
		}
	}
	h := newHouse(t, nil)
	if w := h.do(t, call{method: "GET", url: "/readyz"}); w.Code != 200 || !strings.Contains(w.Body.String(), `"components":[]`) {
		t.Errorf("nobody to ask: %d %s", w.Code, w.Body)
	}
}

// TestOnlyBearer: other schemes are nobody's, however right their token is.
func TestOnlyBearer(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	for scheme, want := range map[string]int{"Bearer": 200, "bearer": 200, "Basic": 401, "Token": 401, "": 401} {
		w := h.do(t, call{method: "GET", url: "/api/siem/alerts", header: map[string]string{"Authorization": scheme + " " + h.tokens["read"]}})
		if w.Code != want {
			t.Errorf("%q: %d, want %d", scheme, w.Code, want)
		}
	}
}
