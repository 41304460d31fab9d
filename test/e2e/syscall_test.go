// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
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

// injection is what strace does to one kind of system call of the server.
type injection struct {
	call, what string // for example fdatasync, error=EIO
	when       string // which of them: N, or N+STEP
}

func (i injection) String() string { return i.call + ":" + i.what + ":when=" + i.when }

// startInjected starts a server under strace and returns nil when it has ended
// before it was ready.
func startInjected(t *testing.T, bin, data string, in injection) *server {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("needs strace")
	}
	s := &server{t: t, bin: bin, data: data, exited: make(chan error, 1)}
	s.cmd = exec.Command(strace, "-f", "-qq", "-o", "/dev/null", "-e", "trace="+in.call, "-e", "inject="+in.String(),
		bin, "serve", "--data", data, "--listen", "127.0.0.1:0", "--syslog", "")
	s.cmd.Env = append(os.Environ(), "TOCSIN_ADMIN_PASSWORD="+adminPassword)
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // strace and the server die together
	errs := &said{}
	s.cmd.Stderr, s.out = errs, &lines{errs: errs}
	stdout, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ready := make(chan string, 1)
	go func() {
		scan := bufio.NewScanner(stdout)
		for scan.Scan() {
			if u, found := strings.CutPrefix(scan.Text(), "ready on "); found {
				ready <- u
			}
		}
		s.exited <- s.cmd.Wait()
	}()
	select {
	case s.url = <-ready:
		return s
	case <-s.exited:
		return nil
	case <-time.After(60 * time.Second):
		s.killGroup()
		t.Fatalf("%v: neither ready nor ended within a minute\n%s", in, errs.String())
		return nil
	}
}

// killGroup kills strace and the server.
func (s *server) killGroup() {
	_ = syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL)
	select {
	case <-s.exited:
	case <-time.After(20 * time.Second):
		s.t.Error("the server did not die")
	}
}

// term asks the server itself to stop, or finds it gone.
func (s *server) term() {
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", s.cmd.Process.Pid))
	var pid int
	if err == nil {
		if _, err = fmt.Sscan(string(children), &pid); err == nil {
			err = syscall.Kill(pid, syscall.SIGTERM)
		}
	}
	if err != nil {
		s.killGroup()
		return
	}
	select {
	case <-s.exited:
	case <-time.After(20 * time.Second):
		s.t.Errorf("does not stop:\n%s", tail(s.out.errs.String(), 2000))
		s.killGroup()
	}
}

// feedMost bounds how long a server is fed where the machine is slow.
const feedMost = 10 * time.Second

// feed sends batches for a while, and then until the ledger has enough, or the server
// is gone, and notes what is acknowledged. Answers other than 200 and 503 with
// Retry-After are errors.
func (l *ledger) feed(s *server, token, prefix string, size int, d time.Duration, enough int) {
	begun := time.Now()
	for batch := 0; ; batch++ {
		if gone := time.Since(begun); gone > d && (l.acknowledged() >= enough || gone > feedMost) {
			return
		}
		var b bytes.Buffer
		ids := make([]string, 0, size)
		for i := range size {
			id := fmt.Sprintf("%s-b%d-%d", prefix, batch, i)
			ids = append(ids, id)
			b.WriteString(body(id))
		}
		l.note(l.sent, ids)
		status, h, answer, err := s.do(request{method: "POST", path: "/api/siem/events", token: token, contentType: "application/x-ndjson", body: b.Bytes()})
		var a ingestAnswer
		switch {
		case err != nil:
			return
		case status == 503 && h.Get("Retry-After") != "":
			time.Sleep(10 * time.Millisecond)
		case status != 200 || json.Unmarshal(answer, &a) != nil || a.Accepted != size:
			s.t.Errorf("%s: status %d: %.200s", prefix, status, answer)
		default:
			l.note(l.acked, ids)
		}
	}
}

// acknowledged is how many events are.
func (l *ledger) acknowledged() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.acked)
}

func (l *ledger) note(in map[string]bool, ids []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, id := range ids {
		in[id] = true
	}
}

// TestKillAtSystemCalls kills the server at the k-th write, sync, rename and
// removal, in whatever it does then: starting, recording, sealing, stopping. The
// folder always opens again and the ledger holds.
func TestKillAtSystemCalls(t *testing.T) {
	t.Parallel()
	points := []injection{}
	step, last := 9, 40
	if os.Getenv("TOCSIN_LONG") != "" {
		step, last = 1, 60
	}
	for k := 1; k <= last; k += step {
		for n, call := range []string{"pwrite64", "fdatasync", "fsync", "/rename", "/unlink"} {
			points = append(points, injection{call, "signal=KILL", strconv.Itoa(k + n)})
		}
	}
	runInjected(t, points)
}

// TestDiskErrors fails every few syncs and writes: nothing is acknowledged that is
// not there, and it goes on.
func TestDiskErrors(t *testing.T) {
	t.Parallel()
	runInjected(t, []injection{
		{"fdatasync", "error=EIO", "2+4"},
		{"fdatasync", "error=EIO", "1+2"},
		{"pwrite64", "error=EIO", "40+9"},
		{"pwrite64", "error=ENOSPC", "40+7"},
		{"fsync", "error=EIO", "30+5"},
		{"/rename", "error=EIO", "4+2"},
	})
}

// minLoad is how many events the servers must have acknowledged together, so that what
// was done to them was done to something.
const minLoad = 1000

func runInjected(t *testing.T, points []injection) {
	t.Helper()
	bin, data := binary(t), filepath.Join(t.TempDir(), "data")
	l := &ledger{acked: map[string]bool{}, sent: map[string]bool{}}
	s := start(t, bin, data)
	token := s.token("ingest")
	s.stop()
	before := 0
	for i, in := range points {
		s := startInjected(t, bin, data, in)
		if s == nil {
			before++
			continue
		}
		enough := 2 * minLoad * (i + 1) / len(points) // those that die early give less
		var clients sync.WaitGroup
		for c := range 2 {
			clients.Go(func() { l.feed(s, token, fmt.Sprintf("p%d-c%d", i, c), 40, 150*time.Millisecond, enough) })
		}
		clients.Wait()
		s.term()
	}
	t.Logf("%d of %d servers ended before they were ready", before, len(points))
	if n := l.acknowledged(); n < minLoad {
		t.Fatalf("only %d acknowledged events: the load was no load", n)
	}
	s = start(t, bin, data)
	l.check(s)
	s.stop()
	if out, errOut, code := s.run("verify", "--data", data); code != 0 {
		t.Errorf("verify: exit %d: %s %s", code, out, errOut)
	}
}
