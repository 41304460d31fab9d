// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"time"
)

// beatLoop seals a heartbeat when nothing else was sealed for SealAge: who has the
// checkpoints can tell a quiet journal from one that does not run.
func (j *Journal) beatLoop(ctx context.Context) {
	for {
		_, _, at, changed := j.Checkpoint()
		timer := time.NewTimer(beatIn(j.opts.SealAge, at, time.Now(), j.Diverged() != nil))
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

// beatIn is how long to wait for the next heartbeat when the newest checkpoint is of
// that time, zero for none. A journal that has diverged signs none any more: there
// the age of the last one says nothing.
func beatIn(every time.Duration, at, now time.Time, diverged bool) time.Duration {
	if at.IsZero() || diverged {
		return every
	}
	return max(every-now.Sub(at), time.Second)
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
