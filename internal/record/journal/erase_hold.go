// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"fmt"
	"slices"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// HeldError names a legal hold and an entry that it keeps. It is ErrHold.
type HeldError struct {
	Hold   Hold
	Stream string
	Seq    uint64
}

// Error implements error.
func (e *HeldError) Error() string {
	return fmt.Sprintf("%s: hold %s, stream %s, entry %d", ErrHold, e.Hold.ID, e.Stream, e.Seq)
}

// Unwrap implements the interface of package errors.
func (e *HeldError) Unwrap() error { return ErrHold }

// refuseHeld is a HeldError when a legal hold keeps one of the entries that would
// change. Others in the same file stay what they are, and may be held.
func (j *Journal) refuseHeld(hits []streamHits) error {
	for _, h := range hits {
		for _, hit := range h.hits {
			if hold, ok := j.held(h.stream, hit.received, hit.received); ok {
				return &HeldError{hold, h.stream, hit.seq}
			}
		}
	}
	return nil
}

// HoldOn is a HeldError when an erasure of the subject would be refused now. It
// looks only where a hold is in force, so that without one it costs nothing. Entries
// that cannot be read are left out: the erasure itself refuses to begin then.
func (j *Journal) HoldOn(ctx context.Context, subject string) error {
	holds, s := j.Holds(), newSubject(subject)
	if len(holds) == 0 || len(s.text) < minSubject {
		return nil
	}
	readers, release, err := j.Snapshot(ctx)
	if err != nil {
		return err
	}
	defer release()
	for _, r := range readers {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("look for held entries: %w", err)
		}
		b := r.Bounds()
		if !slices.ContainsFunc(holds, func(h Hold) bool { return h.keeps(r.Stream(), b.MinReceived, b.MaxReceived) }) {
			continue
		}
		if held := heldIn(r, holds, s); held != nil {
			return held
		}
	}
	return nil
}

// heldIn looks through one block.
func heldIn(r segment.Reader, holds []Hold, s subject) error {
	rows := segment.NewRows(r)
	var e event.Event
	for row := 0; row < r.Rows(); row++ {
		if rows.Event(row, &e) != nil {
			row = (row/segment.PageRows+1)*segment.PageRows - 1
			continue
		}
		i := slices.IndexFunc(holds, func(h Hold) bool { return h.keeps(r.Stream(), e.Received, e.Received) })
		if i < 0 {
			continue
		}
		if hit := s.slots(&e); hit[0] || hit[1] {
			return &HeldError{holds[i], e.Place.Stream, e.Place.Seq}
		}
	}
	return nil
}
