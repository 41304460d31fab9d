// SPDX-License-Identifier: Apache-2.0

package alert_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/alert"
	"github.com/tocsin-siem/tocsin/internal/core/entity"
	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/core/rule"
)

// TestBatchesDoNotMatter: the same steps cut into batches at any place give the
// same anomalies and alerts, to the last field.
func TestBatchesDoNotMatter(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 4))
		steps := story(r)
		one := newTable()
		one.apply(t, steps...)
		many := newTable()
		for rest := steps; len(rest) > 0; {
			n := 1 + r.IntN(len(rest))
			many.apply(t, rest[:n]...)
			rest = rest[n:]
		}
		if diff := cmp.Diff(one.anomalies, many.anomalies); diff != "" {
			t.Fatalf("seed %d: anomalies (-one batch +many):\n%s", seed, diff)
		}
		if diff := cmp.Diff(one.alerts, many.alerts); diff != "" {
			t.Fatalf("seed %d: alerts (-one batch +many):\n%s", seed, diff)
		}
		stored := newTable()
		for rest := steps; len(rest) > 0; {
			n := min(len(rest), 1+r.IntN(6))
			stored.applyStored(t, rest[:n]...)
			rest = rest[n:]
		}
		if diff := cmp.Diff(one.anomalies, stored.anomalies) + cmp.Diff(one.alerts, stored.alerts); diff != "" {
			t.Fatalf("seed %d: read back from a store (-one batch +stored):\n%s", seed, diff)
		}
		again := newTable()
		for _, s := range steps {
			again.apply(t, s)
			if f, ok := s.(rule.Finding); ok {
				f.Grown = true
				again.apply(t, f) // the growth that says nothing new
			}
		}
		if diff := cmp.Diff(one.anomalies, again.anomalies); diff != "" {
			t.Fatalf("seed %d: a finding that was applied twice (-once +twice):\n%s", seed, diff)
		}
	}
}

// stored is a Shelf that gives out a fresh copy each time, as a database does.
type stored struct{ *table }

func (s stored) AnomalyOfRun(run string) (*alert.Anomaly, error) {
	a, err := s.table.AnomalyOfRun(run)
	return copied(a), err
}

func (s stored) OpenAnomalies(id string, about entity.Entity) ([]*alert.Anomaly, error) {
	rows, err := s.table.OpenAnomalies(id, about)
	for i := range rows {
		rows[i] = copied(rows[i])
	}
	return rows, err
}

func (s stored) NewestAlert(id string, about entity.Entity) (*alert.Alert, error) {
	a, err := s.table.NewestAlert(id, about)
	if a == nil {
		return nil, err
	}
	c := *a
	c.Anomalies, c.Evidence = slices.Clone(a.Anomalies), slices.Clone(a.Evidence)
	return &c, err
}

func copied(a *alert.Anomaly) *alert.Anomaly {
	if a == nil {
		return nil
	}
	c := *a
	c.Runs = slices.Clone(a.Runs)
	return &c
}

