// SPDX-License-Identifier: Apache-2.0

package alert_test

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/alert"
	"github.com/tocsin-siem/tocsin/internal/core/entity"
	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/core/rule"
)

const minute = int64(time.Minute)

// table is an alert.Shelf over rows in memory.
type table struct {
	anomalies []*alert.Anomaly
	alerts    []*alert.Alert
	runs      map[string]string
	rules     []alert.Rule
}

func newTable() *table { return &table{runs: map[string]string{}, rules: alert.DefaultRules()} }

func (m *table) AnomalyOfRun(run string) (*alert.Anomaly, error) {
	for _, a := range m.anomalies {
		if a.ID == m.runs[run] {
			return a, nil
		}
	}
	return nil, nil
}

func (m *table) OpenAnomalies(ruleID string, about entity.Entity) (open []*alert.Anomaly, err error) {
	for _, a := range m.anomalies {
		if a.Status == alert.Open && a.RuleID == ruleID && a.Entity == about {
			open = append(open, a)
		}
	}
	return open, nil
}

func (m *table) NewestAlert(ruleID string, about entity.Entity) (*alert.Alert, error) {
	for _, a := range slices.Backward(m.alerts) {
		if a.RuleID == ruleID && a.Entity == about {
			return a, nil
		}
	}
	return nil, nil
}

// apply folds one batch and keeps what changed.
func (m *table) apply(t *testing.T, steps ...any) {
	t.Helper()
	book := alert.NewBook(m, m.rules)
	for _, s := range steps {
		switch s := s.(type) {
		case rule.Finding:
			if _, err := book.Finding(&s); err != nil {
				t.Fatal(err)
			}
		case event.Event:
			if err := book.Event(&s); err != nil {
				t.Fatal(err)
			}
		}
	}
	maps.Copy(m.runs, book.Runs())
	for _, a := range book.Anomalies() {
		if !slices.Contains(m.anomalies, a) {
			m.anomalies = append(m.anomalies, a)
		}
	}
	for _, a := range book.Alerts() {
		if !slices.Contains(m.alerts, a) {
			m.alerts = append(m.alerts, a)
		}
	}
}

func (m *table) String() string {
	var b strings.Builder
	for _, a := range m.anomalies {
		fmt.Fprintf(&b, "anomaly %s %s %s count=%d value=%d %d-%d %s\n", a.ID[:min(4, len(a.ID))], a.Severity, a.Entity, a.Count, a.Value, a.FirstSeen/minute, a.LastSeen/minute, a.Status)
	}
	for _, a := range m.alerts {
		fmt.Fprintf(&b, "alert %s %s %s count=%d members=%d %d-%d suppressed=%d %s\n", a.RuleID, a.Severity, a.Entity, a.Count, len(a.Anomalies), a.FirstSeen/minute, a.LastSeen/minute, a.Suppressed, a.Status)
	}
	return b.String()
}

func (m *table) want(t *testing.T, lines ...string) {
	t.Helper()
	want := strings.Join(lines, "\n") + "\n"
	if len(lines) == 0 {
		want = ""
	}
	if diff := cmp.Diff(want, m.String()); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
}

// hit is a finding of the brute force rule about 192.0.2.1; times in minutes.
func hit(id, run string, events, first, last int64) rule.Finding {
	return rule.Finding{
		ID: id, Run: run, RuleID: "r", Type: "brute_force_attack", Message: "anomaly.brute_force_attack",
		Severity: event.High, Confidence: .8, EntityType: "ip", EntityValue: "192.0.2.1",
		Value: events, Threshold: 10, Window: 10 * minute, Events: events, First: first * minute, Last: last * minute,
		Received: last * minute,
	}
}

func grown(f rule.Finding) rule.Finding {
	f.Grown = true
	return f
}

func resolution() alert.Resolution {
	return alert.Resolution{Work: alert.Work{By: "ana", At: 1, Notes: "seen"}, Reason: alert.TruePositive}
}

func TestFindingsGrowOneAnomalyAndOneAlert(t *testing.T) {
	t.Parallel()
	m := newTable()
	m.apply(t, hit("f1", "f1", 10, 0, 5))
	m.apply(t, grown(hit("f1", "f1", 15, 0, 6)))
	second := hit("f2", "f1", 30, 0, 8)
	second.Severity = event.Critical
	m.apply(t, second, grown(hit("f2", "f1", 34, 0, 9)))
	m.apply(t, grown(hit("f2", "f1", 34, 0, 9))) // again: nothing changes
	m.want(t,
		"anomaly f1 critical ip:192.0.2.1 count=34 value=34 0-9 open",
		"alert RULE-BRUTE-FORCE critical ip:192.0.2.1 count=34 members=1 0-9 suppressed=0 active")
}

