// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// attempt runs `tocsin serve` and expects that it ends by itself.
func attempt(t *testing.T, bin, data string) (said string, code int) {
	t.Helper()
	s := &server{t: t, bin: bin, data: data}
	out, errs, code := s.run("serve", "--data", data, "--listen", "127.0.0.1:0", "--syslog", "")
	return out + errs, code
}

// TestManyRestarts stops and starts under light load: what is acknowledged is
// there, each stop is clean, and nothing grows.
func TestManyRestarts(t *testing.T) {
	t.Parallel()
	bin, data := binary(t), filepath.Join(t.TempDir(), "data")
	l := &ledger{acked: map[string]bool{}, sent: map[string]bool{}}
	rounds := 12
	if os.Getenv("TOCSIN_LONG") != "" {
		rounds = 30
	}
	var token string
	for round := range rounds {
		s := start(t, bin, data)
		if token == "" {
			token = s.token("ingest")
		}
		stop := make(chan struct{})
		var clients sync.WaitGroup
		for c := range 2 {
			clients.Go(func() { // until the server refuses connections
				for batch := 0; ; batch++ {
					select {
					case <-stop:
						return
					default:
						l.feed(s, token, fmt.Sprintf("r%d-c%d-%d", round, c, batch), 5, 5*time.Millisecond, 0)
					}
				}
			})
		}
		time.Sleep(time.Duration(50+10*round) * time.Millisecond)
		began := time.Now()
		s.stop() // while clients send
		if took := time.Since(began); took > 15*time.Second {
			t.Errorf("round %d: the stop took %v", round, took)
		}
		close(stop)
		clients.Wait()
	}
	s := start(t, bin, data)
	if len(l.acked) < rounds*10 {
		t.Fatalf("only %d acknowledged events", len(l.acked))
	}
	l.check(s)
	s.stop()
	if left, _ := filepath.Glob(filepath.Join(data, "*", "*.tmp")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

// TestStopWithOpenConnections stops a server that plays a demo, while live streams
// are open, a body is half sent and a syslog sender is silent.
func TestStopWithOpenConnections(t *testing.T) {
	t.Parallel()
	s := start(t, binary(t), t.TempDir(), "--demo", "--syslog", "127.0.0.1:0")
	first, ended := s.stream("/api/siem/stream", s.login())
	first()
	half := s.open("POST /api/siem/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + s.token("ingest") + "\r\nContent-Length: 1000\r\n\r\n{")
	defer half.Close()
	idle := dial(t, s.syslog, "<38>1 - h sshd 1 - - half a li")
	defer idle.Close()
	time.Sleep(500 * time.Millisecond)
	began := time.Now()
	s.stop()
	if took := time.Since(began); took > 15*time.Second {
		t.Errorf("the stop took %v", took)
	}
	select {
	case said := <-ended:
		if !strings.Contains(said, "shutdown") {
			t.Errorf("the stream was not told: %q", tail(said, 200))
		}
	case <-time.After(5 * time.Second):
		t.Error("the stream goes on")
	}
}

// TestStopWhileStarting ends a server before it is ready: it goes quietly, and the
// next one finds a folder that it can use.
func TestStopWhileStarting(t *testing.T) {
	t.Parallel()
	bin, data := binary(t), filepath.Join(t.TempDir(), "data")
	for i := range 15 {
		cmd := exec.Command(bin, "serve", "--data", data, "--listen", "127.0.0.1:0", "--syslog", "")
		cmd.Env = append(os.Environ(), "TOCSIN_ADMIN_PASSWORD="+adminPassword)
		var errs bytes.Buffer
		cmd.Stderr = &errs
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(i*12) * time.Millisecond)
		_ = cmd.Process.Signal(syscall.SIGTERM)
		// Before main has begun, the signal itself ends the process.
		if err := cmd.Wait(); err != nil && (errs.Len() > 0 || err.Error() != "signal: terminated") {
			t.Errorf("stopped %d ms after it began: %v\n%s", i*12, err, tail(errs.String(), 500))
		}
		if i%4 == 3 { // the first start of all has the most to do
			if err := os.RemoveAll(data); err != nil {
				t.Fatal(err)
			}
		}
	}
	s := start(t, bin, data)
	s.login()
	s.stop()
}

// TestOneServerToAFolder starts a second one on the same folder.
func TestOneServerToAFolder(t *testing.T) {
	t.Parallel()
	bin, data := binary(t), t.TempDir()
	s := start(t, bin, data)
	said, code := attempt(t, bin, data)
	if code != 1 || !strings.Contains(said, strconv.Itoa(s.cmd.Process.Pid)) {
		t.Errorf("a second server: exit %d, %q, want 1 and the process that has the folder", code, said)
	}
	s.send("/api/siem/events", s.token("ingest"), "application/json", []byte(`{"message":"the first one lives"}`))
}

// TestDamagedFolder damages what lies beside the journal: derived files are made
// anew, a key heals from its copy, and what cannot be made anew is refused with
// what to do.
func TestDamagedFolder(t *testing.T) {
	t.Parallel()
	bin, whole := binary(t), filepath.Join(t.TempDir(), "whole")
	s := start(t, bin, whole)
	token := s.token("ingest")
	var b bytes.Buffer
	for i := range 500 {
		b.WriteString(body(fmt.Sprint("d", i)))
	}
	s.send("/api/siem/events", token, "application/x-ndjson", b.Bytes())
	s.stop()

	overwrite := func(path string, at int64) {
		t.Helper()
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.WriteAt([]byte("\x5a\x5a\x5a\x5a"), at); err != nil {
			t.Fatal(err)
		}
	}
	remove := func(path string) {
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name   string
		damage func(dir string)
		refuse string // what the refusal says; "" is a start
		forget bool   // the token went with it
	}{
		{name: "origin ids damaged", damage: func(dir string) { overwrite(dir+"/derived/origin-ids", 100) }},
		{name: "origin ids cut", damage: func(dir string) { _ = os.Truncate(dir+"/derived/origin-ids", 50) }},
		{name: "nothing derived", damage: func(dir string) { remove(dir + "/derived") }},
		{name: "no copy of the keys", damage: func(dir string) { remove(dir + "/keys/copy") }},
		{name: "one key damaged", damage: func(dir string) { overwrite(dir+"/keys/mac-root.1", 20) }},
		{name: "no state", damage: func(dir string) { remove(dir + "/state") }, forget: true},
		{name: "both key copies damaged", damage: func(dir string) { overwrite(dir+"/keys/mac-root.1", 20); overwrite(dir+"/keys/copy/mac-root.1", 20) }, refuse: "backup"},
		{name: "no keys", damage: func(dir string) { remove(dir + "/keys") }, refuse: "backup"},
		{name: "state damaged", damage: func(dir string) { overwrite(dir+"/state/state.db", 0) }, refuse: "backup"},
		{name: "a file in the place of the folder", damage: func(dir string) { remove(dir); _ = os.WriteFile(dir, nil, 0o600) }, refuse: "not a directory"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "data")
			if err := os.CopyFS(dir, os.DirFS(whole)); err != nil {
				t.Fatal(err)
			}
			c.damage(dir)
			if c.refuse != "" {
				if said, code := attempt(t, bin, dir); code != 1 || !strings.Contains(said, c.refuse) {
					t.Errorf("exit %d, %q, want 1 and %q", code, said, c.refuse)
				}
				return
			}
			s := start(t, bin, dir)
			token := token
			if c.forget {
				token = s.token("ingest")
			} else if a := s.send("/api/siem/events", token, "application/x-ndjson", b.Bytes()); a.Duplicates != 500 {
				t.Errorf("sent again: %+v, want duplicates", a)
			}
			if got := len(all[event](s, "/api/siem/logs?source=application")); got != 500 {
				t.Errorf("%d events, want 500", got)
			}
			s.send("/api/siem/events", token, "application/json", []byte(`{"message":"goes on"}`))
			s.stop()
			s = start(t, bin, dir) // and once more without a word
			s.stop()
			if said := s.out.errs.String(); strings.Contains(said, "level=WARN") || strings.Contains(said, "level=ERROR") {
				t.Errorf("the second start after it still complains:\n%s", said)
			}
		})
	}
}

// TestReadOnlyFolder cannot start and says so; verify works.
func TestReadOnlyFolder(t *testing.T) {
	t.Parallel()
	bin, data := binary(t), filepath.Join(t.TempDir(), "data")
	s := start(t, bin, data)
	s.stop()
	readOnly(t, data)
	if said, code := attempt(t, bin, data); code != 1 || !strings.Contains(said, "read-only") {
		t.Errorf("exit %d, %q, want 1 and why", code, said)
	}
	if out, errOut, code := s.run("verify", "--data", data); code != 0 {
		t.Errorf("verify: exit %d: %s %s", code, out, errOut)
	}
}
