// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"context"
	"slices"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/query"
)

// fakeHunts answers hunts from the list of fakeLogs, as query.Run does.
type fakeHunts struct {
	logs    *fakeLogs
	asked   []query.HuntOptions
	missing int64
	next    string
	fail    error
}

func (f *fakeHunts) Hunt(ctx context.Context, h *query.Hunt, o query.HuntOptions) (query.Answer, error) {
	f.logs.mu.Lock()
	defer f.logs.mu.Unlock()
	f.asked = append(f.asked, o)
	if _, err := o.Plan(); err != nil || f.fail != nil {
		return query.Answer{}, firstOf(f.fail, err)
	}
	run := func(h *query.Hunt, limits query.Limits) (query.Table, error) {
		events := slices.Clone(f.logs.events)
		return query.Run(ctx, h, func() (*event.Event, bool) {
			if len(events) == 0 {
				return nil, false
			}
			last := events[len(events)-1] // the newest is the last of the list
			events = events[:len(events)-1]
			return &last, true
		}, limits)
	}
	table, err := run(h, o.Limits)
	if err != nil {
		return query.Answer{}, err
	}
	a := query.Answer{Table: table, ScannedBytes: 10 * table.Scanned, Incomplete: f.missing, Next: f.next}
	if f.missing == 0 {
		a.Total = &table.Matched
	}
	o.Limits.Rows = 0
	for _, stages := range o.Also {
		t, err := run(&query.Hunt{Where: h.Where, Stages: stages}, o.Limits)
		a.Also = append(a.Also, query.Aside{Table: t, Err: err})
	}
	return a, nil
}

func (f *fakeHunts) Known(context.Context) (query.Known, error) {
	return query.Known{Fields: []string{"user", "ip", "attempt"}, Values: func(string) []string { return []string{"ana", "bob"} }}, nil
}
