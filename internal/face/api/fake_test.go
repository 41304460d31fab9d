// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/tocsin-siem/tocsin/internal/core/alert"
	"github.com/tocsin-siem/tocsin/internal/core/entity"
	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/face/api"
	"github.com/tocsin-siem/tocsin/internal/record/query"
)

// fakeLogs answers from a list.
type fakeLogs struct {
	mu     sync.Mutex
	events []event.Event
	asked  []query.Filter
	fail   error
}

func idOf(n byte) event.ID { return event.ID{1, 2, 15: n} }

func newLogs() *fakeLogs {
	l := &fakeLogs{}
	for n := range byte(5) {
		l.events = append(l.events, event.Event{
			ID: idOf(n), Time: 1_790_000_000_000_000_000 + int64(n), Received: 1_790_000_000_500_000_000, Source: "authentication",
			Category: "login_failed", Severity: event.Low, Message: "login failed <script>", User: "ana", IP: "192.0.2.7",
			Attrs: []event.Attr{{Key: "attempt", Value: event.Int(int64(n))}}, Place: event.Place{Stream: "366d", Seq: uint64(n) + 1, Ord: uint64(n) + 1},
		})
	}
	return l
}

func (l *fakeLogs) Query(_ context.Context, f query.Filter) (query.Page, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked = append(l.asked, f)
	plan, err := f.Plan()
	if err != nil || l.fail != nil {
		return query.Page{}, firstOf(l.fail, err)
	}
	var page query.Page
	for i := range l.events {
		if plan.Match(&l.events[i]) {
			page.Items = append(page.Items, l.events[i])
		}
	}
	total := int64(len(page.Items))
	page.Total = &total
	page.Items = page.Items[:min(len(page.Items), plan.Limit)]
	return page, nil
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (l *fakeLogs) Statistics(_ context.Context, f query.Filter) (query.Statistics, error) {
	plan, err := f.Plan()
	if err != nil {
		return query.Statistics{}, err
	}
	tally := query.NewTally()
	for i := range l.events {
		if plan.Match(&l.events[i]) {
			tally.Event(&l.events[i])
		}
	}
	return tally.Statistics(), nil
}

func (l *fakeLogs) ByID(_ context.Context, id event.ID) (event.Event, error) {
	for i := range l.events {
		if l.events[i].ID == id {
			return l.events[i], nil
		}
	}
	return event.Event{}, fmt.Errorf("by id: %w", query.ErrNotFound)
}

// fakeCases is one anomaly with its alert, and an alert of an event.
type fakeCases struct {
	mu        sync.Mutex
	anomalies []alert.Anomaly
	alerts    []alert.Alert
	filters   []string
}

func newCases() *fakeCases {
	who := entity.Entity{Type: "ip", Value: "192.0.2.7"}
	return &fakeCases{
		anomalies: []alert.Anomaly{{
			ID: "an1", RuleID: "brute_force", Type: "brute_force_attack", Message: "anomaly.brute_force_attack", Severity: event.High,
			Confidence: .85, Status: alert.Open, Entity: who, Value: 12, Threshold: 10, Window: 600e9, Count: 12,
			FirstSeen: 1_790_000_000e9, LastSeen: 1_790_000_060e9, Evidence: []event.ID{idOf(3), idOf(1), idOf(200)}, Techniques: []string{"T1110"},
		}},
		alerts: []alert.Alert{
			{
				ID: "al1", RuleID: alert.RuleBruteForce, Severity: event.Critical, Status: alert.Active, Entity: who, Cause: "brute_force_attack",
				Value: 12, Threshold: 10, Window: 600e9, Count: 12, FirstSeen: 1_790_000_000e9, LastSeen: 1_790_000_060e9,
				Anomalies: []alert.Member{{ID: "an1", Count: 12}, {ID: "gone", Count: 1}},
			},
			{
				ID: "al2", RuleID: alert.RuleCriticalEvent, Severity: event.Critical, Status: alert.Resolved, Entity: who, Cause: "secret_exposed", Count: 1,
				Evidence: []event.ID{idOf(2)}, Notes: []alert.Note{{Time: 1, By: "ana", Text: "done"}}, Reason: alert.Benign, ResolvedBy: "ana", ResolvedAt: 5,
			},
		},
	}
}

func (c *fakeCases) note(f any) { c.filters = append(c.filters, fmt.Sprintf("%+v", f)) }

func (c *fakeCases) Anomaly(_ context.Context, id string) (alert.Anomaly, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, a := range c.anomalies {
		if a.ID == id {
			return a, nil
		}
	}
	return alert.Anomaly{}, fmt.Errorf("anomaly: %w", alert.ErrNotFound)
}

func (c *fakeCases) Anomalies(_ context.Context, f alert.AnomalyFilter) (alert.Page[alert.Anomaly], error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.note(f)
	if f.Cursor == "bad" {
		return alert.Page[alert.Anomaly]{}, fmt.Errorf("anomalies: %w: cursor: not one of this list", alert.ErrInvalid)
	}
	return alert.Page[alert.Anomaly]{Items: slices.Clone(c.anomalies), Total: int64(len(c.anomalies)), Next: "n1"}, nil
}

func (c *fakeCases) ResolveAnomaly(_ context.Context, id string, r alert.Resolution) (alert.Anomaly, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.note(r)
	for i := range c.anomalies {
		if a := &c.anomalies[i]; a.ID == id {
			if a.Status == alert.Resolved {
				return alert.Anomaly{}, &alert.ConflictError{ID: id, Status: a.Status, Action: "resolve"}
			}
			a.Status, a.ResolvedBy, a.ResolvedAt = alert.Resolved, r.By, r.At
			a.Notes = append(a.Notes, alert.Note{Time: r.At, By: r.By, Text: r.Notes})
			return *a, nil
		}
	}
	return alert.Anomaly{}, alert.ErrNotFound
}

func (c *fakeCases) Alert(_ context.Context, id string) (alert.Alert, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, a := range c.alerts {
		if a.ID == id {
			return a, nil
		}
	}
	return alert.Alert{}, alert.ErrNotFound
}

func (c *fakeCases) Alerts(_ context.Context, f alert.AlertFilter) (alert.Page[alert.Alert], error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.note(f)
	var items []alert.Alert
	for _, a := range c.alerts {
		if slices.Contains(f.Statuses, a.Status) {
			items = append(items, a)
		}
	}
	return alert.Page[alert.Alert]{Items: items, Total: int64(len(items))}, nil
}

func (c *fakeCases) work(id, action string, to alert.Status, w alert.Work, reason alert.Reason) (alert.Alert, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.alerts {
		if a := &c.alerts[i]; a.ID == id {
			if a.Status == alert.Resolved {
				return alert.Alert{}, &alert.ConflictError{ID: id, Status: a.Status, Action: action}
			}
			a.Status, a.Assignee, a.Reason = to, w.By, reason
			if w.Notes != "" {
				a.Notes = append(a.Notes, alert.Note{Time: w.At, By: w.By, Text: w.Notes})
			}
			return *a, nil
		}
	}
	return alert.Alert{}, alert.ErrNotFound
}

func (c *fakeCases) Acknowledge(_ context.Context, id string, w alert.Work) (alert.Alert, error) {
	return c.work(id, "acknowledge", alert.Acknowledged, w, "")
}

func (c *fakeCases) Resolve(_ context.Context, id string, r alert.Resolution) (alert.Alert, error) {
	c.mu.Lock()
	c.note(r)
	c.mu.Unlock()
	return c.work(id, "resolve", alert.Resolved, r.Work, r.Reason)
}

func (c *fakeCases) AlertStatistics(context.Context) (alert.Statistics, error) {
	return alert.Statistics{
		Total: 2, ByStatus: map[alert.Status]int64{alert.Active: 1, alert.Resolved: 1}, BySeverity: alert.Counts{event.Critical: 1},
		ByRule: map[string]int64{"b": 1, "a": 1, "c": 5}, MeanResolve: 90e9,
	}, nil
}

func (c *fakeCases) AlertRules(context.Context) ([]alert.Rule, error) {
	return alert.DefaultRules(), nil
}

func (c *fakeCases) OpenAnomalies(context.Context) (alert.Counts, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	counts := alert.Counts{}
	for _, a := range c.anomalies {
		if a.Status == alert.Open {
			counts[a.Severity]++
		}
	}
	return counts, nil
}

// fakeTail is a journal that tests append to.
type fakeTail struct {
	mu     sync.Mutex
	events []event.Event
	more   chan struct{}
}

func newTail() *fakeTail { return &fakeTail{more: make(chan struct{})} }

func (f *fakeTail) append(events ...event.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range events {
		e.Place.Ord = uint64(len(f.events) + 1)
		f.events = append(f.events, e)
	}
	close(f.more)
	f.more = make(chan struct{})
}

func (f *fakeTail) head() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return uint64(len(f.events))
}

func (f *fakeTail) open(after uint64) api.Tail { return &fakeReader{tail: f, at: after} }

type fakeReader struct {
	tail *fakeTail
	at   uint64
}

func (r *fakeReader) Next(ctx context.Context, limit int) ([]*event.Event, error) {
	for {
		r.tail.mu.Lock()
		var out []*event.Event
		for ; r.at < uint64(len(r.tail.events)) && len(out) < limit; r.at++ {
			out = append(out, &r.tail.events[r.at])
		}
		more := r.tail.more
		r.tail.mu.Unlock()
		if len(out) > 0 {
			return out, nil
		}
		select {
		case <-more:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
