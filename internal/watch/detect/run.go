// SPDX-License-Identifier: Apache-2.0

package detect

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/core/rule"
	"github.com/tocsin-siem/tocsin/internal/watch/window"
)

// Source gives committed events in the order of Place.Ord. Next blocks until
// there is at least one, and returns at most max of them; what it returns is not
// changed by anybody. It errs with the context's error when that is done. One
// goroutine calls it.
type Source interface {
	Next(ctx context.Context, max int) ([]*event.Event, error)
}

// Store keeps what detection raised, with the position that it reaches to.
type Store interface {
	// Resume returns where the last commit left: zero values at the very first.
	Resume(ctx context.Context) (Position, error)
	// Commit stores the batch in one transaction: all of it or nothing. It must
	// not keep the events. A batch that reaches no further than the last one was
	// committed before.
	Commit(ctx context.Context, b *Batch) error
}

// Position is where detection stood at the last commit.
type Position struct {
	// Ord is the last event whose findings are committed.
	Ord uint64
	// Snapshot is the newest one, nil when there is none. It may be older.
	Snapshot []byte
}

// Batch is what one commit stores.
type Batch struct {
	Position // Snapshot nil: the stored one stays

	// Steps are findings (new, or grown under a known id) and events that alert
	// rules look at, in the order in which they must be applied.
	Steps []Step
}

// Step is a finding or an event of a batch; one of both is set.
type Step struct {
	Finding *rule.Finding
	Event   *event.Event
}

// RunOptions say what Run reads and where it writes.
type RunOptions struct {
	// Open begins to read after a position.
	Open  func(after uint64) Source
	Store Store
	// Alerting tells whether an alert rule on events may want the event.
	Alerting func(e *event.Event) bool
	// Head is the journal's last position, asked once at start. CaughtUp is
	// called once, when the engine has seen everything up to it; both may be nil.
	Head     func() uint64
	CaughtUp func()
	Logger   *slog.Logger
	// MaxBatch is how many events one commit covers at most; 0 is 2048.
	MaxBatch int
	// SnapshotEvery is how many events lie between snapshots at least; 0 is
	// 65536. Large windows are written more rarely, so that the work stays in
	// proportion.
	SnapshotEvery int
	// CommitEvery is the least time between two commits; 0 is 200 ms, negative
	// commits after every batch. The first finding after a pause is committed at
	// once; what follows it within that time goes together, so that a flood of
	// attacks does not become a flood of transactions.
	CommitEvery time.Duration
}

const (
	defaultMaxBatch      = 2048
	defaultSnapshotEvery = 65_536
	defaultCommitEvery   = 200 * time.Millisecond
	maxSteps             = 4096 // of one commit, beside those of a batch
	stopTimeout          = 10 * time.Second
	minRetry             = 100 * time.Millisecond
	maxRetry             = 15 * time.Second
)

// loop is the state of one Run.
type loop struct {
	*RunOptions
	engine    *Engine
	committed uint64 // findings up to here are stored
	snapshot  uint64 // observed count at the last snapshot
	target    uint64 // where CaughtUp is called
	replaying bool   // there may be growth of before the last commit
	steps     []Step // what the next commit stores
	lastTry   time.Time
	findings  []rule.Finding
}

// Run reads the source until the context is done, then commits with a snapshot
// and returns nil. It comes back with an error when the store or source cannot be
// opened or read; a failing commit is repeated until it succeeds. Run owns the
// engine, which must be new.
func (n *Engine) Run(ctx context.Context, o RunOptions) error {
	if o.MaxBatch <= 0 {
		o.MaxBatch = defaultMaxBatch
	}
	if o.SnapshotEvery <= 0 {
		o.SnapshotEvery = defaultSnapshotEvery
	}
	if o.CommitEvery == 0 {
		o.CommitEvery = defaultCommitEvery
	}
	l := &loop{RunOptions: &o, engine: n}
	defer n.asks.end()
	source, err := l.resume(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return nil // stopped before it began
		}
		return err
	}
	for {
		l.catchUp()
		if err := l.serve(ctx); err != nil {
			return err
		}
		events, err := l.next(ctx, source)
		if err != nil {
			if ctx.Err() != nil {
				return l.stop(ctx)
			}
			return fmt.Errorf("read events for detection: %w", err)
		}
		l.take(events)
		if err := l.commitDue(ctx); err != nil {
			return err
		}
		l.engine.publish()
	}
}

