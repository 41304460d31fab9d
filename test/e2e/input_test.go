// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestBadInput sends everything that is wrong, each beside a good event, and
// wants a clear word about the one and the other recorded.
func TestBadInput(t *testing.T) {
	t.Parallel()
	s := start(t, binary(t), t.TempDir())
	token := s.token("ingest")
	good := func(name string) string {
		return fmt.Sprintf(`{"source":"application","category":"data_access","message":"good beside %s"}`, name)
	}
	deep := strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40)
	for _, c := range []struct{ name, bad, want string }{
		{"broken", `{"message": "no end`, ""},
		{"not an object", `42`, ""},
		{"wrong type", `{"message":"x","user":{"a":{"b":1}}}`, "user: want text, got object"},
		{"duplicate key", `{"message":"x","user":"a","user":"b"}`, "user"},
		{"deep", `{"message":"x","attrs":` + deep + `}`, "deep"},
		{"invalid UTF-8", "{\"message\":\"\xff\xfe\"}", "UTF-8"},
		{"too large", `{"message":"x","attrs":{` + bigAttrs() + `}}`, "bytes"},
	} {
		a := s.send("/api/siem/events", token, "application/x-ndjson", []byte(good(c.name)+"\n"+c.bad+"\n"+good(c.name+" again")+"\n"))
		if a.Accepted != 2 || a.Rejected != 1 || len(a.Errors) != 1 || a.Errors[0].Index != 1 {
			t.Errorf("%s: %+v, want two accepted and the middle one rejected", c.name, a)
			continue
		}
		if !strings.Contains(a.Errors[0].Error, c.want) || a.Errors[0].Error == "" {
			t.Errorf("%s: error %q does not name %q", c.name, a.Errors[0].Error, c.want)
		}
	}
	if a := s.send("/api/siem/events", token, "application/json", []byte("["+good("array")+`,{"message":7},`+good("array")+"]")); a.Accepted != 2 || a.Rejected != 1 {
		t.Errorf("array: %+v", a)
	}
}

func bigAttrs() string {
	parts := make([]string, 0, 6)
	for i := range 6 {
		parts = append(parts, fmt.Sprintf(`"k%d":%q`, i, strings.Repeat("x", 50_000)))
	}
	return strings.Join(parts, ",")
}

// TestOddButKept sends what is odd and must be kept with a mark.
func TestOddButKept(t *testing.T) {
	t.Parallel()
	s := start(t, binary(t), t.TempDir())
	token := s.token("ingest")
	future := time.Now().Add(48 * time.Hour).UTC().Format(time.RFC3339)
	lines := []string{
		fmt.Sprintf(`{"id":"long","source":"application","message":%q}`, strings.Repeat("y", 100_000)),
		fmt.Sprintf(`{"id":"future","source":"application","message":"from the future","time":%q}`, future),
		`{"id":"ancient","source":"application","message":"from long ago","time":"1999-12-31T23:59:59Z"}`,
		`{"id":"word","source":"application","message":"no time","time":"yesterday"}`,
		`{"id":"year9999","source":"application","message":"far ahead","time":"9999-01-01T00:00:00Z"}`,
		`{"id":"year1","source":"application","message":"far back","time":"0001-01-01T00:00:00Z"}`,
		`{"id":"noip","source":"application","message":"odd address","ip":"not-an-address"}`,
	}
	if a := s.send("/api/siem/events", token, "application/x-ndjson", []byte(strings.Join(lines, "\n"))); a.Accepted != len(lines) {
		t.Fatalf("%+v", a)
	}
	for id, mark := range map[string]string{
		"long": "truncated", "future": "time_future", "ancient": "time_ancient", "noip": "invalid",
		"word": "invalid", "year9999": "invalid", "year1": "invalid",
	} {
		var got *event
		for _, e := range all[event](s, "/api/siem/logs?source=application") {
			if e.OriginID == id {
				got = &e
			}
		}
		if got == nil {
			t.Errorf("%s: not recorded", id)
			continue
		}
		if len(got.Marks) == 0 || got.Marks[0].Kind != mark {
			t.Errorf("%s: marks %+v, want %s", id, got.Marks, mark)
		}
		if id == "long" && (len(got.Message) > 65_536 || got.Marks[0].Length != 100_000 || got.Marks[0].SHA256 == "") {
			t.Errorf("long: %d bytes kept, mark %+v", len(got.Message), got.Marks[0])
		}
	}
}

