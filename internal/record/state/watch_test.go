// SPDX-License-Identifier: Apache-2.0

package state

import (
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/alert"
	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/core/rule"
	"github.com/tocsin-siem/tocsin/internal/watch/detect"
)

func openWatch(t *testing.T) *Watch {
	t.Helper()
	w := NewWatch(openState(t, t.TempDir()))
	if _, err := w.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w
}

// finding is the n-th one of a test, each about an address of its own.
func finding(n int, kind string, severity event.Severity) *rule.Finding {
	id := fmt.Sprintf("%032x", n)
	f := &rule.Finding{
		ID: id, Run: id, RuleID: "rule-" + kind, Type: kind, Message: "anomaly." + kind, Severity: severity, Confidence: .85,
		EntityType: "ip", EntityValue: fmt.Sprintf("192.0.2.%d", n), Value: 10, Threshold: 10, Window: int64(10 * time.Minute),
		Events: 10, First: int64(n) * 1000, Last: int64(n)*1000 + 500, Received: int64(n) * 1000, Ord: uint64(n),
		Techniques: []string{"T1110"},
	}
	var evidence event.ID
	binary.BigEndian.PutUint64(evidence[:], uint64(n))
	f.Evidence = []event.ID{evidence, {15: 1}}
	return f
}

func commit(t *testing.T, w *Watch, ord uint64, findings ...*rule.Finding) {
	t.Helper()
	b := &detect.Batch{Position: detect.Position{Ord: ord}}
	for _, f := range findings {
		b.Steps = append(b.Steps, detect.Step{Finding: f})
	}
	if err := w.Commit(t.Context(), b); err != nil {
		t.Fatal(err)
	}
}

// five commits three brute force, an enumeration and an injection finding.
func five(t *testing.T, w *Watch) {
	t.Helper()
	commit(t, w, 5,
		finding(1, "brute_force_attack", event.High), finding(2, "brute_force_attack", event.Critical),
		finding(3, "account_enumeration", event.Medium), finding(4, "llm_injection", event.High), finding(5, "brute_force_attack", event.High))
}

func anomalyValues(p alert.Page[alert.Anomaly]) string {
	var list []string
	for _, a := range p.Items {
		list = append(list, strings.TrimPrefix(a.Entity.Value, "192.0.2."))
	}
	return strings.Join(list, " ")
}

