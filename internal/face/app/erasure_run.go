// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/erasure"
	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
)

// erasureAgain is when an order that could not get on is tried again, settleWithin
// how long it waits for detection: what detection has not seen when it is erased is
// never found.
const (
	erasureAgain = time.Minute
	settleWithin = 10 * time.Minute
)

// What becomes of an order, as categories of events.
const (
	erasureDone    = "erasure_done"
	erasureRefused = "erasure_refused"
	erasureFailed  = "erasure_failed"
)

// run carries the orders out, one after another, until the context ends. An order
// that was cut off by a stop or a crash is taken up again.
func (e *erasures) run(ctx context.Context) error {
	select {
	case <-e.s.watch.caughtUp:
	case <-ctx.Done():
		return nil
	}
	for {
		failed, err := e.pass(ctx)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // the next start goes on
		}
		if err != nil {
			e.s.logger.ErrorContext(ctx, "erasures cannot be carried out", "error", err)
		}
		var again <-chan time.Time
		if failed || err != nil {
			again = time.After(erasureAgain)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-e.kick:
		case <-again:
		}
	}
}

// pass goes through the open orders once.
func (e *erasures) pass(ctx context.Context) (failed bool, err error) {
	subjects, err := e.adopt(ctx)
	if err != nil {
		return false, err
	}
	open, err := e.s.record.state.OpenErasures(ctx)
	if err != nil {
		return false, err
	}
	trouble := ""
	for _, o := range open {
		if o.Status == erasure.Pending {
			continue
		}
		if o.Subject == "" {
			o.Subject = subjects[o.ID]
		}
		why := e.carryOut(ctx, o)
		if ctx.Err() != nil {
			return false, nil //nolint:nilerr // the next start goes on
		}
		if why != nil {
			failed = true
			trouble = "erasure " + o.ID + " cannot get on: " + why.Error()
		}
	}
	e.mu.Lock()
	e.trouble = trouble
	e.mu.Unlock()
	return failed, nil
}

// adopt returns the subjects of the orders that the journal has begun. One that
// ended in between is forgotten there; one that is nowhere else, because state was
// lost, is entered again.
func (e *erasures) adopt(ctx context.Context) (map[string]string, error) {
	begun, err := e.s.record.journal.Erasures()
	if err != nil {
		return nil, err
	}
	subjects := map[string]string{}
	for _, j := range begun {
		o, err := e.s.record.state.Erasure(ctx, j.ID)
		switch {
		case errors.Is(err, erasure.ErrNotFound):
			o = erasure.Order{ID: j.ID, Status: erasure.Running, RequestedAt: time.Now().UTC(), RequestedBy: j.Actor, Actor: j.Actor}
			err = e.s.record.state.AddErasure(ctx, o, func([]*erasure.Order) error { return nil })
		case err == nil && !o.Status.Open():
			err = e.s.record.journal.Withdraw(j.ID)
		}
		if err != nil {
			return nil, err
		}
		subjects[j.ID] = j.Subject
	}
	return subjects, nil
}

// errNoOrder is about an order that runs and whose subject nobody knows any more.
var errNoOrder = errors.New("its subject is gone: a backup of state was put back, or the journal's own order was removed; cancel it, and order it again")

// carryOut carries one order out, and returns why it could not. How it ended is in
// the order, and recorded.
func (e *erasures) carryOut(ctx context.Context, o *erasure.Order) error {
	before := o.Error
	started, err := e.s.record.state.ChangeErasure(ctx, o.ID, func(o *erasure.Order) error { return o.Begin(time.Now()) })
	if conflict, ok := errors.AsType[*erasure.ConflictError](err); ok { // somebody cancelled it
		e.s.logger.InfoContext(ctx, "erasure is not carried out", "erasure", o.ID, "status", string(conflict.Status))
		return nil
	}
	if err != nil {
		return err
	}
	e.set(o.ID, journal.Progress{Stage: journal.StageSeal})
	defer e.set("", journal.Progress{})
	err = e.erase(ctx, &started, o.Subject)
	held, isHeld := errors.AsType[*journal.HeldError](err)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil: // the next start takes it up
		return nil
	case isHeld:
		_, err = e.s.record.state.ChangeErasure(ctx, o.ID, func(o *erasure.Order) error {
			o.Refuse(held.Hold.ID, time.Now())
			return nil
		})
		e.note(ctx, erasureRefused, event.Failure, "was refused by the legal hold "+held.Hold.ID, o.ID, event.Attr{Key: "hold.id", Value: event.Text(held.Hold.ID)})
		return err
	}
	e.s.logger.ErrorContext(ctx, "erasure cannot get on, will be tried again", "erasure", o.ID, "error", err)
	why := err
	if _, err := e.s.record.state.ChangeErasure(ctx, o.ID, func(o *erasure.Order) error {
		o.Fail(why.Error())
		return nil
	}); err != nil {
		why = errors.Join(why, err)
	}
	if before != err.Error() { // once, not every minute
		e.note(ctx, erasureFailed, event.Failure, "could not get on", o.ID, event.Attr{Key: "error", Value: event.Text(err.Error())})
	}
	return why
}

