// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestAFlippedByteHidesOnlyItsEvents: with one byte of a sealed file changed the
// server starts, every page answers, all events beside the damage are there, the
// rest is said to be missing, and the journal is INVALID at once.
func TestAFlippedByteHidesOnlyItsEvents(t *testing.T) {
	t.Parallel()
	bin, data := binary(t), filepath.Join(t.TempDir(), "data")
	s := start(t, bin, data)
	token := s.token("ingest")
	attack := func(ip string) {
		var b bytes.Buffer
		for i := range 12 {
			fmt.Fprintf(&b, `{"id":"%s-%d","source":"authentication","category":"login_failed","outcome":"failure","severity":"low","user":"root","ip":%q}`+"\n", ip, i, ip)
		}
		s.send("/api/siem/events", token, "application/x-ndjson", b.Bytes())
	}
	const bulk, page = 5000, 2048 // a page of a file has 2,048 rows
	attack("203.0.113.1")         // lies in the page that is damaged
	var b bytes.Buffer
	for i := range bulk {
		fmt.Fprintf(&b, `{"id":"bulk-%d","source":"authentication","category":"login_success","user":"u%d","message":"session %d opened"}`+"\n", i, i%7, i)
	}
	s.send("/api/siem/events", token, "application/x-ndjson", b.Bytes())
	attack("203.0.113.2") // lies behind it
	eventually(t, "two alerts", func() bool { return len(all[alert](s, "/api/siem/alerts?rule=RULE-BRUTE-FORCE")) == 2 })
	s.stop()

	s = start(t, bin, data) // seals what the log holds
	segments := filepath.Join(data, "journal", "segments", "366d", "*", "*.seg")
	var files []string
	eventually(t, "a sealed file", func() bool {
		files, _ = filepath.Glob(segments)
		return len(files) > 0
	})
	s.stop()
	raw, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	raw[1000] ^= 0x40
	if err := os.WriteFile(files[0], raw, 0o600); err != nil {
		t.Fatal(err)
	}

	s = start(t, bin, data)
	incomplete := func(path string) string {
		t.Helper()
		status, header, b, err := s.do(request{method: "GET", path: path, token: s.login()})
		if err != nil || status != 200 {
			t.Errorf("GET %s: %v, %d %.300s", path, err, status, b)
		}
		return header.Get("Tocsin-Incomplete")
	}
	begun := time.Now()
	incomplete("/api/siem/dashboard")
	incomplete("/api/siem/logs")
	kept := map[string]bool{}
	for _, e := range all[event](s, "/api/siem/logs?source=authentication") {
		kept[e.OriginID] = true
	}
	for i := page; i < bulk; i++ {
		if !kept[fmt.Sprintf("bulk-%d", i)] {
			t.Fatalf("event bulk-%d is not there, though its page is whole", i)
		}
	}
	if got := incomplete("/api/siem/logs?source=authentication"); got != strconv.Itoa(page) {
		t.Errorf("the list lacks %q events, want %d", got, page)
	}
	if got := incomplete("/api/siem/statistics?user_id=u3"); got != "" && got != strconv.Itoa(page) {
		t.Errorf("statistics lack %q events", got)
	}
	var integrity struct {
		Integrity struct {
			Status          string
			Total, Verified int64
		}
	}
	if s.get("/api/siem/dashboard", &integrity); integrity.Integrity.Status != "INVALID" {
		t.Errorf("integrity is %s right after the damage was met", integrity.Integrity.Status)
	}
	eventually(t, "a check of the whole journal", func() bool {
		s.get("/api/siem/dashboard", &integrity)
		return integrity.Integrity.Status == "INVALID" && integrity.Integrity.Verified > 0 && integrity.Integrity.Verified <= integrity.Integrity.Total-page
	})
	if took := time.Since(begun); took > 15*time.Second {
		t.Errorf("the check came after %s, not at once", took)
	}
	eventually(t, "an alert about the damage", func() bool { return len(all[alert](s, "/api/siem/alerts?rule=RULE-CRITICAL-EVENT")) > 0 })
	if got := all[alert](s, "/api/siem/alerts?rule=RULE-CRITICAL-EVENT"); len(got) != 1 || got[0].Count != 1 || got[0].Title.Params["cause"] != "journal_damaged" {
		t.Errorf("alerts about the damage: %+v", got)
	}
	alerts := all[alert](s, "/api/siem/alerts?rule=RULE-BRUTE-FORCE")
	if len(alerts) != 2 {
		t.Fatalf("%d alerts, want 2", len(alerts))
	}
	for _, a := range alerts {
		want := "" // all of its events are there
		if a.Entity.Value == "203.0.113.1" {
			want = "12"
		}
		var detail struct{ Events []event }
		s.get("/api/siem/alerts/"+a.ID, &detail)
		if got := incomplete("/api/siem/alerts/" + a.ID); want == "" && (got != "" || len(detail.Events) < 10) || want != "" && (got == "" || len(detail.Events) > 0) {
			t.Errorf("alert of %s shows %d events and lacks %q", a.Entity.Value, len(detail.Events), got)
		}
	}
	out, _, code := s.run("verify", "--data", data)
	if code != 3 || !strings.HasPrefix(out, "INVALID") || !strings.Contains(out, "stream 366d, entries ") {
		t.Errorf("verify: exit %d: %s", code, out)
	}
	s.stop()
}
