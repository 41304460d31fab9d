// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"strconv"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/query"
)

// pages answers every query with the next page.
type pages struct {
	query.Source
	t       *testing.T
	pages   [][]event.Event
	filters []query.Filter
	err     error
}

func (p *pages) Query(_ context.Context, f query.Filter) (query.Page, error) {
	if err := f.Validate(); err != nil && f.Cursor == "" {
		p.t.Errorf("filter: %v", err)
	}
	p.filters = append(p.filters, f)
	if p.err != nil {
		return query.Page{}, p.err
	}
	n := len(p.filters)
	out := query.Page{Items: p.pages[min(n, len(p.pages))-1]}
	if n < len(p.pages) {
		out.Next = strconv.Itoa(n)
	}
	return out, nil
}

func TestLookUpFindsTheRepeat(t *testing.T) {
	t.Parallel()
	want := event.Event{Time: 5, OriginID: "a", Sender: "tok", Source: "shop", Message: "the one"}
	other := func(change func(*event.Event)) event.Event {
		e := want
		e.Message = "another"
		change(&e)
		return e
	}
	p := &pages{t: t, pages: [][]event.Event{
		{other(func(e *event.Event) { e.OriginID = "b" }), other(func(e *event.Event) { e.Sender = "x" })},
		{other(func(e *event.Event) { e.Source = "y" }), want},
	}}
	got, err := lookUpIn(p)(t.Context(), &event.Event{Time: 5, OriginID: "a", Sender: "tok", Source: "shop"})
	if err != nil || got == nil || got.Message != "the one" {
		t.Fatalf("got %+v %v", got, err)
	}
	if len(p.filters) != 2 || p.filters[0].From != 5 || p.filters[0].To != 6 || p.filters[1].Cursor != "1" {
		t.Errorf("asked %+v", p.filters)
	}
	got, err = lookUpIn(&pages{t: t, pages: [][]event.Event{{}}})(t.Context(), &want)
	if got != nil || err != nil {
		t.Errorf("nothing is there: %+v %v", got, err)
	}
}

func TestLookUpIsBounded(t *testing.T) {
	t.Parallel()
	p := &pages{t: t, pages: make([][]event.Event, 1000)}
	if got, err := lookUpIn(p)(t.Context(), &event.Event{Time: 1, OriginID: "a"}); got != nil || err != nil || len(p.filters) != lookUpPages {
		t.Errorf("%d pages read: %v %v", len(p.filters), got, err)
	}
	broken := &pages{t: t, err: errors.New("disk on fire")}
	if _, err := lookUpIn(broken)(t.Context(), &event.Event{Time: 1}); err == nil {
		t.Error("an error was swallowed")
	}
}
