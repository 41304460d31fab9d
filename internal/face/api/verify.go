// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

const (
	// maxVerdicts bounds the entries that one answer names.
	maxVerdicts = 1000
	// maxAtOnce is how many entries are verified while the caller waits.
	maxAtOnce = 1_000_000
)

// checks lets one verification run at a time and remembers the last whole one.
type checks struct {
	running sync.Mutex
	queue   chan *checkJob
	mu      sync.Mutex
	last    Integrity
	jobs    []*checkJob // the latest, the newest last
}

func (c *checks) keep(v *Verification, at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = Integrity{Status: IntegrityStatus(v.Status), Verified: v.Verified, Total: v.Total, CheckedAt: &at}
}

func (c *checks) lastWhole() Integrity {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.last.Status == "" {
		return Integrity{Status: IntegrityStatusUNCHECKED}
	}
	return c.last
}

// VerifyLogs implements POST /api/siem/logs/verify.
func (a *API) VerifyLogs(ctx context.Context, request VerifyLogsRequestObject) (VerifyLogsResponseObject, error) {
	body := value(request.Body)
	if body.From != nil && body.To != nil && body.From.After(*body.To) {
		return nil, invalid("to", "lies before from")
	}
	from, to := value(body.From), value(body.To)
	if !a.checks.running.TryLock() {
		busy := problem(http.StatusConflict, "verification_running", "a verification is running already")
		busy.retry = time.Second
		return nil, busy
	}
	if a.opts.Entries != nil && a.opts.Entries(from, to) > maxAtOnce {
		job := a.checks.begin(who(ctx), from, to) // which unlocks
		location := "/api/siem/logs/verify/" + job.Id
		return VerifyLogs202JSONResponse{Body: job, Headers: VerifyLogs202ResponseHeaders{Location: &location}}, nil
	}
	defer a.checks.running.Unlock()
	v, err := a.check(ctx, from, to, nil)
	if err != nil {
		return nil, err
	}
	return VerifyLogs200JSONResponse(v), nil
}

// check verifies and records it.
func (a *API) check(ctx context.Context, from, to time.Time, progress func(float64)) (Verification, error) {
	v, err := a.opts.Verify(ctx, from, to, progress)
	if err != nil {
		return v, fmt.Errorf("verify: %w", err)
	}
	v.Entries = notNil(v.Entries)
	v.Entries = v.Entries[:min(len(v.Entries), maxVerdicts)]
	if from.IsZero() && to.IsZero() {
		a.checks.keep(&v, time.Now().UTC())
	}
	outcome := event.Success
	if v.Status == VerificationStatusINVALID || v.Status == VerificationStatusDIVERGED {
		outcome = event.Failure
	}
	a.record(ctx, journalVerified, outcome, who(ctx).Name+" verified the journal: "+string(v.Status),
		event.Attr{Key: "status", Value: event.Text(string(v.Status))},
		event.Attr{Key: "tampered", Value: event.Number(strconv.FormatInt(v.Tampered, 10))},
		event.Attr{Key: "total", Value: event.Number(strconv.FormatInt(v.Total, 10))})
	return v, nil
}
