// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

const benchAccess = `203.0.113.7 - ana [22/Nov/2026:10:00:00 +0100] "GET /shop/cart?item=17&n=2 HTTP/1.1" 200 5316 "https://shop.example.com/" "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"`

func BenchmarkCLF(b *testing.B) { benchFormat(b, normalizeSyslog, []byte(benchAccess)) }

// fuzzLine feeds a reader of bodies: it must leave the record alone, make one event that
// can be recorded, lose no word, and change nothing of a line that is not its own.
func fuzzLine(f *testing.F, read bodyReader, seeds ...string) {
	f.Helper()
	fuzzBody(f, read, mustKeepLine, seeds...)
}

// fuzzBody is fuzzLine with another check of what is kept.
func fuzzBody(f *testing.F, read bodyReader, keeps func(*testing.T, *event.Event, []byte), seeds ...string) {
	f.Helper()
	for _, seed := range seeds {
		f.Add([]byte(seed))
		f.Add([]byte("<13>Nov 22 10:00:00 web-1 x[1]: " + seed))
	}
	normalize := ofLine("x", read)
	f.Fuzz(func(t *testing.T, raw []byte) {
		before := bytes.Clone(raw)
		events, err := normalize(raw, &Hint{Received: benchReceived, Host: "192.0.2.200"}, nil)
		if err != nil || len(events) != 1 {
			t.Fatalf("%d events, %v", len(events), err)
		}
		if !bytes.Equal(before, raw) {
			t.Fatal("the record was written to")
		}
		mustValidate(t, events)
		keeps(t, events[0], raw)

		l := line{e: &event.Event{}, h: &Hint{Received: benchReceived}, body: strings.ToValidUTF8(string(raw), "?")}
		clean, attrs := *l.e, len(l.attrs)
		if !read(&l, l.body) {
			if diff := cmp.Diff(clean, *l.e); diff != "" || attrs != len(l.attrs) {
				t.Fatalf("a line that is not its own was changed (%d attributes):\n%s", len(l.attrs), diff)
			}
		}
	})
}

func FuzzCLF(f *testing.F) {
	fuzzLine(f, parseCLF, benchAccess,
		`www.example.com:80 203.0.113.7 - - [27/Nov/2026:12:25:04 +0000] "GET / HTTP/1.1" 200 6 "-" "-" "-" 0.000 - rt=0.1 u="x y"`,
		`2001:db8::7 - a b [27/Nov/2026:12:25:04 +0000] "\x16\x03" 400 0 "x\"" "\\"`, `h - - [2026-11-22T10:00:00Z] "" - -`,
		`2026-11-22T10:00:00Z 203.0.113.7 x "" [27/Nov/2026:12:25:04] "a://b?c HTTP/1" 404 1 "`)
}

// TestUserCannotForgeRequest puts every hostile text that the servers let through into the
// places that a client fills; what it did not fill must stay as it was.
func TestUserCannotForgeRequest(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`x [01/Jan/2020:00:00:00 +0000]`, `192.0.2.66 - root`, `x\" 200 5 \"-\" \"y`, `x\x22 200 5 \x22-`, `x\\`, `x] \"GET /forged HTTP/1.1\" 200`,
		`] [`, `- - -`, `\"`, `\\\"`, `[01/Jan/2020:00:00:00 +0000] \"POST /f HTTP/1.1\" 500 1`,
	} {
		raw := `203.0.113.7 - ` + text + ` [22/Nov/2026:10:00:00 +0000] "GET /` + text + ` HTTP/1.1" 401 7 "` + text + `" "` + text + `"`
		events, err := normalizeSyslog([]byte(raw), &Hint{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		e := events[0]
		status, _ := e.Attr(attrStatus)
		method, _ := e.Attr(attrMethod)
		size, _ := e.Attr(attrBytes)
		if e.IP != "203.0.113.7" || status.Text != "401" || method.Text != "GET" || size.Text != "7" ||
			e.Time != time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC).UnixNano() || e.Category != categoryError {
			t.Errorf("%s\nbecame %s", raw, native(e))
		}
		want := unescaped(text)
		if referrer, _ := e.Attr(attrReferrer); e.User != want || referrer.Text != want || e.UserAgent != want {
			t.Errorf("user %q, referrer %q, agent %q, want %q", e.User, referrer.Text, e.UserAgent, want)
		}
	}
}

func native(e *event.Event) string { return string(e.AppendJSON(nil)) }

func TestUnescaped(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`plain`: `plain`, `a\"b`: `a"b`, `a\\b`: `a\b`, `\x22\x5C`: `"\`, `caf\xc3\xa9`: `café`, `a\tb`: "a\tb",
		`\x16\x03`: `\x16\x03`, `\xff`: `\xff`, `\x1`: `\x1`, `\xzz`: `\xzz`, `\q`: `\q`, `end\`: `end\`, `\x7f`: `\x7f`,
	} {
		if got := unescaped(in); got != want {
			t.Errorf("unescaped(%s) = %q, want %q", in, got, want)
		}
	}
}
