// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"fmt"
	"slices"
)

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