func (e *erasures) set(id string, p journal.Progress) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.running, e.progress = id, p
}

// erase lets the journal erase a subject, and what was derived from it follow.
func (e *erasures) erase(ctx context.Context, o *erasure.Order, subject string) error {
	if subject == "" {
		return errNoOrder
	}
	if account, err := e.s.record.state.Account(ctx, journal.Mentions(subject)); err != nil {
		return err
	} else if account {
		return erasure.ErrAccount
	}
	settle, cancel := context.WithTimeout(ctx, settleWithin)
	defer cancel()
	if err := e.s.watch.engine.Settle(settle, e.s.record.journal.Head()); err != nil {
		return fmt.Errorf("detection has not seen everything yet: %w", err)
	}
	_, err := e.s.record.journal.Erase(ctx, journal.Erasure{
		ID: o.ID, Subject: subject, Actor: o.Actor,
		Others: func(ctx context.Context, subject string) (map[string]int, error) {
			return e.derived(ctx, o.ID, subject)
		},
		Progress: func(p journal.Progress) { e.set(o.ID, p) },
		Done:     e.finish,
	})
	return err
}

// derived erases a subject from everything that was made of the journal: the windows
// of the detections and their snapshot, state, what is remembered about searches. It
// says how much of each. The memory of origin ids has keyed hashes of ids alone, and
// stays: who sends an erased event again is still told that it is there.
func (e *erasures) derived(ctx context.Context, id, subject string) (map[string]int, error) {
	is := journal.Mentions(subject)
	windows, err := e.s.watch.engine.Forget(ctx, e.s.record.journal.Head(), is)
	if err != nil {
		return nil, err
	}
	gone := map[string]int{"windows": windows + e.s.watch.late.Forget(is)}
	rows, err := e.s.record.cases.Erase(ctx, id, is)
	if err != nil {
		return nil, err
	}
	maps.Copy(gone, rows)
	if e.s.face.api != nil {
		e.s.face.api.Forget(is)
	}
	return gone, nil
}

// finish keeps what an order has done; it implements journal.Erasure.Done.
func (e *erasures) finish(ctx context.Context, done *journal.Erased) error {
	derived := maps.Clone(done.Others)
	maps.DeleteFunc(derived, func(_ string, n int) bool { return n == 0 })
	o, err := e.s.record.state.ChangeErasure(ctx, done.ID, func(o *erasure.Order) error {
		o.Finish(erasure.Outcome{Entries: done.Entries, Slots: done.Slots, Files: done.Files, Derived: derived, Certificate: done.Certificate}, time.Now())
		return nil
	})
	if err != nil {
		return err
	}
	e.note(ctx, erasureDone, event.Success, "is done", o.ID,
		event.Attr{Key: "erasure.entries", Value: event.Number(strconv.FormatInt(o.Entries, 10))},
		event.Attr{Key: "erasure.slots", Value: event.Number(strconv.FormatInt(o.Slots, 10))})
	return nil
}

// note records what became of an order.
func (e *erasures) note(ctx context.Context, category string, outcome event.Outcome, what, id string, attrs ...event.Attr) {
	ev := ownEvent(category, outcome, "Tocsin: erasure "+id+" "+what)
	ev.SetAttr("erasure.id", event.Text(id))
	for _, a := range attrs {
		ev.SetAttr(a.Key, a.Value)
	}
	e.s.face.auditor.event(ctx, ev)
}
