// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/tocsin-siem/tocsin/internal/core/alert"
	"github.com/tocsin-siem/tocsin/internal/core/erasure"
	"github.com/tocsin-siem/tocsin/internal/face/api"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
)

// holdWithin is how long a request waits for the answer whether a hold keeps an
// entry of its subject. Who hears nothing by then is told by the order itself.
const holdWithin = 20 * time.Second

// erasures are the orders to erase one person: what is asked for here is carried out
// by run, one order at a time.
type erasures struct {
	s    *server
	kick chan struct{}

	mu       sync.Mutex
	running  string // the order that is being carried out, "" for none
	progress journal.Progress
	trouble  string // why an order cannot get on
}

var _ api.Erasures = (*erasures)(nil)

func (e *erasures) begin(s *server) { e.s, e.kick = s, make(chan struct{}, 1) }

func (e *erasures) dual() bool { return e.s.opt.Config.Journal.DualControl }

// Request implements api.Erasures.
func (e *erasures) Request(ctx context.Context, subject, reason string, by erasure.Actor) (erasure.Order, error) {
	now := time.Now()
	o, err := erasure.New(erasure.Request{
		ID: ulid.MustNew(ulid.Timestamp(now), rand.Reader).String(), Subject: subject, Reason: reason, By: by, At: now,
	}, e.dual(), journal.Mentions(subject))
	if err != nil {
		return o, err
	}
	if err := e.refuse(ctx, o.Subject); err != nil {
		return o, err
	}
	err = e.s.record.state.AddErasure(ctx, o, func(open []*erasure.Order) error {
		for _, other := range open {
			if strings.EqualFold(other.Subject, o.Subject) {
				return &erasure.ConflictError{ID: other.ID, Status: other.Status, Action: "ask again for"}
			}
		}
		return nil
	})
	if err != nil {
		return o, err
	}
	e.wake()
	return o, nil
}

// Approve implements api.Erasures.
func (e *erasures) Approve(ctx context.Context, id string, by erasure.Actor) (erasure.Order, error) {
	o, err := e.s.record.state.Erasure(ctx, id)
	if err != nil {
		return o, err
	}
	if o.Status == erasure.Pending {
		if err := e.refuse(ctx, o.Subject); err != nil {
			return o, err
		}
	}
	o, err = e.s.record.state.ChangeErasure(ctx, id, func(o *erasure.Order) error { return o.Approve(by, time.Now(), e.dual()) })
	if err == nil {
		e.wake()
	}
	return o, err
}

// Cancel implements api.Erasures.
func (e *erasures) Cancel(ctx context.Context, id string, by erasure.Actor) (erasure.Order, error) {
	o, err := e.s.record.state.ChangeErasure(ctx, id, func(o *erasure.Order) error { return o.Cancel(by, time.Now()) })
	if err != nil {
		return o, err
	}
	e.wake() // a trouble may be over
	return o, e.s.record.journal.Withdraw(id)
}

// Erasure implements api.Erasures.
func (e *erasures) Erasure(ctx context.Context, id string) (erasure.Order, error) {
	return e.s.record.state.Erasure(ctx, id)
}

// Erasures implements api.Erasures.
func (e *erasures) Erasures(ctx context.Context, part alert.Window) (alert.Page[erasure.Order], error) {
	return e.s.record.state.Erasures(ctx, part)
}

// Progress implements api.Erasures.
func (e *erasures) Progress(id string) (journal.Progress, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.progress, e.running == id && id != ""
}

// warning is what somebody should know about the orders, "" for nothing.
func (e *erasures) warning() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.trouble
}

// refuse is why the subject cannot be erased as things are, nil when it can.
func (e *erasures) refuse(ctx context.Context, subject string) error {
	if e.s.record.journal.Diverged() != nil {
		return journal.ErrDisputed
	}
	switch account, err := e.s.record.state.Account(ctx, journal.Mentions(subject)); {
	case err != nil:
		return err
	case account:
		return erasure.ErrAccount
	}
	ask, cancel := context.WithTimeout(ctx, holdWithin)
	defer cancel()
	err := e.s.record.journal.HoldOn(ask, subject)
	if held, ok := errors.AsType[*journal.HeldError](err); ok {
		return &erasure.HeldError{Hold: held.Hold.ID}
	}
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for legal holds: %w", err)
	}
	return nil
}

func (e *erasures) wake() {
	select {
	case e.kick <- struct{}{}:
	default:
	}
}
