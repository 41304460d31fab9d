// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"crypto/rand"
	"net/http"
	"slices"
	"time"
)

// maxJobs is how many verifications in the background are remembered.
const maxJobs = 10

// checkJob is a verification in the background. Its shown is guarded by checks.mu.
type checkJob struct {
	caller   caller
	from, to time.Time
	shown    VerificationJob
}

// begin queues a job. The caller has locked running, which the end of the job unlocks,
// so that the queue has room.
func (c *checks) begin(who caller, from, to time.Time) VerificationJob {
	job := &checkJob{caller: who, from: from, to: to, shown: VerificationJob{Id: rand.Text(), State: VerificationJobStateRunning, BeganAt: time.Now().UTC()}}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.jobs = append(c.jobs, job)
	c.jobs = c.jobs[max(0, len(c.jobs)-maxJobs):]
	c.queue <- job
	return job.shown
}

// VerificationJob implements GET /api/siem/logs/verify/{id}.
func (a *API) VerificationJob(_ context.Context, request VerificationJobRequestObject) (VerificationJobResponseObject, error) {
	c := &a.checks
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.jobs, func(j *checkJob) bool { return j.shown.Id == request.Id })
	if i < 0 {
		return nil, problem(http.StatusNotFound, "not_found", "there is no such check (any more)")
	}
	return VerificationJob200JSONResponse(c.jobs[i].shown), nil
}

// runChecks runs the jobs, one after the other, until ctx ends.
func (a *API) runChecks(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case job := <-a.checks.queue:
			a.runCheck(ctx, job)
		}
	}
}

func (a *API) runCheck(ctx context.Context, job *checkJob) {
	c := &a.checks
	defer c.running.Unlock()
	progress := func(share float64) {
		c.mu.Lock()
		defer c.mu.Unlock()
		job.shown.Progress = max(job.shown.Progress, min(share, 1))
	}
	v, err := a.check(context.WithValue(ctx, keyCaller, job.caller), job.from, job.to, progress)
	c.mu.Lock()
	defer c.mu.Unlock()
	ended := time.Now().UTC()
	job.shown.EndedAt = &ended
	if err != nil {
		job.shown.State = VerificationJobStateFailed
		a.opts.Logger.ErrorContext(ctx, "a verification in the background failed", "job", job.shown.Id, "error", err)
		return
	}
	job.shown.State, job.shown.Progress, job.shown.Result = VerificationJobStateDone, 1, &v
}
