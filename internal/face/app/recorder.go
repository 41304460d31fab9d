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
	head    func() uint64
	refused atomic.Pointer[refusedAt] // when the journal last could not write, nil when it has since
}

// refusedAt is a refusal: when, and how far the journal was then.
type refusedAt struct {
	time time.Time
	head uint64
}

// record implements pipeline.Options.Record.
func (r *recorder) record(ctx context.Context, events []*event.Event) ([]event.Range, error) {
	ranges, err := r.append(ctx, events)
	switch {
	case err == nil:
		if r.refused.Load() != nil {
			r.refused.Store(nil)
		}
	case errors.Is(err, journal.ErrUnavailable):
		r.refused.Store(&refusedAt{time.Now(), r.head()})
	}
	return ranges, err
}

// refusing tells whether the journal cannot write at the moment, as far as
// anybody has tried: it may have gone on by itself since.
func (r *recorder) refusing(now time.Time) bool {
	at := r.refused.Load()
	return at != nil && now.Sub(at.time) < refusalCounts && r.head() == at.head
}
