// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strconv"
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// normalizeSyslog reads one line: RFC 5424, RFC 3164, or either without the
// priority, as files have it. The headers are read here rather than by
// leodido/go-syslog, which makes maps for each message, gives up at the first
// byte that is not to the letter, and reads no line without a priority; the tests
// compare the two. A line that is not understood is the message of an event of
// source system. What has no header of syslog, but looks like another kind of line
// (bodyLike), is read as that.
func normalizeSyslog(raw []byte, h *Hint, out []*event.Event) ([]*event.Event, error) {
	return readLine(raw, h, out, func(l *line) {
		l.message(l.body)
		if read := bodyLike(l.body); read != nil && read(l, l.body) {
			return
		}
		l.header()
		l.message(l.body)
		l.e.Service = l.program
		l.parseBody()
	})
}

// parseBody reads the body by the program that wrote it. rsyslog's "message
// repeated N times: [ … ]" is the inner text, N times.
func (l *line) parseBody() {
	body := strings.TrimPrefix(l.body, " ")
	if rest, ok := strings.CutPrefix(body, "message repeated "); ok {
		n, inner, ok := strings.Cut(rest, " times: [")
		if ok && isDigits(n) && len(n) < 10 && strings.HasSuffix(inner, "]") {
			l.number("repeat", n)
			body = strings.TrimPrefix(strings.TrimSuffix(inner, "]"), " ")
		}
	}
	if parsePAM(l, body) {
		return
	}
	if read := bodyOf(l.program); read != nil && read(l, body) {
		return
	}
	if read := bodyLike(body); read != nil {
		read(l, body)
	}
}

// priority reads <N> at the start of the line and sets severity, level and
// facility (RFC 5424, 6.2.1).
func (l *line) priority() {
	end := strings.IndexByte(l.body, '>')
	if end < 2 || end > 4 || l.body[0] != '<' {
		return
	}
	n, err := strconv.ParseUint(l.body[1:end], 10, 8)
	if err != nil || n > 191 {
		return
	}
	l.body = l.body[end+1:]
	l.stated = true
	level := syslogLevel(byte(n & 7))
	l.e.Severity, _ = event.SeverityOfLevel(level)
	l.text("level", level)
	l.text("facility", syslogFacility(byte(n>>3)))
}

// syslogLevel is the word of a severity of RFC 5424, table 2, as syslog(3) has it.
func syslogLevel(n byte) string {
	return [8]string{"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"}[n&7]
}

// syslogFacility is the word of a facility of RFC 5424, table 1, as syslog(3) and
// rsyslog have it.
func syslogFacility(n byte) string {
	names := [24]string{
		"kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp",
		"ntp", "audit", "console", "cron2", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
	}
	if int(n) < len(names) {
		return names[n]
	}
	return ""
}