// TestGzipBomb sends little that becomes much: it is refused, and the server's
// memory does not show it.
func TestGzipBomb(t *testing.T) {
	t.Parallel()
	s := start(t, binary(t), t.TempDir())
	token := s.token("ingest")
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	chunk := bytes.Repeat([]byte("0"), 1<<20)
	for range 500 {
		_, _ = w.Write(chunk)
	}
	_ = w.Close()
	before := rss(t, s)
	for range 5 {
		status, _, answer, err := s.do(request{method: "POST", path: "/api/siem/events", token: token, contentType: "application/json", encoding: "gzip", body: b.Bytes()})
		if err != nil || status != 413 {
			t.Fatalf("bomb: %v %d %s", err, status, answer)
		}
	}
	if grown := rss(t, s) - before; grown > 200<<20 {
		t.Errorf("%d MiB more memory after five bombs of 500 MiB", grown>>20)
	}
}

// rss is the server's resident memory in bytes.
func rss(t *testing.T, s *server) int64 {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", s.cmd.Process.Pid))
	if err != nil {
		t.Skip("needs /proc")
	}
	var size, resident int64
	if _, err := fmt.Sscan(string(b), &size, &resident); err != nil {
		t.Fatal(err)
	}
	return resident * int64(os.Getpagesize())
}

// TestCaptures plays the requests of a real LLM client, byte for byte.
func TestCaptures(t *testing.T) {
	t.Parallel()
	dir := shared(t, "reference/resk-captures")
	s := start(t, binary(t), t.TempDir())
	token := s.token("ingest")
	read := func(name string) []byte {
		b, err := os.ReadFile(filepath.Join(dir, name+".body"))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	const path = "/api/security/events"
	for name, events := range map[string]int{
		"webhook-01": 7, "webhook-02": 1, "batch-01": 3, "batch-02": 3, "batch-03": 1,
		"retry-01": 1, "retry-02": 1, "retry-03": 1, "filter-e2e-01": 3,
	} {
		a := s.send(path, token, "application/json", read(name))
		if !a.Success || a.Accepted != events || a.Processed != events || a.Rejected != 0 {
			t.Errorf("%s: %+v, want %d events", name, a, events)
		}
	}
	for _, name := range []string{"webhook-nokey-01", "webhook-nokey-02"} {
		status, _, _, err := s.do(request{method: "POST", path: path, contentType: "application/json", body: read(name)})
		if err != nil || status != 401 {
			t.Errorf("%s without a key: %v %d, want 401", name, err, status)
		}
	}

	retried, severities := 0, map[string]string{}
	for _, e := range all[event](s, "/api/siem/logs?category=injection_detected") {
		severities[e.OriginID] = e.Severity
		if e.OriginID == "resk_1795339840918_dwc4nt6e7" {
			retried++
		}
	}
	if retried != 1 {
		t.Errorf("an event that was sent three times is there %d times", retried)
	}
	for id, want := range map[string]string{
		"resk_1795339839420_g285xna92":           "high",     // stated by the client
		"resk_1795339840918_dwc4nt6e7":           "critical", // stated by the client
		"resk_1795339842467_bnr9ppr31:injection": "critical", // derived from confidence 1
	} {
		if severities[id] != want {
			t.Errorf("%s: severity %q, want %s (there are %v)", id, severities[id], want, severities)
		}
	}

	s.stop()
	for _, phrase := range []string{"Ignore all previous instructions", "You are now DAN", "What is the capital of France", "I hate you, idiot", "jo@example.com"} {
		_ = filepath.WalkDir(s.data, func(file string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			b, err := os.ReadFile(file)
			if err == nil && bytes.Contains(b, []byte(phrase)) {
				t.Errorf("%s holds %q", file, phrase)
			}
			return err
		})
	}
}

// TestSyslog sends lines over UDP and over TCP in both framings.
func TestSyslog(t *testing.T) {
	t.Parallel()
	s := start(t, binary(t), t.TempDir(), "--syslog", "127.0.0.1:0")
	if s.syslog == "" {
		t.Fatal("the server did not say where it listens for syslog")
	}
	line := func(n int) string {
		return fmt.Sprintf("<38>1 %s web-9 sshd 77 - - Failed password for root from 203.0.113.50 port %d ssh2",
			time.Now().UTC().Format(time.RFC3339), 4000+n)
	}
	udp, err := net.Dial("udp", s.syslog)
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	tcp, err := net.Dial("tcp", s.syslog)
	if err != nil {
		t.Fatal(err)
	}
	counted, err := net.Dial("tcp", s.syslog)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 4 {
		fmt.Fprint(udp, line(n))
		fmt.Fprintf(tcp, "%s\n", line(10+n))
		l := line(20 + n)
		fmt.Fprintf(counted, "%d %s", len(l), l)
	}
	tcp.Close()
	counted.Close()
	eventually(t, "twelve failed log-ins and their alert", func() bool {
		return len(all[event](s, "/api/siem/logs?ip_address=203.0.113.50&category=login_failed")) == 12 &&
			len(all[alert](s, "/api/siem/alerts?rule=RULE-BRUTE-FORCE")) == 1
	})
}
