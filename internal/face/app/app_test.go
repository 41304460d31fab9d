// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/secret"
	"github.com/tocsin-siem/tocsin/internal/face/app"
	"github.com/tocsin-siem/tocsin/internal/ground/config"
)

// running is a product in this process.
type running struct {
	t      *testing.T
	url    string
	stdout []string
	cancel context.CancelFunc
	done   chan error
}

func options(t *testing.T, dir string) app.Options {
	t.Helper()
	c := config.Default()
	c.Server.Listen = "127.0.0.1:0"
	return app.Options{
		Config: c, DataDir: dir, AdminPassword: secret.New("a long enough password"), Version: "test",
		Logger: slog.New(slog.DiscardHandler),
	}
}

func start(t *testing.T, o app.Options) *running {
	t.Helper()
	r := &running{t: t, done: make(chan error, 1)}
	var ctx context.Context
	ctx, r.cancel = context.WithCancel(t.Context())
	out, in := io.Pipe()
	o.Stdout = in
	go func() {
		err := app.Run(ctx, o)
		_ = in.Close()
		r.done <- err
	}()
	ready := make(chan struct{})
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			r.stdout = append(r.stdout, lines.Text())
			if url, found := strings.CutPrefix(lines.Text(), "ready on "); found {
				r.url = url
				close(ready)
			}
		}
	}()
	select {
	case <-ready:
	case err := <-r.done:
		t.Fatalf("ended before it was ready: %v", err)
	case <-time.After(30 * time.Second):
		t.Fatal("not ready within 30 s")
	}
	return r
}

func (r *running) stop() {
	r.t.Helper()
	r.cancel()
	select {
	case err := <-r.done:
		if err != nil {
			r.t.Fatalf("stop: %v", err)
		}
	case <-time.After(30 * time.Second):
		r.t.Fatal("does not stop")
	}
}

// call makes a request and decodes the answer.
func (r *running) call(method, path, token, body string, into any) int {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.url+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	if into != nil && resp.StatusCode < http.StatusMultipleChoices {
		if err := json.Unmarshal(b, into); err != nil {
			r.t.Fatalf("%v in %s", err, b)
		}
	}
	return resp.StatusCode
}

func token(t *testing.T, dir, scope string) string {
	t.Helper()
	key, err := app.CreateToken(t.Context(), dir, "test", scope, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestWhatIsRecordedSurvivesARestart(t *testing.T) {
	dir := t.TempDir()
	before := runtime.NumGoroutine()
	r := start(t, options(t, dir))
	writer, reader := token(t, dir, "ingest"), token(t, dir, "read")
	var answer struct{ Accepted, Duplicates int }
	const event = `{"id":"o-1","source":"application","message":"kept over the restart"}`
	if status := r.call("POST", "/api/siem/events", writer, event, &answer); status != 200 || answer.Accepted != 1 || answer.Duplicates != 0 {
		t.Fatalf("%d %+v", status, answer)
	}
	r.stop()

	r = start(t, options(t, dir))
	var page struct{ Items []struct{ Message string } }
	r.call("GET", "/api/siem/logs?source=application", reader, "", &page)
	if len(page.Items) != 1 || page.Items[0].Message != "kept over the restart" {
		t.Errorf("after the restart: %+v", page.Items)
	}
	if r.call("POST", "/api/siem/events", writer, event, &answer); answer.Duplicates != 1 {
		t.Errorf("sent again after the restart: %+v, want a duplicate", answer)
	}
	r.stop()
	http.DefaultClient.CloseIdleConnections()
	for range 100 {
		if runtime.NumGoroutine() <= before+2 {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	var stacks bytes.Buffer
	buf := make([]byte, 1<<20)
	stacks.Write(buf[:runtime.Stack(buf, true)])
	t.Errorf("%d goroutines before, %d after two runs:\n%s", before, runtime.NumGoroutine(), stacks.String())
}

func TestOneServerToAFolder(t *testing.T) {
	dir := t.TempDir()
	r := start(t, options(t, dir))
	defer r.stop()
	o := options(t, dir)
	o.Stdout = io.Discard
	err := app.Run(t.Context(), o)
	if err == nil || !strings.Contains(err.Error(), strconv.Itoa(os.Getpid())) {
		t.Errorf("a second server: %v, want an error that names the process", err)
	}
}

func TestPasswordIsPrintedOnlyWhenMadeUp(t *testing.T) {
	given := start(t, options(t, t.TempDir()))
	given.stop()
	o := options(t, t.TempDir())
	o.AdminPassword = secret.Text{}
	madeUp := start(t, o)
	madeUp.stop()
	if strings.Contains(strings.Join(given.stdout, "\n"), "password") {
		t.Errorf("a given password was printed: %q", given.stdout)
	}
	if !strings.HasPrefix(madeUp.stdout[0], "admin password: ") || len(madeUp.stdout[0]) < 30 {
		t.Errorf("printed %q, want the password first", madeUp.stdout)
	}
}

func TestNoStartOverTheWrongSecret(t *testing.T) {
	dir := t.TempDir()
	o := options(t, dir)
	o.SigningSecret = secret.New("the first secret, long enough")
	r := start(t, o)
	r.stop()
	o = options(t, dir)
	o.SigningSecret, o.Stdout = secret.New("another secret, long enough"), io.Discard
	err := app.Run(t.Context(), o)
	if err == nil || strings.Contains(err.Error(), "another secret") {
		t.Fatalf("started, or told the secret: %v", err)
	}
	o.SigningSecret = secret.New("the first secret, long enough")
	r = start(t, o)
	r.stop()
}

func TestInputsOfTheConfiguration(t *testing.T) {
	f := func(section, want string) {
		t.Helper()
		c, err := config.Load([]byte("inputs:\n  - "+section), "", func(string) (string, bool) { return "", false })
		if err != nil {
			t.Fatal(err)
		}
		c.Server.Listen = "127.0.0.1:0"
		o := options(t, t.TempDir())
		o.Config, o.Stdout = c, io.Discard
		if err := app.Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want an error with %q", section, err, want)
		}
	}
	f("{name: x, type: pigeon}", `line 2: input x: type: "pigeon" is none of`)
	f("{name: x, type: syslog_tcp, lisen: y}", "line 2: input x: line 2: lisen: unknown key")
	f("{name: x, type: syslog_tcp, listen: '127.0.0.1:0', max_connections: 0}", "max_connections")
	f("{name: x, type: syslog_tcp, listen: '127.0.0.1:0', format: pigeon}", "format")
}

func TestDataFolderIsForItsOwner(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	r := start(t, options(t, dir))
	r.stop()
	_ = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: mode %v lets others in", path, info.Mode().Perm())
		}
		return err
	})
}

