// SPDX-License-Identifier: Apache-2.0

package state

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tocsin-siem/tocsin/internal/core/alert"
	"github.com/tocsin-siem/tocsin/internal/core/erasure"
	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/core/rule"
	"github.com/tocsin-siem/tocsin/internal/face/auth"
)

func zoe(s string) bool { return strings.Contains(strings.ToLower(s), "zoe-marin") }

// about is a finding about a user, with the id that detection would give it.
func about(n int, user string) *rule.Finding {
	f := finding(n, "llm_repeated_violation", event.High)
	f.EntityType, f.EntityValue = "user", user
	f.ID = rule.FindingID(f.RuleID, f.EntityType, f.EntityValue, f.Evidence[0])
	f.Run = f.ID
	return f
}

// filled is a database in which a person is in every place where one can be.
func filled(t *testing.T, dir string) *Watch {
	t.Helper()
	w := NewWatch(openState(t, dir))
	if _, err := w.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	var list []*rule.Finding
	for n := 1; n <= 600; n++ { // more than are looked at at a time
		user := fmt.Sprintf("user-%d", n)
		if n%50 == 0 {
			user = "Zoe-Marin"
		}
		f := about(n, user)
		f.First, f.Last = int64(n)*int64(time.Hour), int64(n)*int64(time.Hour)+1
		f.RuleID = "rule-" + strconv.Itoa(n%2)
		list = append(list, f)
	}
	commit(t, w, 600, list...)
	alerts, err := w.Alerts(t.Context(), alert.AlertFilter{})
	if err != nil || len(alerts.Items) == 0 {
		t.Fatalf("%d alerts: %v", len(alerts.Items), err)
	}
	if _, err := w.Resolve(t.Context(), alerts.Items[0].ID, alert.Resolution{
		Work: alert.Work{By: "ana", At: 7, Notes: "it was ZOE-MARIN, she says"}, Reason: alert.Benign, KeepAnomalies: true,
	}); err != nil {
		t.Fatal(err)
	}
	s := w.s
	for _, err := range []error{
		s.CreateUser(t.Context(), auth.User{ID: "u", Name: "ana", PasswordHash: "x", Role: auth.Admin, Created: time.Unix(1, 0)}),
		s.CreateSession(t.Context(), auth.Session{ID: "s", User: auth.User{ID: "u"}, Created: time.Unix(2, 0), Expires: time.Unix(1<<40, 0), IP: "192.0.2.9", UserAgent: "curl of zoe-marin"}),
		s.CreateToken(t.Context(), auth.Token{ID: "t", Name: "laptop of Zoe-Marin", Scope: auth.ScopeRead, Hash: [32]byte{1}, Created: time.Unix(3, 0), CreatedBy: "zoe-marin"}),
		s.CreateToken(t.Context(), auth.Token{ID: "t2", Name: "shop", Scope: auth.ScopeRead, Hash: [32]byte{2}, Created: time.Unix(4, 0), CreatedBy: "ana"}),
		s.QueueActivity(t.Context(), auth.Activity{Category: auth.TokenIssued, Time: time.Unix(5, 0).UTC(), User: "zoe-marin", Name: "x", Token: "t"}),
		s.AddErasure(t.Context(), erasure.Order{ID: "o1", Status: erasure.Running, Subject: "Zoe-Marin", RequestedBy: "ana"}, func([]*erasure.Order) error { return nil }),
		s.AddErasure(t.Context(), erasure.Order{ID: "o0", Status: erasure.Done, RequestedBy: "zoe-marin", Owner: "zoe-marin"}, func([]*erasure.Order) error { return nil }),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// filesWith are the files of a folder in whose bytes somebody stands.
func filesWith(t *testing.T, dir string, is func(string) bool) (found []string) {
	t.Helper()
	names, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		raw, err := os.ReadFile(filepath.Join(dir, n.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if is(string(raw)) {
			found = append(found, n.Name())
		}
	}
	return found
}

func TestEraseLeavesNoNameInTheFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := filled(t, dir)
	anomalies := pages(t, w.Anomalies, func(part alert.Window) alert.AnomalyFilter { return alert.AnomalyFilter{Window: part} })
	figures, err := w.AlertStatistics(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := filesWith(t, dir, zoe); len(got) == 0 {
		t.Fatal("the control: no file has the name before")
	}
	if _, err := w.Anomaly(t.Context(), guess(50)); err != nil {
		t.Fatalf("the control: a guess of the name gives no id: %v", err)
	}
	var told alert.Change
	w.OnChange(func(c alert.Change) { told = c })
	gone, err := w.Erase(t.Context(), "o1", zoe)
	want := map[string]int{"anomalies": 12, "findings": 12, "alerts": 2, "sessions": 1, "tokens": 1, "pending activities": 1}
	if diff := cmp.Diff(want, gone); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if len(told.Anomalies) != 12 || len(told.Alerts) != 2 {
		t.Errorf("%d anomalies and %d alerts were told", len(told.Anomalies), len(told.Alerts))
	}
	if got := filesWith(t, dir, zoe); len(got) > 0 {
		t.Errorf("the name is still in %v", got)
	}
	sameBut(t, w, anomalies)
	if now, err := w.AlertStatistics(t.Context()); err != nil || cmp.Diff(figures, now) != "" {
		t.Errorf("%v, figures (-before +after):\n%s", err, cmp.Diff(figures, now))
	}
	broken, err := all(t.Context(), w.s.read, func(row scanner) (s string, err error) {
		var id, parent, key any
		err = row.Scan(&s, &id, &parent, &key)
		return s, err
	}, "PRAGMA foreign_key_check")
	if err != nil || len(broken) > 0 {
		t.Errorf("rows without what they belong to: %v, %v", broken, err)
	}
	if again, err := w.Erase(t.Context(), "o1", zoe); err != nil || len(again) != 0 {
		t.Errorf("erased again: %v, %v", again, err)
	}
	o, err := w.s.Erasure(t.Context(), "o1")
	if err != nil || o.Subject != "" || o.Status != erasure.Running {
		t.Errorf("the order is %+v, %v", o, err)
	}
}

// guess is the id of a finding about the person, as anybody can compute it.
func guess(n int) string {
	var evidence event.ID
	evidence[6], evidence[7] = byte(n>>8), byte(n)
	return rule.FindingID("rule-llm_repeated_violation", "user", "Zoe-Marin", evidence)
}

// sameBut holds what is kept against what was there before: everything is as it was,
// but for the name and for the ids, which a guess of the name would confirm.
func sameBut(t *testing.T, w *Watch, anomalies []alert.Anomaly) {
	t.Helper()
	ids := map[string]bool{}
	for _, a := range pages(t, w.Anomalies, func(part alert.Window) alert.AnomalyFilter { return alert.AnomalyFilter{Window: part} }) {
		ids[a.ID] = true
		for _, m := range a.Runs {
			ids[m.ID] = true
		}
		old := anomalies[0]
		anomalies = anomalies[1:]
		if !zoe(old.Entity.Value) {
			if diff := cmp.Diff(old, a); diff != "" {
				t.Fatalf("somebody else's anomaly changed:\n%s", diff)
			}
			continue
		}
		old.Entity.Value = erasure.Word
		if diff := cmp.Diff(old, a, cmpopts.IgnoreFields(alert.Anomaly{}, "ID"), cmpopts.IgnoreFields(alert.Member{}, "ID")); diff != "" {
			t.Fatalf("(-before +after):\n%s", diff)
		}
	}
	for _, a := range pages(t, w.Alerts, func(part alert.Window) alert.AlertFilter { return alert.AlertFilter{Window: part} }) {
		for _, m := range a.Anomalies {
			if _, err := w.Anomaly(t.Context(), m.ID); err != nil {
				t.Errorf("alert %s has an anomaly that is not there: %v", a.ID, err)
			}
		}
	}
	for n := 50; n <= 600; n += 50 {
		if id := guess(n); ids[id] {
			t.Errorf("a guess of the name gives the id %s, which is there", id)
		}
	}
	runs, err := all(t.Context(), w.s.read, func(row scanner) (n int, err error) {
		err = row.Scan(&n)
		return n, err
	}, "SELECT count(*) FROM finding_runs")
	if err != nil || runs[0] != 588 {
		t.Errorf("%v runs go on, want 588: %v", runs, err)
	}
}

// pages reads a whole list.
func pages[T, F any](t *testing.T, list func(context.Context, F) (alert.Page[T], error), filter func(alert.Window) F) (out []T) {
	t.Helper()
	part := alert.Window{Limit: alert.MaxLimit}
	for {
		p, err := list(t.Context(), filter(part))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, p.Items...)
		if p.Next == "" {
			return out
		}
		part.Cursor = p.Next
	}
}

// TestWithoutCompactTheNameStays is the control of Compact: a row that was changed
// is still in the files.
func TestWithoutCompactTheNameStays(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openState(t, dir)
	put := func(subject string) {
		_, err := s.ChangeErasure(t.Context(), "o", func(o *erasure.Order) error {
			o.Subject = subject
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := s.AddErasure(t.Context(), erasure.Order{ID: "o", Status: erasure.Running}, func([]*erasure.Order) error { return nil }); err != nil {
		t.Fatal(err)
	}
	put("zoe-marin")
	put("")
	if got := filesWith(t, dir, zoe); len(got) == 0 {
		t.Error("no file has the name: this test can tell nothing")
	}
	release := make(chan struct{})
	go func() { // a reader in the way, for a moment
		defer close(release)
		_, _ = all(t.Context(), s.read, func(scanner) (struct{}, error) {
			time.Sleep(50 * time.Millisecond)
			return struct{}{}, nil
		}, "SELECT body FROM erasures")
	}()
	if err := s.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-release
	if got := filesWith(t, dir, zoe); len(got) > 0 {
		t.Errorf("the name is still in %v", got)
	}
	if raw, err := os.ReadFile(filepath.Join(dir, fileName+"-wal")); err != nil || len(bytes.TrimRight(raw, "\x00")) > 0 {
		t.Errorf("the write-ahead log has %d bytes, %v", len(raw), err)
	}
}

func TestAccounts(t *testing.T) {
	t.Parallel()
	s := openState(t, t.TempDir())
	if err := s.CreateUser(t.Context(), auth.User{ID: "u", Name: "zoe-marin", PasswordHash: "x", Role: auth.Admin}); err != nil {
		t.Fatal(err)
	}
	if yes, err := s.Account(t.Context(), zoe); err != nil || !yes {
		t.Errorf("%v, %v", yes, err)
	}
	if yes, err := s.Account(t.Context(), func(name string) bool { return name == "ana" }); err != nil || yes {
		t.Errorf("%v, %v", yes, err)
	}
}
