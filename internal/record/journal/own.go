// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// The categories of the journal's own entries, beside those of tombstones and of
// foundings (package proof).
const (
	categoryHeartbeat = "journal_heartbeat"
	categoryKey       = "journal_key"
	categoryPolicy    = "journal_policy"
	categoryErasure   = "journal_erasure"
	categoryCarried   = "journal_carried"
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