// A journal that was put back to an older copy under newer state is noticed, an
// alert says so, and detection goes on with what is there.
func TestAnOlderJournalIsNoticed(t *testing.T) {
	dir := t.TempDir()
	writer, reader := token(t, dir, "ingest"), token(t, dir, "read")
	r := start(t, options(t, dir))
	r.stop()
	older := filepath.Join(t.TempDir(), "journal")
	if err := os.CopyFS(older, os.DirFS(filepath.Join(dir, "journal"))); err != nil {
		t.Fatal(err)
	}
	r = start(t, options(t, dir))
	const lost = `{"id":"lost-1","source":"application","message":"gone with the newer journal"}`
	for range 3 {
		r.call("POST", "/api/siem/events", writer, `{"source":"application","message":"more"}`, nil)
	}
	r.call("POST", "/api/siem/events", writer, lost, nil)
	r.stop()
	if err := errors.Join(os.RemoveAll(filepath.Join(dir, "journal")), os.CopyFS(filepath.Join(dir, "journal"), os.DirFS(older))); err != nil {
		t.Fatal(err)
	}

	r = start(t, options(t, dir))
	defer r.stop()
	var answer struct{ Accepted, Duplicates int }
	if r.call("POST", "/api/siem/events", writer, lost, &answer); answer.Duplicates != 0 || answer.Accepted != 1 {
		t.Errorf("an event that is gone counts as a duplicate: %+v", answer)
	}
	for range 12 {
		r.call("POST", "/api/siem/events", writer, `{"source":"authentication","category":"login_failed","ip":"203.0.113.8","user":"root"}`, nil)
	}
	var alerts struct {
		Items []struct {
			RuleID string `json:"rule_id"`
		}
	}
	raised := func() map[string]int {
		r.call("GET", "/api/siem/alerts", reader, "", &alerts)
		rules := map[string]int{}
		for _, a := range alerts.Items {
			rules[a.RuleID]++
		}
		return rules
	}
	for range 500 {
		if rules := raised(); rules["RULE-CRITICAL-EVENT"] > 0 && rules["RULE-BRUTE-FORCE"] > 0 {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	// Detection and the signing keys both notice it: that is one alert.
	want := map[string]int{"RULE-CRITICAL-EVENT": 1, "RULE-BRUTE-FORCE": 1}
	if diff := cmp.Diff(want, raised()); diff != "" {
		t.Errorf("one about the journal and one about the attack after it (-want +got):\n%s", diff)
	}
}
