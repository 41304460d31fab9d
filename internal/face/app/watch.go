// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
	"github.com/tocsin-siem/tocsin/internal/watch/detect"
	"github.com/tocsin-siem/tocsin/internal/watch/window"
	"github.com/tocsin-siem/tocsin/rules"
)

// watching is the floor of detection.
type watching struct {
	engine   *detect.Engine
	late     *window.Watermarks
	caughtUp chan struct{}
	seen     atomic.Int64 // when the newest event that was read was received
	behind   atomic.Int64 // since when detection is seen behind the journal, 0 when it is not
}

// watched is the journal as detection reads it.
type watched struct {
	*journal.Reader
	seen *atomic.Int64
}

// Next implements detect.Source.
func (w watched) Next(ctx context.Context, limit int) ([]*event.Event, error) {
	events, err := w.Reader.Next(ctx, limit)
	if n := len(events); n > 0 {
		w.seen.Store(events[n-1].Received)
	}
	return events, err
}

func (s *server) openWatch(context.Context) error {
	all, err := detect.Load(rules.Files)
	if err != nil {
		return fmt.Errorf("rules: %w", err)
	}
	o := detect.Options{Allowance: s.opt.Config.Detection.Lateness}
	if s.watch.engine, err = detect.New(all, o); err != nil {
		return err
	}
	s.watch.late = detect.Watermarks(o)
	s.watch.caughtUp = make(chan struct{})
	return nil
}

// runDetection watches the journal. Inputs open when it has caught up: whether an
// event is late is decided by where detection is.
func (s *server) runDetection(ctx context.Context) error {
	return s.watch.engine.Run(ctx, detect.RunOptions{
		Open:     func(after uint64) detect.Source { return watched{s.record.journal.Reader(after), &s.watch.seen} },
		Store:    s.record.cases,
		Alerting: s.record.cases.Alerting,
		Head:     s.record.journal.Head,
		CaughtUp: func() {
			s.watch.engine.Seed(s.watch.late)
			close(s.watch.caughtUp)
		},
		Logger: s.logger.With("part", "detection"),
	})
}
