// SPDX-License-Identifier: Apache-2.0

package alert

import (
	"github.com/tocsin-siem/tocsin/internal/core/entity"
	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/core/rule"
)

// Shelf is what Book reads: the anomalies and alerts as they are. It is called
// from the goroutine that uses the Book, within one transaction; what it returns
// belongs to the Book.
type Shelf interface {
	// AnomalyOfRun returns the anomaly that the run's last finding went to, nil
	// when there is none.
	AnomalyOfRun(run string) (*Anomaly, error)
	// OpenAnomalies returns the open anomalies of rule and entity, oldest first.
	OpenAnomalies(ruleID string, about entity.Entity) ([]*Anomaly, error)
	// NewestAlert returns the alert of rule and entity that was raised last,
	// nil when there is none.
	NewestAlert(ruleID string, about entity.Entity) (*Alert, error)
}

// The limits of one anomaly or alert.
const (
	maxEvidence = 64  // ids; the first and the last ones are kept
	maxMembers  = 100 // anomalies of an alert, or runs of an anomaly, that are listed
)

// Book folds findings and events into anomalies and alerts. It is made for one
// transaction: read through a Shelf, keep each row once, write Anomalies and
// Alerts back. It is not safe for concurrent use.
type Book struct {
	shelf Shelf
	rules []Rule

	anomalies list[Anomaly]
	alerts    list[Alert]
	moved     map[string]string   // runs that go to another anomaly now
	held      map[string]*Anomaly // by id
	byRun     map[string]*Anomaly
	open      map[about][]*Anomaly
	newest    map[about]*Alert
}

type about struct {
	rule   string
	entity entity.Entity
}

// list keeps rows in the order in which they were first changed.
type list[T any] struct {
	rows    []*T
	changed map[*T]bool
}

func (l *list[T]) touch(row *T) {
	if !l.changed[row] {
		l.changed[row] = true
		l.rows = append(l.rows, row)
	}
}

// NewBook makes a Book over a shelf and the alert rules in their order.
func NewBook(shelf Shelf, rules []Rule) *Book {
	return &Book{
		shelf: shelf, rules: rules,
		anomalies: list[Anomaly]{changed: map[*Anomaly]bool{}}, alerts: list[Alert]{changed: map[*Alert]bool{}},
		moved: map[string]string{}, held: map[string]*Anomaly{}, byRun: map[string]*Anomaly{}, open: map[about][]*Anomaly{}, newest: map[about]*Alert{},
	}
}

// Anomalies are those that were opened or changed, new ones in the order in
// which they were opened.
func (b *Book) Anomalies() []*Anomaly { return b.anomalies.rows }

// Alerts are those that were raised or changed, new ones in the order in which
// they were raised.
func (b *Book) Alerts() []*Alert { return b.alerts.rows }

// Runs are the runs of findings that are new or go to another anomaly now, with
// its id: what AnomalyOfRun must answer next time.
func (b *Book) Runs() map[string]string { return b.moved }

// Finding folds one finding, or the growth of one, into its anomaly and that
// into its alerts, and returns the anomaly. Findings of one entity come in the
// order in which the engine reported them.
func (b *Book) Finding(f *rule.Finding) (*Anomaly, error) {
	a, err := b.anomalyFor(f)
	if err != nil || a.Status != Open {
		return a, err
	}
	a.take(f)
	b.anomalies.touch(a)
	for i := range b.rules {
		if r := &b.rules[i]; r.matchesAnomaly(a) {
			if err := b.raise(r, a.Entity, trigger{
				id: f.ID, first: a.FirstSeen, last: a.LastSeen, at: f.Last, received: f.Received,
				severity: a.Severity, anomaly: a, step: !f.Grown,
			}); err != nil {
				return nil, err
			}
		}
	}
	return a, nil
}

// Event raises or extends the alerts of the rules on events. The caller gives
// each event of the journal once.
func (b *Book) Event(e *event.Event) error {
	for i := range b.rules {
		r := &b.rules[i]
		if !r.MatchesEvent(e) {
			continue
		}
		who, at := entity.Of(e), e.Time
		if e.Received != 0 && e.Marked(event.MarkFuture) {
			at = min(at, e.Received)
		}
		if err := b.raise(r, who, trigger{
			id: rule.FindingID(r.ID, who.Type, who.Value, e.ID), first: at, last: at, at: at,
			received: e.Received, severity: e.Severity, event: e, step: true,
		}); err != nil {
			return err
		}
	}
	return nil
}

