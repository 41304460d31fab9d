// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const adminPassword = "correct horse battery staple"

// binary returns the tocsin under test.
func binary(t *testing.T) string {
	t.Helper()
	path := os.Getenv("TOCSIN_BIN")
	if path == "" {
		path = "../../bin/tocsin"
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(abs); err != nil {
		t.Skipf("needs the binary %s (make build)", abs)
	}
	return abs
}

// shared returns a file of the test data beside the project.
func shared(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("../../../shared", name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Skipf("needs ../shared/%s", name)
	}
	return path
}

// server is one running tocsin.
type server struct {
	t      testing.TB
	bin    string
	data   string
	url    string
	syslog string
	cmd    *exec.Cmd
	out    *lines
	exited chan error
	admin  string // a JWT
}

// lines gathers what the server prints.
type lines struct {
	errs *said
}

// said is a buffer that may be read while the server still writes.
type said struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (s *said) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.Write(b)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.String()
}

// start runs `tocsin serve` with more flags and waits until it is ready.
func start(t testing.TB, bin, data string, flags ...string) *server {
	t.Helper()
	s := &server{t: t, bin: bin, data: data, exited: make(chan error, 1)}
	args := append([]string{"serve", "--data", data, "--listen", "127.0.0.1:0"}, flags...)
	if !strings.Contains(strings.Join(flags, " "), "--syslog") {
		args = append(args, "--syslog", "")
	}
	s.cmd = exec.CommandContext(context.Background(), bin, args...)
	s.cmd.Env = append(os.Environ(), "TOCSIN_ADMIN_PASSWORD="+adminPassword)
	errs := &said{}
	s.cmd.Stderr = errs
	stdout, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ready := make(chan string, 1)
	go func() {
		in := bufio.NewScanner(stdout)
		for in.Scan() {
			if u, found := strings.CutPrefix(in.Text(), "ready on "); found {
				ready <- u
			}
			if a, found := strings.CutPrefix(in.Text(), "syslog on "); found {
				s.syslog = a
			}
		}
		s.exited <- s.cmd.Wait()
	}()
	select {
	case s.url = <-ready:
	case err := <-s.exited:
		t.Fatalf("server ended before it was ready: %v\n%s", err, errs.String())
	case <-time.After(60 * time.Second):
		_ = s.cmd.Process.Kill()
		t.Fatalf("server not ready within a minute\n%s", errs.String())
	}
	s.out = &lines{errs: errs}
	t.Cleanup(func() {
		s.kill()
		if t.Failed() {
			t.Logf("server said:\n%s", tail(errs.String(), 4000))
		}
	})
	return s
}

func tail(s string, n int) string {
	if len(s) > n {
		return "…" + s[len(s)-n:]
	}
	return s
}

// kill ends the server at once, as kill -9 does.
func (s *server) kill() {
	if s.cmd.ProcessState != nil {
		return
	}
	_ = s.cmd.Process.Kill()
	select {
	case <-s.exited:
	case <-time.After(20 * time.Second):
		s.t.Error("the server did not die")
	}
}

// stop ends the server with SIGTERM and wants exit code 0.
func (s *server) stop() {
	s.t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Fatal(err)
	}
	select {
	case err := <-s.exited:
		if err != nil {
			s.t.Fatalf("SIGTERM: %v\n%s", err, tail(s.out.errs.String(), 2000))
		}
	case <-time.After(30 * time.Second):
		s.t.Fatal("SIGTERM: still running after 30 s")
	}
}

// token makes an API token with the command line.
func (s *server) token(scope string) string {
	s.t.Helper()
	out, errOut, code := s.run("token", "create", "--name", "test-"+scope, "--scope", scope, "--data", s.data)
	if code != 0 {
		s.t.Fatalf("token create: exit %d: %s", code, errOut)
	}
	return strings.TrimSpace(out)
}

// run runs a command of the binary.
func (s *server) run(args ...string) (stdout, stderr string, code int) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, s.bin, args...)
	var o, e bytes.Buffer
	cmd.Stdout, cmd.Stderr = &o, &e
	err := cmd.Run()
	exit := new(exec.ExitError)
	switch {
	case errors.As(err, &exit):
		code = exit.ExitCode()
	case err != nil:
		s.t.Fatalf("%v: %v", args, err)
	}
	return o.String(), e.String(), code
}

// request is one HTTP request to the server.
type request struct {
	method, path, token, contentType, encoding string
	body                                       []byte
}