// next reads a batch; while something waits for its commit, it comes back without
// one when the commit is due, and it does when somebody asks for something.
func (l *loop) next(ctx context.Context, source Source) ([]*event.Event, error) {
	until, cancel := l.engine.asks.listen(ctx)
	defer cancel()
	if l.waiting() {
		var stop context.CancelFunc
		until, stop = context.WithDeadline(until, l.lastTry.Add(l.CommitEvery))
		defer stop()
	}
	events, err := source.Next(until, l.MaxBatch)
	if err != nil && ctx.Err() == nil && until.Err() != nil {
		return nil, nil
	}
	return events, err
}

// waiting tells whether something was raised that is not stored yet.
func (l *loop) waiting() bool {
	return l.engine.ord > l.committed && (len(l.steps) > 0 || l.engine.pending())
}

// resume restores the engine and opens the source where the snapshot ends.
func (l *loop) resume(ctx context.Context) (Source, error) {
	at, err := l.Store.Resume(ctx)
	if err != nil {
		return nil, fmt.Errorf("resume detection: %w", err)
	}
	var after uint64
	if at.Snapshot != nil {
		if after, err = l.engine.Restore(at.Snapshot); err != nil {
			l.Logger.WarnContext(ctx, "detection reads the journal again", "reason", err.Error())
			after = 0
		}
	}
	if l.Head != nil {
		l.target = l.Head()
	}
	l.committed, l.snapshot, l.replaying = at.Ord, l.engine.observed, true
	return l.Open(after), nil
}

func (l *loop) catchUp() {
	if l.CaughtUp != nil && l.engine.ord >= l.target {
		l.CaughtUp()
		l.CaughtUp = nil
	}
}

// take observes a batch and keeps what it raised for the next commit.
func (l *loop) take(events []*event.Event) {
	for _, e := range events {
		if e.Place.Ord <= l.engine.ord {
			continue // seen before the snapshot
		}
		if e.Place.Ord > l.committed {
			l.endReplay()
		}
		found := l.engine.Observe(e)
		if e.Place.Ord <= l.committed {
			continue
		}
		for i := range found {
			f := found[i]
			l.steps = append(l.steps, Step{Finding: &f})
		}
		if l.Alerting != nil && l.Alerting(e) {
			l.steps = append(l.steps, Step{Event: e})
		}
	}
}

// commitDue commits what was raised when it is time for it.
func (l *loop) commitDue(ctx context.Context) error {
	if l.engine.ord <= l.committed {
		return nil
	}
	since := l.engine.observed - l.snapshot
	due := since >= uint64(l.SnapshotEvery) && since >= uint64(l.engine.entries())*4 //nolint:gosec // both are counts
	now := time.Now()
	if !due && (!l.waiting() || now.Sub(l.lastTry) < l.CommitEvery && len(l.steps) < maxSteps) {
		return nil
	}
	l.lastTry = now
	l.grow()
	if len(l.steps) == 0 && !due {
		return nil
	}
	return l.commit(ctx, due)
}

// endReplay forgets growth that was committed before the restart.
func (l *loop) endReplay() {
	if l.replaying {
		l.findings = l.engine.Grown(l.findings[:0])
		l.replaying = false
	}
}

func (l *loop) grow() {
	l.findings = l.engine.Grown(l.findings[:0])
	for i := range l.findings {
		f := l.findings[i]
		l.steps = append(l.steps, Step{Finding: &f})
	}
}

// commit stores the steps and repeats it, ever more slowly, until it succeeds or
// the context is done.
func (l *loop) commit(ctx context.Context, snapshot bool) error {
	b := &Batch{Position: Position{Ord: l.engine.ord}, Steps: l.steps}
	if snapshot {
		b.Snapshot = l.engine.Snapshot()
	}
	for wait := minRetry; ; wait = min(2*wait, maxRetry) {
		err := l.Store.Commit(ctx, b)
		if err == nil {
			break
		}
		if ctx.Err() != nil {
			return fmt.Errorf("commit detections up to %d: %w", b.Ord, err)
		}
		l.Logger.WarnContext(ctx, "detections could not be stored, will be tried again", "error", err.Error(), "ord", b.Ord)
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
	l.committed = b.Ord
	clear(l.steps) // the events are not held any longer
	l.steps = l.steps[:0]
	if snapshot {
		l.snapshot = l.engine.observed
	}
	return nil
}

// stop commits a last snapshot, so that the next start has nothing to read again.
func (l *loop) stop(ctx context.Context) error {
	if l.engine.ord < l.committed || l.engine.observed == l.snapshot {
		return nil
	}
	l.endReplay()
	l.grow()
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), stopTimeout, errors.New("detection had to stop"))
	defer cancel()
	return l.commit(ctx, true)
}

// Watermarks makes the set that decides about lateness at commit, with the same
// bounds as the engine's own; Seed brings it to where the engine is.
func Watermarks(o Options) *window.Watermarks {
	return window.NewWatermarks(o.Allowance, o.MaxOrigins)
}
