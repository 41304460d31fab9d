// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/face/app"
	"github.com/tocsin-siem/tocsin/internal/ground/config"
	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
)

var (
	makeGolden  = flag.Bool("golden", false, "make the golden folder of this format version, if there is none")
	forceGolden = flag.Bool("golden-force", false, "make it also in the place of one that is there, which loses the proof that its like can still be read")
)

// TestMakeGolden makes the golden folder of this version of the format. One that is
// there was written by a program that people may have: it is kept as it is.
func TestMakeGolden(t *testing.T) {
	if !*makeGolden {
		if _, err := os.Stat(goldenDir()); err != nil {
			t.Errorf("there is no golden folder of format version %d (%v): make one with `go test ./internal/face/app -run TestMakeGolden -golden`, and keep those of earlier versions", journal.FormatVersion, err)
		}
		return
	}
	if _, err := os.Stat(goldenDir()); err == nil && !*forceGolden {
		t.Fatalf("%s is there: what was written by version %d must stay readable as it was written. If its bytes are not right any more, raise journal.FormatVersion and make a new one; -golden-force is for a version that was never published", goldenDir(), journal.FormatVersion)
	}
	m := &goldenMaker{t: t, dir: filepath.Join(t.TempDir(), "data"), out: t.TempDir()}
	m.make()
	for _, name := range []string{"README.md"} { // by hand, kept
		if raw, err := os.ReadFile(filepath.Join(goldenDir(), name)); err == nil {
			m.write(name, raw)
		}
	}
	if err := errors.Join(os.RemoveAll(goldenDir()), os.CopyFS(goldenDir(), os.DirFS(m.out))); err != nil {
		t.Fatal(err)
	}
}

func goldenDir() string {
	return filepath.Join("testdata", "golden", fmt.Sprintf("v%d", journal.FormatVersion))
}

// goldenMaker runs a server, and what operators do, over a folder.
type goldenMaker struct {
	t    *testing.T
	dir  string
	out  string
	keys app.Keys
	with app.Options
	want golden
}

func (m *goldenMaker) write(name string, raw []byte) {
	m.t.Helper()
	if err := os.WriteFile(filepath.Join(m.out, name), raw, 0o600); err != nil {
		m.t.Fatal(err)
	}
}

// make makes everything. The order matters: a key is rotated between sealed ranges, a
// fork is cut off before the last ones, and some entries are left in the log.
func (m *goldenMaker) make() {
	t := m.t
	start(t, options(t, m.dir)).stop()
	m.want.Token = token(t, m.dir, "manage")
	m.past()
	var err error
	if m.keys, _, err = app.RotateKeys(m.dir, options(t, m.dir), false); err != nil {
		t.Fatal(err)
	}
	w := newWitness(t, publicKeys(m.keys, "checkpoint"))
	w.start()
	m.with = options(t, m.dir)
	m.with.Config.Journal.Witnesses = []config.Witness{{URL: "http://" + w.o.Config.Listen, Key: w.key}}
	m.want.Witness = w.key
	m.want.Keys = append(publicKeys(m.keys, "checkpoint")[:1:1], publicKeys(m.keys, "receipt")[:1]...)
	m.live()
	m.fork()
	m.last()
	w.stop()
	m.describe()
}

