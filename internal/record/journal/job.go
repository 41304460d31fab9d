// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"fmt"
)

// job is a change of sealed files. Jobs run one at a time on the sealer's
// goroutine, between its passes, so that nothing else writes the manifest, the log
// of headers or a segment file meanwhile.
type job struct {
	work func(ctx context.Context) error
	done chan error // gets one error
}

// do runs work as a job and returns its error. The journal's Run must be running.
// When ctx ends, do returns; a job that has begun goes on to its end.
func (j *Journal) do(ctx context.Context, work func(ctx context.Context) error) error {
	w := &job{work: work, done: make(chan error, 1)}
	j.seal.mu.Lock()
	if j.seal.ended {
		j.seal.mu.Unlock()
		return ErrClosed
	}
	j.seal.jobs = append(j.seal.jobs, w)
	j.seal.mu.Unlock()
	j.seal.wake()
	select {
	case err := <-w.done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("wait for the sealer: %w", ctx.Err())
	}
}

// runJobs runs the jobs that wait. Ranges that were closed meanwhile are sealed
// between two of them.
func (j *Journal) runJobs(ctx context.Context) {
	j.seal.mu.Lock()
	if len(j.seal.jobs) == 0 {
		j.seal.mu.Unlock()
		return
	}
	w := j.seal.jobs[0]
	j.seal.jobs = j.seal.jobs[1:]
	more := len(j.seal.jobs) > 0
	j.seal.mu.Unlock()
	w.done <- w.work(ctx)
	if more {
		j.seal.wake()
	}
}

// endJobs answers the jobs that were not begun.
func (j *Journal) endJobs() {
	j.seal.mu.Lock()
	defer j.seal.mu.Unlock()
	j.seal.ended = true
	for _, w := range j.seal.jobs {
		w.done <- ErrClosed
	}
	j.seal.jobs = nil
}

// wake makes the sealer look for work.
func (s *sealer) wake() {
	select {
	case s.kick <- struct{}{}:
	default:
	}
}
