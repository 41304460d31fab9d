// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/leodido/go-syslog/v4/rfc5424"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

func FuzzSyslog(f *testing.F) {
	for _, seed := range []string{
		benchLine, "", "<34>1 2026-11-22T10:00:00.003Z h su - ID47 - x", `<165>1 2026-11-22T10:00:00Z h p 1 m [a@1 b="c\"d"] t`,
		"<13>Feb 29 17:32:18 192.0.2.99 Use the BFG!", "Nov 22 10:00:00 h sudo:  a : TTY=x ; COMMAND=/bin/x",
		"Nov 22 10:00:00 h sshd[1]: message repeated 5 times: [ Failed password for a from 192.0.2.1 port 1 ssh2]",
		"Nov 22 10:00:00 h sshd(pam_unix)[1]: authentication failure; rhost=a  user=b", "\xff\xfe", "<13>Nov 22 2026 10:00:00: a\xff",
		"Nov 22 10:00:00 h sshd[1]: Connection closed by authenticating user a 192.0.2.1 port 1 [preauth]",
		"Nov 22 10:00:00 h useradd[1]: new user: name=a, UID=1, GID=1, home=/h, shell=/s", "Nov 22 10:00:00 h usermod[1]: add 'a' to group 'b'",
		"Nov 22 10:00:00 h gpasswd[1]: user a added by b to group c", "Nov 22 10:00:00 h CRON[1]: (a) CMD (b)", "Nov 22 10:00:00 h usermod[1]: change user 'a' UID from '1' to '0'",
		"Nov 22 10:00:00 h systemd-logind[1]: New session 5 of user ana.", "Nov 22 10:00:00 h systemd-logind[1]: Session 5 logged out. x", "Nov 22 10:00:00 h passwd[1]: password for 'a' changed by 'b'",
		"Nov 22 10:00:00 h su: FAILED SU (to root) a on b", "2026-11-22T10:00:00.5+01:00 h p[x]: y",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		before := bytes.Clone(raw)
		events, err := normalizeSyslog(raw, &Hint{Received: benchReceived, Host: "192.0.2.200"}, nil)
		if err != nil || len(events) != 1 {
			t.Fatalf("%d events, %v", len(events), err)
		}
		if !bytes.Equal(before, raw) {
			t.Fatal("the record was written to")
		}
		mustValidate(t, events)
		mustKeepLine(t, events[0], raw)
	})
}

// mustKeepLine fails unless the line can be found again: the message is its end,
// and each word before the message stands in a field, but for the time.
func mustKeepLine(t *testing.T, e *event.Event, raw []byte) {
	t.Helper()
	line := strings.TrimRight(string(raw), "\r\n")
	if !utf8.ValidString(line) {
		if e.Raw != line || !e.Marked(event.MarkInvalidUTF8) {
			t.Fatalf("bytes of an invalid line are not kept: %q", e.Raw)
		}
		line = strings.ToValidUTF8(line, "\ufffd")
	}
	head, ok := strings.CutSuffix(line, e.Message)
	if !ok && strings.ContainsAny(line, "={") {
		return // the message is a part of the body, which its own format's tests look after
	}
	if !ok {
		t.Fatalf("message %q is not the end of %q", e.Message, line)
	}
	held := string(e.AppendJSON(nil))
	if len(head) > 4096 || strings.ContainsAny(head, "\\\"[]<>&") {
		return
	}
	for word := range strings.FieldsSeq(head) {
		word = strings.TrimSuffix(strings.TrimSuffix(word, ":"), "(pam_unix)") // which has a field of its own
		if strings.ContainsFunc(word, func(r rune) bool { return r < ' ' || r > '~' }) || e.Time != 0 && strings.Contains(word, ":") {
			continue
		}
		if e.Time != 0 && (isDigits(word) || len(word) <= 3 || strings.Count(word, "-") == 2) {
			continue // of the time
		}
		if !strings.Contains(held, strings.Trim(word, "/-")) {
			t.Fatalf("lost %q of %q\n%s", word, line, held)
		}
	}
}

