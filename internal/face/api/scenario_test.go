// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// endpoint is one operation and what a caller with the permission gets of it.
type endpoint struct {
	method, url, body string
	needs             string // session, read, manage
	status            int
	has, hasNot       []string
	records           string // categories of the events that it leaves
}

func endpoints() []endpoint {
	one := idOf(1).String()
	return []endpoint{
		{"GET", "/api/auth/me", "", "session", 200, []string{`"demo":true`, `"role":"token"`}, []string{"tocsin_", "hash"}, ""},
		{"POST", "/api/auth/logout", "", "session", 204, nil, nil, ""},
		{"GET", "/api/siem/logs", "", "read", 200, []string{`"items":[{"id":"`, `"total":5`, `"next":null`, `"stream":"366d"`, `"attrs":{"attempt":1}`}, nil, ""},
		{"GET", "/api/siem/logs?user_id=nobody", "", "read", 200, []string{`"items":[]`, `"total":0`}, nil, "data_access"},
		{"GET", "/api/siem/logs?level=low,high&limit=1&ip_address=192.0.2.0/24", "", "read", 200, []string{`"total":5`}, nil, "data_access"},
		{"GET", "/api/siem/logs?fields=b&limit=1", "", "read", 200, []string{`"log_id":`, `"metadata":{"attempt":0}`, `"level":"low"`, `"signature":null`}, []string{`"severity"`}, ""},
		{"GET", "/api/siem/logs/" + one, "", "read", 200, []string{one, `"user":"ana"`}, nil, ""},
		{"GET", "/api/siem/logs/" + idOf(99).String(), "", "read", 404, []string{`"code":"not_found"`}, nil, ""},
		{"POST", "/api/siem/logs/verify", "", "read", 200, []string{`"status":"VALID"`, `"entries":[]`, `"total":7`, `"macs":"`, `"erased":0`, `"completeness":{`}, nil, "journal_verified"},
		{"GET", "/api/siem/logs/verify/none", "", "read", 404, []string{`"code":"not_found"`}, nil, ""},
		{"POST", "/api/siem/logs/verify", `{"from":"2026-11-01T00:00:00Z"}`, "read", 200, []string{`"verified":7`}, nil, "journal_verified"},
		{"GET", "/api/siem/logs/" + one + "/proof", "", "read", 200, []string{`{"record":{"id":"` + one, `"path":["`, `"header":{"index":`, `"checkpoint":"test.example/`, `"bundle":"{`}, nil, "data_access"},
		{"GET", "/api/siem/logs/" + idOf(99).String() + "/proof", "", "read", 404, []string{`"code":"not_found"`}, nil, ""},
		{"GET", "/api/siem/logs/" + one + "/other", "", "read", 404, []string{`"code":"not_found"`}, nil, ""},
		{"GET", "/api/siem/journal/checkpoint", "", "read", 200, []string{"test.example/", "\n\n— test.example/"}, nil, ""},
		{"GET", "/api/siem/journal/keys", "", "read", 200, []string{`"origin":"test.example/`, `"purpose":"checkpoint"`, `"state":"current"`, `"until":null`, `"statements":[]`}, nil, ""},
		{"GET", "/api/siem/journal/tile/entries/000.p/1", "", "read", 200, []string{"TCSNRNG1"}, nil, ""},
		{"GET", "/api/siem/journal/tile/0/000.p/9", "", "read", 404, []string{`"code":"not_found"`}, nil, ""},
		{"GET", "/api/siem/journal/bundle?user_id=ana", "", "read", 200, []string{`"bundle":"tocsin-bundle/1"`, `"query":"user:ana"`, `"end":{"headers":1,"entries":5,`}, nil, "data_export"},
		{"GET", "/api/siem/journal/bundle?user_id=nobody", "", "read", 404, []string{"no event matches"}, nil, ""},
		{"GET", "/api/siem/statistics", "", "read", 200, []string{`"total":5`, `"by_level":[{"count":0,"value":"critical"}`, `"by_hour":[{"count":5,"hour":"2026-09-21T14:00:00Z"}]`}, nil, ""},
		{"GET", "/api/siem/export?user_id=ana", "", "read", 200, []string{`{"items":[` + "\n" + `{"id":"`, `"next":null,"rows":5,"incomplete":0}`}, nil, "data_export"},
		{"GET", "/api/siem/export?format=csv&user_id=nobody", "", "read", 200, []string{`"log_id","source","level",`}, []string{"ana"}, "data_export"},
		{"GET", "/api/siem/anomalies", "", "read", 200, []string{`"id":"an1"`, `"next":"n1"`, `"confidence":0.85`, `"status":"open"`, `"key":"anomaly.brute_force_attack.description"`, `"techniques":["T1110"]`}, []string{"run_events", `"notes"`}, ""},
		{"GET", "/api/siem/anomalies/an1", "", "read", 200, []string{`"entity":{"type":"ip","value":"192.0.2.7"}`}, nil, ""},
		{"GET", "/api/siem/anomalies/none", "", "read", 404, []string{"not_found"}, nil, ""},
		{"POST", "/api/siem/anomalies/an1/resolve", `{"notes":"checked"}`, "manage", 200, []string{`"status":"resolved"`, `"notes":"checked"`, `"resolved_by":"manage token"`}, nil, "anomaly_resolved"},
		{"GET", "/api/siem/alerts", "", "read", 200, []string{`"id":"al1"`, `"assignee":null`, `"notes":[]`, `"status":"active"`}, []string{"al2"}, ""},
		{"GET", "/api/siem/alerts?status=resolved", "", "read", 200, []string{`"id":"al2"`, `"reason":"benign"`, `"author":"ana"`}, []string{"al1"}, ""},
		{"GET", "/api/siem/alerts/al1", "", "read", 200, []string{`"actual":12`, `"threshold":10`, `"window_s":600`, `"rule":"brute_force"`, `"anomalies":[{`, idOf(1).String(), `"seq":4`}, []string{`"id":"` + idOf(2).String()}, ""},
		{"GET", "/api/siem/alerts/al2", "", "read", 200, []string{`"actual":1`, `"window_s":0`, `"anomalies":[]`, `"type":"secret_exposed"`, idOf(2).String()}, nil, ""},
		{"GET", "/api/siem/alerts/none", "", "read", 404, []string{"not_found"}, nil, ""},
		{"POST", "/api/siem/alerts/al1/acknowledge", "", "manage", 200, []string{`"status":"acknowledged"`, `"assignee":"manage token"`}, nil, "alert_acknowledged"},
		{"POST", "/api/siem/alerts/al2/acknowledge", "", "manage", 409, []string{`"code":"conflict"`, "al2 is resolved"}, nil, ""},
		{"POST", "/api/siem/alerts/al1/resolve", `{"notes":"ours","reason":"benign"}`, "manage", 200, []string{`"status":"resolved"`, `"reason":"benign"`, `"text":"ours"`}, nil, "alert_resolved"},
		{"POST", "/api/siem/alerts/al1/resolve", "", "manage", 200, []string{`"status":"resolved"`}, nil, "alert_resolved"},
		{"GET", "/api/siem/search?q=ana&facet=user", "", "read", 200, []string{`"events":[{`, `"total":5`, `"value":"ana"`}, nil, "data_access"},
		{"GET", "/api/siem/search/complete?q=us", "", "read", 200, []string{`"text":"user="`}, nil, ""},
		{"GET", "/api/siem/alerts/statistics", "", "read", 200, []string{`"active":1`, `"by_rule":[{"count":5,"value":"c"},{"count":1,"value":"a"}`, `"mean_resolve_s":90`}, nil, ""},
		{"GET", "/api/siem/alert-rules", "", "read", 200, []string{`"cooldown":600`, `"next":null`, `"min_severity":"critical"`}, nil, ""},
		{"GET", "/api/siem/dashboard", "", "read", 200, []string{`"threat_score":20`, `"threat_level":"medium"`, `"high":1`, `"demo":true`, `"rate":1.5`, `"status":"UNCHECKED"`, `"checked_at":null`, `"sources":[]`, `"recent_alerts":[{`, `"top_entities":[{"anomalies":1`}, nil, ""},
		{"GET", "/api/siem/inputs", "", "read", 200, []string{`"routes":["POST /api/siem/events"]`, `"minutes":[1,2]`, `"reason":"invalid JSON"`, `"sender_name":"`}, []string{"tocsin_"}, ""},
		{"POST", "/api/siem/inputs/test", "", "manage", 201, []string{`{"id":"id of test_event"}`}, nil, ""},
		{"GET", "/api/siem/sources", "", "read", 200, []string{`"name":"shop"`, `"accepted":3`}, nil, ""},
		{"GET", "/api/siem/senders", "", "read", 200, []string{` token"`, `"id":"syslog:192.0.2.1"`}, []string{"tocsin_"}, ""},
		{"GET", "/api/siem/tokens", "", "manage", 200, []string{`"total":3`, `"scope":"ingest"`, `"expires_at":null`}, []string{"tocsin_", "hash"}, ""},
		{"POST", "/api/siem/tokens", `{"name":"new","scope":"read"}`, "manage", 201, []string{`"token":"tocsin_r_`}, nil, "token_issued"},
		{"DELETE", "/api/siem/tokens/none", "", "manage", 404, []string{"not_found"}, nil, ""},
	}
}