// past records what is over its time, small files that are merged, and a heartbeat.
func (m *goldenMaker) past() {
	t := m.t
	keys, err := keyring.Open(keyring.Options{Dir: filepath.Join(m.dir, "keys"), Existing: true})
	if err != nil {
		t.Fatal(err)
	}
	j, err := journal.Open(t.Context(), journal.Options{Dir: filepath.Join(m.dir, "journal"), Keys: keys, SealAge: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- j.Run(ctx) }()
	old(ctx, t, j, 20)
	for i := range 8 {
		at := time.Now().UnixNano()
		e := &event.Event{Time: at, Received: at, Source: "access", Category: "http_request", User: fmt.Sprintf("user%d", i), Message: "a small file", Place: event.Place{Stream: "30d"}}
		e.ID[0], e.ID[15] = 2, byte(i)
		if _, err := j.Append(ctx, []*event.Event{e}); err != nil {
			t.Fatal(err)
		}
		if err := j.Seal(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := j.Merge(ctx); err != nil || n < 8 {
		t.Fatalf("merged %d files: %v", n, err)
	}
	before, _, _, _ := j.Checkpoint()
	eventually(t, "a heartbeat", func() bool {
		now, _, _, _ := j.Checkpoint()
		return string(now) != string(before)
	})
	cancel()
	if err := errors.Join(<-done, j.Close()); err != nil {
		t.Fatal(err)
	}
}

// live is a server under a witness: events, alerts, a receipt, a legal hold, retention,
// an erasure, and what an auditor fetches.
func (m *goldenMaker) live() {
	t := m.t
	r := start(t, m.with)
	manage := m.want.Token
	writer := token(t, m.dir, "ingest")
	r.record(writer, 0, 30)
	r.sendPerson(writer)
	eventually(t, "the alerts are there", func() bool {
		var alerts struct{ Items []any }
		return r.call("GET", "/api/siem/alerts", manage, "", &alerts) == 200 && len(alerts.Items) >= 3
	})
	m.receipt(r, writer, "receipt.json", "kept")
	for path, body := range map[string]string{"/api/siem/holds": `{"id":"case-1","reason":"a court asked","stream":"366d","to":"2001-01-01T00:00:00Z"}`, "/api/siem/retention": `{"clock_checked":true}`} {
		if status := r.call("POST", path, manage, body, nil); status/100 != 2 {
			t.Fatalf("%s: %d", path, status)
		}
	}
	o := r.erase(manage, person)
	if o.Status != "done" || o.Entries == 0 {
		t.Fatalf("erasure: %+v", o)
	}
	m.fetch(r, "/api/siem/erasures/"+o.ID+"/certificate", "certificate.txt")
	m.fetch(r, "/api/siem/journal/bundle?complete=true", "bundle.ndjson")
	eventually(t, "a cosignature", func() bool {
		_, note := r.text("/api/siem/journal/checkpoint", manage)
		return strings.Contains(note, "\n— archive.example/w ")
	})
	m.fetch(r, "/api/siem/journal/checkpoint", "kept.ckpt")
	r.stop()
}

// fetch keeps what a server answers.
func (m *goldenMaker) fetch(r *running, path, name string) {
	m.t.Helper()
	status, text := r.text(path, m.want.Token)
	if status != http.StatusOK {
		m.t.Fatalf("%s: %d %s", path, status, text)
	}
	m.write(name, []byte(text))
}

// receipt sends events and keeps the receipt for them.
func (m *goldenMaker) receipt(r *running, writer, name, id string) {
	m.t.Helper()
	var answer struct{ Receipt json.RawMessage }
	body := fmt.Sprintf(`{"id":"%s-1","source":"application","message":"%s one"}`+"\n"+`{"id":"%s-2","source":"access","message":"%s two"}`, id, id, id, id)
	if status := r.call("POST", "/api/siem/events", writer, body, &answer); status != http.StatusOK || len(answer.Receipt) == 0 {
		m.t.Fatalf("%d %s", status, answer.Receipt)
	}
	m.write(name, append(answer.Receipt, '\n'))
}

// fork lets the same journal go on in a copy, and keeps what was promised there: no
// journal of these keys that lacks it can be the one that promised it.
func (m *goldenMaker) fork() {
	t := m.t
	dir := filepath.Join(t.TempDir(), "fork")
	if err := os.CopyFS(dir, os.DirFS(m.dir)); err != nil {
		t.Fatal(err)
	}
	r := start(t, options(t, dir))
	m.receipt(r, token(t, dir, "ingest"), "broken-receipt.json", "forked")
	if status, _ := r.text("/api/siem/journal/bundle?q=forked", m.want.Token); status != http.StatusOK {
		t.Fatalf("bundle of the fork: %d", status)
	}
	m.fetch(r, "/api/siem/journal/checkpoint", "fork.ckpt")
	r.stop()
}

// last records in the journal what the fork does not have, seals some of it, and leaves
// the rest in the log; and backs up.
func (m *goldenMaker) last() {
	t := m.t
	r := start(t, m.with)
	writer := token(t, m.dir, "ingest")
	r.record(writer, 100, 20)
	if status, _ := r.text("/api/siem/journal/bundle?q=event", m.want.Token); status != http.StatusOK {
		t.Fatalf("bundle: %d", status)
	}
	r.record(writer, 200, 10)
	r.stop()
	file, _ := backUp(t, m.dir, nil)
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	m.write("backup.tocsin", raw)
	pack(t, m.dir, filepath.Join(m.out, "data.tar.gz"))
	m.restore(file)
}

// restore makes a folder of the backup, and lets a server go on with it.
func (m *goldenMaker) restore(file string) {
	t := m.t
	dir, _ := putBack(t, file, nil)
	r := start(t, options(t, dir))
	writer := token(t, dir, "ingest")
	r.record(writer, 300, 5)
	r.record(writer, 400, 5)
	r.stop()
	inJournal(t, dir, func(ctx context.Context, j *journal.Journal) { // what is about an archive
		if got, err := j.Erase(ctx, journal.Erasure{ID: "after", Subject: "user7", Actor: "admin"}); err != nil || got.Entries == 0 {
			t.Errorf("erase: %+v, %v", got, err)
		}
	})
	r = start(t, options(t, dir))
	r.record(writer, 500, 5)
	r.stop()
	pack(t, dir, filepath.Join(m.out, "restored.tar.gz"))
}

// describe writes down what is to be found from now on.
func (m *goldenMaker) describe() {
	t := m.t
	dir := unpack(t, filepath.Join(m.out, "data.tar.gz"))
	v, err := app.Verify(t.Context(), dir, app.VerifyOptions{Options: options(t, dir)})
	if err != nil {
		t.Fatal(err)
	}
	m.want.Report = reported(&v.Report)
	m.write("events.ndjson", goldenEvents(t, dir))
	fresh := unpack(t, filepath.Join(m.out, "restored.tar.gz"))
	if v, err = app.Verify(t.Context(), fresh, app.VerifyOptions{Options: options(t, fresh)}); err != nil {
		t.Fatal(err)
	}
	m.want.Restored = reported(&v.Report)
	m.write("restored.ndjson", goldenEvents(t, fresh))
	r := start(t, options(t, dir))
	m.want.Seen = r.seen(m.want.Token)
	r.stop()
	raw, err := json.MarshalIndent(&m.want, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	m.write("expected.json", append(raw, '\n'))
	slog.New(slog.NewTextHandler(t.Output(), nil)).InfoContext(t.Context(), "made", "folder", goldenDir())
}
