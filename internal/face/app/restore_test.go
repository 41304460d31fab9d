// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/face/app"
	"github.com/tocsin-siem/tocsin/internal/ground/backup"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
)

// putBack restores a backup into a new folder.
func putBack(t *testing.T, file string, change func(*app.RestoreOptions)) (string, app.RestoreReport) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "new")
	o := app.RestoreOptions{Options: options(t, dir), Erasures: app.NoErasures}
	if change != nil {
		change(&o)
	}
	done, err := app.Restore(t.Context(), dir, file, o)
	if err != nil {
		t.Fatal(err)
	}
	return dir, done
}

// attack sends failed logins, so that there is something to find.
func (r *running) attack(writer string, n int) {
	r.t.Helper()
	var body strings.Builder
	at := time.Now().UTC()
	for i := range n {
		fmt.Fprintf(&body, `{"id":"a-%d","time":%q,"source":"authentication","category":"login_failed","user":"root","ip":"203.0.113.9"}`+"\n",
			i, at.Add(time.Duration(i)*time.Second).Format(time.RFC3339))
	}
	if status := r.call("POST", "/api/siem/events", writer, body.String(), nil); status != 200 {
		r.t.Fatalf("status %d", status)
	}
}

// found is what detection and people have made of events.
type found struct {
	Anomalies, Alerts, Events any
}

// look reads anomalies, alerts and the events of a source.
func (r *running) look(reader string) (f found) {
	r.t.Helper()
	for path, into := range map[string]*any{"/api/siem/anomalies": &f.Anomalies, "/api/siem/alerts": &f.Alerts} {
		if status := r.call("GET", path, reader, "", into); status != 200 {
			r.t.Fatalf("GET %s: %d", path, status)
		}
	}
	var page struct {
		Items []struct{ ID, Message, User, Category, Received string }
	}
	for _, source := range []string{"application", "authentication&category=login_failed"} {
		if status := r.call("GET", "/api/siem/logs?limit=1000&source="+source, reader, "", &page); status != 200 {
			r.t.Fatalf("logs: %d", status)
		}
		f.Events = append([]any{f.Events}, page.Items)
	}
	return f
}

// TestRestoreBringsEverythingBack: events, anomalies, alerts, users and tokens are
// what they were; sessions are over; the restore is an event; and it goes on.
func TestRestoreBringsEverythingBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := start(t, options(t, dir))
	writer, reader := token(t, dir, "ingest"), token(t, dir, "read")
	r.record(writer, 0, 40)
	r.attack(writer, 30)
	session := r.login()
	var alerts struct{ Items []any }
	eventually(t, "an alert", func() bool {
		return r.call("GET", "/api/siem/alerts", reader, "", &alerts) == 200 && len(alerts.Items) > 0
	})
	file, made := backUp(t, dir, nil) // beside the server
	want := r.look(reader)
	r.stop()

	fresh, done := putBack(t, file, nil)
	if done.Verified.Status != "UNANCHORED" || done.Journal.Events != made.Journal.Events || len(done.Verified.Archives) != 1 || done.Restored.Carried == 0 {
		t.Errorf("restored: %+v", done)
	}
	r = start(t, options(t, fresh))
	var audit struct {
		Items []struct{ Message, Severity string }
	}
	eventually(t, "the restore is an event", func() bool {
		return r.call("GET", "/api/siem/logs?category=backup_restored", reader, "", &audit) == 200 && len(audit.Items) == 1
	})
	if a := audit.Items[0]; a.Severity != "high" || !strings.Contains(a.Message, done.Restored.Before) {
		t.Errorf("its event: %+v", a)
	}
	if diff := cmp.Diff(want, r.look(reader)); diff != "" {
		t.Errorf("what can be read (-before +after):\n%s", diff)
	}
	if status := r.call("GET", "/api/siem/alerts", session, "", nil); status != 401 {
		t.Errorf("the old session still works: %d", status)
	}
	r.login()
	// a sender who repeats itself is known
	var answer struct{ Accepted, Duplicates int }
	if status := r.call("POST", "/api/siem/events", writer, `{"id":"o-7","source":"application","message":"event number 7","user":"user7"}`, &answer); status != 200 || answer.Duplicates != 1 {
		t.Errorf("a repeat: %d %+v", status, answer)
	}
	r.record(writer, 1000, 5)
	r.stop()
	v, err := app.Verify(t.Context(), fresh, app.VerifyOptions{Options: options(t, fresh)})
	if err != nil || !v.OK() || v.Verified != v.Total || v.MACs != "checked" || len(v.Keys) != 0 || len(v.Files) != 0 {
		t.Errorf("verify: %+v, %v", v, err)
	}
	// and once more, from a backup of the new one
	file, _ = backUp(t, fresh, nil)
	third, done := putBack(t, file, nil)
	if len(done.Verified.Archives) != 2 || done.Verified.MACs != "checked" {
		t.Errorf("restored again: %+v", done)
	}
	r = start(t, options(t, third))
	var page struct{ Items []any }
	if status := r.call("GET", "/api/siem/logs?limit=1000&source=application", reader, "", &page); status != 200 || len(page.Items) != 45 {
		t.Errorf("%d: %d events of the source", status, len(page.Items))
	}
	r.stop()
}

