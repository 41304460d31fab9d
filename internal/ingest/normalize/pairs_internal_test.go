// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// fuzzLines fuzzes a format of lines with the records of its goldens: any record is one
// event that could be recorded, its bytes are not written to, and each word of it that
// is plain stands somewhere in the event.
func fuzzLines(f *testing.F, name string) {
	f.Helper()
	format, ok := Lookup(name)
	if !ok {
		f.Fatalf("no format %s", name)
	}
	files, err := filepath.Glob("testdata/" + name + "/*.txtar")
	if err != nil || len(files) == 0 {
		f.Fatalf("no goldens: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for line := range bytes.Lines(txtar.Parse(text).Files[0].Data) {
			f.Add(bytes.TrimSuffix(line, []byte("\n")))
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		before := bytes.Clone(raw)
		events, err := format.Normalize(raw, &Hint{Received: benchReceived, Host: "192.0.2.200"}, nil)
		if err != nil || len(events) != 1 {
			t.Fatalf("%d events, %v", len(events), err)
		}
		if !bytes.Equal(before, raw) {
			t.Fatal("the record was written to")
		}
		mustValidate(t, events)
		mustKeepWords(t, events[0], raw)
	})
}

// mustKeepWords fails unless the plain words behind the header are held.
func mustKeepWords(t *testing.T, e *event.Event, raw []byte) {
	t.Helper()
	if len(raw) > 4096 || bytes.ContainsAny(raw, "\\\"") {
		return
	}
	held := string(e.AppendJSON(nil))
	for word := range strings.FieldsFuncSeq(string(raw), func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune(`|=,;'()[]{}<>&^`, r)
	}) {
		if s, _ := slotOf(word); s != slotNone || word == "externalId" || word == "start" || word == "devTime" {
			continue // it became a field
		}
		if len(word) < 4 || strings.ContainsFunc(word, func(r rune) bool { return r|0x20 < 'a' || r|0x20 > 'z' }) {
			continue // of a time, an address, a header
		}
		if !strings.Contains(held, word) && !strings.Contains(string(raw), word+":") {
			t.Fatalf("lost %q of %q\n%s", word, raw, held)
		}
	}
}

func FuzzCEF(f *testing.F) { fuzzLines(f, "cef") }

func FuzzAuditd(f *testing.F)    { fuzzLines(f, "auditd") }
func FuzzNetfilter(f *testing.F) { fuzzLines(f, "netfilter") }
func FuzzCRI(f *testing.F)       { fuzzLines(f, "cri") }
func FuzzKV(f *testing.F)        { fuzzLines(f, "kv") }
func FuzzLEEF(f *testing.F)      { fuzzLines(f, "leef") }

// BenchmarkCEF reads a firewall's line behind a header.
func BenchmarkCEF(b *testing.B) {
	benchFormat(b, normalizeSyslog, []byte(`<134>Nov 22 10:00:00 fw-1 CEF:0|Palo Alto Networks|PAN-OS|11.1|THREAT|url|5|rt=Jul 03 2026 14:22:15 src=192.0.2.55 dst=198.51.100.99 spt=52881 dpt=443 suser=bea app=web-browsing act=block-url request=https://cdn.example.net/p.bin cat=malware cs1Label=Rule cs1=outbound`))
}

// BenchmarkNetfilter reads a packet that UFW stopped.
func BenchmarkNetfilter(b *testing.B) {
	benchFormat(b, normalizeSyslog, []byte(`Feb  6 16:27:08 web-1 kernel: [71910.873115] [UFW BLOCK] IN=eth0 OUT= MAC=a6:8d:e2:51:62:4c:f0:4b:3a:4f:80:30:08:00 SRC=203.0.113.26 DST=192.0.2.180 LEN=40 TOS=0x00 PREC=0x00 TTL=251 ID=62215 PROTO=TCP SPT=42772 DPT=3194 WINDOW=1024 RES=0x00 SYN URGP=0`))
}

