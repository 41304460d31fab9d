// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/face/traffic"
	"github.com/tocsin-siem/tocsin/internal/ingest/normalize"
)

// poolSize is how many different events the producers copy.
const poolSize = 100_000

// makePool reads generated JSON into events, as the pipeline does, and tells the
// size of one in JSON.
func makePool() (pool []*event.Event, bytes float64, err error) {
	format, ok := normalize.Lookup("json")
	if !ok {
		return nil, 0, errors.New("bench: no format json")
	}
	now := time.Now()
	load := traffic.NewLoad(1, now.Add(-poolSize*time.Millisecond), time.Millisecond)
	hint := &normalize.Hint{Received: now.UnixNano()}
	total := 0
	for i := range uint64(poolSize) {
		raw := load.Append(nil, i)
		total += len(raw)
		if pool, err = format.Normalize(raw, hint, pool); err != nil {
			return nil, 0, fmt.Errorf("bench: %w", err)
		}
	}
	for _, e := range pool {
		e.Input, e.Sender = "http", "bench-token"
		if e.Source == "" {
			e.Source = "application"
		}
	}
	return pool, float64(total) / poolSize, nil
}

// producers make events for a journal.
type producers struct {
	pool    []*event.Event
	options JournalOptions
	next    atomic.Int64
}

// batch makes the next batch, at most up to limit; nil at the end.
func (p *producers) batch(limit int, stream func(i int) string) []*event.Event {
	n := p.options.Batch
	from := int(p.next.Add(int64(n))) - n
	n = min(n, limit-from)
	if n <= 0 {
		return nil
	}
	now := time.Now()
	copies := make([]event.Event, n)
	events := make([]*event.Event, n)
	for k := range copies {
		e := &copies[k]
		i := from + k
		*e = *p.pool[i%len(p.pool)]
		e.Received = now.UnixNano() + int64(k)
		binary.BigEndian.PutUint64(e.ID[:8], uint64(now.UnixMilli())<<16)
		binary.BigEndian.PutUint64(e.ID[8:], uint64(i)) //nolint:gosec // a count
		e.Place = event.Place{Stream: stream(i)}
		events[k] = e
	}
	return events
}

func oneStream(int) string { return "365d" }

// without is the CPU time of an event, in µs, when nobody records it.
func (p *producers) without(ctx context.Context) float64 {
	before := ownCPU()
	_ = p.each(ctx, p.options.Events, oneStream, func(context.Context, []*event.Event) error { return nil })
	return (ownCPU() - before).Seconds() * 1e6 / float64(p.options.Events)
}

// each gives batches to the clients until there are limit events.
func (p *producers) each(ctx context.Context, limit int, stream func(int) string, take func(context.Context, []*event.Event) error) error {
	p.next.Store(0)
	g, ctx := errgroup.WithContext(ctx)
	for range p.options.Clients {
		g.Go(func() error {
			for {
				events := p.batch(limit, stream)
				if events == nil || ctx.Err() != nil {
					return ctx.Err()
				}
				if err := take(ctx, events); err != nil {
					return err
				}
			}
		})
	}
	return g.Wait()
}
