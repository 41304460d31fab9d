// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/face/api"
)

// runHouse runs the API's own work until the test ends.
func runHouse(t *testing.T, h *house) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- h.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// A check of more than a million entries goes on in the background, one at a time, and
// tells how far it is and what it found.
func TestLargeVerificationsAreJobs(t *testing.T) {
	t.Parallel()
	at, finish := make(chan func(float64)), make(chan error)
	h := newHouse(t, func(o *api.Options) {
		o.Entries = func(from, _ time.Time) int64 {
			if from.IsZero() {
				return 1_000_001
			}
			return 1_000_000
		}
		o.Verify = func(_ context.Context, from, _ time.Time, progress func(float64)) (api.Verification, error) {
			v := api.Verification{Status: api.VerificationStatusUNANCHORED, Total: 9, Verified: 9}
			if !from.IsZero() {
				return v, nil
			}
			at <- progress
			return v, <-finish
		}
	})
	runHouse(t, h)
	ask := call{method: "POST", url: "/api/siem/logs/verify", token: h.tokens["read"]}
	look := func(url string) api.VerificationJob {
		t.Helper()
		return decode[api.VerificationJob](t, h.do(t, call{method: "GET", url: url, token: h.tokens["read"]}))
	}
	ended := func(url string) (job api.VerificationJob) {
		t.Helper()
		for job = look(url); job.State == api.VerificationJobStateRunning; job = look(url) {
			time.Sleep(time.Millisecond)
		}
		return job
	}
	w := h.do(t, ask)
	job := decode[api.VerificationJob](t, w)
	url := w.Header().Get("Location")
	if w.Code != 202 || url != "/api/siem/logs/verify/"+job.Id || job.State != api.VerificationJobStateRunning || job.EndedAt != nil || h.categories() != "" {
		t.Fatalf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	progress := <-at
	for share, want := range map[float64]float64{.25: .25, 7: 1} {
		progress(share)
		if got := look(url); got.State != api.VerificationJobStateRunning || got.Progress < want && got.Progress != 1 || got.Result != nil {
			t.Errorf("progress %v: %+v", share, got)
		}
	}
	w = h.do(t, ask)
	mustBeProblem(t, w.Code, w.Header(), w.Body.String(), 409, "verification_running")
	finish <- nil
	if got := ended(url); got.State != api.VerificationJobStateDone || got.Progress != 1 || got.EndedAt == nil || got.Result == nil || got.Result.Total != 9 || got.Result.Entries == nil {
		t.Errorf("%+v", got)
	}
	h.mu.Lock()
	if len(h.events) != 1 || h.events[0].Category != "journal_verified" || h.events[0].User != "read token" || h.events[0].IP != "192.0.2.1" || h.events[0].Outcome != event.Success {
		t.Errorf("recorded %+v", h.events)
	}
	h.mu.Unlock()

	ask.body = `{"from":"2026-01-01T00:00:00Z"}` // a million, at once
	if w := h.do(t, ask); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	ask.body = ""
	failing := h.do(t, ask).Header().Get("Location")
	<-at
	finish <- errors.New("/secret/path is gone")
	w = h.do(t, call{method: "GET", url: failing, token: h.tokens["read"]})
	if got := ended(failing); got.State != api.VerificationJobStateFailed || got.Result != nil || strings.Contains(w.Body.String(), "secret") {
		t.Errorf("%+v", got)
	}
	for range 10 {
		next := h.do(t, ask).Header().Get("Location")
		<-at
		finish <- nil
		ended(next)
	}
	w = h.do(t, call{method: "GET", url: url, token: h.tokens["read"]})
	mustBeProblem(t, w.Code, w.Header(), w.Body.String(), 404, "not_found")
}
