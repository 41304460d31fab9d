// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// scrape reads the metrics by name and labels.
func (r *running) scrape(token string) map[string]float64 {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodGet, r.url+"/metrics", nil)
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		r.t.Fatalf("metrics: %s", resp.Status)
	}
	got := map[string]float64{}
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		name, value, ok := strings.Cut(lines.Text(), "} ")
		if name += "}"; !ok {
			name, value, ok = strings.Cut(lines.Text(), " ")
		}
		if v, err := strconv.ParseFloat(value, 64); ok && err == nil && strings.HasPrefix(name, "tocsin_") {
			got[name] = v
		}
	}
	return got
}

// eventually asks until ok says yes.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 500 {
		if ok() {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("%s: not within ten seconds", what)
}

// TestMetricsCount what came in, by input, what was seen and what was found.
func TestMetricsCount(t *testing.T) {
	dir := t.TempDir()
	o := options(t, dir)
	o.Syslog = "127.0.0.1:0"
	r := start(t, o)
	defer r.stop()
	writer, reader := token(t, dir, "ingest"), token(t, dir, "read")
	before := r.scrape(reader)
	var body strings.Builder
	for i := range 12 {
		fmt.Fprintf(&body, `{"id":"m-%d","source":"authentication","category":"login_failed","ip":"203.0.113.9","user":"root"}`+"\n", i)
	}
	body.WriteString(`{"id":"m-0","source":"authentication","category":"login_failed","ip":"203.0.113.9","user":"root"}` + "\n")
	body.WriteString(`{"source":` + "\n")
	var answer struct{ Accepted, Duplicates, Rejected int }
	if status := r.call("POST", "/api/siem/events", writer, body.String(), &answer); status != 200 || answer.Accepted != 13 || answer.Duplicates != 1 || answer.Rejected != 1 {
		t.Fatalf("%d %+v", status, answer)
	}
	var now map[string]float64
	eventually(t, "detection sees all", func() bool {
		now = r.scrape(reader)
		return now["tocsin_detect_lag_entries"] == 0 && now["tocsin_detect_findings_total"] > before["tocsin_detect_findings_total"]
	})
	for name, want := range map[string]float64{
		`tocsin_build_info{version="test"}`:                              1,
		`tocsin_pipeline_accepted_total{input="http"}`:                   13,
		`tocsin_pipeline_duplicates_total{input="http"}`:                 1,
		`tocsin_pipeline_rejected_total{input="http"}`:                   1,
		`tocsin_journal_fault`:                                           0,
		`tocsin_journal_diverged`:                                        0,
		`tocsin_journal_unreadable_events`:                               0,
		`tocsin_detect_lag_entries`:                                      0,
		`tocsin_pipeline_origin_ids`:                                     before["tocsin_pipeline_origin_ids"] + 12,
		`tocsin_input_dropped_total{input="syslog_tcp",reason="stop"}`:   0,
		`tocsin_input_dropped_total{input="syslog_udp",reason="queue"}`:  0,
		`tocsin_input_dropped_total{input="syslog_udp",reason="kernel"}`: 0,
	} {
		if got, there := now[name]; !there || got != want {
			t.Errorf("%s: %v %v, want %v", name, got, there, want)
		}
	}
	if head := now["tocsin_journal_head"] - before["tocsin_journal_head"]; head < 12 {
		t.Errorf("the journal's head moved by %v, want 12 at least", head)
	}
	if now["tocsin_detect_observed_total"] < 12 || now["tocsin_journal_commits_total"] < 1 || now["tocsin_journal_log_files"] < 1 || now["tocsin_journal_hot_bytes"] < 1 {
		t.Errorf("observed %v, commits %v, files %v, hot %v", now["tocsin_detect_observed_total"], now["tocsin_journal_commits_total"],
			now["tocsin_journal_log_files"], now["tocsin_journal_hot_bytes"])
	}
	hits, stages := 0.0, 0
	for name, v := range now {
		if strings.HasPrefix(name, "tocsin_detect_rule_hits_total{") {
			hits += v
		}
		if strings.HasPrefix(name, "tocsin_stage_seconds_total{") && v > 0 {
			stages++
		}
	}
	if hits < 12 || stages < 4 {
		t.Errorf("%v hits of rules, %d stages with time", hits, stages)
	}
}

// TestSyslogBothWays: --syslog opens UDP and TCP on one port, and what comes in
// by either can be found, by the input that it came by.
func TestSyslogBothWays(t *testing.T) {
	dir := t.TempDir()
	o := options(t, dir)
	o.Syslog = "127.0.0.1:0"
	r := start(t, o)
	defer r.stop()
	reader := token(t, dir, "read")
	address, found := strings.CutPrefix(r.stdout[0], "syslog on ")
	if !found {
		t.Fatalf("printed %q", r.stdout)
	}
	for _, network := range []string{"tcp", "udp"} {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), network, address)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Fprintf(conn, "<34>Nov 20 10:00:00 web-1 sshd[7]: Failed password for invalid user by%s from 203.0.113.7 port 22 ssh2\n", network); err != nil {
			t.Fatal(err)
		}
		if err := conn.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for _, network := range []string{"tcp", "udp"} {
		var page struct {
			Items []struct{ Input, User, Host, Category string }
		}
		eventually(t, network, func() bool {
			r.call("GET", "/api/siem/logs?user_id=by"+network, reader, "", &page)
			return len(page.Items) > 0
		})
		if got := page.Items[0]; got.Input != "syslog_"+network || got.Host != "web-1" || got.User != "by"+network {
			t.Errorf("%s: %+v", network, got)
		}
	}
}

// TestVitalsTell how much came in, that nothing waits, and that the journal was
// checked when it was.
func TestVitalsTell(t *testing.T) {
	dir := t.TempDir()
	r := start(t, options(t, dir))
	defer r.stop()
	writer, reader := token(t, dir, "ingest"), token(t, dir, "read")
	r.call("POST", "/api/siem/events", writer, `{"source":"application","message":"one"}`+"\n{", nil)
	type vitals struct {
		Ingest struct {
			Accepted, Dropped int64
		}
		Integrity struct {
			Status          string
			Total, Verified int64
			CheckedAt       string `json:"checked_at"`
		}
	}
	var v, w vitals
	var report struct {
		Status          string
		Total, Tampered int64
	}
	if status := r.call("GET", "/api/siem/dashboard", reader, "", &v); status != 200 || v.Ingest.Accepted < 1 || v.Ingest.Dropped < 1 {
		t.Fatalf("%d %+v", status, v)
	}
	if status := r.call("POST", "/api/siem/logs/verify", token(t, dir, "manage"), "", &report); status != 200 || report.Total == 0 || report.Tampered != 0 {
		t.Fatalf("verify: %d %+v", status, report)
	}
	r.call("GET", "/api/siem/dashboard", reader, "", &w)
	if w.Integrity.Status != report.Status || w.Integrity.Total != report.Total || w.Integrity.Verified != w.Integrity.Total || w.Integrity.CheckedAt == "" {
		t.Errorf("%+v", w.Integrity)
	}
}