// Every endpoint, and every kind of caller.
func TestAccess(t *testing.T) {
	t.Parallel()
	callers := []struct {
		name, token string
		may         map[string]bool
	}{
		{"nobody", "", nil},
		{"stranger", "tocsin_m_AAAAAAAAAAAAAAAAAAAAAAAAAA", nil},
		{"forged", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.", nil},
		{"ingest", "ingest", map[string]bool{"session": true}},
		{"read", "read", map[string]bool{"session": true, "read": true}},
		{"manage", "manage", map[string]bool{"session": true, "read": true, "manage": true}},
	}
	for _, e := range slices.Concat(endpoints(), removals(), savedSearches()) {
		for _, c := range callers {
			t.Run(fmt.Sprintf("%s %s %s", c.name, e.method, e.url), func(t *testing.T) {
				t.Parallel()
				h := newHouse(t, nil)
				token := c.token
				if known := h.tokens[token]; known != "" {
					token = known
				}
				w := h.do(t, call{method: e.method, url: e.url, body: e.body, token: token})
				body := w.Body.String()
				switch {
				case c.may[e.needs]:
					if w.Code != e.status {
						t.Fatalf("status = %d, want %d: %s", w.Code, e.status, body)
					}
					if got := h.categories(); got != e.records {
						t.Errorf("recorded %q, want %q", got, e.records)
					}
					if c.name == "manage" || e.needs != "session" {
						checkBody(t, body, e.has, e.hasNot)
					}
				case c.may != nil:
					mustBeProblem(t, w.Code, w.Header(), body, 403, "forbidden")
					checkBody(t, body, nil, append(e.has, "al1", "an1"))
					if got := h.categories(); got != "permission_denied" {
						t.Errorf("recorded %q, want permission_denied", got)
					}
				default:
					mustBeProblem(t, w.Code, w.Header(), body, 401, "unauthenticated")
					checkBody(t, body, nil, append(e.has, "al1", "an1"))
					if w.Header().Get("WWW-Authenticate") == "" {
						t.Error("401 without WWW-Authenticate")
					}
				}
			})
		}
	}
}

func checkBody(t *testing.T, body string, has, hasNot []string) {
	t.Helper()
	for _, want := range has {
		if !strings.Contains(body, want) {
			t.Errorf("%s is not in the answer: %s", want, body)
		}
	}
	for _, not := range hasNot {
		if strings.Contains(body, not) {
			t.Errorf("%s is in the answer: %s", not, body)
		}
	}
}

func mustBeProblem(t *testing.T, status int, h http.Header, body string, want int, code string) {
	t.Helper()
	if status != want || h.Get("Content-Type") != "application/problem+json" || !strings.Contains(body, `"code":"`+code+`"`) {
		t.Errorf("answer %d %s %s, want a problem %d %s", status, h.Get("Content-Type"), body, want, code)
	}
}

func TestBadRequests(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 70_000)
	for _, c := range []struct {
		method, url, body, kind string
		status                  int
		code, field             string
	}{
		{"GET", "/api/siem/logs?colour=red", "", "", 400, "unknown_parameter", "colour"},
		{"GET", "/api/siem/logs?limit=1001", "", "", 400, "invalid_field", "limit"},
		{"GET", "/api/siem/logs?limit=0", "", "", 400, "invalid_field", "limit"},
		{"GET", "/api/siem/logs?limit=ten", "", "", 400, "invalid_field", "limit"},
		{"GET", "/api/siem/logs?offset=-1", "", "", 400, "invalid_field", "offset"},
		{"GET", "/api/siem/logs?level=fatal", "", "", 400, "invalid_field", "level"},
		{"GET", "/api/siem/logs?level=low&level=high", "", "", 400, "invalid_field", "level"},
		{"GET", "/api/siem/logs?from=yesterday", "", "", 400, "invalid_field", "from"},
		{"GET", "/api/siem/logs?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z", "", "", 400, "invalid_field", "to"},
		{"GET", "/api/siem/logs?ip_address=example.com", "", "", 400, "invalid_field", "ip_address"},
		{"GET", "/api/siem/logs?cursor=abc", "", "", 400, "invalid_field", "cursor"},
		{"GET", "/api/siem/logs?fields=all", "", "", 400, "invalid_field", "fields"},
		{"GET", "/api/siem/logs?q=" + strings.Repeat("x", 2000), "", "", 400, "invalid_field", "q"},
		{"GET", "/api/siem/logs?q=" + long, "", "", 400, "query_too_long", ""},
		{"GET", "/api/siem/logs/xyz", "", "", 400, "invalid_field", "id"},
		{"GET", "/api/siem/logs/xyz/proof", "", "", 400, "invalid_field", "id"},
		{"GET", "/api/siem/journal/bundle?limit=100001", "", "", 400, "invalid_field", "limit"},
		{"GET", "/api/siem/journal/bundle?limit=0", "", "", 400, "invalid_field", "limit"},
		{"GET", "/api/siem/journal/bundle?limit=4", "", "", 400, "invalid_field", "limit"},
		{"GET", "/api/siem/journal/bundle?complete=yes", "", "", 400, "invalid_field", "complete"},
		{"GET", "/api/siem/journal/bundle?level=fatal", "", "", 400, "invalid_field", "level"},
		{"GET", "/api/siem/journal/bundle?cursor=x", "", "", 400, "unknown_parameter", "cursor"},
		{"GET", "/api/siem/journal/tile/entries/..%2F..%2Fkeys", "", "", 404, "not_found", ""},
		{"GET", "/api/siem/statistics?limit=5", "", "", 400, "unknown_parameter", "limit"},
		{"GET", "/api/siem/search/stream?from=2026-01-01T00:00:00Z", "", "", 400, "unknown_parameter", "from"},
		{"GET", "/api/siem/search/stream?level=x", "", "", 400, "invalid_field", "level"},
		{"GET", "/api/siem/search/stream?hunt=user%3A", "", "", 400, "invalid_query", "hunt"},
		{"GET", "/api/siem/search/stream?hunt=*+%7C+head+5", "", "", 400, "invalid_field", "hunt"},
		{"GET", "/api/siem/search/stream?hunt=*&q=x", "", "", 400, "invalid_field", "q"},
		{"GET", "/api/siem/export?hunt=*&source=x", "", "", 400, "invalid_field", "source"},
		{"GET", "/api/siem/export?hunt=(", "", "", 400, "invalid_query", "hunt"},
		{"GET", "/api/siem/anomalies?severity=info", "", "", 400, "invalid_field", "severity"},
		{"GET", "/api/siem/anomalies?status=active", "", "", 400, "invalid_field", "status"},
		{"GET", "/api/siem/anomalies?cursor=bad", "", "", 400, "invalid_field", "cursor"},
		{"GET", "/api/siem/alerts?status=open", "", "", 400, "invalid_field", "status"},
		{"GET", "/api/siem/alerts?limit=1001", "", "", 400, "invalid_field", "limit"},
		{"GET", "/api/siem/alerts?cursor=x&offset=1", "", "", 400, "invalid_field", "offset"},
		{"GET", "/api/siem/tokens?limit=1001", "", "", 400, "invalid_field", "limit"},
		{"POST", "/api/siem/alerts/al1/resolve?force=1", "{}", "", 400, "unknown_parameter", "force"},
		{"POST", "/api/siem/alerts/al1/resolve", `{"reason":"tired"}`, "", 400, "invalid_field", "reason"},
		{"POST", "/api/siem/alerts/al1/resolve", `{"note":"x"}`, "", 400, "invalid_field", "note"},
		{"POST", "/api/siem/alerts/al1/resolve", `{"notes":5}`, "", 400, "invalid_field", "notes"},
		{"POST", "/api/siem/alerts/al1/resolve", `{"notes":"` + strings.Repeat("x", 9000) + `"}`, "", 400, "invalid_field", "notes"},
		{"POST", "/api/siem/alerts/al1/resolve", `{"notes":"` + long + `"}`, "", 413, "body_too_large", ""},
		{"POST", "/api/siem/alerts/al1/resolve", `{"notes":`, "", 400, "invalid_body", ""},
		{"POST", "/api/siem/alerts/al1/resolve", `{} {}`, "", 400, "invalid_body", ""},
		{"POST", "/api/siem/alerts/al1/resolve", `notes=x`, "application/x-www-form-urlencoded", 415, "unsupported_media_type", ""},
		{"POST", "/api/siem/alerts/al1/resolve", `{}`, "text/plain", 415, "unsupported_media_type", ""},
		{"POST", "/api/siem/tokens", "", "", 400, "invalid_body", ""},
		{"POST", "/api/siem/tokens", `{"scope":"read"}`, "", 400, "invalid_field", "name"},
		{"POST", "/api/siem/tokens", `{"name":"n","scope":"root"}`, "", 400, "invalid_field", "scope"},
		{"POST", "/api/siem/tokens", `{"name":"n","scope":"read","expires_at":"2020-01-01T00:00:00Z"}`, "", 400, "invalid_field", "expires_at"},
		{"POST", "/api/siem/logs/verify", `{"from":"2026-02-01T00:00:00Z","to":"2026-01-01T00:00:00Z"}`, "", 400, "invalid_field", "to"},
		{"POST", "/api/auth/login", `{"username":"admin"}`, "", 400, "invalid_field", "password"},
		{"POST", "/api/auth/login", `{"password":"x"}`, "", 400, "invalid_field", "username"},
		{"POST", "/api/auth/login", `username=admin`, "application/x-www-form-urlencoded", 415, "unsupported_media_type", ""},
		{"PUT", "/api/siem/logs", "{}", "", 405, "method_not_allowed", ""},
		{"DELETE", "/healthz", "", "", 405, "method_not_allowed", ""},
		{"GET", "/api/siem/nothing", "", "", 404, "not_found", ""},
		{"POST", "/api/siem/nothing", "{}", "", 404, "not_found", ""},
		{"POST", "/", "{}", "", 404, "not_found", ""},
	} {
		name := fmt.Sprintf("%s %.60s %.40s", c.method, c.url, c.body)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, nil)
			in := call{method: c.method, url: c.url, body: c.body, token: h.tokens["manage"]}
			if c.kind != "" {
				in.header = map[string]string{"Content-Type": c.kind}
			}
			w := h.do(t, in)
			mustBeProblem(t, w.Code, w.Header(), w.Body.String(), c.status, c.code)
			if c.field != "" && !strings.Contains(w.Body.String(), `"field":"`+c.field+`"`) {
				t.Errorf("field %s is not named: %s", c.field, w.Body)
			}
			if c.status == 405 && w.Header().Get("Allow") == "" {
				t.Error("405 without Allow")
			}
			if got := h.categories(); got != "" {
				t.Errorf("a refused request recorded %q", got)
			}
		})
	}
}

