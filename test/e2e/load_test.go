// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// dial opens a connection and sends what is given.
func dial(t testing.TB, address, text string) net.Conn {
	t.Helper()
	conn, err := net.DialTimeout("tcp", address, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	return conn
}

// open opens a connection to the HTTP server and sends what is given.
func (s *server) open(text string) net.Conn {
	s.t.Helper()
	return dial(s.t, strings.TrimPrefix(s.url, "http://"), text)
}

// readOnly makes a folder read-only until the test ends, for root, too.
func readOnly(t *testing.T, dir string) {
	t.Helper()
	err := syscall.Mount(dir, dir, "", syscall.MS_BIND, "")
	if err == nil {
		t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
		err = syscall.Mount("", dir, "", syscall.MS_REMOUNT|syscall.MS_BIND|syscall.MS_RDONLY, "")
	}
	if err != nil {
		t.Skipf("needs the right to mount: %v", err)
	}
}

// files is how many files the server has open.
func (s *server) files() int {
	s.t.Helper()
	list, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.cmd.Process.Pid))
	if err != nil {
		s.t.Skip("needs /proc")
	}
	return len(list)
}

// TestSlowConnections opens thousands of connections that send half a header,
// half a body without a token, nothing, or read nothing: they cost little, ingest
// goes on beside them, and within seconds they are gone.
func TestSlowConnections(t *testing.T) {
	t.Parallel()
	n := 2000
	if os.Getenv("TOCSIN_LONG") != "" {
		n = 10_000
	}
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil {
		t.Fatal(err)
	}
	n = int(min(uint64(n), files.Cur/2-100)) // half of the files are for connections, what is over it is refused
	s := start(t, binary(t), t.TempDir())
	token := s.token("ingest")
	before := s.status("VmRSS")
	opened := time.Now()
	conns := make([]net.Conn, 0, n)
	defer func() {
		for _, c := range conns {
			_ = c.Close()
		}
	}()
	for i := range n {
		conns = append(conns, s.open([]string{
			"GET / HTTP/1.1\r\nHost: x\r\nX-A: ",
			"POST /api/siem/events HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{",
			"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{",
			"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 77\r\n\r\n",
		}[i%4]))
	}
	for range 20 {
		if a := s.send("/api/siem/events", token, "application/json", []byte(`{"message":"beside slow ones"}`)); a.Accepted != 1 {
			t.Fatalf("%+v", a)
		}
	}
	if each := (s.status("VmRSS") - before) / int64(n); each > 40<<10 {
		t.Errorf("%d KiB of memory for each slow connection", each>>10)
	}
	eventually(t, "slow connections gone", func() bool { return s.files() < 100 })
	t.Logf("%d slow connections gone %v after the first", n, time.Since(opened).Round(time.Second))
}

// TestFewFiles gives the server few files: connections are refused before the
// journal lacks one.
func TestFewFiles(t *testing.T) {
	t.Parallel()
	s := start(t, limited(t, binary(t), "-n 256"), t.TempDir())
	token := s.token("ingest")
	send := func(id int) int {
		status, _, b, err := s.do(request{method: "POST", path: "/api/siem/events", token: token, contentType: "application/json", body: fmt.Appendf(nil, `{"id":"f%d","message":"x"}`, id)})
		if err != nil {
			return 0 // refused and reset at once
		}
		if status != 200 && status != 503 {
			t.Errorf("status %d: %s", status, b)
		}
		return status
	}
	if send(0) != 200 { // keeps its connection
		t.Fatal("no event accepted")
	}
	var conns []net.Conn
	defer func() {
		for _, c := range conns {
			_ = c.Close()
		}
	}()
	for range 400 {
		conns = append(conns, s.open("GET / HTTP/1.1\r\nHost: x\r\nX-A: "))
	}
	if got := s.files(); got > 200 {
		t.Errorf("%d of 256 files are taken", got)
	}
	if send(1) != 200 {
		t.Error("the connection that was there before was given up")
	}
	if _, _, code := s.run("verify", "--data", s.data); code != 0 {
		t.Errorf("verify beside it: exit %d", code)
	}
	s.post("/api/siem/logs/verify", "", 200)
	eventually(t, "a new connection", func() bool {
		http.DefaultClient.CloseIdleConnections()
		return send(2) == 200
	})
	if strings.Contains(s.out.errs.String(), "too many open files") {
		t.Errorf("the server lacked files:\n%s", s.out.errs.String())
	}
}

