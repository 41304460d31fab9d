// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// doubtPoll is how often an input that waits looks whether what was refused has
// become durable after all.
const doubtPoll = 100 * time.Millisecond

// errDoubt refuses an id whose event was refused before and may still turn up.
var errDoubt = errors.New("the same event was refused a moment ago and is not settled yet")

// doubt is an event that the record has given a place and then refused: it stands
// in the record as soon as that reaches ord, and is not acknowledged until then.
// While it is in doubt, the same id is refused: recorded once more it would be
// there twice, called a duplicate it might be lost. What is in doubt is bounded
// by what the record has in its queue.
type doubt struct {
	ord      uint64
	content  uint32
	received int64
}

// durable is the position up to which everything is recorded.
func (p *Pipeline) durable() uint64 {
	if p.opt.Durable == nil {
		return 0
	}
	return p.opt.Durable()
}

// doubtful tells whether one of the events has an id that is in doubt. It settles
// what can be settled. The caller holds idsMu.
func (p *Pipeline) doubtful(keys []originKey, todo []int32) bool {
	if len(p.doubts) == 0 {
		return false
	}
	if now := p.durable(); now != p.settled {
		p.settleDoubts(now)
	}
	for _, i := range todo {
		if k := &keys[i]; k.has {
			if _, found := p.doubts[k.hash]; found {
				return true
			}
		}
	}
	return false
}

// settleDoubts remembers the ids of what has become durable. The caller holds
// idsMu.
func (p *Pipeline) settleDoubts(durable uint64) {
	p.settled = durable
	for hash, d := range p.doubts {
		if d.ord <= durable {
			p.ids.add(hash, d.content, d.received)
			delete(p.doubts, hash)
		}
	}
}

// suspect puts the ids of refused events that have a place in doubt. The caller
// holds idsMu.
func (r *run) suspect(refused []int32) {
	p := r.pipeline
	if p.opt.Durable == nil {
		return
	}
	for _, i := range refused {
		if k, ord := &r.keys[i], r.events[i].Place.Ord; k.has && ord != 0 {
			p.doubts[k.hash] = doubt{ord: ord, content: k.content, received: r.received}
		}
	}
	if len(p.doubts) > 0 {
		p.settleDoubts(p.durable())
	}
}

// keep records events. A run that waits does not come back while the outcome for
// some of them is open: it waits until they are durable and records the rest.
func (r *run) keep(ctx context.Context, events []*event.Event) ([]event.Range, error) {
	p := r.pipeline
	var all []event.Range
	for {
		// The sender's leaving must not leave open whether the events are recorded.
		ranges, err := p.opt.Record(context.WithoutCancel(ctx), events)
		if err == nil || !r.waits || p.opt.Durable == nil {
			return append(all, ranges...), err
		}
		placed := 0
		for placed < len(events) && events[placed].Place.Ord != 0 {
			placed++
		}
		if placed == 0 {
			return nil, err
		}
		if waited := p.awaitDurable(ctx, events[placed-1].Place.Ord); waited != nil {
			return nil, errors.Join(err, waited)
		}
		for _, e := range events[:placed] {
			all = append(all, event.Range{Stream: e.Place.Stream, First: e.Place.Seq, Last: e.Place.Seq})
		}
		if events = events[placed:]; len(events) == 0 {
			return all, nil
		}
	}
}

// awaitDurable waits until everything up to ord is recorded.
func (p *Pipeline) awaitDurable(ctx context.Context, ord uint64) error {
	tick := time.NewTicker(doubtPoll)
	defer tick.Stop()
	for p.durable() < ord {
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for what was refused: %w", ctx.Err())
		case <-tick.C:
		}
	}
	return nil
}