func TestQuietWindowOpensAnotherAnomalyInTheSameAlert(t *testing.T) {
	t.Parallel()
	m := newTable()
	m.apply(t, hit("f1", "f1", 10, 0, 5))
	m.apply(t, hit("f2", "f2", 12, 16, 18)) // 11 minutes later
	m.want(t,
		"anomaly f1 high ip:192.0.2.1 count=10 value=10 0-5 open",
		"anomaly f2 high ip:192.0.2.1 count=12 value=12 16-18 open",
		"alert RULE-BRUTE-FORCE critical ip:192.0.2.1 count=22 members=2 0-18 suppressed=0 active")
}

// TestLostWindowsDoNotOpenAnother: a run that begins anew because its window had
// to be forgotten is still the same matter.
func TestLostWindowsDoNotOpenAnother(t *testing.T) {
	t.Parallel()
	m := newTable()
	m.apply(t, hit("f1", "f1", 10, 0, 5))
	m.apply(t, hit("f2", "f2", 10, 8, 12))
	m.apply(t, grown(hit("f2", "f2", 13, 8, 14)))
	m.want(t,
		"anomaly f1 high ip:192.0.2.1 count=23 value=13 0-14 open",
		"alert RULE-BRUTE-FORCE critical ip:192.0.2.1 count=23 members=1 0-14 suppressed=0 active")
}

func TestEntitiesAndTypesStayApart(t *testing.T) {
	t.Parallel()
	m := newTable()
	host := hit("f2", "f2", 10, 0, 5)
	host.EntityType = "host"
	other := hit("f3", "f3", 5, 0, 5)
	other.RuleID, other.Type, other.Severity = "e", "account_enumeration", event.Medium
	m.apply(t, hit("f1", "f1", 10, 0, 5), host, other)
	if len(m.anomalies) != 3 || len(m.alerts) != 2 {
		t.Errorf("%s", m)
	}
}

