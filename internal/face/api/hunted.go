// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/query"
)

// hunted is what selects the events of an export or of a live tail: a hunt, or a
// filter where hunt is nil. Times count either way.
type hunted struct {
	filter query.Filter
	hunt   *query.Hunt
	now    time.Time // from which the hunt's relative times are counted
}

// huntedOf reads the parameters. A hunt stands alone beside times: it says all that a
// filter can. It has no stages, for what these make are no events.
func huntedOf(ctx context.Context, other ...string) (h hunted, err error) {
	if h.filter, err = filterOf(ctx, append(other, "hunt")...); err != nil {
		return h, err
	}
	params := who(ctx).query
	if !params.Has("hunt") {
		if params.Has("now") {
			return h, invalid("now", "goes with hunt")
		}
		return h, nil
	}
	for _, name := range [...]string{"source", "level", "category", "user_id", "ip_address", "q"} {
		if params.Has(name) {
			return h, invalid(name, "does not go with hunt, which says it all")
		}
	}
	if h.hunt, err = query.Parse(params.Get("hunt")); err != nil {
		p := explainHunt(err)
		p.field = "hunt"
		return h, p
	}
	if len(h.hunt.Stages) > 0 {
		return h, invalid("hunt", "may have no stages here, for they make rows that are no events")
	}
	h.now, err = nowOf(ctx, time.Now())
	return h, err
}

// nowOf is the moment from which relative times count: the one that was asked for,
// else that of the request.
func nowOf(ctx context.Context, request time.Time) (time.Time, error) {
	params := who(ctx).query
	if !params.Has("now") {
		return request, nil
	}
	at, err := time.Parse(time.RFC3339Nano, params.Get("now"))
	if err != nil {
		return at, invalid("now", "is a time, such as 2026-11-23T15:04:05Z")
	}
	return at, nil
}

// page finds one page of the events.
func (h *hunted) page(ctx context.Context, a *API, limit int, cursor string) (query.Page, error) {
	if h.hunt == nil {
		f := h.filter
		f.Limit, f.Cursor = limit, cursor
		return a.opts.Logs.Query(ctx, f)
	}
	found, err := a.hunt(ctx, h.hunt, query.HuntOptions{
		From: h.filter.From, To: h.filter.To, Limit: limit, Cursor: cursor, Limits: query.Limits{Now: h.now},
	})
	if err != nil {
		return query.Page{}, err
	}
	page := query.Page{Items: make([]event.Event, len(found.Rows)), Next: found.Next, Total: found.Total, Incomplete: found.Incomplete}
	for i := range found.Rows {
		page.Items[i] = *found.Rows[i].Event
	}
	return page, nil
}

// match returns what tells whether an event that comes is one of them.
func (h *hunted) match() (func(e *event.Event) bool, error) {
	plan, err := h.filter.Plan()
	if err != nil || h.hunt == nil {
		return plan.Match, err
	}
	where := h.hunt.At(h.now).Where
	return func(e *event.Event) bool { return plan.Match(e) && where.Match(e) }, nil
}

// String is the hunt, or the filter, in its canonical form.
func (h *hunted) String() string {
	if h.hunt != nil {
		return h.hunt.String()
	}
	return h.filter.Words()
}

// attrs are what is recorded of the hunt.
func (h *hunted) attrs() []event.Attr {
	if h.hunt == nil {
		return nil
	}
	return []event.Attr{{Key: "filter.hunt", Value: event.Text(h.hunt.String())}}
}