// applyStored folds a batch over copies and writes back by id what changed.
func (m *table) applyStored(t *testing.T, steps ...any) {
	t.Helper()
	book := alert.NewBook(stored{m}, m.rules)
	for _, s := range steps {
		var err error
		switch s := s.(type) {
		case rule.Finding:
			_, err = book.Finding(&s)
		case event.Event:
			err = book.Event(&s)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	maps.Copy(m.runs, book.Runs())
	seen := map[string]bool{}
	for _, a := range book.Anomalies() {
		if seen[a.ID] {
			t.Fatalf("anomaly %s comes twice", a.ID)
		}
		seen[a.ID] = true
		if i := slices.IndexFunc(m.anomalies, func(o *alert.Anomaly) bool { return o.ID == a.ID }); i >= 0 {
			m.anomalies[i] = a
		} else {
			m.anomalies = append(m.anomalies, a)
		}
	}
	for _, a := range book.Alerts() {
		if seen["alert "+a.ID] {
			t.Fatalf("alert %s comes twice", a.ID)
		}
		seen["alert "+a.ID] = true
		if i := slices.IndexFunc(m.alerts, func(o *alert.Alert) bool { return o.ID == a.ID }); i >= 0 {
			m.alerts[i] = a
		} else {
			m.alerts = append(m.alerts, a)
		}
	}
}

// story is some runs of findings of two entities, with events between.
func story(r *rand.Rand) []any {
	var steps []any
	for i := range int64(12) {
		if r.IntN(4) == 0 {
			steps = append(steps, critical(int(i), i, nil))
		}
		first := i*8 + r.Int64N(10)
		f := hit(fmt.Sprintf("f%03d", i), fmt.Sprintf("f%03d", i), 10+r.Int64N(20), first, first+r.Int64N(6))
		f.EntityValue = []string{"192.0.2.1", "192.0.2.2"}[r.IntN(2)]
		f.Severity = event.Severity(2 + r.IntN(3))
		f.Evidence = []event.ID{{byte(i)}}
		steps = append(steps, f)
		for range r.IntN(3) {
			f.Events += r.Int64N(9)
			f.Value, f.Last = max(f.Value, f.Events), f.Last+minute
			f.Confidence = min(.99, f.Confidence+.05)
			steps = append(steps, grown(f))
		}
	}
	return steps
}

// TestResolvedAlertWithOpenAnomaly: what brings nothing new neither counts as
// suppressed nor raises another alert, however late it comes.
func TestResolvedAlertWithOpenAnomaly(t *testing.T) {
	t.Parallel()
	m := newTable()
	m.apply(t, hit("f1", "f1", 12, 0, 5))
	if err := m.alerts[0].Resolve(resolution()); err != nil {
		t.Fatal(err)
	}
	m.apply(t, hit("f1", "f1", 12, 0, 5))
	m.apply(t, hit("f1", "f1", 12, 0, 60)) // long after the cooldown, but nothing happened
	if len(m.alerts) != 1 || m.alerts[0].Suppressed != 0 {
		t.Fatalf("told again:\n%s", m)
	}
	m.apply(t, hit("f2", "f1", 30, 0, 10), grown(hit("f2", "f1", 33, 0, 11)))
	if len(m.alerts) != 1 || m.alerts[0].Suppressed != 1 || m.alerts[0].Count != 12 {
		t.Fatalf("within the cooldown:\n%s", m)
	}
	m.apply(t, hit("f3", "f1", 60, 0, 16))
	if len(m.alerts) != 2 || m.alerts[1].Count != 60 || m.alerts[1].ID != "f3" {
		t.Fatalf("after it:\n%s", m)
	}
}

// TestOlderAnomalyDoesNotRename: the texts of an alert are about its newest
// anomaly, the count about all.
func TestOlderAnomalyDoesNotRename(t *testing.T) {
	t.Parallel()
	m := newTable()
	m.rules[0].Condition.Types = nil
	first := hit("f1", "f1", 10, 0, 5)
	first.Type, first.Techniques, first.Evidence = "older", []string{"T1"}, []event.ID{{1}}
	second := hit("f2", "f2", 20, 30, 35)
	second.Techniques, second.Evidence = []string{"T2"}, []event.ID{{2}}
	grew := grown(first)
	grew.Events = 15
	m.apply(t, first, second, grew)
	a := m.alerts[0]
	if a.Cause != "brute_force_attack" || a.Value != 20 || a.Count != 35 || a.Techniques[0] != "T2" || a.Evidence[0] != (event.ID{2}) {
		t.Errorf("%+v", a)
	}
}

func TestWindowsThatTouch(t *testing.T) {
	t.Parallel()
	f := func(name string, first, last int64, anomalies int) {
		t.Helper()
		m := newTable()
		m.apply(t, hit("f1", "f1", 10, 100, 105), hit("f2", "f2", 10, first, last))
		if len(m.anomalies) != anomalies {
			t.Errorf("%s: %d anomalies, want %d:\n%s", name, len(m.anomalies), anomalies, m)
		}
	}
	f("a window after", 115, 116, 1)
	f("more than a window after", 116, 117, 2)
	f("a window before", 80, 90, 1)
	f("more than a window before", 79, 89, 2)
	f("around it", 80, 130, 1)
}

// TestAnomalyTakesTheFinding: every figure, and which of them may fall again.
func TestAnomalyTakesTheFinding(t *testing.T) {
	t.Parallel()
	m := newTable()
	first := hit("f1", "f1", 10, 10, 15)
	first.Evidence = []event.ID{{1}}
	m.apply(t, first)
	low := grown(hit("f1", "f1", 8, 12, 14))
	low.Severity, low.Confidence, low.Threshold, low.Window = event.Low, .99, 5, 3*minute
	low.Value, low.Evidence = 4, []event.ID{{1}, {2}}
	m.apply(t, low)
	a := m.anomalies[0]
	if a.Severity != event.High || a.Confidence != .99 || a.Sure != .8 || a.Value != 10 || a.Threshold != 5 || a.Window != 3*minute {
		t.Errorf("%+v", a)
	}
	if a.Count != 10 || a.FirstSeen != 10*minute || a.LastSeen != 15*minute || len(a.Evidence) != 2 || a.Created != 15*minute {
		t.Errorf("%+v", a)
	}
	step := hit("f2", "f1", 20, 9, 20)
	step.Confidence = .9
	m.apply(t, step)
	if a.Sure != .9 || a.FirstSeen != 9*minute || a.Count != 20 || a.ID != "f1" {
		t.Errorf("after a step of its own: %+v", a)
	}
	al := m.alerts[0]
	if al.Cause != "brute_force_attack" || al.Value != 20 || al.Threshold != 10 || al.Window != 10*minute || al.FirstSeen != 9*minute {
		t.Errorf("alert %+v", al)
	}
}

// TestNextAnomaly: what follows a resolved one has an id of its own, the same on
// each replay, and does not shrink to where the run began.
func TestNextAnomaly(t *testing.T) {
	t.Parallel()
	var ids []string
	for range 2 {
		m := newTable()
		m.apply(t, hit("f1", "f1", 12, 0, 5))
		if err := m.anomalies[0].Resolve(resolution()); err != nil {
			t.Fatal(err)
		}
		m.apply(t, grown(hit("f1", "f1", 22, 0, 7)))
		if len(m.anomalies) != 2 {
			t.Fatalf("ten more are the threshold:\n%s", m)
		}
		m.apply(t, grown(hit("f1", "f1", 30, 0, 9)))
		a := m.anomalies[1]
		if a.ID == "f1" || a.After != "f1" || a.Count != 18 || a.FirstSeen != 5*minute || a.LastSeen != 9*minute {
			t.Errorf("%+v", a)
		}
		ids = append(ids, a.ID)
	}
	if ids[0] != ids[1] {
		t.Errorf("two ids for one matter: %v", ids)
	}
}

// TestFutureEvents count at their receipt: a clock that is ahead must not hold
// the cooldown open.
func TestFutureEvents(t *testing.T) {
	t.Parallel()
	f := func(name string, want int64, change func(*event.Event)) {
		t.Helper()
		m := newTable()
		m.apply(t, critical(1, 50, change))
		if a := m.alerts[0]; a.LastSeen != want*minute || a.FirstSeen != want*minute || a.Cause != "config_changed" {
			t.Errorf("%s: seen %d to %d, want %d; cause %s", name, a.FirstSeen/minute, a.LastSeen/minute, want, a.Cause)
		}
	}
	future := []event.Mark{{Kind: event.MarkFuture}}
	f("marked", 40, func(e *event.Event) { e.Received, e.Marks = 40*minute, future })
	f("not marked", 50, func(e *event.Event) { e.Received = 40 * minute })
	f("marked, but received later", 50, func(e *event.Event) { e.Received, e.Marks = 60*minute, future })
	f("marked, receipt unknown", 50, func(e *event.Event) { e.Received, e.Marks = 0, future })
}

// TestCauseOfEvents is the first event's category, and stays.
func TestCauseOfEvents(t *testing.T) {
	t.Parallel()
	m := newTable()
	m.apply(t, critical(1, 1, nil), critical(2, 2, func(e *event.Event) { e.Category = "later" }))
	if a := m.alerts[0]; a.Cause != "config_changed" || a.Count != 2 || a.Evidence[1] != critical(2, 2, nil).ID {
		t.Errorf("%+v", a)
	}
}

// failing is a Shelf whose calls fail from the given one on.
type failing struct {
	*table
	runs, open, newest error
}

func (f failing) AnomalyOfRun(run string) (*alert.Anomaly, error) {
	if f.runs != nil {
		return nil, f.runs
	}
	return f.table.AnomalyOfRun(run)
}

func (f failing) OpenAnomalies(id string, about entity.Entity) ([]*alert.Anomaly, error) {
	if f.open != nil {
		return nil, f.open
	}
	return f.table.OpenAnomalies(id, about)
}

func (f failing) NewestAlert(id string, about entity.Entity) (*alert.Alert, error) {
	if f.newest != nil {
		return nil, f.newest
	}
	return f.table.NewestAlert(id, about)
}

// TestErrorsOfTheShelf come back; nothing is invented in their place.
func TestErrorsOfTheShelf(t *testing.T) {
	t.Parallel()
	gone := errors.New("gone")
	for name, shelf := range map[string]failing{
		"runs": {newTable(), gone, nil, nil}, "open": {newTable(), nil, gone, nil}, "newest": {newTable(), nil, nil, gone},
	} {
		book := alert.NewBook(shelf, alert.DefaultRules())
		f := hit("f1", "f1", 10, 0, 5)
		if _, err := book.Finding(&f); !errors.Is(err, gone) {
			t.Errorf("%s: finding: %v", name, err)
		}
		if len(book.Alerts()) != 0 {
			t.Errorf("%s: raised an alert", name)
		}
		e := critical(1, 1, nil)
		if err := book.Event(&e); (err != nil) != (name == "newest") {
			t.Errorf("%s: event: %v", name, err)
		}
	}
}
