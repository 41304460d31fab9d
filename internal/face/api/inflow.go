// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/face/auth"
)

// testEvent is the category of an event that somebody sent to see whether it comes in.
const testEvent = "test_event"

// Inflow tells what comes in. It may be called concurrently.
type Inflow interface {
	Inputs() []InputHealth
	Sources() []SourceHealth
	Senders() []SenderHealth
	// Submit records an event of Tocsin's own and returns its id.
	Submit(ctx context.Context, e *event.Event) (id string, err error)
}

// ListInputs implements GET /api/siem/inputs.
func (a *API) ListInputs(ctx context.Context, _ ListInputsRequestObject) (ListInputsResponseObject, error) {
	items := a.opts.Inflow.Inputs()
	names, err := a.tokenNames(ctx)
	if err != nil {
		return nil, err
	}
	for i := range items {
		for k := range items[i].Samples {
			s := &items[i].Samples[k]
			s.SenderName = optional(names[s.Sender])
		}
	}
	return ListInputs200JSONResponse{Items: notNil(items)}, nil
}

// ListSources implements GET /api/siem/sources.
func (a *API) ListSources(context.Context, ListSourcesRequestObject) (ListSourcesResponseObject, error) {
	return ListSources200JSONResponse{Items: notNil(a.opts.Inflow.Sources())}, nil
}

// ListSenders implements GET /api/siem/senders.
func (a *API) ListSenders(ctx context.Context, _ ListSendersRequestObject) (ListSendersResponseObject, error) {
	items := a.opts.Inflow.Senders()
	names, err := a.tokenNames(ctx)
	if err != nil {
		return nil, err
	}
	for i := range items {
		items[i].Name = optional(names[items[i].Id])
	}
	return ListSenders200JSONResponse{Items: notNil(items)}, nil
}

// maxNamedTokens bounds how many tokens are looked through for the names of senders.
const maxNamedTokens = 10_000

// tokenNames are the names of tokens by their ids.
func (a *API) tokenNames(ctx context.Context) (map[string]string, error) {
	names, page := map[string]string{}, auth.Page{Limit: 1000}
	for len(names) < maxNamedTokens {
		tokens, next, _, err := a.opts.Auth.Tokens(ctx, page)
		if err != nil {
			return nil, err
		}
		for i := range tokens {
			names[tokens[i].ID] = tokens[i].Name
		}
		if next == "" {
			break
		}
		page.Cursor = next
	}
	return names, nil
}

// SendTestEvent implements POST /api/siem/inputs/test.
func (a *API) SendTestEvent(ctx context.Context, _ SendTestEventRequestObject) (SendTestEventResponseObject, error) {
	c := who(ctx)
	e := &event.Event{
		Source: "application", Category: testEvent, Action: testEvent, Outcome: event.Success,
		Message: c.Name + " sent a test event", User: c.Name, UserAgent: c.peer.UserAgent, Service: service, Tags: []string{"test"},
	}
	setAddress(e, c.peer.IP)
	id, err := a.opts.Inflow.Submit(ctx, e)
	if err != nil {
		return nil, err
	}
	return SendTestEvent201JSONResponse{Id: id}, nil
}
