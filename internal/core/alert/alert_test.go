// SPDX-License-Identifier: Apache-2.0

package alert_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/alert"
	"github.com/tocsin-siem/tocsin/internal/core/entity"
	"github.com/tocsin-siem/tocsin/internal/core/event"
)

func TestScore(t *testing.T) {
	t.Parallel()
	f := func(critical, high, medium, low int64, score int, level alert.Level) {
		t.Helper()
		open := alert.Counts{event.Critical: critical, event.High: high, event.Medium: medium, event.Low: low, event.Info: 1000}
		if got, word := alert.Score(open); got != score || word != level {
			t.Errorf("%v: %d %s, want %d %s", open, got, word, score, level)
		}
	}
	f(0, 0, 0, 0, 0, alert.LevelLow)
	f(0, 0, 0, 3, 15, alert.LevelLow)
	f(0, 0, 1, 2, 20, alert.LevelMedium)
	f(0, 2, 0, 1, 45, alert.LevelMedium)
	f(1, 0, 1, 0, 50, alert.LevelHigh)
	f(1, 1, 1, 1, 75, alert.LevelHigh)
	f(2, 0, 0, 0, 80, alert.LevelCritical)
	f(3, 0, 0, 0, 100, alert.LevelCritical)
	f(1<<60, 1<<60, 1<<60, 1<<60, 100, alert.LevelCritical)
}

func TestAlertStates(t *testing.T) {
	t.Parallel()
	by := alert.Work{By: "ana", At: 7, Notes: "mine"}
	end := alert.Resolution{Work: alert.Work{By: "bob", At: 9, Notes: "done"}, Reason: alert.FalsePositive}
	var conflict *alert.ConflictError

	a := alert.Alert{ID: "a", Status: alert.Active}
	if err := a.Acknowledge(by); err != nil || a.Status != alert.Acknowledged || a.Assignee != "ana" || a.AcknowledgedAt != 7 || !a.IsOpen() {
		t.Fatalf("%v %+v", err, a)
	}
	if err := a.Acknowledge(alert.Work{By: "eve", Notes: "me too"}); err != nil || a.Assignee != "ana" || len(a.Notes) != 1 {
		t.Errorf("again: %v %+v", err, a)
	}
	if err := a.Resolve(end); err != nil || a.Status != alert.Resolved || a.ResolvedBy != "bob" || a.Reason != alert.FalsePositive || a.IsOpen() {
		t.Fatalf("%v %+v", err, a)
	}
	want := []alert.Note{{Time: 7, By: "ana", Text: "mine"}, {Time: 9, By: "bob", Text: "done"}}
	if diff := cmp.Diff(want, a.Notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
	if err := a.Resolve(end); !errors.As(err, &conflict) || conflict.Status != alert.Resolved || conflict.Action != "resolve" {
		t.Errorf("resolve twice: %v", err)
	}
	if err := a.Acknowledge(by); !errors.As(err, &conflict) {
		t.Errorf("acknowledge a resolved one: %v", err)
	}
	active := alert.Alert{Status: alert.Active}
	if err := active.Resolve(alert.Resolution{Work: alert.Work{By: "bob"}}); err != nil || active.Notes != nil {
		t.Errorf("straight from active, without notes: %v", err)
	}
	open := alert.Anomaly{Status: alert.Open}
	if err := open.Resolve(end); err != nil || open.Status != alert.Resolved || len(open.Notes) != 1 {
		t.Errorf("anomaly: %v %+v", err, open)
	}
	if err := open.Resolve(end); !errors.As(err, &conflict) {
		t.Errorf("anomaly twice: %v", err)
	}
}

func TestRefusedWorkChangesNothing(t *testing.T) {
	t.Parallel()
	f := func(name string, r alert.Resolution, field string) {
		t.Helper()
		a := alert.Alert{Status: alert.Active}
		err := a.Resolve(r)
		if !errors.Is(err, alert.ErrInvalid) || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(alert.Alert{Status: alert.Active}, a); diff != "" {
			t.Errorf("%s changed it:\n%s", name, diff)
		}
	}
	f("nobody", alert.Resolution{}, "by")
	f("reason", alert.Resolution{Work: alert.Work{By: "a"}, Reason: "bored"}, "reason")
	f("long notes", alert.Resolution{Work: alert.Work{By: "a", Notes: strings.Repeat("x", alert.MaxNoteBytes+1)}}, "notes")
	f("no UTF-8", alert.Resolution{Work: alert.Work{By: "a", Notes: "\xff"}}, "notes")
}

func TestTexts(t *testing.T) {
	t.Parallel()
	anomaly := alert.Anomaly{
		Message: "anomaly.brute_force_attack", Entity: entity.Entity{Type: "ip", Value: "192.0.2.1"}, Count: 34, Value: 30,
		Threshold: 10, Window: int64(10 * time.Minute), Confidence: .927,
	}
	want := alert.Text{Key: "anomaly.brute_force_attack.description", Params: map[string]any{
		"entity": "192.0.2.1", "entity_type": "ip", "count": int64(34), "value": int64(30), "threshold": int64(10),
		"window_min": int64(10), "confidence_pct": int64(93),
	}}
	if diff := cmp.Diff(want, anomaly.Description()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	a := alert.Alert{RuleID: alert.RuleBruteForce, Cause: "brute_force_attack", Entity: anomaly.Entity, Count: 34, Threshold: 10}
	if got := a.Title(); got.Key != "alert.RULE-BRUTE-FORCE.title" || got.Params["entity"] != "192.0.2.1" || got.Params["cause"] != "brute_force_attack" {
		t.Errorf("%+v", got)
	}
}

func TestRules(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, r := range alert.DefaultRules() {
		if err := r.Validate(); err != nil || seen[r.ID] || !r.Enabled || r.Name().Key != "alert."+r.ID+".name" {
			t.Errorf("%+v: %v", r, err)
		}
		seen[r.ID] = true
	}
	f := func(field string, change func(r *alert.Rule)) {
		t.Helper()
		r := alert.DefaultRules()[0]
		change(&r)
		if err := r.Validate(); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v", field, err)
		}
	}
	f("id", func(r *alert.Rule) { r.ID = "" })
	f("type", func(r *alert.Rule) { r.Type = "threshold" })
	f("severity", func(r *alert.Rule) { r.Severity = 9 })
	f("min_severity", func(r *alert.Rule) { r.Condition.MinSeverity = 9 })
	f("confidence_above", func(r *alert.Rule) { r.Condition.ConfidenceAbove = 1 })
	f("condition", func(r *alert.Rule) { r.Type = alert.OnEvent })
	f("cooldown", func(r *alert.Rule) { r.Cooldown = -1 })
	f("channels", func(r *alert.Rule) { r.Channels = []string{""} })
}
