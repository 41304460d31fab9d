// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
)

// Holds are the journal's legal holds. Place and Lift are durable when they return;
// errors are those of package journal.
type Holds interface {
	Holds() []journal.Hold
	Place(ctx context.Context, h journal.Hold) error
	Lift(ctx context.Context, id, actor string) error
}

// ListHolds implements GET /api/siem/holds.
func (a *API) ListHolds(context.Context, ListHoldsRequestObject) (ListHoldsResponseObject, error) {
	holds := a.opts.Holds.Holds()
	total := int64(len(holds))
	list := HoldList{Items: make([]Hold, len(holds)), Total: &total}
	for i := range holds {
		list.Items[i] = holdOf(&holds[i])
	}
	return ListHolds200JSONResponse(list), nil
}

// PlaceHold implements POST /api/siem/holds.
func (a *API) PlaceHold(ctx context.Context, request PlaceHoldRequestObject) (PlaceHoldResponseObject, error) {
	if request.Body == nil {
		return nil, invalid("id", "is missing")
	}
	b := request.Body
	h := journal.Hold{ID: strings.TrimSpace(b.Id), Reason: strings.TrimSpace(b.Reason), Actor: who(ctx).Name, Stream: value(b.Stream), From: value(b.From), To: value(b.To)}
	if err := a.opts.Holds.Place(ctx, h); err != nil {
		return nil, err
	}
	for _, placed := range a.opts.Holds.Holds() {
		if placed.ID == h.ID {
			h = placed
		}
	}
	a.record(ctx, HoldPlaced, event.Success, who(ctx).Name+" placed the legal hold "+h.ID,
		event.Attr{Key: "hold.id", Value: event.Text(h.ID)}, event.Attr{Key: "hold.reason", Value: event.Text(h.Reason)})
	return PlaceHold201JSONResponse(holdOf(&h)), nil
}

// LiftHold implements DELETE /api/siem/holds/{id}.
func (a *API) LiftHold(ctx context.Context, request LiftHoldRequestObject) (LiftHoldResponseObject, error) {
	if err := a.opts.Holds.Lift(ctx, request.Id, who(ctx).Name); err != nil {
		return nil, err
	}
	a.record(ctx, HoldLifted, event.Success, who(ctx).Name+" lifted the legal hold "+request.Id,
		event.Attr{Key: "hold.id", Value: event.Text(request.Id)})
	return LiftHold204Response{}, nil
}

func holdOf(h *journal.Hold) Hold {
	return Hold{
		Id: h.ID, Reason: h.Reason, PlacedAt: h.Placed, PlacedBy: h.Actor, Stream: optional(h.Stream),
		From: optionalTime(h.From), To: optionalTime(h.To),
	}
}

// GetRetention implements GET /api/siem/retention.
func (a *API) GetRetention(ctx context.Context, _ GetRetentionRequestObject) (GetRetentionResponseObject, error) {
	r, err := a.opts.Retention(ctx)
	if err != nil {
		return nil, err
	}
	r.Streams, r.Consumers = notNil(r.Streams), notNil(r.Consumers)
	return GetRetention200JSONResponse(r), nil
}

// retainWithin is how long a caller waits for the end of a run: each file that goes
// is a few syncs.
const retainWithin = 4 * time.Minute

// RunRetention implements POST /api/siem/retention.
func (a *API) RunRetention(ctx context.Context, request RunRetentionRequestObject) (RunRetentionResponseObject, error) {
	checked := request.Body != nil && value(request.Body.ClockChecked)
	ctx, cancel := context.WithTimeout(ctx, retainWithin)
	defer cancel()
	c := who(ctx)
	run, err := a.opts.Retain(ctx, checked, actor(c).ID)
	outcome := event.Success
	if err != nil {
		outcome = event.Failure
	}
	a.record(ctx, RetentionRan, outcome, c.Name+" ran retention: "+strconv.FormatInt(run.Entries, 10)+" entries dropped",
		event.Attr{Key: "retention.entries", Value: event.Number(strconv.FormatInt(run.Entries, 10))},
		event.Attr{Key: "retention.files", Value: event.Number(strconv.Itoa(run.Files))},
		event.Attr{Key: "retention.clock_checked", Value: event.Text(strconv.FormatBool(checked))})
	if err != nil {
		return nil, err
	}
	return RunRetention200JSONResponse(run), nil
}