func TestResolvedWhileItGoesOn(t *testing.T) {
	t.Parallel()
	m := newTable()
	m.apply(t, hit("f1", "f1", 12, 0, 5))
	for _, a := range m.anomalies {
		if err := a.Resolve(resolution()); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.alerts[0].Resolve(resolution()); err != nil {
		t.Fatal(err)
	}
	m.apply(t, grown(hit("f1", "f1", 21, 0, 7))) // nine more: not yet the threshold
	m.want(t,
		"anomaly f1 high ip:192.0.2.1 count=12 value=12 0-5 resolved",
		"alert RULE-BRUTE-FORCE critical ip:192.0.2.1 count=12 members=1 0-5 suppressed=0 resolved")
	m.apply(t, grown(hit("f1", "f1", 25, 0, 9))) // within the cooldown
	if len(m.anomalies) != 2 || m.anomalies[1].Count != 13 || m.anomalies[1].FirstSeen != 5*minute || len(m.alerts) != 1 {
		t.Fatalf("%s", m)
	}
	m.apply(t, hit("f2", "f1", 60, 0, 14), grown(hit("f2", "f1", 80, 0, 16)))
	if len(m.alerts) != 2 || m.alerts[0].Suppressed != 1 || m.alerts[1].Status != alert.Active || m.alerts[1].Count != 68 {
		t.Fatalf("after the cooldown:\n%s", m)
	}
}

func TestCooldownIsMeasuredInEventTime(t *testing.T) {
	t.Parallel()
	f := func(name string, first, last int64, alerts int) {
		t.Helper()
		m := newTable()
		m.apply(t, hit("f1", "f1", 10, 100, 105))
		for _, a := range m.anomalies {
			if err := a.Resolve(resolution()); err != nil {
				t.Fatal(err)
			}
		}
		if err := m.alerts[0].Resolve(resolution()); err != nil {
			t.Fatal(err)
		}
		m.apply(t, hit("f2", "f2", 10, first, last))
		if len(m.anomalies) != 2 || len(m.alerts) != alerts {
			t.Errorf("%s:\n%s", name, m)
		}
	}
	f("inside", 106, 115, 1)
	f("over", 106, 116, 2)
	f("an old file", 10, 15, 2)
	f("just before", 80, 90, 1)
}

func TestAlertRuleConditions(t *testing.T) {
	t.Parallel()
	f := func(name string, change func(f *rule.Finding), want string) {
		t.Helper()
		m := newTable()
		finding := hit("f1", "f1", 10, 0, 5)
		change(&finding)
		m.apply(t, finding)
		var raised []string
		for _, a := range m.alerts {
			raised = append(raised, a.RuleID+" "+a.Severity.String())
		}
		if got := strings.Join(raised, ", "); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	f("brute force", func(*rule.Finding) {}, "RULE-BRUTE-FORCE critical")
	f("enumeration has no rule", func(f *rule.Finding) { f.Type = "account_enumeration" }, "")
	f("injection", func(f *rule.Finding) { f.Type, f.Confidence = "llm_injection", .85 }, "RULE-LLM-INJECTION high")
	f("critical injection", func(f *rule.Finding) { f.Type, f.Severity = "llm_injection", event.Critical; f.Confidence = .9 }, "RULE-LLM-INJECTION critical")
	f("not above 0.8", func(f *rule.Finding) { f.Type = "llm_injection" }, "")
	f("repeated", func(f *rule.Finding) { f.Type = "llm_repeated_violation" }, "RULE-LLM-REPEATED high")
}

func critical(n int, at int64, change func(e *event.Event)) event.Event {
	e := event.Event{Severity: event.Critical, Category: "config_changed", Source: "system", IP: "192.0.2.9", User: "ana", Host: "web1", Time: at * minute, Received: at * minute}
	binary.BigEndian.PutUint64(e.ID[8:], uint64(n))
	if change != nil {
		change(&e)
	}
	return e
}

func TestCriticalEvents(t *testing.T) {
	t.Parallel()
	m := newTable()
	m.apply(t,
		critical(1, 0, nil), critical(2, 1, nil),
		critical(3, 2, func(e *event.Event) { e.IP = "" }),
		critical(4, 3, func(e *event.Event) { e.IP, e.User = "", "" }),
		critical(5, 4, func(e *event.Event) { e.IP, e.User, e.Host = "", "", "" }),
		critical(6, 5, func(e *event.Event) { e.Severity = event.High }))
	m.want(t,
		"alert RULE-CRITICAL-EVENT critical ip:192.0.2.9 count=2 members=0 0-1 suppressed=0 active",
		"alert RULE-CRITICAL-EVENT critical user:ana count=1 members=0 2-2 suppressed=0 active",
		"alert RULE-CRITICAL-EVENT critical host:web1 count=1 members=0 3-3 suppressed=0 active",
		"alert RULE-CRITICAL-EVENT critical source:system count=1 members=0 4-4 suppressed=0 active")
	if err := m.alerts[0].Resolve(resolution()); err != nil {
		t.Fatal(err)
	}
	m.apply(t, critical(7, 6, nil), critical(8, 7, nil))
	if len(m.alerts) != 5 || m.alerts[0].Suppressed != 1 || m.alerts[4].Count != 1 {
		t.Errorf("minute 6 is within the five minutes after minute 1, minute 7 is not:\n%s", m)
	}
}

func TestFloodOfCriticalEventsIsOneAlert(t *testing.T) {
	t.Parallel()
	m := newTable()
	for batch := range 10 {
		var steps []any
		for i := range 100 {
			steps = append(steps, critical(batch*100+i, 1, nil))
		}
		m.apply(t, steps...)
	}
	a := m.alerts[0]
	if len(m.alerts) != 1 || a.Count != 1000 || len(a.Evidence) != 64 || a.Evidence[31][15] != 31 || a.Evidence[63] != critical(999, 0, nil).ID {
		t.Errorf("%s %v", m, a.Evidence)
	}
}

// TestManyRunsStayBounded: an anomaly lists a hundred runs, an alert a hundred
// anomalies, and neither loses a count.
func TestManyRunsStayBounded(t *testing.T) {
	t.Parallel()
	m := newTable()
	for i := range int64(150) {
		id := fmt.Sprintf("%04d", i)
		m.apply(t, hit(id, id, 10, 0, 5)) // windows lost each time
	}
	if a := m.anomalies[0]; len(m.anomalies) != 1 || a.Count != 1500 || len(a.Runs) != 100 {
		t.Errorf("%s", m)
	}
	m = newTable()
	for i := range int64(150) {
		id := fmt.Sprintf("%04d", i)
		m.apply(t, hit(id, id, 10, 100*i, 100*i+5))
	}
	if a := m.alerts[0]; len(m.anomalies) != 150 || len(m.alerts) != 1 || a.Count != 1500 || len(a.Anomalies) != 100 {
		t.Errorf("%d anomalies, %d alerts, count %d, %d members", len(m.anomalies), len(m.alerts), a.Count, len(a.Anomalies))
	}
}

func TestDisabledRulesRaiseNothing(t *testing.T) {
	t.Parallel()
	m := newTable()
	for i := range m.rules {
		m.rules[i].Enabled = false
	}
	m.apply(t, hit("f1", "f1", 10, 0, 5), critical(1, 0, nil))
	if len(m.anomalies) != 1 || len(m.alerts) != 0 {
		t.Errorf("%s", m)
	}
}
