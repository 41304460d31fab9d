// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	s := start(t, binary(t), t.TempDir())
	tokens := map[string]string{"none": "", "wrong": "tocsin_r_0000000000000000000000000000", "ingest": s.token("ingest"), "read": s.token("read"), "manage": s.token("manage")}
	f := func(who, method, path, body string, want int, says string) {
		t.Helper()
		status, _, b, err := s.do(request{method: method, path: path, token: tokens[who], contentType: "application/json", body: []byte(body)})
		if err != nil || status != want || !strings.Contains(string(b), says) {
			t.Errorf("%s %s %s: %v, status %d, want %d with %q: %.300s", who, method, path, err, status, want, says, b)
		}
	}
	for _, path := range []string{"/api/siem/logs", "/api/siem/alerts", "/api/siem/anomalies", "/api/siem/dashboard", "/api/siem/statistics", "/api/siem/alert-rules"} {
		f("none", "GET", path, "", 401, "")
		f("wrong", "GET", path, "", 401, "")
		f("ingest", "GET", path, "", 403, "")
		f("read", "GET", path, "", 200, "")
		f("manage", "GET", path, "", 200, "")
	}
	f("none", "POST", "/api/siem/events", `{"message":"x"}`, 401, "")
	f("wrong", "POST", "/api/siem/events", `{"message":"x"}`, 401, "")
	f("read", "POST", "/api/siem/events", `{"message":"x"}`, 403, "")
	f("ingest", "POST", "/api/siem/events", `{"message":"x"}`, 200, `"accepted":1`)
	f("none", "POST", "/api/security/events", `{"source":"x","events":[]}`, 401, "")
	f("ingest", "POST", "/api/security/events", `{"source":"x","events":"no"}`, 400, `"error"`)
	f("read", "POST", "/api/siem/alerts/x/acknowledge", `{}`, 403, "")
	f("manage", "POST", "/api/siem/alerts/nothing/acknowledge", `{}`, 404, "")
	f("read", "GET", "/api/siem/logs?colour=red", "", 400, "colour")
	f("read", "GET", "/api/siem/logs?limit=1001", "", 400, "limit")
	f("read", "GET", "/api/siem/logs?level=terrible", "", 400, "level")
	f("read", "GET", "/api/siem/alerts?status=lost", "", 400, "status")
	f("read", "GET", "/api/siem/anomalies?severity=9", "", 400, "severity")
}

// TestLoginLoop is the classic loop of 1,000 bad log-ins: each is recorded, and
// the whole ends in an anomaly.
func TestLoginLoop(t *testing.T) {
	t.Parallel()
	s := start(t, binary(t), t.TempDir())
	const tries = 1000
	var workers sync.WaitGroup
	statuses := make(chan int, tries)
	for range 4 {
		workers.Go(func() {
			for range tries / 4 {
				status, _, _, err := s.do(request{method: "POST", path: "/api/auth/login", contentType: "application/json", body: []byte(`{"username":"invalid","password":"invalid"}`)})
				if err != nil {
					t.Error(err)
				}
				statuses <- status
			}
		})
	}
	workers.Wait()
	close(statuses)
	count := map[int]int{}
	for status := range statuses {
		count[status]++
	}
	if count[401]+count[429] != tries || count[429] == 0 || count[401] == 0 {
		t.Fatalf("answers %v, want only 401 and, soon, 429", count)
	}
	// The administrator comes in from elsewhere meanwhile: a token does.
	reader := s.token("read")
	logs := func(query string) (out []event) {
		status, _, b, err := s.do(request{method: "GET", path: "/api/siem/logs?" + query, token: reader})
		var page list[event]
		if err != nil || status != 200 || json.Unmarshal(b, &page) != nil {
			t.Fatalf("%v %d %s", err, status, b)
		}
		return page.Items
	}
	eventually(t, "1,000 failed log-ins", func() bool { return len(logs("category=login_failed&limit=1000")) == tries })
	if got := len(logs("category=rate_limit_blocked&limit=1000")); got != count[429] {
		t.Errorf("%d events rate_limit_blocked for %d answers 429", got, count[429])
	}
	eventually(t, "the anomaly", func() bool {
		_, _, b, _ := s.do(request{method: "GET", path: "/api/siem/anomalies?type=brute_force_attack", token: reader})
		return strings.Contains(string(b), `"127.0.0.1"`)
	})
}

// TestWorkAnAlert takes an alert from its events to its end: the score falls, and
// the journal knows who did what.
func TestWorkAnAlert(t *testing.T) {
	t.Parallel()
	s := start(t, binary(t), t.TempDir())
	attack(s, s.token("ingest"), time.Now())
	var found alert
	eventually(t, "the alert", func() bool {
		as := all[alert](s, "/api/siem/alerts?rule=RULE-BRUTE-FORCE")
		if len(as) == 1 {
			found = as[0]
		}
		return len(as) == 1
	})
	score := func() int {
		var d struct {
			Score int `json:"threat_score"`
		}
		s.get("/api/siem/dashboard", &d)
		return d.Score
	}
	if score() == 0 {
		t.Error("an open anomaly and a threat score of 0")
	}
	var detail struct{ Events []event }
	s.get("/api/siem/alerts/"+found.ID, &detail)
	if len(detail.Events) < 10 {
		t.Errorf("%d events are shown behind the alert, want at least the ten that made it", len(detail.Events))
	}
	s.post("/api/siem/alerts/"+found.ID+"/acknowledge", `{}`, 200)
	s.post("/api/siem/alerts/"+found.ID+"/acknowledge", `{}`, 200) // twice is once
	s.post("/api/siem/alerts/"+found.ID+"/resolve", `{"notes":"blocked","reason":"nonsense"}`, 400)
	s.post("/api/siem/alerts/"+found.ID+"/resolve", `{"notes":"address blocked at the router","reason":"true_positive"}`, 200)
	if n := score(); n != 0 {
		t.Errorf("score %d after everything is resolved, want 0", n)
	}
	if open := all[anomaly](s, "/api/siem/anomalies?status=open"); len(open) != 0 {
		t.Errorf("still open: %+v", open)
	}
	eventually(t, "the audit trail", func() bool {
		trail := map[string]bool{}
		for _, e := range all[event](s, "/api/siem/logs?source=security_audit&user_id=admin") {
			trail[fmt.Sprint(e.Attrs["alert_id"])] = true
		}
		return trail[found.ID]
	})
	if got := all[event](s, "/api/siem/logs?source=authentication&category=login_success"); len(got) == 0 {
		t.Error("the log-in is not recorded")
	}
	eventually(t, "the token that a command made", func() bool {
		return len(all[event](s, "/api/siem/logs?category=token_issued")) == 1
	})
}

// attack sends twelve failed log-ins from one address, as curl would.
func attack(s *server, token string, at time.Time) {
	s.t.Helper()
	var b strings.Builder
	for i := range 12 {
		fmt.Fprintf(&b, `{"time":%q,"source":"authentication","category":"login_failed","outcome":"failure","severity":"low","message":"Wrong password","user":"root","ip":"203.0.113.66"}`+"\n",
			at.Add(time.Duration(i-12)*time.Second).UTC().Format(time.RFC3339Nano))
	}
	if a := s.send("/api/siem/events", token, "application/x-ndjson", []byte(b.String())); a.Accepted != 12 {
		s.t.Fatalf("%+v", a)
	}
}
