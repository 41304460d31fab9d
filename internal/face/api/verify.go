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

// maxVerdicts bounds the entries that one answer names.
const maxVerdicts = 1000

// checks lets one verification run at a time and remembers the last whole one.
type checks struct {
	running sync.Mutex
	mu      sync.Mutex
	last    Integrity
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
	if !a.checks.running.TryLock() {
		busy := problem(http.StatusConflict, "verification_running", "a verification is running already")
		busy.retry = time.Second
		return nil, busy
	}
	defer a.checks.running.Unlock()
	v, err := a.opts.Verify(ctx, value(body.From), value(body.To))
	if err != nil {
		return nil, fmt.Errorf("verify: %w", err)
	}
	v.Entries = notNil(v.Entries)
	v.Entries = v.Entries[:min(len(v.Entries), maxVerdicts)]
	if body.From == nil && body.To == nil {
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
	return VerifyLogs200JSONResponse(v), nil
}