// anomalyFor finds or opens the anomaly that the finding belongs to. It is a
// resolved one when the finding tells nothing that this did not cover.
func (b *Book) anomalyFor(f *rule.Finding) (*Anomaly, error) {
	key := about{f.RuleID, entity.Entity{Type: f.EntityType, Value: f.EntityValue}}
	a, err := b.anomalyOfRun(f.Run)
	if err != nil {
		return nil, err
	}
	if a != nil {
		// When it was resolved while it went on, what comes after counts anew
		// and opens another one when it reaches the threshold again.
		had := eventsOf(a.Runs, f.Run)
		if a.Status == Open || f.Events-had < f.Threshold {
			return a, nil
		}
		next := b.begin(key, f)
		next.ID = rule.FindingID("anomaly after "+a.ID, f.EntityType, f.EntityValue, event.ID{})
		next.After, next.Base, next.FirstSeen = a.ID, -had, max(f.First, a.LastSeen)
		return next, b.add(key, next)
	}
	rows, err := b.openAnomalies(key)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		if f.First <= row.LastSeen+f.Window && f.Last >= row.FirstSeen-f.Window {
			b.byRun[f.Run], b.moved[f.Run] = row, row.ID
			return row, nil
		}
	}
	a = b.begin(key, f)
	return a, b.add(key, a)
}

func (b *Book) begin(key about, f *rule.Finding) *Anomaly {
	return &Anomaly{
		ID: f.ID, RuleID: f.RuleID, Type: f.Type, Message: f.Message, Rule: f.Title, Status: Open, Entity: key.entity,
		FirstSeen: f.First, LastSeen: f.Last, Created: f.Received, Techniques: f.Techniques, Sure: f.Confidence,
		Runs: []Member{{ID: f.Run}},
	}
}

func (b *Book) add(key about, a *Anomaly) error {
	rows, err := b.openAnomalies(key)
	if err != nil {
		return err
	}
	b.held[a.ID] = a
	b.byRun[a.Runs[0].ID], b.moved[a.Runs[0].ID] = a, a.ID
	b.open[key] = append(rows, a)
	return nil
}

// take brings the anomaly to what the finding says; taking it twice changes
// nothing.
func (a *Anomaly) take(f *rule.Finding) {
	a.Severity = max(a.Severity, f.Severity)
	a.Confidence = max(a.Confidence, f.Confidence)
	if !f.Grown {
		a.Sure = max(a.Sure, f.Confidence)
	}
	a.Value = max(a.Value, f.Value)
	a.Threshold, a.Window = f.Threshold, f.Window
	a.Runs, a.Base = join(a.Runs, a.Base, Member{ID: f.Run, Count: f.Events})
	a.Count = a.Base + sum(a.Runs)
	if a.After == "" {
		a.FirstSeen = min(a.FirstSeen, f.First)
	}
	a.LastSeen = max(a.LastSeen, f.Last)
	a.Evidence = f.Evidence
}

func (b *Book) anomalyOfRun(run string) (*Anomaly, error) {
	if a, ok := b.byRun[run]; ok {
		return a, nil
	}
	a, err := b.shelf.AnomalyOfRun(run)
	if err != nil || a == nil {
		return nil, err
	}
	a = b.same(a)
	b.byRun[run] = a
	return a, nil
}

func (b *Book) openAnomalies(key about) ([]*Anomaly, error) {
	if rows, ok := b.open[key]; ok {
		return rows, nil
	}
	rows, err := b.shelf.OpenAnomalies(key.rule, key.entity)
	if err != nil {
		return nil, err
	}
	for i := range rows {
		rows[i] = b.same(rows[i])
	}
	b.open[key] = rows
	return rows, nil
}

// same returns the row that the Book holds already, so that one anomaly is never
// two.
func (b *Book) same(a *Anomaly) *Anomaly {
	if held, ok := b.held[a.ID]; ok {
		return held
	}
	b.held[a.ID] = a
	return a
}

func eventsOf(list []Member, id string) int64 {
	for i := range list {
		if list[i].ID == id {
			return list[i].Count
		}
	}
	return 0
}

func sum(list []Member) (n int64) {
	for i := range list {
		n += list[i].Count
	}
	return n
}

// join lists a member, or raises its count; the oldest leaves a full list and
// goes into the base.
func join(list []Member, base int64, m Member) ([]Member, int64) {
	for i := range list {
		if list[i].ID == m.ID {
			list[i].Count = max(list[i].Count, m.Count)
			return list, base
		}
	}
	if len(list) >= maxMembers {
		base += list[0].Count
		list = append(list[:0], list[1:]...)
	}
	return append(list, m), base
}
