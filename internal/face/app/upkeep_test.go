// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/erasure"
	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/face/app"
	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
	"github.com/tocsin-siem/tocsin/internal/record/state"
)

// inJournal opens the journal of a stopped folder and lets a test use it.
func inJournal(t *testing.T, dir string, use func(ctx context.Context, j *journal.Journal)) {
	t.Helper()
	keys, err := keyring.Open(keyring.Options{Dir: filepath.Join(dir, "keys"), Existing: true})
	if err != nil {
		t.Fatal(err)
	}
	j, err := journal.Open(t.Context(), journal.Options{Dir: filepath.Join(dir, "journal"), Keys: keys, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- j.Run(ctx) }()
	use(ctx, j)
	cancel()
	if err := errors.Join(<-done, j.Close()); err != nil {
		t.Error(err)
	}
}

// inState opens the state of a stopped folder.
func inState(t *testing.T, dir string) *state.State {
	t.Helper()
	s, err := state.Open(t.Context(), filepath.Join(dir, "state"), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestErasuresAreTakenUpAgain: one that was cut off after the journal had it, with and
// without its row in state, and one that had ended but for the journal's order.
func TestErasuresAreTakenUpAgain(t *testing.T) {
	dir := t.TempDir()
	r := start(t, options(t, dir))
	manage := token(t, dir, "manage")
	r.sendPerson(token(t, dir, "ingest"))
	eventually(t, "detection has seen all", func() bool {
		var alerts struct{ Total int }
		r.call("GET", "/api/siem/alerts", manage, "", &alerts)
		return alerts.Total >= 3
	})
	r.stop()
	cut := errors.New("cut off")
	inJournal(t, dir, func(ctx context.Context, j *journal.Journal) {
		for id, subject := range map[string]string{"lost": person, "begun": "user1", "ended": "user2"} {
			_, err := j.Erase(ctx, journal.Erasure{ID: id, Subject: subject, Actor: "user:1", Others: func(context.Context, string) (map[string]int, error) { return nil, cut }})
			if !errors.Is(err, cut) {
				t.Fatalf("%s: %v", id, err)
			}
		}
	})
	s := inState(t, dir)
	for id, status := range map[string]erasure.Status{"begun": erasure.Running, "ended": erasure.Cancelled, "without": erasure.Running} {
		if err := s.AddErasure(t.Context(), erasure.Order{ID: id, Status: status, Actor: "user:1", RequestedBy: "ana"}, func([]*erasure.Order) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	r = start(t, options(t, dir))
	var page struct{ Items []order }
	byID := map[string]order{}
	eventually(t, "they are taken up", func() bool {
		page.Items = nil
		r.call("GET", "/api/siem/erasures", manage, "", &page)
		for _, o := range page.Items {
			byID[o.ID] = o
		}
		return byID["lost"].Status == "done" && byID["begun"].Status == "done" && byID["without"].Error != ""
	})
	if o := byID["lost"]; o.Entries != 13 || o.Derived["anomalies"] == 0 {
		t.Errorf("without a row: %+v", o)
	}
	if o := byID["begun"]; o.Entries != 3 {
		t.Errorf("with a row: %+v", o)
	}
	if o := byID["ended"]; o.Status != "cancelled" {
		t.Errorf("one that had ended: %+v", o)
	}
	if o := byID["without"]; !strings.Contains(o.Error, "its subject is gone") {
		t.Errorf("without a subject: %+v", o)
	}
	ready := func() string {
		resp, err := http.Get(r.url + "/readyz")
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("readyz: %v %d %s", err, resp.StatusCode, b)
		}
		var h struct {
			Components []struct{ Name, Detail string }
		}
		if err := json.Unmarshal(b, &h); err != nil {
			t.Fatal(err)
		}
		for _, c := range h.Components {
			if c.Name == "erasures" {
				return c.Detail
			}
		}
		t.Fatalf("no component for erasures: %s", b)
		return ""
	}
	eventually(t, "it is in sight", func() bool {
		return strings.Contains(ready(), "an erasure cannot get on") && r.scrape(manage)["tocsin_erasures_stuck"] == 1
	})
	if status := r.call("POST", "/api/siem/erasures/without/cancel", manage, "", nil); status != http.StatusOK {
		t.Errorf("cancel: %d", status)
	}
	eventually(t, "the warning is over", func() bool { return ready() == "" })
	r.stop()
	inJournal(t, dir, func(_ context.Context, j *journal.Journal) {
		if left, err := j.Erasures(); err != nil || len(left) > 0 {
			t.Errorf("orders left in the journal: %+v, %v", left, err)
		}
	})
	verdict(t, dir, 19)
}

// old appends events that were received long ago.
func old(ctx context.Context, t *testing.T, j *journal.Journal, n int) {
	t.Helper()
	var events []*event.Event
	for i := range n {
		at := time.Now().Add(-40 * 24 * time.Hour).UnixNano()
		e := &event.Event{Time: at, Received: at, Source: "access", Category: "http_request", Message: "old", Place: event.Place{Stream: "7d"}}
		e.ID[0], e.ID[15] = 1, byte(i)
		events = append(events, e)
	}
	if _, err := j.Append(ctx, events); err != nil {
		t.Fatal(err)
	}
	if err := j.Seal(ctx); err != nil {
		t.Fatal(err)
	}
}

func TestRetentionOverTheAPI(t *testing.T) {
	dir := t.TempDir()
	r := start(t, options(t, dir))
	r.stop()
	inJournal(t, dir, func(ctx context.Context, j *journal.Journal) { old(ctx, t, j, 20) })
	r = start(t, options(t, dir))
	manage := token(t, dir, "manage")
	type stateOf struct {
		Last *struct {
			Files, Entries int
			By             string
		}
		Streams []struct {
			Stream, Hold         string
			Days, Files, Entries int
			Kept                 int
		}
		Consumers []struct {
			Name             string
			Position, Behind int
		}
		NextAt *time.Time `json:"next_at"`
	}
	look := func() (s stateOf, due int) {
		r.call("GET", "/api/siem/retention", manage, "", &s)
		for _, stream := range s.Streams {
			if stream.Stream == "7d" {
				due = stream.Files - stream.Kept
			}
		}
		return s, due
	}
	if s, due := look(); s.Last != nil || due != 1 || len(s.Consumers) != 1 || s.Consumers[0].Name != "detection" || s.Consumers[0].Position < 20 || s.NextAt == nil {
		t.Errorf("before: %+v", s)
	}
	var run struct{ Files, Entries, Held int }
	if r.call("POST", "/api/siem/holds", manage, `{"id":"h","reason":"r","stream":"7d"}`, nil); r.call("POST", "/api/siem/retention", manage, "", &run) != http.StatusOK || run.Files != 0 || run.Held != 1 {
		t.Errorf("under a hold: %+v", run)
	}
	if r.call("DELETE", "/api/siem/holds/h", manage, "", nil); r.call("POST", "/api/siem/retention", manage, `{"clock_checked":true}`, &run) != http.StatusOK || run.Files != 1 || run.Entries != 20 {
		t.Errorf("dropped %+v", run)
	}
	r.stop()
	r = start(t, options(t, dir)) // the last run is known after a restart
	if s, due := look(); s.Last == nil || s.Last.Entries != 20 || !strings.HasPrefix(s.Last.By, "token:") || due != 0 {
		t.Errorf("after: %+v", s)
	}
	r.stop()
	verdict(t, dir, 0)
}

// TestOffline: what an operator does to a folder without a server.
func TestOffline(t *testing.T) {
	dir := t.TempDir()
	r := start(t, options(t, dir))
	r.sendPerson(token(t, dir, "ingest"))
	o := options(t, dir)
	busy := app.Offline(t.Context(), o, func(context.Context, *app.Upkeep) error { return nil })
	if busy == nil {
		t.Error("the folder of a server that runs was opened")
	}
	r.stop()
	if err := app.Offline(t.Context(), options(t, t.TempDir()), func(context.Context, *app.Upkeep) error { return nil }); err == nil {
		t.Error("a folder without a journal was opened")
	}
	inJournal(t, dir, func(ctx context.Context, j *journal.Journal) { old(ctx, t, j, 5) })
	do := func(work func(ctx context.Context, u *app.Upkeep)) {
		t.Helper()
		err := app.Offline(t.Context(), o, func(ctx context.Context, u *app.Upkeep) error {
			work(ctx, u)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	do(func(ctx context.Context, u *app.Upkeep) {
		if err := u.Place(ctx, journal.Hold{ID: "h", Reason: "r"}); err != nil {
			t.Fatal(err)
		}
		var held *erasure.HeldError
		if _, err := u.Erase(ctx, person, ""); !errors.As(err, &held) || held.Hold != "h" {
			t.Errorf("under a hold: %v", err)
		}
		if _, err := u.Erase(ctx, "admin", ""); !errors.Is(err, erasure.ErrAccount) {
			t.Errorf("an account: %v", err)
		}
	})
	do(func(ctx context.Context, u *app.Upkeep) {
		if holds, err := u.Holds(ctx); err != nil || len(holds) != 1 || holds[0].Actor == "" {
			t.Errorf("holds: %+v, %v", holds, err)
		}
		if run, err := u.Retain(ctx, true); err != nil || run.Entries != 0 || run.Held != 1 {
			t.Errorf("retention under a hold: %+v, %v", run, err)
		}
		if err := u.Lift(ctx, "h"); err != nil {
			t.Fatal(err)
		}
		if run, err := u.Retain(ctx, false); err != nil || run.Entries != 5 {
			t.Errorf("retention: %+v, %v", run, err)
		}
		got, err := u.Erase(ctx, strings.ToUpper(person), "case 7")
		if err != nil || got.Status != erasure.Done || got.Entries != 13 || got.Certificate == "" || got.Derived["windows"] == 0 {
			t.Errorf("erased %+v, %v", got, err)
		}
	})
	if left := places(t, dir); len(left) > 0 {
		t.Errorf("the person is in %v", left)
	}
	verdict(t, dir, 13)
	o.Config.Journal.DualControl = true
	do(func(ctx context.Context, u *app.Upkeep) {
		got, err := u.Erase(ctx, "user1", "")
		if err != nil || got.Status != erasure.Pending {
			t.Errorf("with dual control: %+v, %v", got, err)
		}
		if _, err := u.Approve(ctx, got.ID); !errors.Is(err, erasure.ErrSameActor) {
			t.Errorf("approved by the same: %v", err)
		}
		if got, err = u.Cancel(ctx, got.ID); err != nil || got.Status != erasure.Cancelled {
			t.Errorf("cancelled: %+v, %v", got, err)
		}
		all, err := u.Erasures(ctx)
		if err != nil || len(all) != 2 || all[0].Status != erasure.Cancelled {
			t.Errorf("orders: %+v, %v", all, err)
		}
	})
	r = start(t, options(t, dir)) // what was done is recorded
	defer r.stop()
	var logs struct{ Items []struct{ Category string } }
	r.call("GET", "/api/siem/logs?source=security_audit&limit=1000", token(t, dir, "read"), "", &logs)
	var seen []string
	for _, e := range logs.Items {
		seen = append(seen, e.Category)
	}
	for _, want := range []string{"erasure_requested", "erasure_done", "erasure_cancelled", "hold_placed", "hold_lifted", "retention_run"} {
		if !strings.Contains(strings.Join(seen, " "), want) {
			t.Errorf("no event %s: %v", want, seen)
		}
	}
}