// A caller without the permission learns nothing of what is wrong with the request.
func TestAccessComesBeforeForm(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	for _, c := range []call{
		{method: "GET", url: "/api/siem/logs?colour=red"},
		{method: "GET", url: "/api/siem/logs?limit=x"},
		{method: "POST", url: "/api/siem/tokens", body: "{"},
	} {
		if w := h.do(t, c); w.Code != 401 {
			t.Errorf("%s without token: %d, want 401", c.url, w.Code)
		}
		c.token = h.tokens["ingest"]
		if w := h.do(t, c); w.Code != 403 {
			t.Errorf("%s with an ingest token: %d, want 403", c.url, w.Code)
		}
	}
}

func TestOpenRoutes(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	for _, c := range []struct {
		call
		status int
		has    string
	}{
		{call{method: "GET", url: "/healthz"}, 200, `"status":"ok"`},
		{call{method: "GET", url: "/readyz"}, 200, `"components":[]`},
		{call{method: "GET", url: "/metrics"}, 200, "tocsin_up 1"},
		{call{method: "GET", url: "/api/openapi.json"}, 200, `"openapi":"3.0.3"`},
		{call{method: "POST", url: "/api/siem/events", body: "[]"}, 200, `"accepted":1`}, // the input looks after itself
		{call{method: "POST", url: "/shop/_bulk", body: "[]"}, 200, "index shop"},
	} {
		if w := h.do(t, c.call); w.Code != c.status || !strings.Contains(w.Body.String(), c.has) {
			t.Errorf("%s: %d %s, want %d with %s", c.url, w.Code, w.Body, c.status, c.has)
		}
	}
}
