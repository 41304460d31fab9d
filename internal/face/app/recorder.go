// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
)

// refusalCounts is how long a refusal says something about now when nobody has
// tried since.
const refusalCounts = 15 * time.Second

// recorder gives events to the journal and remembers whether that went well.
type recorder struct {
	append  func(ctx context.Context, events []*event.Event) ([]event.Range, error)
	refused atomic.Int64 // when the journal last could not write, 0 when it has since
}

// record implements pipeline.Options.Record.
func (r *recorder) record(ctx context.Context, events []*event.Event) ([]event.Range, error) {
	ranges, err := r.append(ctx, events)
	switch {
	case err == nil:
		if r.refused.Load() != 0 {
			r.refused.Store(0)
		}
	case errors.Is(err, journal.ErrUnavailable):
		r.refused.Store(time.Now().UnixNano())
	}
	return ranges, err
}

// refusing tells whether the journal cannot write at the moment, as far as
// anybody has tried.
func (r *recorder) refusing(now time.Time) bool {
	at := r.refused.Load()
	return at != 0 && now.Sub(time.Unix(0, at)) < refusalCounts
}
