// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

const (
	// pacedRate is half of what the journal is to take: a busy day, not its limit.
	pacedRate    = 100_000
	pacedSeconds = 10
)

// measurePaced is the acknowledgement at a rate that is given. Callers that append
// again as soon as they have their answer wait, by Little's law, for clients ÷ rate
// whatever the journal does; here a batch has a time at which it is due, and what it
// waits for its caller counts too.
func measurePaced(ctx context.Context, data string, p *producers, r *JournalReport) error {
	return paced(ctx, data, p, pacedRate*pacedSeconds, r)
}

func paced(ctx context.Context, data string, p *producers, n int, r *JournalReport) (err error) {
	j, err := openJournal(ctx, data+"-paced", nil)
	if err != nil {
		return err
	}
	stop := running(ctx, j)
	defer func() { err = errors.Join(err, stop()) }()
	var mu sync.Mutex
	var acks []float64
	step := time.Second * time.Duration(p.options.Batch) / pacedRate
	began, due := time.Now(), 0
	err = p.each(ctx, n, oneStream, func(ctx context.Context, events []*event.Event) error {
		mu.Lock()
		at := began.Add(time.Duration(due) * step)
		due++
		mu.Unlock()
		if err := sleepUntil(ctx, at); err != nil {
			return err
		}
		_, err := j.Append(ctx, events)
		took := float64(time.Since(at).Microseconds()) / 1000
		mu.Lock()
		acks = append(acks, took)
		mu.Unlock()
		return err
	})
	if err != nil {
		return fmt.Errorf("bench: append at a rate: %w", err)
	}
	r.PacedRate = float64(n) / time.Since(began).Seconds()
	r.PacedP50, r.PacedP99 = percentile(acks, 50), percentile(acks, 99)
	return nil
}

func sleepUntil(ctx context.Context, at time.Time) error {
	wait := time.Until(at)
	if wait <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
