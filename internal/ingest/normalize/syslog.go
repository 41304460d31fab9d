// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strconv"
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// line is a syslog line while it is read: its event, its header and its body.
type line struct {
	e     *event.Event
	h     *Hint
	attrs []event.Attr

	program string // as it stands in the header, without a path
	body    string
	// stated tells that the header has a level, so that no body gives one.
	stated bool
}

// text, number and attr add an attribute; a later one of the same key replaces it.
func (l *line) text(key, value string)   { l.attr(key, event.Text(value)) }
func (l *line) number(key, value string) { l.attr(key, event.Number(value)) }

func (l *line) attr(key string, v event.Value) {
	i := len(l.attrs)
	for i > 0 && l.attrs[i-1].Key >= key {
		i--
	}
	if i < len(l.attrs) && l.attrs[i].Key == key {
		l.attrs[i].Value = v
		return
	}
	l.attrs = append(l.attrs, event.Attr{})
	copy(l.attrs[i+1:], l.attrs[i:])
	l.attrs[i] = event.Attr{Key: key, Value: v}
}

// more adds an attribute that can come several times: it is then a list.
func (l *line) more(key string, v event.Value) {
	for i := range l.attrs {
		a := &l.attrs[i]
		if a.Key != key {
			continue
		}
		if a.Value.Kind != event.KindList {
			a.Value = event.List(a.Value)
		}
		a.Value.List = append(a.Value.List, v)
		return
	}
	l.attr(key, v)
}

// is sets what a body says the line is; the severity only where the header has
// no level.
func (l *line) is(category string, o event.Outcome, s event.Severity) {
	l.e.Category, l.e.Outcome = category, o
	if !l.stated {
		l.e.Severity = s
	}
}

// remote sets where a session comes from: an address, or a name as remote_host.
func (l *line) remote(text, port string) {
	if text == "" {
		return
	}
	if ip, behind, ok := parseAddress(text); ok {
		l.e.IP = ip
		if zone := zoneOf(text); zone != "" {
			l.text("ip_zone", zone)
		}
		if port == "" {
			port = behind
		}
	} else {
		l.text("remote_host", text)
	}
	if isDigits(port) {
		l.number("port", port)
	}
}

func isDigits(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != "" && len(s) < 20 && (s[0] != '0' || len(s) == 1)
}

// normalizeSyslog reads one line: RFC 5424, RFC 3164, or either without the
// priority, as files have it. The headers are read here rather than by
// leodido/go-syslog, which makes maps for each message, gives up at the first
// byte that is not to the letter, and reads no line without a priority; the tests
// compare the two. A line that is not understood is the message of an event of
// source system.
func normalizeSyslog(raw []byte, h *Hint, out []*event.Event) ([]*event.Event, error) {
	mem := h.arena()
	e := mem.event()
	l := line{e: e, h: h, attrs: mem.lineAttrs[:0]}
	l.body = lineText(e, raw)
	l.header()
	e.SetCore(event.FieldMessage, l.body)
	if e.Host == "" {
		e.Host = validText(h.Host)
	}
	e.Service = l.program
	e.Category = categoryLine
	l.parseBody()
	if e.Source = h.Source; e.Source == "" {
		e.Source = sourceOf(e.Category)
	}
	if e.Source == "" {
		e.Source = "system"
	}
	e.Attrs = mem.keep(l.attrs)
	mem.lineAttrs = l.attrs
	return append(out, e), nil
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
	if parse := bodyOf(l.program); parse != nil {
		parse(l, body)
	}
}

// bodyOf returns the reader of a program's bodies: one file and one line each. It
// says whether it understood the body.
func bodyOf(program string) func(l *line, body string) bool {
	switch program {
	case "sshd", "sshd-session", "sshd-auth":
		return parseSSHD
	case "sudo":
		return parseSudo
	case "su", "su-l", "runuser":
		return parseSu
	default:
		return nil
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
