// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
)

const (
	// fewestCallers is the least number of callers that is measured beside the one
	// that was asked for.
	fewestCallers = 4
	// callersEvents are enough that what waits for its seal at the end counts little.
	callersEvents = 4_000_000
)

// Callers is what a number of callers get that append again as soon as they have
// their answer.
type Callers struct {
	Clients  int     `json:"clients"`
	WallRate float64 `json:"events_per_second_wall"`
	P50      float64 `json:"ack_p50_ms"`
	P99      float64 `json:"ack_p99_ms"`
}

// measureCallers has fewer and fewer callers do the same, each number in a journal of
// its own. More callers than keep the journal busy wait for each other: the fewest
// that reach the whole rate tell what an acknowledgement takes under it.
func measureCallers(ctx context.Context, data string, p *producers, r *JournalReport) error {
	for n := p.options.Clients / 2; n >= fewestCallers; n /= 2 {
		few := producers{pool: p.pool, options: p.options}
		few.options.Clients = n
		few.options.Events = min(p.options.Events, callersEvents)
		c, err := callers(ctx, data+"-callers", &few)
		if err != nil {
			return err
		}
		r.Fewer = append(r.Fewer, c)
	}
	return nil
}

func callers(ctx context.Context, data string, p *producers) (c Callers, err error) {
	j, err := openJournal(ctx, data, nil)
	if err != nil {
		return c, err
	}
	stop := running(ctx, j)
	defer func() { err = errors.Join(err, stop(), os.RemoveAll(data)) }()
	took, acks, err := appendAll(ctx, j, p)
	if err != nil {
		return c, err
	}
	return Callers{p.options.Clients, float64(p.options.Events) / took.Seconds(), percentile(acks, 50), percentile(acks, 99)}, nil
}

// appendAll has the callers append everything, and tells the time to the last
// acknowledgement and what each took, in ms.
func appendAll(ctx context.Context, j *journal.Journal, p *producers) (took time.Duration, acks []float64, err error) {
	var mu sync.Mutex
	began := time.Now()
	err = p.each(ctx, p.options.Events, oneStream, func(ctx context.Context, events []*event.Event) error {
		start := time.Now()
		_, err := j.Append(ctx, events)
		took := float64(time.Since(start).Microseconds()) / 1000
		mu.Lock()
		acks = append(acks, took)
		mu.Unlock()
		return err
	})
	if err != nil {
		return 0, nil, fmt.Errorf("bench: append: %w", err)
	}
	return time.Since(began), acks, nil
}
