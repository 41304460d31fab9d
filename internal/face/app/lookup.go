// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/query"
)

// lookUpPages bounds how many pages of events of one and the same nanosecond are
// looked through for a repeat.
const lookUpPages = 20

// lookUpIn finds an event that was recorded before the memory of origin ids
// begins: one of the same time, as a repeat of it has.
func lookUpIn(events query.Source) func(context.Context, *event.Event) (*event.Event, error) {
	return func(ctx context.Context, e *event.Event) (*event.Event, error) {
		f := query.Filter{From: e.Time, To: e.Time + 1, Limit: query.MaxLimit}
		for range lookUpPages {
			page, err := events.Query(ctx, f)
			if err != nil {
				return nil, err
			}
			for i := range page.Items {
				if old := &page.Items[i]; old.OriginID == e.OriginID && old.Sender == e.Sender && old.Source == e.Source {
					return old, nil
				}
			}
			if page.Next == "" {
				return nil, nil
			}
			f.Cursor = page.Next
		}
		return nil, nil
	}
}
