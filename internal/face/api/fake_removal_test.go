// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/alert"
	"github.com/tocsin-siem/tocsin/internal/core/erasure"
	"github.com/tocsin-siem/tocsin/internal/face/api"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
)

// fakeOrders keeps orders in memory and carries none out. It refuses the subject
// "held" for a hold, "account" for an account and "disputed" for a journal of two histories.
type fakeOrders struct {
	mu     sync.Mutex
	orders []erasure.Order
}

var orderTime = time.Date(2026, 11, 26, 17, 0, 0, 0, time.UTC)

// newOrders has one order in each state, the names of which are their ids.
func newOrders() *fakeOrders {
	var list []erasure.Order
	for _, s := range []erasure.Status{erasure.Pending, erasure.Approved, erasure.Running, erasure.Done, erasure.Refused, erasure.Cancelled} {
		o := erasure.Order{ID: string(s), Status: s, RequestedAt: orderTime, RequestedBy: "ana", Owner: "ana", Actor: "user:1"}
		switch s {
		case erasure.Pending, erasure.Approved, erasure.Running:
			o.Subject = "zoe marin"
		case erasure.Done:
			o.Outcome = erasure.Outcome{Entries: 31, Slots: 61, Files: 2, Derived: map[string]int{"alerts": 1}, Certificate: "tocsin-erasure/1\nsigned\n"}
		case erasure.Refused:
			o.Hold = "case-1"
		case erasure.Cancelled:
			o.CancelledBy = "bob"
		}
		list = append(list, o)
	}
	return &fakeOrders{orders: list}
}

func (f *fakeOrders) Request(_ context.Context, subject, reason string, by erasure.Actor) (erasure.Order, error) {
	switch subject {
	case "held":
		return erasure.Order{}, fmt.Errorf("request: %w", &erasure.HeldError{Hold: "case-1"})
	case "disputed":
		return erasure.Order{}, fmt.Errorf("request: %w: secret words of a witness", journal.ErrDisputed)
	case "account":
		return erasure.Order{}, erasure.ErrAccount
	case "zoe marin":
		return erasure.Order{}, &erasure.ConflictError{ID: "pending", Status: erasure.Pending, Action: "ask again for"}
	}
	o, err := erasure.New(erasure.Request{ID: "new", Subject: subject, Reason: reason, By: by, At: orderTime}, true, func(s string) bool { return s == subject })
	if err != nil {
		return o, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.orders = append(f.orders, o)
	return o, nil
}

func (f *fakeOrders) change(id string, do func(*erasure.Order) error) (erasure.Order, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.orders {
		if o := &f.orders[i]; o.ID == id {
			err := do(o)
			return *o, err
		}
	}
	return erasure.Order{}, fmt.Errorf("erasure %q: %w", id, erasure.ErrNotFound)
}

func (f *fakeOrders) Approve(_ context.Context, id string, by erasure.Actor) (erasure.Order, error) {
	return f.change(id, func(o *erasure.Order) error { return o.Approve(by, orderTime, true) })
}

func (f *fakeOrders) Cancel(_ context.Context, id string, by erasure.Actor) (erasure.Order, error) {
	return f.change(id, func(o *erasure.Order) error { return o.Cancel(by, orderTime) })
}

func (f *fakeOrders) Erasure(_ context.Context, id string) (erasure.Order, error) {
	return f.change(id, func(*erasure.Order) error { return nil })
}

func (f *fakeOrders) Erasures(_ context.Context, part alert.Window) (alert.Page[erasure.Order], error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p := alert.Page[erasure.Order]{Total: int64(len(f.orders))}
	for i := len(f.orders) - 1; i >= 0 && len(p.Items) < part.Limit; i-- {
		p.Items = append(p.Items, f.orders[i])
	}
	return p, nil
}

func (f *fakeOrders) Progress(id string) (journal.Progress, bool) {
	return journal.Progress{Stage: journal.StageRewrite, Done: 3, Total: 9}, id == "running"
}

// fakeHolds keeps holds in memory; its retention has dropped two files.
type fakeHolds struct {
	mu   sync.Mutex
	list []journal.Hold
}

func (f *fakeHolds) Holds() []journal.Hold {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]journal.Hold{{ID: "case-1", Reason: "a court asked", Actor: "ana", Placed: orderTime, Stream: "90d"}}, f.list...)
}

func (f *fakeHolds) Place(_ context.Context, h journal.Hold) error {
	if h.ID == "case-1" {
		return fmt.Errorf("%w: %q", journal.ErrHoldExists, h.ID)
	}
	if h.Reason == "" {
		return fmt.Errorf("%w: reason: is missing", journal.ErrBadHold)
	}
	h.Placed = orderTime
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = append(f.list, h)
	return nil
}

func (f *fakeHolds) Lift(_ context.Context, id, _ string) error {
	if id != "case-1" {
		return fmt.Errorf("%w: %q", journal.ErrNoHold, id)
	}
	return nil
}

func (f *fakeHolds) retain(_ context.Context, checked bool, by string) (api.RetentionRun, error) {
	if !checked {
		return api.RetentionRun{At: orderTime, By: by}, fmt.Errorf("%w (by 72h)", journal.ErrClock)
	}
	return api.RetentionRun{At: orderTime, By: by, Files: 2, Entries: 20}, nil
}

func (f *fakeHolds) retention(context.Context) (api.Retention, error) {
	warning := "look at the clock"
	return api.Retention{
		Last: &api.RetentionRun{At: orderTime, By: "tocsin"}, Warning: &warning,
		Streams: []api.StreamRetention{{Stream: "90d", Days: 90, Files: 3, Kept: 1, Lagging: true}},
	}, nil
}