// limited is a program that starts another one under limits.
func limited(t *testing.T, bin, limits string) string {
	t.Helper()
	path := t.TempDir() + "/limited"
	script := "#!/bin/sh\nulimit -S " + limits + " && ulimit -H " + limits + " && exec " + bin + " \"$@\"\n"
	if err := os.WriteFile(path, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestOverload sends more than can be served: only 200, 429 and 503 are answered,
// every refusal says when to come back, what was accepted is there, and memory
// stays bounded.
func TestOverload(t *testing.T) {
	t.Parallel()
	s := start(t, binary(t), t.TempDir())
	token := s.token("ingest")
	var record bytes.Buffer
	for range 2000 {
		fmt.Fprintf(&record, `{"source":"application","message":%q}`+"\n", strings.Repeat("load ", 200))
	}
	body, span := record.Bytes(), 4*time.Second
	if os.Getenv("TOCSIN_LONG") != "" {
		span = 20 * time.Second
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 200}, Timeout: time.Minute}
	defer client.CloseIdleConnections()
	var accepted, refused, sent atomic.Int64
	var statuses sync.Map
	end := time.Now().Add(span)
	var clients sync.WaitGroup
	for range 150 {
		clients.Go(func() {
			for time.Now().Before(end) {
				req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/api/siem/events", bytes.NewReader(body))
				if err != nil {
					t.Error(err)
					return
				}
				req.Header.Set("Authorization", "Bearer "+token)
				req.Header.Set("Content-Type", "application/x-ndjson")
				sent.Add(2000)
				resp, err := client.Do(req)
				if err != nil {
					t.Error(err)
					return
				}
				b, _ := io.ReadAll(resp.Body)
				_ = resp.Body.Close()
				statuses.Store(resp.StatusCode, true)
				var a ingestAnswer
				switch {
				case resp.StatusCode == http.StatusOK && json.Unmarshal(b, &a) == nil && a.Rejected == 0:
					accepted.Add(int64(a.Accepted))
				case (resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusServiceUnavailable) && resp.Header.Get("Retry-After") != "":
					refused.Add(2000)
				default:
					t.Errorf("status %d, Retry-After %q: %.200s", resp.StatusCode, resp.Header.Get("Retry-After"), b)
				}
			}
		})
	}
	clients.Wait()
	if got := accepted.Load() + refused.Load(); got != sent.Load() || accepted.Load() == 0 {
		t.Errorf("%d sent, %d accepted, %d refused", sent.Load(), accepted.Load(), refused.Load())
	}
	eventually(t, "everything accepted can be found", func() bool {
		var st struct{ Total int64 }
		s.get("/api/siem/statistics?source=application", &st)
		return st.Total == accepted.Load()
	})
	peak := s.status("VmHWM")
	if peak > 1<<30 {
		t.Errorf("%d MiB of memory at most, want 1 GiB", peak>>20)
	}
	t.Logf("%d accepted, %d refused, %d MiB at most", accepted.Load(), refused.Load(), peak>>20)
}

// TestNothingLeaks repeats what opens files and starts goroutines, and counts
// them.
func TestNothingLeaks(t *testing.T) {
	t.Parallel()
	s := start(t, binary(t), t.TempDir(), "--syslog", "127.0.0.1:0")
	token := s.token("ingest")
	work := func(rounds int) {
		for i := range rounds {
			s.send("/api/siem/events", token, "application/json", fmt.Appendf(nil, `{"message":"leak %d"}`, i))
			s.open("GET / HTTP/1.1\r\nHost: x\r\nX-A: ").Close()
			s.open("POST /api/siem/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + token + "\r\nContent-Length: 100\r\n\r\n{").Close()
			s.open("GET /api/siem/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + s.login() + "\r\n\r\n").Close()
			s.open("GET /api/siem/search/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + s.login() + "\r\n\r\n").Close()
			dial(t, s.syslog, "<38>1 - h sshd 1 - - half").Close()
			s.get("/api/siem/logs?q=leak", &struct{}{})
			if i%5 == 0 {
				s.post("/api/siem/logs/verify", "", 200)
				s.ask("POST", "/api/auth/login", nil, `{"username":"nobody","password":"x"}`)
			}
			time.Sleep(30 * time.Millisecond) // within the caller's rate
		}
	}
	rest := func() (files int, goroutines float64) {
		http.DefaultClient.CloseIdleConnections()
		files = 1 << 30
		for range 50 { // until it settles
			time.Sleep(100 * time.Millisecond)
			n, g := s.files(), s.metric("go_goroutines")
			http.DefaultClient.CloseIdleConnections()
			if n >= files && g >= goroutines {
				break
			}
			files, goroutines = n, g
		}
		return files, goroutines
	}
	work(20)
	files, goroutines := rest()
	work(60)
	eventually(t, "what was opened is closed", func() bool {
		f, g := rest()
		return f <= files+4 && g <= goroutines+8
	})
}
