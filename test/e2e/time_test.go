// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// failed makes failed log-ins from an address, a second apart, the last at a time.
func failed(n int, address, host string, last time.Time) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `{"time":%q,"source":"authentication","category":"login_failed","outcome":"failure","message":"Wrong password","user":"root","ip":%q,"host":%q}`+"\n",
			last.Add(time.Duration(i+1-n)*time.Second).UTC().Format(time.RFC3339Nano), address, host)
	}
	return b.String()
}

// TestOddTimesBlindNobody lets origins lie about the time: neither what they send
// afterwards nor what others send goes unseen, also over a restart.
func TestOddTimesBlindNobody(t *testing.T) {
	t.Parallel()
	bin, data := binary(t), t.TempDir()
	s := start(t, bin, data)
	token := s.token("ingest")
	send := func(lines string) {
		t.Helper()
		if a := s.send("/api/siem/events", token, "application/x-ndjson", []byte(lines)); a.Accepted != strings.Count(lines, "\n") {
			t.Fatalf("%+v", a)
		}
	}
	found := func(what, address string) {
		t.Helper()
		eventually(t, what, func() bool {
			for _, a := range all[anomaly](s, "/api/siem/anomalies?type=brute_force_attack") {
				if a.Entity.Value == address {
					return true
				}
			}
			return false
		})
	}
	now := time.Now()
	for i, odd := range []time.Duration{10 * 365 * 24 * time.Hour, 48 * time.Hour, 6 * time.Minute, 4*time.Minute + 50*time.Second, -30 * 24 * time.Hour, -20 * 365 * 24 * time.Hour} {
		host := fmt.Sprintf("liar-%d", i)
		send(failed(1, "192.0.2.1", host, now.Add(odd)))
		send(failed(12, fmt.Sprintf("203.0.113.%d", 10+i), host, time.Now()))
		found(fmt.Sprintf("an attack after an event %v off", odd), fmt.Sprintf("203.0.113.%d", 10+i))
	}
	send(failed(12, "203.0.113.50", "honest", time.Now()))
	found("an attack seen by an honest origin", "203.0.113.50")

	// A host whose clock is two days ahead, all the time.
	send(failed(12, "203.0.113.60", "ahead", time.Now().Add(48*time.Hour)))
	found("an attack seen by a host whose clock is ahead", "203.0.113.60")

	// A file of last week, on a host of its own, and while others are live.
	send(failed(12, "203.0.113.70", "archive", now.Add(-7*24*time.Hour)))
	found("an attack of last week", "203.0.113.70")

	// What is late is told, not dropped unseen.
	send(failed(12, "203.0.113.80", "honest", now.Add(-2*time.Hour)))
	late := 0
	for _, e := range all[event](s, "/api/siem/logs?ip_address=203.0.113.80") {
		for _, m := range e.Marks {
			if m.Kind == "late" {
				late++
			}
		}
	}
	if late != 12 {
		t.Errorf("%d of 12 late events are marked", late)
	}
	eventually(t, "late events counted", func() bool { return s.metric("tocsin_detect_late_total") >= 12 })

	s.kill()
	s = start(t, bin, data)
	send(failed(12, "203.0.113.90", "liar-0", time.Now()))
	found("an attack after a kill, by an origin that had lied", "203.0.113.90")
}

// TestClocklessSyslog sends lines whose time has no year and no zone: they belong
// to the past twelve months, never to the future.
func TestClocklessSyslog(t *testing.T) {
	t.Parallel()
	s := start(t, binary(t), t.TempDir())
	token := s.token("ingest")
	now := time.Now().UTC()
	var b strings.Builder
	for m := range 12 {
		at := now.AddDate(0, 0, -7-30*m)
		fmt.Fprintf(&b, "<38>%s gate sshd[%d]: Failed password for root from 192.0.2.%d port 22 ssh2\n", at.Format(time.Stamp), m+1, m+1)
	}
	if a := s.send("/api/siem/events?format=syslog", token, "text/plain", []byte(b.String())); a.Accepted != 12 {
		t.Fatalf("%+v", a)
	}
	for m := range 12 {
		want := now.AddDate(0, 0, -7-30*m).Truncate(time.Second)
		es := all[event](s, fmt.Sprintf("/api/siem/logs?ip_address=192.0.2.%d", m+1))
		if len(es) != 1 || es[0].Time.Sub(want).Abs() > 26*time.Hour { // its zone is the server's
			t.Errorf("line of %v: %+v", want, es)
		}
	}
}