func TestAnomalyFilters(t *testing.T) {
	t.Parallel()
	w := openWatch(t)
	five(t, w)
	f := func(name string, filter alert.AnomalyFilter, want string, total int64) {
		t.Helper()
		p, err := w.Anomalies(t.Context(), filter)
		if err != nil || anomalyValues(p) != want || p.Total != total {
			t.Errorf("%s: %q of %d (%v), want %q of %d", name, anomalyValues(p), p.Total, err, want, total)
		}
	}
	f("all, newest first", alert.AnomalyFilter{}, "5 4 3 2 1", 5)
	f("type", alert.AnomalyFilter{Types: []string{"brute_force_attack"}}, "5 2 1", 3)
	f("two types", alert.AnomalyFilter{Types: []string{"llm_injection", "account_enumeration"}}, "4 3", 2)
	f("severity", alert.AnomalyFilter{Severities: []event.Severity{event.High}}, "5 4 1", 3)
	f("status", alert.AnomalyFilter{Statuses: []alert.Status{alert.Resolved}}, "", 0)
	f("entity", alert.AnomalyFilter{Entity: "192.0.2.3"}, "3", 1)
	f("ids", alert.AnomalyFilter{IDs: []string{finding(2, "", 0).ID, "nobody"}}, "2", 1)
	f("together", alert.AnomalyFilter{Types: []string{"brute_force_attack"}, Severities: []event.Severity{event.High}, Statuses: []alert.Status{alert.Open}}, "5 1", 2)
	f("limit", alert.AnomalyFilter{Window: alert.Window{Limit: 2}}, "5 4", 5)
	f("offset", alert.AnomalyFilter{Window: alert.Window{Limit: 2, Offset: 3}}, "2 1", 5)
	f("a quote", alert.AnomalyFilter{Entity: "' OR 1=1 --"}, "", 0)

	var pages []string
	part := alert.Window{Limit: 2}
	for {
		p, err := w.Anomalies(t.Context(), alert.AnomalyFilter{Window: part})
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, anomalyValues(p))
		if p.Next == "" {
			break
		}
		if len(pages) == 1 {
			commit(t, w, 6, finding(6, "brute_force_attack", event.High)) // does not shift the pages
		}
		part.Cursor = p.Next
	}
	if diff := cmp.Diff([]string{"5 4", "3 2", "1"}, pages); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
	for _, bad := range []alert.Window{{Limit: 1001}, {Limit: -1}, {Offset: -1}, {Cursor: "x!"}, {Cursor: "-1"}, {Cursor: "1", Offset: 1}} {
		if _, err := w.Anomalies(t.Context(), alert.AnomalyFilter{Window: bad}); !errors.Is(err, alert.ErrInvalid) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

func TestAnomalyComesBackWhole(t *testing.T) {
	t.Parallel()
	w := openWatch(t)
	f := finding(1, "brute_force_attack", event.High)
	commit(t, w, 1, f)
	a, err := w.Anomaly(t.Context(), f.ID)
	if err != nil {
		t.Fatal(err)
	}
	want := alert.Anomaly{
		ID: f.ID, RuleID: f.RuleID, Type: f.Type, Message: f.Message, Severity: f.Severity, Confidence: f.Confidence, Sure: f.Confidence, Status: alert.Open,
		Value: 10, Threshold: 10, Window: f.Window, Count: 10, FirstSeen: f.First, LastSeen: f.Last, Created: f.Received,
		Evidence: f.Evidence, Techniques: f.Techniques, Runs: []alert.Member{{ID: f.Run, Count: 10}},
	}
	want.Entity.Type, want.Entity.Value = "ip", "192.0.2.1"
	if diff := cmp.Diff(want, a); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAlertWork(t *testing.T) {
	t.Parallel()
	w := openWatch(t)
	var changes []string
	w.OnChange(func(c alert.Change) {
		changes = append(changes, fmt.Sprintf("%d anomalies %d alerts", len(c.Anomalies), len(c.Alerts)))
	})
	five(t, w)
	open := alert.AlertFilter{Statuses: []alert.Status{alert.Active, alert.Acknowledged}}
	p, err := w.Alerts(t.Context(), open)
	if err != nil || len(p.Items) != 4 || p.Total != 4 || p.Items[3].RuleID != alert.RuleBruteForce || p.Items[3].Severity != event.Critical {
		t.Fatalf("%v %+v", err, p)
	}
	id := p.Items[3].ID
	work := alert.Work{By: "ana", At: 77_000, Notes: "looking"}
	a, err := w.Acknowledge(t.Context(), id, work)
	if err != nil || a.Status != alert.Acknowledged || a.Assignee != "ana" {
		t.Fatalf("%v %+v", err, a)
	}
	if _, err := w.Acknowledge(t.Context(), id, work); err != nil {
		t.Errorf("again: %v", err)
	}
	if counts, err := w.OpenAnomalies(t.Context()); err != nil || counts[event.High] != 3 || counts[event.Critical] != 1 || counts[event.Medium] != 1 {
		t.Errorf("open %v %v", counts, err)
	}
	end := alert.Resolution{Work: alert.Work{By: "bob", At: 99_000, Notes: "blocked"}, Reason: alert.TruePositive}
	if a, err = w.Resolve(t.Context(), id, end); err != nil || a.Status != alert.Resolved || len(a.Notes) != 2 {
		t.Fatalf("%v %+v", err, a)
	}
	anomaly, err := w.Anomaly(t.Context(), a.Anomalies[0].ID)
	if err != nil || anomaly.Status != alert.Resolved || anomaly.ResolvedBy != "bob" || anomaly.Notes[0].Text != "blocked" {
		t.Errorf("its anomaly: %v %+v", err, anomaly)
	}
	if counts, err := w.OpenAnomalies(t.Context()); err != nil || counts[event.High] != 2 {
		t.Errorf("open %v %v", counts, err)
	}
	end.KeepAnomalies = true
	if a, err = w.Resolve(t.Context(), p.Items[0].ID, end); err != nil {
		t.Fatal(err)
	}
	if anomaly, err = w.Anomaly(t.Context(), a.Anomalies[0].ID); err != nil || anomaly.Status != alert.Open {
		t.Errorf("kept anomaly: %v %+v", err, anomaly)
	}
	if anomaly, err = w.ResolveAnomaly(t.Context(), anomaly.ID, end); err != nil || anomaly.Status != alert.Resolved {
		t.Errorf("resolve anomaly: %v", err)
	}
	want := []string{"5 anomalies 4 alerts", "0 anomalies 1 alerts", "1 anomalies 1 alerts", "0 anomalies 1 alerts", "1 anomalies 0 alerts"}
	if diff := cmp.Diff(want, changes); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}

	var conflict *alert.ConflictError
	if _, err := w.Resolve(t.Context(), id, end); !errors.As(err, &conflict) {
		t.Errorf("resolve twice: %v", err)
	}
	if _, err := w.Acknowledge(t.Context(), id, work); !errors.As(err, &conflict) {
		t.Errorf("acknowledge a resolved one: %v", err)
	}
	if _, err := w.ResolveAnomaly(t.Context(), anomaly.ID, end); !errors.As(err, &conflict) {
		t.Errorf("resolve an anomaly twice: %v", err)
	}

	s, err := w.AlertStatistics(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	wantStatistics := alert.Statistics{
		ByStatus: map[alert.Status]int64{alert.Active: 2, alert.Resolved: 2}, BySeverity: alert.Counts{event.Critical: 1, event.High: 1},
		ByRule: map[string]int64{alert.RuleBruteForce: 3, alert.RuleLLMInjection: 1}, ByReason: map[alert.Reason]int64{alert.TruePositive: 2},
		Total: 4, MeanAcknowledge: 76_000, MeanResolve: 96_000,
	}
	if diff := cmp.Diff(wantStatistics, s); diff != "" {
		t.Errorf("statistics (-want +got):\n%s", diff)
	}
}

func TestNothingIsThere(t *testing.T) {
	t.Parallel()
	w := openWatch(t)
	f := func(name string, err error) {
		t.Helper()
		if !errors.Is(err, alert.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := w.Anomaly(t.Context(), "x")
	f("anomaly", err)
	_, err = w.Alert(t.Context(), "x")
	f("alert", err)
	_, err = w.ResolveAnomaly(t.Context(), "x", alert.Resolution{})
	f("resolve anomaly", err)
	_, err = w.Resolve(t.Context(), "x", alert.Resolution{})
	f("resolve", err)
	_, err = w.Acknowledge(t.Context(), "x", alert.Work{})
	f("acknowledge", err)
	f("rule", w.PutAlertRule(t.Context(), alert.Rule{ID: "x", Type: alert.OnEvent}))
	if p, err := w.Alerts(t.Context(), alert.AlertFilter{}); err != nil || p.Items == nil || p.Total != 0 || p.Next != "" {
		t.Errorf("empty list: %+v %v", p, err)
	}
	if s, err := w.AlertStatistics(t.Context()); err != nil || s.Total != 0 || s.MeanResolve != 0 {
		t.Errorf("statistics: %+v %v", s, err)
	}
}

func TestRefusedResolutionLeavesEverything(t *testing.T) {
	t.Parallel()
	w := openWatch(t)
	five(t, w)
	p, err := w.Alerts(t.Context(), alert.AlertFilter{})
	if err != nil {
		t.Fatal(err)
	}
	before := dumpWatch(t, w)
	if _, err := w.Resolve(t.Context(), p.Items[0].ID, alert.Resolution{Work: alert.Work{By: "a"}, Reason: "bored"}); !errors.Is(err, alert.ErrInvalid) {
		t.Errorf("%v", err)
	}
	if diff := cmp.Diff(before, dumpWatch(t, w)); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
}

// TestCommitIsOnce: a batch that comes again (its answer was lost) is stored once,
// and position and snapshot survive a new start.
func TestCommitIsOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := NewWatch(openState(t, dir))
	five(t, w)
	before := dumpWatch(t, w)
	five(t, w)
	commit(t, w, 3, finding(9, "brute_force_attack", event.High)) // behind
	if err := w.Commit(t.Context(), &detect.Batch{Position: detect.Position{Ord: 5, Snapshot: []byte("s")}}); err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(t.Context(), &detect.Batch{Position: detect.Position{Ord: 8}}); err != nil {
		t.Fatal(err)
	}
	again := NewWatch(openState(t, dir))
	if diff := cmp.Diff(before, dumpWatch(t, again)); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
	p, err := again.Resume(t.Context())
	if err != nil || p.Ord != 8 || string(p.Snapshot) != "s" {
		t.Errorf("position %+v %v", p, err)
	}
}

func TestAlertRules(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := NewWatch(openState(t, dir))
	if _, err := w.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	urgent := &event.Event{Severity: event.Critical}
	if !w.Alerting(urgent) || w.Alerting(&event.Event{Severity: event.High}) {
		t.Error("the default rule wants critical events and no others")
	}
	rules, err := w.AlertRules(t.Context())
	if diff := cmp.Diff(alert.DefaultRules(), rules); err != nil || diff != "" {
		t.Fatalf("%v (-want +got):\n%s", err, diff)
	}
	changed := rules[1]
	changed.Enabled, changed.Cooldown, changed.Channels = false, time.Hour, []string{"in_app", "soc"}
	if err := w.PutAlertRule(t.Context(), changed); err != nil {
		t.Fatal(err)
	}
	if w.Alerting(urgent) {
		t.Error("the rule is off")
	}
	again := NewWatch(openState(t, dir))
	rules, err = again.AlertRules(t.Context())
	want := alert.DefaultRules()
	want[1] = changed
	if diff := cmp.Diff(want, rules); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if err := w.PutAlertRule(t.Context(), alert.Rule{ID: alert.RuleBruteForce, Type: alert.OnEvent}); !errors.Is(err, alert.ErrInvalid) {
		t.Errorf("another type: %v", err)
	}
	changed.Cooldown = -1
	if err := w.PutAlertRule(t.Context(), changed); !errors.Is(err, alert.ErrInvalid) || !strings.Contains(err.Error(), "cooldown") {
		t.Errorf("bad cooldown: %v", err)
	}
}

func FuzzParseListCursor(f *testing.F) {
	f.Add("1z")
	f.Add("-1")
	f.Fuzz(func(t *testing.T, cursor string) {
		seq, err := parseListCursor(cursor)
		if (err == nil) != (seq > 0) {
			t.Errorf("parseListCursor(%q) = %d, %v", cursor, seq, err)
		}
	})
}

// BenchmarkCommit is one commit of 20 findings about addresses that are known.
func BenchmarkCommit(b *testing.B) {
	s, err := Open(b.Context(), b.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	w := NewWatch(s)
	ord := uint64(0)
	for b.Loop() {
		ord++
		batch := &detect.Batch{Position: detect.Position{Ord: ord}}
		for n := range 20 {
			f := finding(n+1, "brute_force_attack", event.High)
			f.Events, f.Grown = int64(ord), true
			batch.Steps = append(batch.Steps, detect.Step{Finding: f})
		}
		if err := w.Commit(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
}
