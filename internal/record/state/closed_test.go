// SPDX-License-Identifier: Apache-2.0

package state

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/alert"
	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/face/auth"
	"github.com/tocsin-siem/tocsin/internal/watch/detect"
)

// calls are all that a State and a Watch can be asked for.
func calls(ctx context.Context, s *State, w *Watch) map[string]func() error {
	now := time.Unix(1, 0)
	work := alert.Work{By: "ana", At: 1}
	rule := alert.DefaultRules()[0]
	return map[string]func() error{
		"users":            func() error { _, err := s.HasUsers(ctx); return err },
		"user":             func() error { _, err := s.UserByName(ctx, "ana"); return err },
		"create user":      func() error { return s.CreateUser(ctx, auth.User{ID: "u", Name: "n"}) },
		"create session":   func() error { return s.CreateSession(ctx, auth.Session{ID: "x"}) },
		"session":          func() error { _, err := s.Session(ctx, "x"); return err },
		"revoke session":   func() error { return s.RevokeSession(ctx, "x", now) },
		"create token":     func() error { return s.CreateToken(ctx, auth.Token{ID: "t"}) },
		"token by hash":    func() error { _, err := s.TokenByHash(ctx, [32]byte{1}); return err },
		"tokens":           func() error { _, _, _, err := s.Tokens(ctx, auth.Page{Limit: 1}); return err },
		"revoke token":     func() error { _, err := s.RevokeToken(ctx, "t", now); return err },
		"touch token":      func() error { return s.TouchToken(ctx, "t", now) },
		"queue activity":   func() error { return s.QueueActivity(ctx, auth.Activity{}) },
		"drain activities": func() error { _, err := s.DrainActivities(ctx, nil); return err },
		"anomaly":          func() error { _, err := w.Anomaly(ctx, "a"); return err },
		"anomalies":        func() error { _, err := w.Anomalies(ctx, alert.AnomalyFilter{}); return err },
		"resolve anomaly":  func() error { _, err := w.ResolveAnomaly(ctx, "a", alert.Resolution{Work: work}); return err },
		"open anomalies":   func() error { _, err := w.OpenAnomalies(ctx); return err },
		"alert":            func() error { _, err := w.Alert(ctx, "a"); return err },
		"alerts":           func() error { _, err := w.Alerts(ctx, alert.AlertFilter{}); return err },
		"acknowledge":      func() error { _, err := w.Acknowledge(ctx, "a", work); return err },
		"resolve":          func() error { _, err := w.Resolve(ctx, "a", alert.Resolution{Work: work}); return err },
		"statistics":       func() error { _, err := w.AlertStatistics(ctx); return err },
		"rules":            func() error { _, err := w.AlertRules(ctx); return err },
		"put rule":         func() error { return w.PutAlertRule(ctx, rule) },
		"resume":           func() error { _, err := w.Resume(ctx); return err },
		"rewind":           func() error { return w.Rewind(ctx) },
		"commit":           func() error { return w.Commit(ctx, &detect.Batch{Position: detect.Position{Ord: 1}}) },
	}
}

// TestAClosedStateSaysSo: no call pretends that it did or found something.
func TestAClosedStateSaysSo(t *testing.T) {
	t.Parallel()
	s := openState(t, t.TempDir())
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for name, call := range calls(t.Context(), s, NewWatch(s)) {
		err := call()
		if err == nil || !strings.Contains(err.Error(), "closed") || errors.Is(err, auth.ErrNotFound) || errors.Is(err, alert.ErrNotFound) {
			t.Errorf("%s: %v, want an error that says closed", name, err)
		}
	}
}

// TestACallerWhoLeftIsToldSo: a context that is over ends each call, and nothing
// is written.
func TestACallerWhoLeftIsToldSo(t *testing.T) {
	t.Parallel()
	w := openWatch(t)
	five(t, w)
	before := dumpWatch(t, w)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, call := range calls(ctx, w.s, w) {
		if err := call(); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, want context.Canceled", name, err)
		}
	}
	if after := dumpWatch(t, w); after != before {
		t.Errorf("something was written:\n%s\nwas\n%s", after, before)
	}
}