// TestHeadersAsLeodido compares the header of RFC 5424 with go-syslog's.
func TestHeadersAsLeodido(t *testing.T) {
	t.Parallel()
	machine := rfc5424.NewMachine()
	for _, text := range []string{
		"<34>1 2026-11-22T10:00:00.003Z mymachine.example.com su - ID47 - 'su root' failed",
		"<165>1 2026-11-22T10:00:00.000003-07:00 192.0.2.1 myproc 8710 - - text",
		`<165>1 2026-11-22T10:00:00Z h evntslog - ID47 [x@32473 iut="3" s="App\"l\\i\]c"][y@32473 class="high"] An entry`,
		"<0>1 - - - - - -", "<191>1 2026-01-31T23:59:59Z a b c d - \ufeffwith a mark of order",
	} {
		msg, err := machine.Parse([]byte(text))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		want, ok := msg.(*rfc5424.SyslogMessage)
		if !ok {
			t.Fatalf("%T", msg)
		}
		events, err := normalizeSyslog([]byte(text), &Hint{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		e := events[0]
		str := func(p *string) string {
			if p == nil {
				return ""
			}
			return *p
		}
		attr := func(key string) string { v, _ := e.Attr(key); return v.String() }
		var at int64
		if want.Timestamp != nil {
			at = want.Timestamp.UnixNano()
		}
		for _, c := range [][2]string{
			{event.FormatTime(e.Time), event.FormatTime(at)},
			{e.Host, str(want.Hostname)},
			{e.Service, str(want.Appname)},
			{attr("pid"), str(want.ProcID)},
			{attr("msgid"), str(want.MsgID)},
			{e.Message, strings.TrimPrefix(str(want.Message), "\ufeff")},
			{attr("level"), str(want.SeverityShortLevel())},
		} {
			if c[0] != c[1] {
				t.Errorf("%s: got %q, want %q", text, c[0], c[1])
			}
		}
		if want.StructuredData != nil {
			for id, params := range *want.StructuredData {
				for name, value := range params {
					if got := attr("sd." + id + "." + name); got != value {
						t.Errorf("%s: %s.%s = %q, want %q", text, id, name, got, value)
					}
				}
			}
		}
	}
}

// TestTimesAsStdlib compares the reader of times with package time.
func TestTimesAsStdlib(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Europe/Bucharest")
	if err != nil {
		t.Skipf("needs the zone Europe/Bucharest: %v", err)
	}
	at := time.Date(1970, 1, 2, 3, 4, 5, 6, time.UTC)
	for at.Year() < 2262 {
		for _, z := range []*time.Location{time.UTC, zone, time.FixedZone("", -(9*3600 + 1800))} {
			text := at.In(z).Format(time.RFC3339Nano)
			if got, ok := parseTime(text, nil); !ok || got != at.UnixNano() {
				t.Fatalf("parseTime(%s) = %d, %v, want %d", text, got, ok, at.UnixNano())
			}
		}
		bare := at.In(zone).Format("2006-01-02 15:04:05.999999999")
		want, err := time.ParseInLocation("2006-01-02 15:04:05.999999999", bare, zone)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := parseTime(bare, zone); !ok || got != want.UnixNano() {
			t.Fatalf("parseTime(%s) in %v = %s, %v, want %s", bare, zone, event.FormatTime(got), ok, want)
		}
		at = at.Add(5*24*time.Hour + 7*time.Hour + 13*time.Minute + 1234567*time.Microsecond)
	}
}

func FuzzTime(f *testing.F) {
	for _, s := range []string{"2026-11-22T10:00:00Z", "1795342800", "1e9", "2026-02-30T00:00:00Z", "2262-04-12T00:00:00Z", "-1", "1.", ".5", "+1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		ns, ok := parseTime(s, nil)
		if ok && ns <= 0 {
			t.Fatalf("parseTime(%q) = %d", s, ns)
		}
		want, err := time.Parse(time.RFC3339Nano, s)
		if err == nil && ok && want.UnixNano() != ns {
			t.Fatalf("parseTime(%q) = %s, want %s", s, event.FormatTime(ns), want)
		}
		if len(s) < 14 || s[13] != ':' {
			return // time.Parse takes an hour of one digit
		}
		if err == nil && !ok && want.Year() > 1970 && want.Year() < 2261 {
			t.Fatalf("parseTime refuses %q", s)
		}
	})
}
