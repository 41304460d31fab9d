// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// The categories of the journal's own entries, beside those of tombstones
// (package proof).
const (
	categoryHeartbeat = "journal_heartbeat"
	categoryKey       = "journal_key"
	categoryPolicy    = "journal_policy"
	categoryErasure   = "journal_erasure"
	categoryOrigin    = "journal_origin"
)

// ownSource is the source of the journal's own entries.
const ownSource = "security_audit"

// ownEvent is an entry of the journal's own, for the stream SystemStream.
func ownEvent(category, message string, attrs ...event.Attr) *event.Event {
	now := time.Now()
	e := &event.Event{
		ID:   event.ID(ulid.MustNew(ulid.Timestamp(now), rand.Reader)),
		Time: now.UnixNano(), Received: now.UnixNano(),
		Source: ownSource, Category: category, Outcome: event.Success, Message: message,
	}
	for _, a := range attrs {
		e.SetAttr(a.Key, a.Value)
	}
	e.Place.Stream = SystemStream
	return e
}

// note records an entry of the journal's own, and returns once a checkpoint covers
// it.
func (j *Journal) note(ctx context.Context, events ...*event.Event) error {
	for _, e := range events {
		if err := e.Validate(); err != nil {
			return fmt.Errorf("%s: %w", e.Category, err)
		}
	}
	if _, err := j.Append(ctx, events); err != nil {
		return err
	}
	return j.Seal(ctx, SystemStream)
}

// Seal ends the open ranges of some streams, of all when none is named, and returns
// once every entry that they hold by now is sealed and covered by a checkpoint. In a
// journal that has diverged there is no checkpoint; then the seal is all. Run must
// be running.
func (j *Journal) Seal(ctx context.Context, streams ...string) error {
	wanted := func(name string) bool { return len(streams) == 0 || slices.Contains(streams, name) }
	j.closeWhere(func(s *stream) bool { return wanted(s.name) })
	j.view.mu.Lock()
	var waiting []*hotRange
	for _, h := range j.view.hot {
		if wanted(h.open.Stream) {
			waiting = append(waiting, h)
		}
	}
	j.view.mu.Unlock()
	for _, h := range waiting {
		select {
		case <-h.sealed:
		case <-j.life.Done():
			return ErrClosed
		case <-ctx.Done():
			return fmt.Errorf("wait for the seal: %w", ctx.Err())
		}
	}
	return j.vouched(ctx)
}

// vouched waits until a checkpoint covers every header that is in the log by now.
func (j *Journal) vouched(ctx context.Context) error {
	v := &j.evidence
	v.mu.RLock()
	want := v.log.size()
	v.mu.RUnlock()
	for {
		v.mu.RLock()
		done, changed := v.size >= want || v.diverged != nil, v.changed
		v.mu.RUnlock()
		if done {
			return nil
		}
		select {
		case <-changed:
		case <-j.life.Done():
			return ErrClosed
		case <-ctx.Done():
			return fmt.Errorf("wait for the checkpoint: %w", ctx.Err())
		}
	}
}

// beatLoop seals a heartbeat when nothing else was sealed for SealAge: who has the
// checkpoints can tell a quiet journal from one that does not run.
func (j *Journal) beatLoop(ctx context.Context) {
	for {
		_, _, at, changed := j.Checkpoint()
		wait := j.opts.SealAge
		if !at.IsZero() {
			wait = max(j.opts.SealAge-time.Since(at), time.Second)
		}
		timer := time.NewTimer(wait)
		select {
		case <-changed:
			timer.Stop()
			continue
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		if err := j.beat(ctx); err != nil && ctx.Err() == nil {
			j.log.DebugContext(ctx, "no heartbeat", "error", err) // why nothing can be written is told elsewhere
			select {
			case <-time.After(j.opts.SealAge):
			case <-ctx.Done():
				return
			}
		}
	}
}

func (j *Journal) beat(ctx context.Context) error {
	j.view.mu.Lock()
	busy := len(j.view.hot) > 0
	j.view.mu.Unlock()
	if busy { // what is open is sealed when its time comes
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
		}
		return nil
	}
	return j.note(ctx, ownEvent(categoryHeartbeat, "the journal is alive"))
}
