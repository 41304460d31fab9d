// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// liveFor is how long the tests beside a running journal go on.
func liveFor(t *testing.T) time.Duration {
	t.Helper()
	if os.Getenv("TOCSIN_LONG") == "" {
		if testing.Short() {
			return 2 * time.Second
		}
		return 5 * time.Second
	}
	if n, err := strconv.Atoi(os.Getenv("TOCSIN_MINUTES")); err == nil {
		return time.Duration(n) * time.Minute
	}
	return time.Hour
}

// lively makes events of a few streams and people, some of them received long ago.
func lively(r *rand.Rand, n int) []*event.Event {
	events := make([]*event.Event, n)
	for i := range events {
		e := benchEvent(r.IntN(1 << 20))
		e.Place = event.Place{Stream: []string{"30d", "90d", "366d"}[r.IntN(3)]}
		e.Received = time.Now().UnixNano()
		if e.Place.Stream == "30d" && r.IntN(100) > 0 {
			e.Received -= int64(time.Duration(31+r.IntN(3)) * 24 * time.Hour)
		}
		e.User = fmt.Sprintf("user%d", r.IntN(40))
		e.Message = "login of " + e.User
		events[i] = e
	}
	return events
}

// upkeep does one step of what an operator and the clock do.
func upkeep(t *testing.T, j *Journal, r *rand.Rand, n int) {
	t.Helper()
	var err error
	var what string
	switch r.IntN(6) {
	case 0:
		what, err = "seal", j.Seal(t.Context())
	case 1, 2:
		what = "merge"
		_, err = j.Merge(t.Context())
	case 3:
		what = "retain"
		_, err = j.Retain(t.Context(), Retention{Now: time.Now(), Actor: "clock", ClockChecked: true})
	case 4:
		what = "erase"
		_, err = j.Erase(t.Context(), Erasure{ID: fmt.Sprintf("order-%d", n), Subject: fmt.Sprintf("user%d", r.IntN(40)), Actor: "admin"})
	default:
		what = "hold"
		h := Hold{ID: fmt.Sprintf("case-%d", n), Reason: "a court asked", Actor: "admin", Stream: "30d"}
		if err = j.Place(t.Context(), h); err == nil {
			if _, err = j.Retain(t.Context(), Retention{Now: time.Now(), Actor: "clock", ClockChecked: true}); err == nil {
				err = j.Lift(t.Context(), h.ID, "admin")
			}
		}
	}
	if err != nil {
		t.Errorf("%s: %v", what, err)
	}
}

// TestVerifyBesideUpkeep verifies a journal again and again while it records, seals,
// merges, drops and erases: there is no false alarm, and snapshots that are held open
// meanwhile can be read to their end.
func TestVerifyBesideUpkeep(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j, stop := openTest(t, dir, func(o *Options) { o.SealEvents, o.LogFileBytes = 60, 32<<10 })
	whole := liveFor(t)
	end, pause := time.Now().Add(whole), 25 // milliseconds
	if whole > time.Minute {
		pause = 1000
	}
	live := func() bool { return time.Now().Before(end) && !t.Failed() }
	var wg sync.WaitGroup
	var appended, verified, kept atomic.Int64
	for c := range uint64(2) {
		wg.Go(func() {
			for r := rand.New(rand.NewPCG(11, c)); live(); {
				n := 1 + r.IntN(30)
				if _, err := j.Append(t.Context(), lively(r, n)); err != nil {
					t.Errorf("append: %v", err)
				}
				appended.Add(int64(n))
				time.Sleep(time.Duration(r.IntN(pause)) * time.Millisecond) // a journal that grows too fast is verified once
			}
		})
	}
	wg.Go(func() {
		r := rand.New(rand.NewPCG(12, 0))
		for n := 0; live(); n++ {
			upkeep(t, j, r, n)
			kept.Add(1)
		}
	})
	wg.Go(func() {
		for live() {
			readers, release, err := j.Snapshot(t.Context())
			if err != nil {
				t.Errorf("snapshot: %v", err)
				return
			}
			time.Sleep(20 * time.Millisecond)
			var e event.Event
			for _, r := range readers {
				for i := range r.Rows() {
					if err := r.Event(i, &e); err != nil {
						t.Errorf("row %d of a snapshot that is held: %v", i, err)
						break
					}
				}
			}
			release()
		}
	})
	wg.Go(func() {
		for live() {
			got, err := j.Verify(t.Context(), VerifyOptions{Workers: 1, Pace: slowly(verified.Load())})
			if err != nil {
				t.Errorf("verify: %v", err)
				return
			}
			if got.Status != Unanchored || !got.Running || got.Total != got.Verified || len(got.Files) != 0 {
				t.Errorf("verification %d is a false alarm: %s", verified.Load(), brief(&got))
			}
			verified.Add(1)
			time.Sleep(10 * time.Millisecond)
		}
	})
	wg.Wait()
	stop()
	got := verifyDir(t, dir)
	if !got.OK() || got.Total != got.Verified || len(got.Files) != 0 {
		t.Errorf("at the end: %s", brief(&got))
	}
	t.Logf("%d events, %d steps of upkeep, %d verifications; %d entries at the end, %d erased, %d pruned",
		appended.Load(), kept.Load(), verified.Load(), got.Total, got.Erased, got.Pruned)
	if verified.Load() < 2 || kept.Load() < 5 || appended.Load() < 200 {
		t.Error("that was no load")
	}
	if orders, err := (&Journal{opts: Options{Dir: j.opts.Dir}}).Erasures(); err != nil || len(orders) != 0 {
		t.Errorf("erasures that are not done: %v, %v", orders, errors.Unwrap(err))
	}
}

// slowly makes every other verification so slow that much happens meanwhile.
func slowly(n int64) func(context.Context) error {
	return func(context.Context) error {
		time.Sleep(time.Duration(n%2*3) * time.Millisecond)
		return nil
	}
}

// brief is what a report has found, without its long lists.
func brief(r *Report) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %d of %d verified, %d tampered, %d erased, %d pruned, %d headers", r.Status, r.Verified, r.Total, r.Tampered, r.Erased, r.Pruned, r.Headers)
	for i := range r.Entries[:min(len(r.Entries), 12)] {
		fmt.Fprintf(&b, "\n  %+v", r.Entries[i])
	}
	for i := range r.Files[:min(len(r.Files), 12)] {
		fmt.Fprintf(&b, "\n  %+v", r.Files[i])
	}
	return b.String()
}
