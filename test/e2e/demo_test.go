// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"testing"
	"time"
)

// TestDemoRaisesAlerts wants the demo's alerts well within a minute.
func TestDemoRaisesAlerts(t *testing.T) {
	t.Parallel()
	s := start(t, binary(t), t.TempDir(), "--demo")
	want := map[string]bool{"RULE-BRUTE-FORCE": true, "RULE-CRITICAL-EVENT": true, "RULE-LLM-INJECTION": true, "RULE-LLM-REPEATED": true}
	end := time.Now().Add(60 * time.Second)
	for len(want) > 0 && time.Now().Before(end) {
		for _, a := range all[alert](s, "/api/siem/alerts") {
			delete(want, a.RuleID)
		}
		time.Sleep(200 * time.Millisecond)
	}
	if len(want) > 0 {
		t.Fatalf("after a minute no alert by %v", want)
	}
	s.wantEntities("account_enumeration", []string{"198.51.100.23"})
	var d struct{ Demo bool }
	s.get("/api/siem/dashboard", &d)
	if !d.Demo {
		t.Error("the dashboard does not say that this is a demo")
	}
}

// TestQuietDemoRaisesNothing is the control: the same traffic without attacks.
func TestQuietDemoRaisesNothing(t *testing.T) {
	t.Parallel()
	s := start(t, binary(t), t.TempDir(), "--demo-quiet")
	eventually(t, "some minutes of traffic", func() bool {
		var st struct{ Total int }
		s.get("/api/siem/statistics", &st)
		return st.Total > 2000
	})
	time.Sleep(12 * time.Second) // the attacks would come within it
	if as := all[alert](s, "/api/siem/alerts"); len(as) != 0 {
		t.Errorf("alerts without an attack: %+v", as)
	}
	if as := all[anomaly](s, "/api/siem/anomalies"); len(as) != 0 {
		t.Errorf("anomalies without an attack: %+v", as)
	}
}

// TestSameAttackWithoutDemo sends the attack to an ordinary server.
func TestSameAttackWithoutDemo(t *testing.T) {
	t.Parallel()
	s := start(t, binary(t), t.TempDir())
	attack(s, s.token("ingest"), time.Now())
	eventually(t, "the alert", func() bool { return len(all[alert](s, "/api/siem/alerts?rule=RULE-BRUTE-FORCE")) == 1 })
}
