// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

var errCutOff = errors.New("cut off")

// TestErasureCountsWhatWasTakenBefore: an erasure that is cut off and taken up again
// certifies all of it, once.
func TestErasureCountsWhatWasTakenBefore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j, stop := openTest(t, dir, nil)
	fill(t, j, "90d", 100, 20, 0)
	fill(t, j, "30d", 20, 20, 0)
	order := Erasure{ID: "order-1", Subject: "user3", Actor: "admin"}
	order.Others = func(context.Context, string) (map[string]int, error) { return nil, errCutOff }
	if _, err := j.Erase(t.Context(), order); !errors.Is(err, errCutOff) {
		t.Fatalf("%v", err)
	}
	stop()

	j, stop = openTest(t, dir, nil)
	left, err := j.Erasures()
	if err != nil || len(left) != 1 || left[0].ID != "order-1" || left[0].Subject != "user3" || left[0].Actor != "admin" {
		t.Fatalf("orders after the restart: %+v, %v", left, err)
	}
	fill(t, j, "30d", 10, 10, 0) // one more entry of the same person
	calls := 0
	left[0].Done = func(_ context.Context, e *Erased) error {
		if calls++; calls == 1 {
			return errCutOff // the outcome could not be kept: the order stays
		}
		if e.Certificate == "" {
			t.Error("done without a certificate")
		}
		return nil
	}
	if _, err := j.Erase(t.Context(), left[0]); !errors.Is(err, errCutOff) {
		t.Fatalf("while the outcome cannot be kept: %v", err)
	}
	if orders, err := j.Erasures(); err != nil || len(orders) != 1 {
		t.Fatalf("orders: %v, %v", orders, err)
	}
	got, err := j.Erase(t.Context(), left[0])
	if err != nil || got.Entries != 13 || got.Slots != 26 || got.Files != 7 {
		t.Errorf("erased %+v, %v; want 13 entries, 26 slots, 7 files", got, err)
	}
	if orders, err := j.Erasures(); err != nil || len(orders) != 0 {
		t.Errorf("orders left: %v, %v", orders, err)
	}
	stop()
	if r := verifyDir(t, dir); r.Status != Unanchored || r.Erased != 13 || r.Verified != r.Total {
		t.Errorf("verify: %+v", r)
	}
}

func TestAnOrderCanBeWithdrawn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j, stop := openTest(t, dir, nil)
	fill(t, j, "90d", 20, 10, 0)
	if err := j.Withdraw("order-1"); err != nil {
		t.Errorf("one that is not there: %v", err)
	}
	_, err := j.Erase(t.Context(), Erasure{ID: "order-1", Subject: "user3", Actor: "admin", Others: func(context.Context, string) (map[string]int, error) {
		return nil, errCutOff
	}})
	if !errors.Is(err, errCutOff) {
		t.Fatal(err)
	}
	if err := j.Withdraw("order-1"); err != nil {
		t.Fatal(err)
	}
	if err := j.Withdraw("../head"); !errors.Is(err, ErrErasure) {
		t.Errorf("a path as an id: %v", err)
	}
	stop()
	if orders, err := j.Erasures(); err != nil || len(orders) != 0 {
		t.Errorf("orders left: %v, %v", orders, err)
	}
	if r := verifyDir(t, dir); r.Status != Unanchored || r.Erased != 2 || r.Verified != r.Total {
		t.Errorf("verify: %+v", r)
	}
}

// TestHoldsKeepTheirTimeAndStreamOnly: an erasure is refused by a hold on an entry
// of the subject, not by one on others of the same file.
func TestHoldsKeepTheirTimeAndStreamOnly(t *testing.T) {
	t.Parallel()
	j, _ := openTest(t, t.TempDir(), nil)
	now := time.Now()
	var events []*event.Event
	for i, user := range []string{"ana", "bob", "bob"} { // a day apart, in one file
		e := benchEvent(i)
		e.Place, e.User = event.Place{Stream: "90d"}, user
		e.Received = now.Add(time.Duration(i-4) * 24 * time.Hour).UnixNano()
		events = append(events, e)
	}
	if _, err := j.Append(t.Context(), events); err != nil {
		t.Fatal(err)
	}
	f := func(name string, h Hold, subject string, held bool) {
		t.Helper()
		h.ID, h.Reason, h.Actor = name, "a court asked", "admin"
		if err := j.Place(t.Context(), h); err != nil {
			t.Fatal(err)
		}
		before := j.HoldOn(t.Context(), subject)
		_, err := j.Erase(t.Context(), Erasure{ID: "x-" + name, Subject: subject, Actor: "admin"})
		for when, err := range map[string]error{"asked before": before, "erasure": err} {
			got, ok := errors.AsType[*HeldError](err)
			if ok != held || held && (got.Hold.ID != name || !errors.Is(err, ErrHold)) {
				t.Errorf("%s, %s: %v", name, when, err)
			}
		}
		if orders, err := j.Erasures(); err != nil || len(orders) != 0 {
			t.Errorf("%s: orders left: %v, %v", name, orders, err)
		}
		if err := j.Lift(t.Context(), name, "admin"); err != nil {
			t.Fatal(err)
		}
	}
	f("everything", Hold{}, "ana", true)
	f("its-stream", Hold{Stream: "90d"}, "ana", true)
	f("its-time", Hold{From: now.Add(-100 * time.Hour), To: now.Add(-90 * time.Hour)}, "ana", true)
	f("nobody", Hold{}, "zoe", false)
	f("another-stream", Hold{Stream: "30d"}, "ana", false) // erased now
}