func TestDeviceTimes(t *testing.T) {
	t.Parallel()
	h := &Hint{Received: benchReceived}
	for in, want := range map[string]string{
		"Nov 22 2026 10:00:00": "2026-11-22T10:00:00Z", "Nov 22 2026 10:00:00.123": "2026-11-22T10:00:00.123Z",
		"Nov 22 2026 10:00:00.123 UTC": "2026-11-22T10:00:00.123Z", "Nov 22 2026 10:00:00 GMT+02:00": "2026-11-22T08:00:00Z",
		"Nov  2 2026 10:00:00 -0530": "2026-11-02T15:30:00Z", "Nov 22 10:00:00": "2026-11-22T10:00:00Z", "Nov 22 2026 23:30:00 PST": "2026-11-23T07:30:00Z",
		"1795342800000": "2026-11-22T10:20:00Z", "Nov 21 10:00:00 CET": "2026-11-21T09:00:00Z", "Nov 22 2026 10:00:00 UTC+3": "2026-11-22T07:00:00Z",
		"Nov 31 2026 10:00:00": "", "Nov 22 2026 10:00:00 XYZ": "", "Nov 22 2026 10:00:00 GMT+99": "", "Nov": "", "Nov 22 2026 10:00": "", "22": "1970-01-01T00:00:22Z",
		"Jan  1 1970 00:00:00": "", "Nov 22 2026 10:00:00 +": "", "Dec 31 2261 23:59:59 -1500": "2262-01-01T14:59:59Z",
	} {
		got := ""
		if ns, ok := deviceTime(in, h); ok {
			got = event.FormatTime(ns)
		}
		if got != want {
			t.Errorf("deviceTime(%q) = %s, want %s", in, got, want)
		}
	}
}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Login failed": "login_failed", "Admin login successful": "login_success", "User logon": "", "Logoff": "logout", "Authentication failure": "login_failed",
		"Account locked out": "account_locked", "Password reset": "password_changed", "Password change failed": "", "User added to group": "",
		"Configuration changed": "config_changed", "A user account was created": "account_created", "Virus found": "", "": "",
		"Managed Product Logon/Logoff Events": "", "Account lockout policy changed": "", "Password reset requested": "password_reset_requested",
		strings.Repeat("x", 300) + "login failed": "",
	} {
		if v, _ := verdictOf(in, event.OutcomeAbsent); v.category != want {
			t.Errorf("verdictOf(%q) = %s, want %s", in, v.category, want)
		}
	}
	if v, ok := verdictOf("User logon", event.Failure); !ok || v.category != "login_failed" {
		t.Errorf("a failed logon is %v", v)
	}
}

// TestHostileLines: lines made to be expensive take time in proportion to their length, and
// can be recorded.
func TestHostileLines(t *testing.T) {
	t.Parallel()
	const n = 20000
	for name, raw := range map[string]string{
		"cef equals":       "CEF:0|a|b|c|d|e|3|a" + strings.Repeat(" =", n),
		"cef blanks":       "CEF:0|a|b|c|d|e|3|" + strings.Repeat("a ", n) + "=b",
		"cef escapes":      "CEF:0|a|b|c|d|e|3|a=" + strings.Repeat(`\\\=`, n),
		"cef bars":         "CEF:" + strings.Repeat("|", n),
		"cef one key":      "CEF:0|a|b|c|d|e|3|" + strings.Repeat("k=v ", n),
		"cef labels":       "CEF:0|a|b|c|d|e|3|" + strings.Repeat("cs1=v cs1Label=x ", n),
		"leef text":        "LEEF:2.0|a|b|c|d|^|" + strings.Repeat("x^", n),
		"leef one key":     "LEEF:1.0|a|b|c|d|" + strings.Repeat("k=v\t", n),
		"kv open quotes":   "a=1 b=2 c=3 " + strings.Repeat(`a="x `, n),
		"kv escapes":       `a=1 b=2 c=3 d="` + strings.Repeat(`\" `, n),
		"kv words":         "a=1 b=2 c=3 " + strings.Repeat("x ", n),
		"audit quotes":     "type=X msg=audit(1.2:3): " + strings.Repeat(`a="`, n),
		"audit inner":      "type=X msg=audit(1.2:3): " + strings.Repeat(`msg='a=b' `, n),
		"audit hex":        "type=PROCTITLE msg=audit(1.2:3): proctitle=" + strings.Repeat("FF", n),
		"audit commands":   "type=X msg=audit(1.2:3): " + strings.Repeat("cmd=4142 ", n),
		"audit op":         "type=X msg=audit(1.2:3): op=a" + strings.Repeat(" b", n),
		"netfilter":        "[1.0] IN=a OUT=b SRC=c DST=d" + strings.Repeat(" LEN=1 [", n),
		"netfilter prefix": "[1.0] " + strings.Repeat("IN=", n) + " OUT= SRC= DST=",
		"cri":              strings.Repeat("2026-11-22T10:00:00.123456789Z stdout F ", n/8),
		"cron":             "Nov 22 10:00:00 h cron: (a) CMD (" + strings.Repeat(") CMD (", n) + ")",
		"useradd":          "Nov 22 10:00:00 h useradd: new user: name=a" + strings.Repeat(", home=b", n),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			events, err := normalizeSyslog([]byte(raw), &Hint{Received: benchReceived}, nil)
			if err != nil || len(events) != 1 {
				t.Fatalf("%d events, %v", len(events), err)
			}
			e := events[0]
			e.CutLong()
			e.Received, e.Time = benchReceived, benchReceived
			if err := e.Validate(); err != nil || len(e.Attrs) > maxPairs+16 || len(e.Marks) > 2*maxTaken {
				t.Errorf("%d attributes, %d marks, %v", len(e.Attrs), len(e.Marks), err)
			}
		})
	}
}