// do sends a request and returns status, headers and body.
func (s *server) do(r request) (int, http.Header, []byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, r.method, s.url+r.path, bytes.NewReader(r.body))
	if err != nil {
		return 0, nil, nil, err
	}
	if r.token != "" {
		req.Header.Set("Authorization", "Bearer "+r.token)
	}
	if r.contentType != "" {
		req.Header.Set("Content-Type", r.contentType)
	}
	if r.encoding != "" {
		req.Header.Set("Content-Encoding", r.encoding)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, resp.Header, b, err
}

// login logs the admin in once and returns the JWT.
func (s *server) login() string {
	s.t.Helper()
	if s.admin == "" {
		body := fmt.Sprintf(`{"username":"admin","password":%q}`, adminPassword)
		status, _, b, err := s.do(request{method: "POST", path: "/api/auth/login", contentType: "application/json", body: []byte(body)})
		var answer struct{ Token string }
		if err != nil || status != 200 || json.Unmarshal(b, &answer) != nil || answer.Token == "" {
			s.t.Fatalf("login: %v %d %s", err, status, b)
		}
		s.admin = answer.Token
	}
	return s.admin
}

// get reads a JSON answer as admin.
func (s *server) get(path string, into any) {
	s.t.Helper()
	status, _, b, err := s.do(request{method: "GET", path: path, token: s.login()})
	if err != nil || status != 200 {
		s.t.Fatalf("GET %s: %v %d %s", path, err, status, b)
	}
	if err := json.Unmarshal(b, into); err != nil {
		s.t.Fatalf("GET %s: %v in %s", path, err, b)
	}
}

// post sends JSON as admin and wants the status.
func (s *server) post(path, body string, want int) []byte {
	s.t.Helper()
	status, _, b, err := s.do(request{method: "POST", path: path, token: s.login(), contentType: "application/json", body: []byte(body)})
	if err != nil || status != want {
		s.t.Fatalf("POST %s: %v, status %d, want %d: %s", path, err, status, want, b)
	}
	return b
}

// ingestAnswer is what the inputs answer.
type ingestAnswer struct {
	Accepted, Duplicates, Rejected int
	Errors                         []struct {
		Index int
		Error string
	}
	Entries []struct {
		Stream   string
		FirstSeq uint64 `json:"first_seq"`
		LastSeq  uint64 `json:"last_seq"`
	}
	Success   bool
	Processed int
}

// send posts a body to an input and wants 200.
func (s *server) send(path, token, contentType string, body []byte) ingestAnswer {
	s.t.Helper()
	status, _, b, err := s.do(request{method: "POST", path: path, token: token, contentType: contentType, body: body})
	var a ingestAnswer
	if err != nil || status != 200 || json.Unmarshal(b, &a) != nil {
		s.t.Fatalf("POST %s: %v %d %s", path, err, status, tail(string(b), 500))
	}
	return a
}

// event is the part of an event's JSON that the tests look at.
type event struct {
	ID       string
	OriginID string `json:"origin_id"`
	Time     time.Time
	Received time.Time
	Source   string
	Category string
	Severity string
	Outcome  string
	Message  string
	User     string
	IP       string
	Host     string
	Seq      uint64
	Stream   string
	Attrs    map[string]any
	Marks    []struct {
		Kind, Field string
		Length      int64
		SHA256      string
	}
}

type list[T any] struct {
	Items []T
	Next  *string
	Total *int64
}

// anomaly and alert are the parts that the tests look at.
type anomaly struct {
	ID, Type, Severity, Status string
	Confidence                 float64
	Entity                     struct{ Type, Value string }
	Count                      int64
	FirstSeen                  time.Time `json:"first_seen"`
	LastSeen                   time.Time `json:"last_seen"`
}

type alert struct {
	ID, Severity, Status string
	RuleID               string `json:"rule_id"`
	Entity               struct{ Type, Value string }
	Count                int64
	Title                struct {
		Key    string
		Params map[string]any
	}
}

// all reads every page of a list.
func all[T any](s *server, path string) []T {
	s.t.Helper()
	sep := "?"
	if strings.Contains(path, "?") {
		sep = "&"
	}
	var out []T
	for cursor := ""; ; {
		var page list[T]
		s.get(path+sep+"limit=1000"+cursor, &page)
		out = append(out, page.Items...)
		if page.Next == nil || *page.Next == "" {
			return out
		}
		cursor = "&cursor=" + *page.Next
	}
}

// eventually tries until f holds or the time is over.
func eventually(t testing.TB, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if f() {
			return
		}
	}
	t.Fatalf("not within 30 s: %s", what)
}