func TestHoldOnOtherEntriesOfTheFileRefusesNothing(t *testing.T) {
	t.Parallel()
	j, _ := openTest(t, t.TempDir(), nil)
	fill(t, j, "90d", 20, 10, 0)
	if err := j.Place(t.Context(), Hold{ID: "h", Reason: "r", Actor: "a", To: time.Now().Add(-time.Hour)}); err != nil {
		t.Fatal(err)
	}
	if got, err := j.Erase(t.Context(), Erasure{ID: "x", Subject: "user3", Actor: "admin"}); err != nil || got.Entries != 2 {
		t.Errorf("erased %+v, %v", got, err)
	}
}

// TestErasureOfWhoeverErased: the name of somebody who ordered an erasure stays in its
// tombstones, or what they excuse would be missing.
func TestErasureOfWhoeverErased(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j, stop := openTest(t, dir, nil)
	fill(t, j, "90d", 20, 10, 0)
	for i, subject := range []string{"user3", "user4"} {
		if _, err := j.Erase(t.Context(), Erasure{ID: fmt.Sprint("order-", i), Subject: subject, Actor: "cli:user4"}); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	if r := verifyDir(t, dir); r.Status != Unanchored || r.Erased != 4 || r.Verified != r.Total {
		t.Errorf("verify: %+v", r)
	}
}

func TestProgressGoesThroughTheStages(t *testing.T) {
	t.Parallel()
	j, _ := openTest(t, t.TempDir(), nil)
	fill(t, j, "90d", 20, 10, 0)
	var stages []Stage
	_, err := j.Erase(t.Context(), Erasure{ID: "x", Subject: "user3", Actor: "admin", Progress: func(p Progress) {
		if p.Done > p.Total {
			t.Errorf("%+v", p)
		}
		if len(stages) == 0 || stages[len(stages)-1] != p.Stage {
			stages = append(stages, p.Stage)
		}
	}})
	if diff := cmp.Diff([]Stage{StageSeal, StageSearch, StageRecord, StageRewrite, StageDerived, StageCertify}, stages); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// TestErasureBesideMergesAndAppends: files are merged, and others come, while it
// looks through them.
func TestErasureBesideMergesAndAppends(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j, stop := openTest(t, dir, nil)
	fill(t, j, "90d", 400, 5, 0)
	fill(t, j, "30d", 200, 5, 48*time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		for ctx.Err() == nil {
			if _, err := j.Merge(ctx); err != nil && ctx.Err() == nil {
				return err
			}
		}
		return nil
	})
	g.Go(func() error {
		for i := 0; ctx.Err() == nil; i++ {
			e := benchEvent(i)
			e.Place = event.Place{Stream: "90d"}
			if _, err := j.Append(ctx, []*event.Event{e}); err != nil && ctx.Err() == nil {
				return err
			}
		}
		return nil
	})
	for i, subject := range []string{"user3", "user4", "user5"} {
		got, err := j.Erase(t.Context(), Erasure{ID: fmt.Sprintf("order-%d", i), Subject: subject, Actor: "admin"})
		if err != nil || got.Entries != 60 || got.Slots != 120 {
			t.Errorf("erasure %d: %+v, %v", i, got, err)
		}
	}
	cancel()
	if err := g.Wait(); err != nil {
		t.Error(err)
	}
	left := slices.DeleteFunc(snapshotRows(t, j), func(s string) bool {
		return !strings.Contains(s, "user3") && !strings.Contains(s, "user4") && !strings.Contains(s, "user5")
	})
	if len(left) > 0 {
		t.Errorf("%d rows still have a subject", len(left))
	}
	stop()
	if r := verifyDir(t, dir); r.Status != Unanchored || r.Erased != 180 || r.Verified != r.Total || len(r.Files) > 0 {
		t.Errorf("verify: %+v", r)
	}
}

// TestErasureSealsWhatOpensMeanwhile: a range that is opened by the batch that begins
// the new log file counts as one of the old file; it must not keep the erasure waiting.
func TestErasureSealsWhatOpensMeanwhile(t *testing.T) {
	t.Parallel()
	j, _ := openTest(t, t.TempDir(), nil)
	fill(t, j, "90d", 20, 10, 0) // all sealed: nothing is committed when the erasure begins
	once := false
	got, err := j.Erase(t.Context(), Erasure{ID: "x", Subject: "user3", Actor: "admin", Progress: func(p Progress) {
		if p.Stage != StageSearch || once {
			return
		}
		once = true
		e := benchEvent(1)
		e.Place = event.Place{Stream: "365d"}
		if _, err := j.Append(t.Context(), []*event.Event{e}); err != nil {
			t.Error(err)
		}
	}})
	if err != nil || got.Entries != 2 || !once {
		t.Errorf("erased %+v, %v", got, err)
	}
}

func TestDueTellsWhatRetentionFinds(t *testing.T) {
	t.Parallel()
	j, _ := openTest(t, t.TempDir(), nil)
	fill(t, j, "30d", 20, 10, 40*24*time.Hour)
	fill(t, j, "30d", 10, 10, time.Hour)
	fill(t, j, "90d", 10, 10, 40*24*time.Hour)
	f := func(name string, r Retention, want []Due) {
		t.Helper()
		r.Now = time.Now()
		got := j.Due(r)
		for i := range got {
			if got[i].Oldest.IsZero() || time.Since(got[i].Oldest) < 39*24*time.Hour {
				t.Errorf("%s: stream %s begins at %s", name, got[i].Stream, got[i].Oldest)
			}
			got[i].Oldest = time.Time{}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	quiet := Due{Stream: "90d", Days: 90}
	f("two files", Retention{}, []Due{{Stream: "30d", Days: 30, Files: 2, Entries: 20}, quiet})
	f("one is not read", Retention{Needed: 15}, []Due{{Stream: "30d", Days: 30, Files: 2, Entries: 20, Kept: 1, Lagging: true}, quiet})
	if err := j.Place(t.Context(), Hold{ID: "h", Reason: "r", Actor: "a", Stream: "30d"}); err != nil {
		t.Fatal(err)
	}
	f("held", Retention{}, []Due{{Stream: "30d", Days: 30, Files: 2, Entries: 20, Kept: 2, Hold: "h"}, quiet})
}

// TestACheckedClockIsBelievedFromThenOn: after a long pause somebody has to look at
// the clock once, not every day.
func TestACheckedClockIsBelievedFromThenOn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j, stop := openTest(t, dir, nil)
	fill(t, j, "30d", 10, 10, 40*24*time.Hour)
	stop()
	j, _ = openTest(t, dir, nil)
	ahead := time.Now().Add(72 * time.Hour)
	r := Retention{Now: ahead, Actor: "test"}
	if _, err := j.Retain(t.Context(), r); !errors.Is(err, ErrClock) {
		t.Fatalf("a clock that is ahead: %v", err)
	}
	r.ClockChecked = true
	if got, err := j.Retain(t.Context(), r); err != nil || got.Files != 1 {
		t.Fatalf("checked: %+v, %v", got, err)
	}
	r.ClockChecked, r.Now = false, ahead.Add(time.Hour)
	if _, err := j.Retain(t.Context(), r); err != nil {
		t.Errorf("the next run: %v", err)
	}
	r.Now = ahead.Add(30 * time.Hour)
	if _, err := j.Retain(t.Context(), r); !errors.Is(err, ErrClock) {
		t.Errorf("a clock that jumps again: %v", err)
	}
}

func TestHoldsThatCannotBe(t *testing.T) {
	t.Parallel()
	j, _ := openTest(t, t.TempDir(), nil)
	good := Hold{ID: "case 7", Reason: "r", Actor: "a", Stream: "90d", From: time.Unix(1, 0), To: time.Unix(2, 0)}
	for field, change := range map[string]func(*Hold){
		"id":     func(h *Hold) { h.ID = "" },
		"id ":    func(h *Hold) { h.ID = "a/b" },
		"id  ":   func(h *Hold) { h.ID = "ă" },
		"id   ":  func(h *Hold) { h.ID = strings.Repeat("x", 81) },
		"reason": func(h *Hold) { h.Reason = "" },
		"actor":  func(h *Hold) { h.Actor = "" },
		"stream": func(h *Hold) { h.Stream = "../x" },
		"to":     func(h *Hold) { h.To = time.Unix(0, 1) },
	} {
		h := good
		change(&h)
		if err := j.Place(t.Context(), h); !errors.Is(err, ErrBadHold) || !strings.Contains(err.Error(), "invalid: "+strings.TrimSpace(field)+": ") {
			t.Errorf("%s: %v", field, err)
		}
	}
	if err := j.Place(t.Context(), good); err != nil {
		t.Fatal(err)
	}
	if err := j.Place(t.Context(), good); !errors.Is(err, ErrHoldExists) {
		t.Errorf("twice: %v", err)
	}
	if err := j.Lift(t.Context(), "another", "a"); !errors.Is(err, ErrNoHold) {
		t.Errorf("lifted what is not there: %v", err)
	}
	if got := j.Holds(); len(got) != 1 || got[0].ID != "case 7" {
		t.Errorf("%+v", got)
	}
}
