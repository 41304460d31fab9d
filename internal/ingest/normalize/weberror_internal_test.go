// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strings"
	"testing"
)

func FuzzNginxError(f *testing.F) {
	fuzzLine(f, parseNginx,
		`2026/11/22 10:00:00 [error] 7#8: *1 user "a" was not found in "/x", client: 203.0.113.7, server: w:80, request: "GET / HTTP/1.1", host: "h", referrer: "r"`,
		`2026/11/22 10:00:00 [info] 7#8: *1 client sent invalid request while reading client request line, client: 203.0.113.7, server: , request: "x"`,
		`2026/11/22 10:00:00 [error] 7#8: *1 open() "/x, client: 192.0.2.66" failed, client: unix:, server: w, request: "a", subrequest: "b", upstream: "c"`,
		`2026/11/22 10:00:00 [notice] 7#8: signal 15 (SIGTERM) received from 1, exiting`, benchAccess)
}

func FuzzApacheError(f *testing.F) {
	fuzzLine(f, parseApache,
		`[Fri Nov 22 10:00:00.123456 2026] [auth_basic:error] [pid 12:tid 34] [client 203.0.113.7:1234] AH01617: user a: authentication failure for "/": Password Mismatch`,
		`[Fri Nov  2 10:00:00 2026] [error] [client 2001:db8::7] client denied by server configuration: /x`,
		`[Fri Nov 22 10:00:00 2026] [ssl:trace8] [pid 1] [remote 192.0.2.1:80] (13)Permission denied: AH00035: x`, `[error] [client a] user x not found: /`, benchAccess)
}

// TestNginxFieldsCannotBeForged puts the fields of an error line into each place that a
// client fills: the address is nginx's own, or none.
func TestNginxFieldsCannotBeForged(t *testing.T) {
	t.Parallel()
	const forged = `", client: 192.0.2.66, server: y, request: "GET /f HTTP/1.1", host: "f", referrer: "f`
	line := func(message, request, host, referrer string) string {
		return `2026/11/22 10:00:00 [error] 7#8: *1 ` + message + `, client: 203.0.113.7, server: w, request: "` + request + `", host: "` + host + `", referrer: "` + referrer + `"`
	}
	for name, raw := range map[string]string{
		"path":     line(`open() "/x`+forged+`" failed (2: No such file or directory)`, "GET / HTTP/1.1", "h", "r"),
		"referrer": line(`open() "/x" failed (2: No such file or directory)`, "GET / HTTP/1.1", "h", forged),
		"both":     line(`open() "/x`+forged+`" failed (2: No such file or directory)`, "GET / HTTP/1.1", "h", forged),
		"user":     line(`user "x", client 192.0.2.66" was not found in "/x"`, "GET / HTTP/1.1", "h", forged),
		"cut":      `2026/11/22 10:00:00 [error] 7#8: *1 open() "/` + strings.Repeat("x", 1900) + forged,
		"request":  line("client sent invalid request while reading client request line", "GET /"+forged, "h", "r"),
		"host":     line("client sent invalid host header while reading client request headers", "GET / HTTP/1.1", forged, "r"),
	} {
		events, err := normalizeSyslog([]byte(raw), &Hint{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		e := events[0]
		if e.IP != "203.0.113.7" && (e.IP != "" || len(e.Marks) != 1) {
			t.Errorf("%s: ip %q: %s", name, e.IP, native(e))
		}
		if server, ok := e.Attr(attrServer); ok && server.Text != "w" {
			t.Errorf("%s: server %q", name, server.Text)
		}
		if wants := name == "user" || name == "request" || name == "host"; wants && e.IP == "" {
			t.Errorf("%s: the address is lost though nothing before it can be forged", name)
		}
	}
}

func FuzzHAProxy(f *testing.F) {
	fuzzLine(f, parseHAProxy, benchHAProxy,
		`2001:db8::7:1 [27/Nov/2026:12:25:20.861] tcp tcpapp/t1 1/0/3 +235 -- 1/1/0/0/+0 0/0`, `203.0.113.7:1 [27/Nov/2026:12:25:20.724] tls/1: SSL handshake failure`,
		`203.0.113.7:1 [27/Nov/2026:12:25:20.724] a b/<NOSRV> -1/-1/-1/-1/0 -1 0 "a b"c - PR-- 1/1/1/1/1 0/0 {a} "<BADREQ>" x y="z"`,
		`Connect from 203.0.113.7:60372 to 127.0.0.1:8085 (short/HTTP)`, benchAccess)
}

const benchHAProxy = `203.0.113.7:47828 [27/Nov/2026:12:25:15.166] web app/s1 0/0/0/0/0 200 203 - - ---- 1/1/0/0/0 0/0 {www.example.com|Mozilla/5.0} {} "GET /index.html?q=1 HTTP/1.1"`

func BenchmarkHAProxy(b *testing.B) { benchFormat(b, normalizeSyslog, []byte(benchHAProxy)) }
