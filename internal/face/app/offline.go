// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/alert"
	"github.com/tocsin-siem/tocsin/internal/core/erasure"
	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/face/api"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
)

// Upkeep is what an operator does to the data folder of a server that does not run:
// erase somebody, place and lift legal holds, drop what is over its time. What is
// done is recorded as events, as the server does. It is used within Offline.
type Upkeep struct{ s *server }

// Offline opens a data folder without a server, lets detection catch up, and calls
// work. The folder is closed when it returns. A server that runs is an error that
// names its process.
func Offline(ctx context.Context, o Options, work func(ctx context.Context, u *Upkeep) error) (err error) {
	f := folder{o.DataDir}
	if _, err := os.Stat(f.journal()); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s holds no journal", o.DataDir)
	} else if err != nil {
		return err
	}
	s := &server{opt: o, logger: o.Logger, began: time.Now()}
	defer func() { err = errors.Join(err, s.cleanup.run()) }()
	for _, open := range [...]func(context.Context) error{
		s.openFolder, s.openRecord, s.openState, s.openWatch, s.openPipeline, s.openAccess, s.openUpkeep,
	} {
		if err := open(ctx); err != nil {
			return err
		}
	}
	root := context.WithoutCancel(ctx)
	h, err := s.raise(ctx, root)
	if err != nil {
		return err
	}
	working, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(h.watch.ctx, cancel)()   //nolint:contextcheck // a floor that ends ends the work
	defer context.AfterFunc(h.journal.ctx, cancel)() //nolint:contextcheck // as above
	select {
	case <-s.watch.caughtUp:
		if _, err = s.record.state.DrainActivities(working, s.face.auditor.activities); err == nil {
			err = work(working, &Upkeep{s})
		}
	case <-working.Done():
		err = working.Err()
	}
	return errors.Join(err, s.lower(root, h))
}

// by is who runs the command. Its id names nobody.
func (u *Upkeep) by() erasure.Actor {
	name := operator()
	return erasure.Actor{Name: name, Owner: name, ID: "cli"}
}

// Erase orders to erase a subject. With dual control the order waits for an
// approval, and is returned as it is; else it is carried out (CarryOut).
func (u *Upkeep) Erase(ctx context.Context, subject, reason string) (erasure.Order, error) {
	by := u.by()
	o, err := u.s.erasures.Request(ctx, subject, reason, by)
	if err != nil {
		return o, err
	}
	u.noteOrder(ctx, api.ErasureRequested, "ordered", &o)
	if o.Status == erasure.Pending {
		return o, nil
	}
	return u.carryOut(ctx, o.ID)
}

// Approve lets an order run, and carries it out.
func (u *Upkeep) Approve(ctx context.Context, id string) (erasure.Order, error) {
	o, err := u.s.erasures.Approve(ctx, id, u.by())
	if err != nil {
		return o, err
	}
	u.noteOrder(ctx, api.ErasureApproved, "approved", &o)
	return u.carryOut(ctx, o.ID)
}

// Cancel ends an order that has not begun, or cannot get on.
func (u *Upkeep) Cancel(ctx context.Context, id string) (erasure.Order, error) {
	o, err := u.s.erasures.Cancel(ctx, id, u.by())
	if err == nil {
		u.noteOrder(ctx, api.ErasureCancelled, "cancelled", &o)
	}
	return o, err
}

// carryOut carries an order out, and every other that is open. One that cannot get
// on is an error; the next start of a server tries it again.
func (u *Upkeep) carryOut(ctx context.Context, id string) (erasure.Order, error) {
	if _, err := u.s.erasures.pass(ctx); err != nil {
		return erasure.Order{}, err
	}
	o, err := u.s.erasures.Erasure(ctx, id)
	if err != nil {
		return o, err
	}
	switch {
	case ctx.Err() != nil:
		return o, fmt.Errorf("erasure %s is not done; the next start of a server takes it up: %w", id, ctx.Err())
	case o.Status == erasure.Refused:
		return o, &erasure.HeldError{Hold: o.Hold}
	case o.Error != "":
		return o, fmt.Errorf("erasure %s cannot get on: %s", id, o.Error)
	default:
		return o, nil
	}
}

// Erasures lists the orders, the newest first.
func (u *Upkeep) Erasures(ctx context.Context) ([]erasure.Order, error) {
	var all []erasure.Order
	part := alert.Window{Limit: alert.MaxLimit}
	for {
		p, err := u.s.erasures.Erasures(ctx, part)
		if err != nil {
			return nil, err
		}
		all = append(all, p.Items...)
		if p.Next == "" {
			return all, nil
		}
		part.Cursor = p.Next
	}
}

// Erasure is one order.
func (u *Upkeep) Erasure(ctx context.Context, id string) (erasure.Order, error) {
	return u.s.erasures.Erasure(ctx, id)
}

// Holds are the legal holds in force.
func (u *Upkeep) Holds(context.Context) ([]journal.Hold, error) {
	return u.s.record.journal.Holds(), nil
}

// Place puts a legal hold in force.
func (u *Upkeep) Place(ctx context.Context, h journal.Hold) error {
	h.Actor = operator()
	if err := u.s.record.journal.Place(ctx, h); err != nil {
		return err
	}
	u.note(ctx, api.HoldPlaced, "placed the legal hold "+h.ID,
		event.Attr{Key: "hold.id", Value: event.Text(h.ID)}, event.Attr{Key: "hold.reason", Value: event.Text(h.Reason)})
	return nil
}

// Lift ends a legal hold.
func (u *Upkeep) Lift(ctx context.Context, id string) error {
	if err := u.s.record.journal.Lift(ctx, id, operator()); err != nil {
		return err
	}
	u.note(ctx, api.HoldLifted, "lifted the legal hold "+id, event.Attr{Key: "hold.id", Value: event.Text(id)})
	return nil
}

// Retain drops what is over its time.
func (u *Upkeep) Retain(ctx context.Context, clockChecked bool) (RetentionRun, error) {
	run, err := u.s.retention.drop(ctx, clockChecked, u.by().ID)
	u.note(ctx, api.RetentionRan, fmt.Sprintf("ran retention: %d entries dropped", run.Entries),
		event.Attr{Key: "retention.entries", Value: event.Int(run.Entries)}, event.Attr{Key: "retention.files", Value: event.Int(int64(run.Files))})
	return run, err
}

func (u *Upkeep) noteOrder(ctx context.Context, category, did string, o *erasure.Order) {
	u.note(ctx, category, did+" erasure "+o.ID,
		event.Attr{Key: "erasure.id", Value: event.Text(o.ID)},
		event.Attr{Key: "erasure.status", Value: event.Text(string(o.Status))},
		event.Attr{Key: "erasure.reason", Value: event.Text(o.Reason)})
}

// note records what the operator did.
func (u *Upkeep) note(ctx context.Context, category, did string, attrs ...event.Attr) {
	e := ownEvent(category, event.Success, operator()+" "+did)
	e.User = operator()
	for _, a := range attrs {
		if a.Value.Text != "" {
			e.SetAttr(a.Key, a.Value)
		}
	}
	u.s.face.auditor.event(ctx, e)
}
