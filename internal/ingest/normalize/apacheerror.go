// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// parseApache reads what Apache httpd writes: its error log, also in syslog, where it has
// no time, and access logs.
func parseApache(l *line, body string) bool {
	return parseApacheError(l, body) || parseCLF(l, body)
}

// looksApacheError tells whether a text starts as a line of Apache's error log does:
// `[Fri Nov 22 10:00:00`.
func looksApacheError(text string) bool {
	return len(text) > 26 && text[0] == '[' && text[4] == ' ' && text[8] == ' ' && text[11] == ' ' && text[14] == ':'
}

// parseApacheError reads a line of the error log of Apache httpd 2.4 or 2.2 (server/log.c):
//
//	[Fri Nov 22 10:00:00.123456 2026] [MODULE:LEVEL] [pid N:tid N] [client ADDR:PORT] [(N)TEXT: ]AHnnnnn: MESSAGE[, referer: URL]
//	[Fri Nov 22 10:00:00 2026] [LEVEL] [client ADDR] MESSAGE
//
// What a client fills comes behind the brackets, so that it cannot forge them.
func parseApacheError(l *line, body string) bool {
	ns, s := int64(0), body
	if looksApacheError(body) {
		var ok bool
		if ns, s, ok = l.apacheTime(body); !ok {
			return false
		}
	} else if l.program == "" {
		return false
	}
	word, s, ok := bracketed(s)
	module, level, both := strings.Cut(word, ":")
	if !both {
		module, level = "", word
	}
	if _, known := event.SeverityOfLevel(level); !ok || !known || strings.Contains(module, " ") {
		if strings.HasPrefix(level, "trace") && isDigits(level[5:]) {
			level = "trace"
		} else {
			return false
		}
	}
	if ns != 0 {
		l.e.Time = ns
	}
	l.level(level)
	if module != "" && module != "-" {
		l.text("module", module)
	}
	if word, rest, ok := bracketed(s); ok && l.apachePid(word) {
		s = rest
	}
	if word, rest, ok := bracketed(s); ok && l.apacheClient(word, module != "") {
		s = rest
	}
	l.message(s)
	apacheVerdict(l, s, module)
	return true
}

// apacheTime reads `[Www Mmm dd hh:mm:ss[.ffffff] yyyy] ` at the start of a body.
func (l *line) apacheTime(s string) (ns int64, rest string, ok bool) {
	month, dom := monthOf(s[5:]), two(s, 9)
	if s[9] == ' ' && isDigit(s[10]) {
		dom = int(s[10] - '0')
	}
	tod, rest, ok := clock(s[12:])
	if !ok || month == 0 || len(rest) < 7 || rest[0] != ' ' || rest[5] != ']' {
		return 0, s, false
	}
	hi, lo := two(rest, 1), two(rest, 3)
	year := hi*100 + lo
	if lo < 0 || year < 1970 || year > 2261 || dom < 1 || dom > daysIn(year, month) {
		return 0, s, false
	}
	return inZoneOr(year, month, dom, tod, l.h.Zone), strings.TrimPrefix(rest[6:], " "), true
}

// bracketed reads `[TEXT] ` at the start of s.
func bracketed(s string) (text, rest string, ok bool) {
	if !strings.HasPrefix(s, "[") {
		return "", s, false
	}
	text, rest, ok = strings.Cut(s[1:], "] ")
	if !ok {
		text, ok = strings.CutSuffix(s[1:], "]")
		return text, "", ok
	}
	return text, rest, true
}

// apachePid reads `pid N[:tid N]`.
func (l *line) apachePid(word string) bool {
	pid, tid, _ := strings.Cut(strings.TrimPrefix(word, "pid "), ":tid ")
	if !strings.HasPrefix(word, "pid ") || !isDigits(pid) {
		return false
	}
	l.number("pid", pid)
	if isDigits(tid) {
		l.number("tid", tid)
	}
	return true
}

// apacheClient reads `client ADDR[:PORT]`, or `remote ADDR:PORT` of a server behind this
// one. Before 2.4 there is no port; an IPv6 address stands without brackets before it.
func (l *line) apacheClient(word string, port bool) bool {
	kind, peer, ok := strings.Cut(word, " ")
	if !ok || kind != "client" && kind != "remote" || peer == "" || strings.ContainsAny(peer, " \"") {
		return false
	}
	if kind == "remote" {
		l.text("remote", peer)
		return true
	}
	if i := strings.LastIndexByte(peer, ':'); port && i > 0 && isDigits(peer[i+1:]) {
		l.remote(peer[:i], peer[i+1:])
	} else {
		l.remote(peer, "")
	}
	return true
}