// TestPairsBounded: a line of many pairs has few attributes, and nothing of it is lost.
func TestPairsBounded(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("CEF:0|a|b|c|d|e|3|")
	for range 20000 {
		b.WriteString("k=v k")
		b.WriteString(strings.Repeat("x", b.Len()%9))
		b.WriteString("=v ")
	}
	b.WriteString("last=one")
	events, err := normalizeSyslog([]byte(b.String()), &Hint{Received: benchReceived}, nil)
	if err != nil {
		t.Fatal(err)
	}
	e := events[0]
	e.CutLong()
	e.Received, e.Time = benchReceived, benchReceived
	if err := e.Validate(); err != nil || len(e.Attrs) > maxPairs+16 || len(e.Marks) > maxTaken+2 {
		t.Errorf("%d attributes, %d marks, %v", len(e.Attrs), len(e.Marks), err)
	}
}

func TestJavaTimes(t *testing.T) {
	t.Parallel()
	h := &Hint{Received: benchReceived}
	for _, c := range [][3]string{
		{"yyyy-MM-dd'T'HH:mm:ss.SSSZ", "2017-10-18T11:26:03.060+0200", "2017-10-18T09:26:03.06Z"},
		{"MMM dd yyyy HH:mm:ss", "Nov 22 2026 10:00:00", "2026-11-22T10:00:00Z"},
		{"MMM dd yyyy HH:mm:ss.SSS zzz", "Nov 22 2026 10:00:00.5 CET", "2026-11-22T09:00:00.5Z"},
		{"dd/MM/yy hh:mm:ss a", "22/11/26 12:00:01 AM", "2026-11-22T00:00:01Z"},
		{"EEE, d MMM yyyy h:mm a", "Sun, 22 Nov 2026 1:05 pm", "2026-11-22T13:05:00Z"},
		{"yyyyMMddHHmmss", "20261122100000", "2026-11-22T10:00:00Z"},
		{"yyyy-MM-dd", "2026-11-22x", ""},
		{"yyyy-MM-dd", "2026-13-22", ""},
		{"yyyy'", "2026", ""},
		{"Q", "1", ""},
		{"yyyy", "", ""},
		{"HH:mm", "25:00", ""},
		{"yyyy z", "2026 Mars", ""},
		{"''yyyy", "'2026", "2026-01-01T00:00:00Z"},
		{"yyyy-MM-dd", "2026-02-30", ""},
	} {
		got := ""
		if ns, ok := javaTime(c[1], c[0], h); ok {
			got = event.FormatTime(ns)
		}
		if got != c[2] {
			t.Errorf("javaTime(%q, %q) = %s, want %s", c[1], c[0], got, c[2])
		}
	}
}

func FuzzJavaTime(f *testing.F) {
	f.Add("Nov 22 2026 10:00:00", "MMM dd yyyy HH:mm:ss")
	f.Add("2017-10-18T11:26:03.060+0200", "yyyy-MM-dd'T'HH:mm:ss.SSSZ")
	f.Fuzz(func(t *testing.T, s, pattern string) {
		if ns, ok := javaTime(s, pattern, &Hint{Received: benchReceived}); ok && (ns <= 0 || ns >= event.MaxTime) {
			t.Fatalf("javaTime(%q, %q) = %d", s, pattern, ns)
		}
	})
}
