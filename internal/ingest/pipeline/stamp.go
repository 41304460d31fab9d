// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	mrand "math/rand/v2"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// What makes a time odd. Such an event is recorded with its time as it is, and
// marked.
const (
	// FutureAfter: a time so far ahead of the receipt is marked time_future.
	FutureAfter = 5 * time.Minute
	// AncientAfter: a time so long before the receipt is marked time_ancient
	// (ten years with their leap days).
	AncientAfter = 3653 * 24 * time.Hour
	// smallStep is how far the clock may be set back before receipts follow it.
	smallStep = 10 * time.Second
)

// stamper gives times of receipt and ids. Within the process both only rise,
// unless the clock is set back by more than smallStep: then they follow it.
type stamper struct {
	*stamperState
	logger *slog.Logger
}

type stamperState struct {
	mu      sync.Mutex
	last    int64
	entropy *ulid.MonotonicEntropy
}

func newStamper(logger *slog.Logger) (stamper, error) {
	var seed [32]byte
	if _, err := rand.Read(seed[:]); err != nil {
		return stamper{}, fmt.Errorf("seed of event ids: %w", err)
	}
	return stamper{
		stamperState: &stamperState{entropy: ulid.Monotonic(mrand.NewChaCha8(seed), 0)},
		logger:       logger,
	}, nil
}

// receipt returns the time of receipt for a batch that arrives now.
func (s stamper) receipt() int64 {
	now := time.Now().UnixNano()
	s.mu.Lock()
	defer s.mu.Unlock()
	if now < s.last {
		if s.last-now <= int64(smallStep) {
			return s.last
		}
		s.logger.Warn("the clock was set back; times of receipt follow it", "seconds", (s.last-now)/int64(time.Second))
	}
	s.last = now
	return now
}

// identify gives each event its id.
func (s stamper) identify(events []*event.Event, received int64) {
	ms := uint64(received / int64(time.Millisecond)) //nolint:gosec // a receipt is after 1970
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range events {
		_ = (*ulid.ULID)(&e.ID).SetTime(ms) // fails after the year 10889
		for s.entropy.MonotonicRead(ms, e.ID[6:]) != nil {
			// The counter of one millisecond has run over: begin anew.
			s.entropy = ulid.Monotonic(s.entropy.Reader, 0)
		}
	}
}

// markTime fills in a missing time and marks an odd one.
func (p *Pipeline) markTime(e *event.Event) {
	kind := ""
	switch {
	case e.Time == 0:
		e.Time = e.Received
	case e.Time-e.Received > int64(FutureAfter):
		kind = event.MarkFuture
	case e.Received-e.Time > int64(AncientAfter):
		kind = event.MarkAncient
	}
	if kind != "" && !e.Marked(kind) {
		e.Marks = append(e.Marks, event.Mark{Kind: kind, Field: "time"})
	}
}
