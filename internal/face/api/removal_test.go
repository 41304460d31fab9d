// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"strings"
	"testing"
)

// removals are the operations by which something goes, or is kept from going.
func removals() []endpoint {
	return []endpoint{
		{"GET", "/api/siem/erasures", "", "manage", 200, []string{`"total":6`, `"id":"done"`, `"certified":true`, `"derived":{"alerts":1}`, `"cancelled_by":"bob"`, `"hold":"case-1"`, `"subject":"zoe marin"`}, []string{"tocsin-erasure/1", `"owner"`}, ""},
		{"GET", "/api/siem/erasures?limit=1", "", "manage", 200, []string{`"id":"cancelled"`}, []string{`"id":"done"`}, ""},
		{"POST", "/api/siem/erasures", `{"subject":"maria","reason":"case 7"}`, "manage", 202, []string{`"id":"new"`, `"status":"pending"`, `"subject":"maria"`, `"requested_by":"manage token"`}, nil, "erasure_requested"},
		{"POST", "/api/siem/erasures", `{"subject":"held"}`, "manage", 409, []string{`"code":"held"`, `"hold":"case-1"`}, nil, ""},
		{"POST", "/api/siem/erasures", `{"subject":"disputed"}`, "manage", 409, []string{`"code":"journal_diverged"`, "nothing of it is erased or dropped before somebody has looked at it"}, []string{"secret"}, ""},
		{"POST", "/api/siem/erasures", `{"subject":"account"}`, "manage", 409, []string{`"code":"account_exists"`, "delete the account first"}, nil, ""},
		{"POST", "/api/siem/erasures", `{"subject":"zoe marin"}`, "manage", 409, []string{`"code":"conflict"`, "erasure pending"}, []string{"zoe"}, ""},
		{"POST", "/api/siem/erasures", `{"subject":"maria","reason":"maria"}`, "manage", 400, []string{`"field":"reason"`}, []string{"maria"}, ""},
		{"POST", "/api/siem/erasures", `{"subject":"x"}`, "manage", 400, []string{`"field":"subject"`}, nil, ""},
		{"GET", "/api/siem/erasures/pending", "", "manage", 200, []string{`"subject":"zoe marin"`, `"requested_at":"2026-11-26T17:00:00Z"`}, []string{"progress"}, ""},
		{"GET", "/api/siem/erasures/running", "", "manage", 200, []string{`"progress":{"done":3,"stage":"rewrite","total":9}`}, []string{"zoe"}, ""},
		{"GET", "/api/siem/erasures/none", "", "manage", 404, []string{"not_found"}, nil, ""},
		{"POST", "/api/siem/erasures/pending/approve", "", "manage", 200, []string{`"status":"approved"`, `"approved_by":"manage token"`}, nil, "erasure_approved"},
		{"POST", "/api/siem/erasures/done/approve", "", "manage", 409, []string{`"code":"conflict"`, "erasure done: it is done"}, nil, ""},
		{"POST", "/api/siem/erasures/pending/cancel", "", "manage", 200, []string{`"status":"cancelled"`}, []string{"zoe"}, "erasure_cancelled"},
		{"POST", "/api/siem/erasures/running/cancel", "", "manage", 409, []string{`"code":"conflict"`}, nil, ""},
		{"GET", "/api/siem/erasures/done/certificate", "", "manage", 200, []string{"tocsin-erasure/1\nsigned\n"}, nil, ""},
		{"GET", "/api/siem/erasures/pending/certificate", "", "manage", 409, []string{`"code":"conflict"`}, nil, ""},
		{"GET", "/api/siem/holds", "", "read", 200, []string{`"id":"case-1"`, `"total":1`, `"next":null`, `"placed_by":"ana"`, `"stream":"90d"`}, []string{`"from"`}, ""},
		{"POST", "/api/siem/holds", `{"id":"case 2","reason":"a court","from":"2026-11-01T00:00:00Z"}`, "manage", 201, []string{`"placed_by":"manage token"`, `"from":"2026-11-01T00:00:00Z"`, `"placed_at":"2026-11-26T17:00:00Z"`}, nil, "hold_placed"},
		{"POST", "/api/siem/holds", `{"id":"case-1","reason":"again"}`, "manage", 409, []string{`"code":"conflict"`}, nil, ""},
		{"POST", "/api/siem/holds", `{"id":"x","reason":" "}`, "manage", 400, []string{`"field":"reason"`}, nil, ""},
		{"DELETE", "/api/siem/holds/case-1", "", "manage", 204, nil, nil, "hold_lifted"},
		{"DELETE", "/api/siem/holds/none", "", "manage", 404, []string{"not_found"}, nil, ""},
		{"GET", "/api/siem/retention", "", "read", 200, []string{`"warning":"look at the clock"`, `"lagging":true`, `"consumers":[]`, `"by":"tocsin"`}, nil, ""},
		{"POST", "/api/siem/retention", `{"clock_checked":true}`, "manage", 200, []string{`"entries":20`, `"by":"token:`}, nil, "retention_run"},
		{"POST", "/api/siem/retention", "", "manage", 409, []string{`"code":"clock"`, "72h"}, nil, "retention_run"},
	}
}

// TestDualControlIsAboutPeople: what one person asks for, no other token of the same
// person can approve, nor a token that such a token made.
func TestDualControlIsAboutPeople(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	session := h.login(t)
	ask := func(token, method, url, body string, status int) string {
		t.Helper()
		w := h.do(t, call{method: method, url: url, body: body, token: token})
		if w.Code != status {
			t.Fatalf("%s %s: %d, want %d: %s", method, url, w.Code, status, w.Body)
		}
		return w.Body.String()
	}
	made := decode[struct{ Token string }](t, h.do(t, call{method: "POST", url: "/api/siem/tokens", body: `{"name":"second","scope":"manage"}`, token: h.tokens["manage"]}))
	if list := ask(session, "GET", "/api/siem/tokens", "", 200); !strings.Contains(list, `"created_by":"admin"`) || strings.Contains(list, `"created_by":"manage token"`) {
		t.Errorf("tokens: %s", list)
	}
	ask(h.tokens["manage"], "POST", "/api/siem/erasures", `{"subject":"maria"}`, 202)
	for name, token := range map[string]string{"the same token": h.tokens["manage"], "its maker's session": session, "a token that it made": made.Token} {
		if body := ask(token, "POST", "/api/siem/erasures/new/approve", "", 409); !strings.Contains(body, `"code":"same_actor"`) {
			t.Errorf("%s: %s", name, body)
		}
	}
}

// TestErasuresNameNobody: neither an audit event nor the log has the subject.
func TestErasuresNameNobody(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	for _, e := range removals() {
		h.do(t, call{method: e.method, url: e.url, body: e.body, token: h.tokens["manage"]})
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.events) < 7 {
		t.Fatalf("%d events", len(h.events))
	}
	for _, e := range h.events {
		raw := string(e.AppendJSON(nil))
		if strings.Contains(raw, "maria") || strings.Contains(raw, "zoe") {
			t.Errorf("an audit event names the subject: %s", raw)
		}
		if strings.HasPrefix(e.Category, "erasure_") && !strings.Contains(raw, `"erasure.id"`) {
			t.Errorf("an audit event does not name its order: %s", raw)
		}
	}
	if log := h.log.String(); strings.Contains(log, "maria") || strings.Contains(log, "zoe") {
		t.Errorf("the log names the subject: %s", log)
	}
}
