// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"net/http"

	"github.com/tocsin-siem/tocsin/internal/core/alert"
	"github.com/tocsin-siem/tocsin/internal/core/erasure"
	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/face/auth"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
)

// Erasures are the orders to erase one person. All methods may be called at the same
// time; errors are those of package erasure. Request and Approve answer before
// anything is erased.
type Erasures interface {
	Request(ctx context.Context, subject, reason string, by erasure.Actor) (erasure.Order, error)
	Approve(ctx context.Context, id string, by erasure.Actor) (erasure.Order, error)
	Cancel(ctx context.Context, id string, by erasure.Actor) (erasure.Order, error)
	Erasure(ctx context.Context, id string) (erasure.Order, error)
	Erasures(ctx context.Context, part alert.Window) (alert.Page[erasure.Order], error)
	// Progress is how far an order is that is being carried out now.
	Progress(id string) (journal.Progress, bool)
}

// actor is the caller as the orders know them.
func actor(c caller) erasure.Actor {
	kind := "user:"
	if c.Kind == auth.KindToken {
		kind = "token:"
	}
	return erasure.Actor{Name: c.Name, Owner: c.Owner, ID: kind + c.ID}
}

// recordErasure records what somebody did to an order. The subject is in none of it.
func (a *API) recordErasure(ctx context.Context, category, did string, o *erasure.Order) {
	a.record(ctx, category, event.Success, who(ctx).Name+" "+did+" erasure "+o.ID,
		event.Attr{Key: "erasure.id", Value: event.Text(o.ID)},
		event.Attr{Key: "erasure.status", Value: event.Text(string(o.Status))},
		event.Attr{Key: "erasure.reason", Value: event.Text(o.Reason)})
}

// RequestErasure implements POST /api/siem/erasures.
func (a *API) RequestErasure(ctx context.Context, request RequestErasureRequestObject) (RequestErasureResponseObject, error) {
	if request.Body == nil {
		return nil, invalid("subject", "is missing")
	}
	o, err := a.opts.Erasures.Request(ctx, request.Body.Subject, value(request.Body.Reason), actor(who(ctx)))
	if err != nil {
		return nil, err
	}
	a.recordErasure(ctx, ErasureRequested, "ordered", &o)
	return RequestErasure202JSONResponse(a.erasureOf(&o)), nil
}

// ApproveErasure implements POST /api/siem/erasures/{id}/approve.
func (a *API) ApproveErasure(ctx context.Context, request ApproveErasureRequestObject) (ApproveErasureResponseObject, error) {
	o, err := a.opts.Erasures.Approve(ctx, request.Id, actor(who(ctx)))
	if err != nil {
		return nil, err
	}
	a.recordErasure(ctx, ErasureApproved, "approved", &o)
	return ApproveErasure200JSONResponse(a.erasureOf(&o)), nil
}

// CancelErasure implements POST /api/siem/erasures/{id}/cancel.
func (a *API) CancelErasure(ctx context.Context, request CancelErasureRequestObject) (CancelErasureResponseObject, error) {
	o, err := a.opts.Erasures.Cancel(ctx, request.Id, actor(who(ctx)))
	if err != nil {
		return nil, err
	}
	a.recordErasure(ctx, ErasureCancelled, "cancelled", &o)
	return CancelErasure200JSONResponse(a.erasureOf(&o)), nil
}

// ListErasures implements GET /api/siem/erasures.
func (a *API) ListErasures(ctx context.Context, request ListErasuresRequestObject) (ListErasuresResponseObject, error) {
	w, err := windowOf(request.Params.Limit, request.Params.Cursor, request.Params.Offset)
	if err != nil {
		return nil, err
	}
	page, err := a.opts.Erasures.Erasures(ctx, alert.Window{Limit: w.limit, Cursor: w.cursor, Offset: w.offset})
	if err != nil {
		return nil, err
	}
	list := ErasureList{Items: make([]Erasure, len(page.Items)), Next: optional(page.Next), Total: &page.Total}
	for i := range page.Items {
		list.Items[i] = a.erasureOf(&page.Items[i])
	}
	return ListErasures200JSONResponse(list), nil
}

// GetErasure implements GET /api/siem/erasures/{id}.
func (a *API) GetErasure(ctx context.Context, request GetErasureRequestObject) (GetErasureResponseObject, error) {
	o, err := a.opts.Erasures.Erasure(ctx, request.Id)
	if err != nil {
		return nil, err
	}
	return GetErasure200JSONResponse(a.erasureOf(&o)), nil
}

// GetErasureCertificate implements GET /api/siem/erasures/{id}/certificate.
func (a *API) GetErasureCertificate(ctx context.Context, request GetErasureCertificateRequestObject) (GetErasureCertificateResponseObject, error) {
	o, err := a.opts.Erasures.Erasure(ctx, request.Id)
	if err != nil {
		return nil, err
	}
	if o.Certificate == "" {
		return nil, problem(http.StatusConflict, "conflict", "erasure %s is %s and has no certificate", o.ID, o.Status)
	}
	return GetErasureCertificate200TextResponse(o.Certificate), nil
}

// erasureOf shows an order. Its subject is shown while somebody may have to decide
// about it, and to nobody once it runs.
func (a *API) erasureOf(o *erasure.Order) Erasure {
	out := Erasure{
		Id: o.ID, Status: ErasureStatus(o.Status), Reason: optional(o.Reason), RequestedAt: o.RequestedAt, RequestedBy: o.RequestedBy,
		ApprovedAt: optionalTime(o.ApprovedAt), ApprovedBy: optional(o.ApprovedBy), CancelledBy: optional(o.CancelledBy),
		StartedAt: optionalTime(o.StartedAt), EndedAt: optionalTime(o.EndedAt), Hold: optional(o.Hold), Error: optional(o.Error),
		Entries: o.Entries, Slots: o.Slots, Files: o.Files,
	}
	if o.Status == erasure.Pending || o.Status == erasure.Approved {
		out.Subject = optional(o.Subject)
	}
	if o.Tries > 0 {
		out.Tries = &o.Tries
	}
	if len(o.Derived) > 0 {
		out.Derived = &o.Derived
	}
	if o.Certificate != "" {
		yes := true
		out.Certified = &yes
	}
	if p, now := a.opts.Erasures.Progress(o.ID); now {
		out.Progress = &ErasureProgress{Stage: ErasureProgressStage(p.Stage), Done: p.Done, Total: p.Total}
	}
	return out
}
