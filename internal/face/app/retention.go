// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/face/api"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
)

// RetentionRun is what one run of retention did.
type RetentionRun = api.RetentionRun

// Retention runs soon after the start and then every day.
const (
	retainFirst   = 10 * time.Minute
	retainEvery   = 24 * time.Hour
	retainSettles = time.Minute
	retainedBy    = "tocsin" // who runs it by itself
)

// retention drops what is over its time.
type retention struct {
	s *server

	one sync.Mutex // one run at a time

	mu   sync.Mutex
	last *RetentionRun
	next time.Time
}

func (r *retention) begin(ctx context.Context, s *server) error {
	r.s = s
	var last RetentionRun
	there, err := s.record.state.Retention(ctx, &last)
	if there {
		r.last = &last
	}
	return err
}

// consumer is somebody who must have read an entry before it may be dropped.
type consumer struct {
	name     string
	position uint64 // the last entry that it has read
}

func (s *server) consumers() []consumer {
	return []consumer{{"detection", s.watch.engine.Stats().Ord}}
}

// needed is the lowest position that a consumer has not read.
func (s *server) needed() uint64 {
	lowest := s.record.journal.Head()
	for _, c := range s.consumers() {
		lowest = min(lowest, c.position)
	}
	return lowest + 1
}

// run drops every day what is over its time, until the context ends.
func (r *retention) run(ctx context.Context) error {
	wait := retainFirst
	if r.last != nil {
		wait = max(wait, retainEvery-time.Since(r.last.At))
	}
	for {
		r.mu.Lock()
		r.next = time.Now().Add(wait).UTC()
		r.mu.Unlock()
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
		run, err := r.drop(ctx, false, retainedBy)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // the next start runs it again
		}
		if warning := r.warning(); warning != "" {
			r.s.logger.WarnContext(ctx, "retention needs somebody", "warning", warning)
		}
		if err != nil || run.Entries > 0 {
			r.note(ctx, &run, err)
		}
		wait = retainEvery
	}
}

// drop implements api.Options.Retain. Detection stores its place first: what is
// dropped need not be read again after a crash.
func (r *retention) drop(ctx context.Context, clockChecked bool, by string) (RetentionRun, error) {
	r.one.Lock()
	defer r.one.Unlock()
	run := RetentionRun{At: time.Now().UTC(), By: by}
	settle, cancel := context.WithTimeout(ctx, retainSettles)
	defer cancel()
	err := r.s.watch.engine.Settle(settle, 0)
	if err != nil {
		err = fmt.Errorf("detection cannot store its place: %w", err)
	} else {
		var did journal.Retained
		did, err = r.s.record.journal.Retain(ctx, journal.Retention{Now: run.At, ClockChecked: clockChecked, Actor: by, Needed: r.s.needed()})
		run.Files, run.Entries, run.Held, run.Lagging = did.Files, did.Entries, did.Held, did.Lagging
	}
	if err != nil {
		why := err.Error()
		run.Error = &why
	}
	r.mu.Lock()
	r.last = &run
	r.mu.Unlock()
	return run, errors.Join(err, r.s.record.state.KeepRetention(context.WithoutCancel(ctx), &run))
}

// warning is what somebody should know about retention, "" for nothing.
func (r *retention) warning() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.s.record.journal.Diverged() != nil:
		return journal.ErrDisputed.Error()
	case r.last == nil:
		return ""
	case r.last.Error != nil:
		return "nothing more was dropped on " + r.last.At.Format(time.DateOnly) + ": " + *r.last.Error
	case r.last.Lagging > 0:
		return "entries that are over their time are kept for a consumer that has not read them"
	default:
		return ""
	}
}

// state implements api.Options.Retention.
func (r *retention) state(context.Context) (api.Retention, error) {
	r.mu.Lock()
	out := api.Retention{Last: r.last}
	if !r.next.IsZero() {
		next := r.next
		out.NextAt = &next
	}
	r.mu.Unlock()
	if warning := r.warning(); warning != "" {
		out.Warning = &warning
	}
	head := r.s.record.journal.Head()
	for _, c := range r.s.consumers() {
		position := min(c.position, head)
		out.Consumers = append(out.Consumers, api.Consumer{Name: c.name, Position: int64(position), Behind: int64(head - position)}) //nolint:gosec // positions stay far below 2^63
	}
	for _, d := range r.s.record.journal.Due(journal.Retention{Now: time.Now(), Needed: r.s.needed()}) {
		row := api.StreamRetention{Stream: d.Stream, Days: d.Days, Files: d.Files, Entries: d.Entries, Kept: d.Kept, Lagging: d.Lagging}
		if !d.Oldest.IsZero() {
			row.Oldest = &d.Oldest
		}
		if d.Hold != "" {
			row.Hold = &d.Hold
		}
		out.Streams = append(out.Streams, row)
	}
	return out, nil
}

// note records a run that nobody asked for.
func (r *retention) note(ctx context.Context, run *RetentionRun, failed error) {
	outcome, what := event.Success, fmt.Sprintf("dropped %d entries", run.Entries)
	if failed != nil {
		outcome, what = event.Failure, "did not come to its end"
	}
	e := ownEvent(api.RetentionRan, outcome, "Tocsin: retention "+what)
	e.SetAttr("retention.entries", event.Int(run.Entries))
	e.SetAttr("retention.files", event.Int(int64(run.Files)))
	if failed != nil {
		e.SetAttr("error", event.Text(failed.Error()))
	}
	r.s.face.auditor.event(ctx, e)
}