// TestSpoiledRows: a row that cannot be read is an error of that row, never an
// empty answer, and never stops the others.
func TestSpoiledRows(t *testing.T) {
	t.Parallel()
	w := openWatch(t)
	five(t, w)
	ctx := t.Context()
	exec := func(query string) {
		t.Helper()
		if _, err := w.s.write.ExecContext(ctx, query); err != nil {
			t.Fatal(err)
		}
	}
	one, two := finding(1, "", 0).ID, finding(2, "", 0).ID
	exec("UPDATE security_anomalies SET body = '[]' WHERE id = '" + one + "'")
	exec("UPDATE security_alerts SET body = '[]' WHERE id = '" + one + "'")
	for name, call := range map[string]func() error{
		"anomaly":   func() error { _, err := w.Anomaly(ctx, one); return err },
		"anomalies": func() error { _, err := w.Anomalies(ctx, alert.AnomalyFilter{}); return err },
		"alert":     func() error { _, err := w.Alert(ctx, one); return err },
		"alerts":    func() error { _, err := w.Alerts(ctx, alert.AlertFilter{}); return err },
		"resolve":   func() error { _, err := w.Resolve(ctx, one, alert.Resolution{Work: alert.Work{By: "a"}}); return err },
		"resolve anomaly": func() error {
			_, err := w.ResolveAnomaly(ctx, one, alert.Resolution{Work: alert.Work{By: "a"}})
			return err
		},
	} {
		if err := call(); err == nil || !strings.Contains(err.Error(), "decode") || errors.Is(err, alert.ErrNotFound) {
			t.Errorf("%s: %v, want one that says decode", name, err)
		}
	}
	if a, err := w.Anomaly(ctx, two); err != nil || a.Severity != event.Critical {
		t.Errorf("its neighbour: %+v %v", a, err)
	}
	// An alert with an anomaly that cannot be read stays as it is, both or neither.
	exec("UPDATE security_anomalies SET body = '[]' WHERE id = '" + two + "'")
	if _, err := w.Resolve(ctx, two, alert.Resolution{Work: alert.Work{By: "a"}}); err == nil {
		t.Error("an alert was resolved although its anomaly could not be")
	}
	if a, err := w.Alert(ctx, two); err != nil || a.Status != alert.Active {
		t.Errorf("half resolved: %s %v", a.Status, err)
	}
	exec("INSERT INTO pending_audit (activity) VALUES ('[]')")
	if n, err := w.s.DrainActivities(ctx, func(context.Context, []auth.Activity) error { return nil }); n != 0 || err == nil || !strings.Contains(err.Error(), "drain activity 1") {
		t.Errorf("drain: %d %v, want an error that names activity 1", n, err)
	}
}

// TestManyPendingActivities go out in their order, a batch at a time.
func TestManyPendingActivities(t *testing.T) {
	t.Parallel()
	s := openState(t, t.TempDir())
	for i := range 2*pendingBatch + 1 {
		if _, err := s.write.ExecContext(t.Context(), "INSERT INTO pending_audit (activity) VALUES (?)", fmt.Sprintf(`{"User":"u%d"}`, i)); err != nil {
			t.Fatal(err)
		}
	}
	next := 0
	for _, want := range []int{pendingBatch, pendingBatch, 1, 0} {
		n, err := s.DrainActivities(t.Context(), func(_ context.Context, batch []auth.Activity) error {
			for _, a := range batch {
				if a.User != fmt.Sprint("u", next) {
					t.Fatalf("%s came in place of u%d", a.User, next)
				}
				next++
			}
			return nil
		})
		if err != nil || n != want {
			t.Fatalf("%d %v, want %d", n, err, want)
		}
	}
}
