// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/face/app"
	"github.com/tocsin-siem/tocsin/internal/ground/config"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
)

// witnessed is a witness that can be stopped and started again on its port.
type witnessed struct {
	t    *testing.T
	o    app.WitnessOptions
	key  string
	stop func()
}

func newWitness(t *testing.T, logs []string) *witnessed {
	t.Helper()
	w := &witnessed{t: t, o: app.WitnessOptions{
		DataDir: filepath.Join(t.TempDir(), "witness"), Logger: slog.New(slog.DiscardHandler),
		Config: config.Witnessing{Listen: "127.0.0.1:0", Name: "archive.example/w", Logs: logs},
	}}
	var err error
	if w.key, err = app.WitnessKey(w.o); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *witnessed) start() {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.t.Context())
	out, in := io.Pipe()
	w.o.Stdout = in
	done := make(chan error, 1)
	go func() {
		err := app.RunWitness(ctx, w.o)
		_ = in.Close()
		done <- err
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	address, found := strings.CutPrefix(strings.TrimSpace(line), "ready on http://")
	if err != nil || !found {
		cancel()
		w.t.Fatalf("%q, %v, %v", line, err, <-done)
	}
	w.o.Config.Listen = address
	w.stop = func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Error(err)
		}
	}
}

// text requests what is no JSON.
func (r *running) text(path, token string) (int, string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodGet, r.url+path, http.NoBody)
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

// TestWitnessesGuardAServer: what is sealed is co-signed and counts as WITNESSED; an
// older copy of the folder does not start while the witness answers, and is found out
// when it answers again.
func TestWitnessesGuardAServer(t *testing.T) {
	t.Parallel()
	dir := started(t)
	keys, err := app.ReadKeys(dir)
	if err != nil {
		t.Fatal(err)
	}
	w := newWitness(t, publicKeys(keys, "checkpoint"))
	w.start()
	with := func(dir string) app.Options {
		o := options(t, dir)
		o.Config.Journal.Witnesses = []config.Witness{{URL: "http://" + w.o.Config.Listen, Key: w.key}}
		return o
	}
	// sealed records an event and has it sealed, co-signed too when it can be
	sealed := func(r *running, dir, message string, cosigned bool) {
		t.Helper()
		if status := r.call("POST", "/api/siem/events", token(t, dir, "ingest"), fmt.Sprintf(`{"source":"application","message":%q}`, message), nil); status != 200 {
			t.Fatalf("status %d", status)
		}
		reader := token(t, dir, "read")
		if status := r.call("GET", "/api/siem/journal/bundle?q="+message, reader, "", nil); status != 200 {
			t.Fatalf("bundle: %d", status)
		}
		if cosigned {
			eventually(t, "a cosignature", func() bool {
				_, note := r.text("/api/siem/journal/checkpoint", reader)
				return strings.Contains(note, "\n— archive.example/w ")
			})
		}
	}
	r := start(t, with(dir))
	sealed(r, dir, "first", true)
	r.stop()
	old := filepath.Join(t.TempDir(), "old")
	if err := os.CopyFS(old, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	r = start(t, with(dir))
	sealed(r, dir, "second", true)
	var whole struct{ Status string }
	reader := token(t, dir, "read")
	r.call("POST", "/api/siem/logs/verify", reader, "", &whole)
	if i := r.integrity(reader); whole.Status != "WITNESSED" || i.Status != "WITNESSED" {
		t.Errorf("a journal with a witness is %s, %+v", whole.Status, i)
	}
	r.stop()
	for dir, want := range map[string]journal.Status{dir: journal.Witnessed, old: journal.Witnessed} { // the old one was, so far
		if v, err := app.Verify(t.Context(), dir, app.VerifyOptions{Witnesses: []string{w.key}}); err != nil || v.Status != want {
			t.Errorf("%s, %v", v.Status, err)
		}
	}
	if v, err := app.Verify(t.Context(), dir, app.VerifyOptions{}); err != nil || v.Status != journal.Unanchored {
		t.Errorf("a witness that nobody trusts: %s, %v", v.Status, err)
	}

	before := snapshot(t, filepath.Join(old, "journal"))
	o := with(old)
	o.Stdout = io.Discard
	if err := app.Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), "nothing was written: a witness has co-signed") {
		t.Errorf("an older copy started, or %v", err)
	}
	if diff := cmp.Diff(before, snapshot(t, filepath.Join(old, "journal"))); diff != "" {
		t.Errorf("something was written (-before +after):\n%s", diff)
	}

	w.stop()
	r = start(t, with(old)) // nobody to ask: it records
	sealed(r, old, "story", false)
	w.start()
	reader = token(t, old, "read")
	eventually(t, "an alert", func() bool { return len(r.criticals(reader)) == 1 })
	if i := r.integrity(reader); i.Status != "DIVERGED" {
		t.Errorf("%+v", i)
	}
	r.call("POST", "/api/siem/logs/verify", reader, "", &whole)
	if alerts := r.criticals(reader); whole.Status != "DIVERGED" || len(alerts) != 1 || alerts[0].Count != 1 {
		t.Errorf("%s, %+v", whole.Status, alerts)
	}
	if status, body := r.text("/api/siem/journal/bundle?q=story", reader); status != 409 || !strings.Contains(body, "journal_diverged") {
		t.Errorf("a bundle of a fork: %d %s", status, body)
	}
	if _, body := r.text("/readyz", reader); !strings.Contains(body, `{"detail":"the journal signs no checkpoints`) || !strings.Contains(body, `"status":"ok"`) {
		t.Errorf("ready: %s", body)
	}
	var answer struct {
		Accepted int
		Receipt  any
	}
	r.call("POST", "/api/siem/events", token(t, old, "ingest"), `{"source":"application","message":"goes on"}`, &answer)
	if answer.Accepted != 1 || answer.Receipt != nil {
		t.Errorf("%+v", answer)
	}
	r.stop()
	o = with(old)
	o.Stdout = io.Discard
	if err := app.Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), "cosignatures.diverged when the log is in order") {
		t.Errorf("a journal that has diverged started again, or %v", err)
	}
	w.stop()
}

// A witness that cannot be reached keeps no journal from recording, and one whose key
// is none is a mistake of the configuration.
func TestWitnessesThatAreNotThere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	o := options(t, dir)
	w := newWitness(t, []string{"nobody"})
	o.Config.Journal.Witnesses = []config.Witness{{URL: "http://127.0.0.1:1", Key: w.key}}
	r := start(t, o)
	reader := token(t, dir, "read")
	if status, body := r.text("/readyz", reader); status != 200 || !strings.Contains(body, `"name":"proof","ok":true`) {
		t.Errorf("%d %s", status, body)
	}
	r.stop()
	o.Config.Journal.Witnesses[0].Key = "no key"
	o.Stdout = io.Discard
	if err := app.Run(t.Context(), o); err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
