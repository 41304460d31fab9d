// SPDX-License-Identifier: Apache-2.0

package alert_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/alert"
	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/core/rule"
)

// TestRuleBounds: the last value that is allowed, and the first that is not.
func TestRuleBounds(t *testing.T) {
	t.Parallel()
	f := func(name string, ok bool, change func(r *alert.Rule)) {
		t.Helper()
		r := alert.Rule{ID: "r", Type: alert.OnAnomaly}
		change(&r)
		if err := r.Validate(); (err == nil) != ok {
			t.Errorf("%s: %v, want accepted %v", name, err, ok)
		}
	}
	f("plain", true, func(*alert.Rule) {})
	f("critical", true, func(r *alert.Rule) { r.Severity, r.Condition.MinSeverity = event.Critical, event.Critical })
	f("confidence 0.99", true, func(r *alert.Rule) { r.Condition.ConfidenceAbove = .99 })
	f("confidence below 0", false, func(r *alert.Rule) { r.Condition.ConfidenceAbove = -.01 })
	f("confidence NaN", false, func(r *alert.Rule) { r.Condition.ConfidenceAbove = math.NaN() })
	f("30 days", true, func(r *alert.Rule) { r.Cooldown = 30 * 24 * time.Hour })
	f("a moment more", false, func(r *alert.Rule) { r.Cooldown = 30*24*time.Hour + 1 })
	f("no cooldown", true, func(r *alert.Rule) { r.Cooldown = 0 })
	f("event rule", true, func(r *alert.Rule) { r.Type = alert.OnEvent })
	f("event rule with types", false, func(r *alert.Rule) { r.Type, r.Condition.Types = alert.OnEvent, []string{"x"} })
	f("event rule with confidence", false, func(r *alert.Rule) { r.Type, r.Condition.ConfidenceAbove = alert.OnEvent, .5 })
	f("one empty channel", false, func(r *alert.Rule) { r.Channels = []string{alert.InApp, ""} })
}

// TestRuleErrorsNameEachField: a person sees all that is wrong at once.
func TestRuleErrorsNameEachField(t *testing.T) {
	t.Parallel()
	r := alert.Rule{Type: "x", Severity: 7, Cooldown: -time.Second, Channels: []string{""}}
	r.Condition.MinSeverity, r.Condition.ConfidenceAbove = 8, 2
	err := r.Validate()
	if err == nil {
		t.Fatal("accepted")
	}
	var fields []string
	for line := range strings.Lines(err.Error()) {
		field, _, _ := strings.Cut(line, ":")
		fields = append(fields, field)
	}
	want := "id type severity condition.min_severity condition.confidence_above cooldown channels"
	if got := strings.Join(fields, " "); got != want {
		t.Errorf("fields %q, want %q", got, want)
	}
}

// TestThresholdsOfRules: the lowest severity itself raises, the confidence must
// be exceeded.
func TestThresholdsOfRules(t *testing.T) {
	t.Parallel()
	f := func(name string, c alert.Condition, change func(*rule.Finding), alerts int) {
		t.Helper()
		m := newTable()
		m.rules = []alert.Rule{{ID: "a", Type: alert.OnAnomaly, Enabled: true, Condition: c}}
		finding := hit("f1", "f1", 10, 0, 5)
		change(&finding)
		m.apply(t, finding)
		if len(m.alerts) != alerts {
			t.Errorf("%s: %d alerts, want %d", name, len(m.alerts), alerts)
		}
	}
	same := func(*rule.Finding) {}
	f("any", alert.Condition{}, same, 1)
	f("its severity", alert.Condition{MinSeverity: event.High}, same, 1)
	f("below", alert.Condition{MinSeverity: event.Critical}, same, 0)
	f("its confidence", alert.Condition{ConfidenceAbove: .8}, same, 0)
	f("above it", alert.Condition{ConfidenceAbove: .79}, same, 1)
	f("one of the types", alert.Condition{Types: []string{"x", "brute_force_attack"}}, same, 1)
	f("other types", alert.Condition{Types: []string{"x"}}, same, 0)
	f("growth adds no certainty", alert.Condition{ConfidenceAbove: .5}, func(f *rule.Finding) { f.Confidence = .5 }, 0)
}

// TestNotesAreBounded: the longest note is kept, the note after the last is refused
// and changes nothing.
func TestNotesAreBounded(t *testing.T) {
	t.Parallel()
	w := alert.Work{By: "ana", Notes: strings.Repeat("x", alert.MaxNoteBytes)}
	a := alert.Anomaly{Status: alert.Open, Notes: make([]alert.Note, alert.MaxNotes-1)}
	if err := a.Resolve(alert.Resolution{Work: w}); err != nil || len(a.Notes) != alert.MaxNotes {
		t.Fatalf("%v, %d notes", err, len(a.Notes))
	}
	full := alert.Alert{Status: alert.Active, Notes: make([]alert.Note, alert.MaxNotes)}
	if err := full.Acknowledge(w); !errors.Is(err, alert.ErrInvalid) || full.Status != alert.Active || full.Assignee != "" {
		t.Errorf("%v %s", err, full.Status)
	}
	if err := full.Acknowledge(alert.Work{By: "ana"}); err != nil || full.Status != alert.Acknowledged {
		t.Errorf("without a note: %v", err)
	}
	open := alert.Anomaly{Status: alert.Open}
	if err := open.Resolve(alert.Resolution{Work: alert.Work{By: "a"}, Reason: "odd"}); !errors.Is(err, alert.ErrInvalid) || open.Status != alert.Open {
		t.Errorf("%v %s", err, open.Status)
	}
	if err := open.Resolve(alert.Resolution{Work: alert.Work{By: "bob", At: 9}, Reason: alert.Benign}); err != nil || open.ResolvedBy != "bob" || open.ResolvedAt != 9 || open.Reason != alert.Benign {
		t.Errorf("%v %+v", err, open)
	}
}

// TestNotesOfACopy: writing to one copy never shows in another.
func TestNotesOfACopy(t *testing.T) {
	t.Parallel()
	notes := append(make([]alert.Note, 0, 8), alert.Note{Text: "first"})
	one, two := alert.Alert{Status: alert.Active, Notes: notes}, alert.Alert{Status: alert.Active, Notes: notes}
	for a, text := range map[*alert.Alert]string{&one: "of one", &two: "of two"} {
		if err := a.Acknowledge(alert.Work{By: "a", Notes: text}); err != nil {
			t.Fatal(err)
		}
	}
	if one.Notes[1].Text != "of one" || two.Notes[1].Text != "of two" {
		t.Errorf("%v %v", one.Notes, two.Notes)
	}
}

func TestTitleOfAForeignRule(t *testing.T) {
	t.Parallel()
	own, foreign := alert.Anomaly{Message: "m"}, alert.Anomaly{Message: "m", Rule: "From a file"}
	if _, there := own.Title().Params["title"]; there || own.Title().Key != "m.title" {
		t.Errorf("own %+v", own.Title())
	}
	if diff := cmp.Diff("From a file", foreign.Title().Params["title"]); diff != "" {
		t.Error(diff)
	}
}