func TestRestoreWithoutKeys(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := start(t, options(t, dir))
	r.record(token(t, dir, "ingest"), 0, 20)
	r.stop()
	without := func(o *app.BackupOptions) { o.WithoutKeys = true }
	file, _ := backUp(t, dir, without)
	fresh, done := putBack(t, file, nil)
	if done.Keys || done.Restored.Carried == 0 || done.Restored.Unreadable != 0 {
		t.Errorf("restored: %+v", done)
	}
	file, _ = backUp(t, fresh, without) // in which everything is sealed
	fresh, done = putBack(t, file, nil)
	if a := done.Verified.Archives; done.Verified.MACs != "partly checked" || len(a) != 2 || a[1].MACs != "not checked" || a[1].Verified == 0 {
		t.Errorf("restored again: %+v", done)
	}
	r = start(t, options(t, fresh))
	r.stop()
}

// TestRestoreErasesWhatWasErasedSince puts back a backup from before an erasure.
func TestRestoreErasesWhatWasErasedSince(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := start(t, options(t, dir))
	writer := token(t, dir, "ingest")
	r.record(writer, 0, 40)
	file, _ := backUp(t, dir, nil)
	r.stop()
	list := eraseBehind(t, dir, "user3")
	fresh, done := putBack(t, file, func(o *app.RestoreOptions) { o.Erasures = list })
	reader := token(t, fresh, "read")
	r = start(t, options(t, fresh))
	var page struct {
		Items []struct{ User, Message string }
	}
	if status := r.call("GET", "/api/siem/logs?limit=1000&source=application", reader, "", &page); status != 200 || len(page.Items) != 40 {
		t.Errorf("%d: %d events", status, len(page.Items))
	}
	for _, e := range page.Items {
		if e.User == "user3" || strings.HasSuffix(e.Message, "number 3") {
			t.Errorf("it came back: %+v", e)
		}
	}
	r.stop()
	if done.Verified.Status != "UNANCHORED" {
		t.Errorf("restored: %+v", done)
	}
}

func TestRestoreRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := start(t, options(t, dir))
	r.record(token(t, dir, "ingest"), 0, 5)
	r.stop()
	file, _ := backUp(t, dir, nil)
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	// folder makes what is restored into
	try := func(what, erasures string, folder func(path string) error, raw []byte, want error) {
		t.Helper()
		at := filepath.Join(t.TempDir(), "new")
		bad := filepath.Join(t.TempDir(), "bad")
		if err := errors.Join(folder(at), os.WriteFile(bad, raw, 0o600)); err != nil {
			t.Fatal(err)
		}
		before := snapshot(t, filepath.Dir(at))
		_, err := app.Restore(t.Context(), at, bad, app.RestoreOptions{Options: options(t, at), Erasures: erasures})
		if err == nil || want != nil && !errors.Is(err, want) {
			t.Errorf("%s: %v", what, err)
		}
		if diff := cmp.Diff(before, snapshot(t, filepath.Dir(at))); diff != "" {
			t.Errorf("%s: something was written (-before +after):\n%s", what, diff)
		}
	}
	absent := func(string) error { return nil }
	empty := func(path string) error { return os.Mkdir(path, 0o700) }
	flipped := append([]byte(nil), good...)
	flipped[len(flipped)/2] ^= 1
	for name, folder := range map[string]func(string) error{"absent": absent, "empty": empty} {
		try(name+", a flipped bit", "none", folder, flipped, backup.ErrDamaged)
		try(name+", cut off", "none", folder, good[:len(good)-100], backup.ErrDamaged)
		try(name+", no backup", "none", folder, nil, backup.ErrDamaged)
		try(name+", no word about erasures", "", folder, good, nil)
		try(name+", no file of erasures", filepath.Join(dir, "nowhere"), folder, good, os.ErrNotExist)
		try(name+", something else as file of erasures", file, folder, good, nil)
	}
	try("somebody's folder", "none", func(path string) error {
		return errors.Join(os.Mkdir(path, 0o700), os.WriteFile(filepath.Join(path, "mine"), []byte("mine"), 0o600))
	}, good, app.ErrNotEmpty)
	try("a file", "none", func(path string) error { return os.WriteFile(path, []byte("mine"), 0o600) }, good, nil)
	try("a data folder", "none", func(path string) error { return os.CopyFS(path, os.DirFS(dir)) }, good, app.ErrNotEmpty)
}

// TestRestoreOfADamagedJournal: what was not as it was recorded comes back as that,
// when it was backed up as that.
func TestRestoreOfADamagedJournal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := start(t, options(t, dir))
	reader := token(t, dir, "read")
	r.record(token(t, dir, "ingest"), 0, 20)
	r.stop()
	spoil(t, filepath.Join(dir, "journal"), "event number 13")
	file, made := backUp(t, dir, func(o *app.BackupOptions) { o.Damaged = true })
	if made.Verified.Status != journal.Invalid {
		t.Errorf("backed up: %+v", made)
	}
	fresh, done := putBack(t, file, nil)
	if done.Restored.Unreadable != 1 {
		t.Errorf("restored: %+v", done)
	}
	r = start(t, options(t, fresh))
	var page struct{ Items []any }
	if status := r.call("GET", "/api/siem/logs?limit=1000&source=application", reader, "", &page); status != 200 || len(page.Items) != 19 {
		t.Errorf("%d: %d events", status, len(page.Items))
	}
	r.stop()
}

// everyUse tries all that can be done with a data folder.
func everyUse(t *testing.T, dir string) map[string]error {
	t.Helper()
	o := options(t, dir)
	o.Stdout = io.Discard
	all := map[string]error{
		"serve":  app.Run(t.Context(), o),
		"upkeep": app.Offline(t.Context(), o, func(context.Context, *app.Upkeep) error { return nil }),
	}
	_, all["verify"] = app.Verify(t.Context(), dir, app.VerifyOptions{Options: o})
	_, all["checkpoint"] = app.Checkpoint(dir)
	_, all["export"] = app.Export(t.Context(), dir, app.ExportOptions{Options: o, Limit: 1}, io.Discard)
	_, all["keys"] = app.ReadKeys(dir)
	_, all["backup"] = app.Backup(t.Context(), dir, filepath.Join(t.TempDir(), "b"), app.BackupOptions{Options: o})
	_, all["token"] = app.CreateToken(t.Context(), dir, "x", "read", o.Logger)
	return all
}

// TestOnlyAWholeFolderIsUsed: with the mark of a restore that was cut off nobody
// takes a folder.
func TestOnlyAWholeFolderIsUsed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := start(t, options(t, dir))
	r.stop()
	file, _ := backUp(t, dir, nil)
	fresh, _ := putBack(t, file, nil)
	if err := os.WriteFile(filepath.Join(fresh, "RESTORING"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, err := range everyUse(t, fresh) {
		if !errors.Is(err, app.ErrRestoring) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := app.Restore(t.Context(), fresh, file, app.RestoreOptions{Options: options(t, fresh), Erasures: app.NoErasures}); err != nil {
		t.Errorf("again: %v", err)
	}
	r = start(t, options(t, fresh))
	r.stop()
}
