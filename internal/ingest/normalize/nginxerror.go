// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// categoryHTTP is the category of a line that reports more about a request that the
// access log counts.
const categoryHTTP = "http_detail"

// parseNginx reads what nginx writes: its error log, and access logs in the usual form.
func parseNginx(l *line, body string) bool {
	return parseNginxError(l, body) || parseCLF(l, body)
}

// looksNginxError tells whether a text starts as a line of nginx's error log does.
func looksNginxError(text string) bool {
	return len(text) > 22 && text[4] == '/' && text[7] == '/' && text[10] == ' ' && text[19] == ' ' && text[20] == '['
}

// parseNginxError reads a line of nginx's error log (ngx_log.c, ngx_http_request.c):
//
//	yyyy/mm/dd hh:mm:ss [LEVEL] PID#TID: [*CONNECTION ]MESSAGE[, client: ADDR, server: NAME, request: "…", …]
//
// nginx escapes nothing here. In a message that holds a path or another text from outside,
// the fields behind it could be forged, by a second `, client: ` or by a length that cuts
// the true one off: such a line gets no address, and a mark.
func parseNginxError(l *line, body string) bool {
	ns, rest, ok := slashTime(l, body)
	if !ok {
		return false
	}
	level, rest, ok := strings.Cut(rest, "] ")
	if _, known := event.SeverityOfLevel(level); !ok || !known {
		return false
	}
	ids, message, ok := strings.Cut(rest, ": ")
	pid, tid, hash := strings.Cut(ids, "#")
	if !ok || !hash || !isDigits(pid) || !isDigits(tid) {
		return false
	}
	l.e.Time = ns
	l.level(level)
	l.number("pid", pid)
	l.number("tid", tid)
	if after, ok := strings.CutPrefix(message, "*"); ok {
		if id, text, ok := strings.Cut(after, " "); ok && isDigits(id) {
			l.number("connection", id)
			message = text
		}
	}
	l.message(message)
	if l.e.Service == "" {
		l.e.SetCore(event.FieldService, "nginx")
	}
	l.nginxVerdict(message)
	return true
}

// slashTime reads `yyyy/mm/dd hh:mm:ss [` at the start of a body.
func slashTime(l *line, s string) (ns int64, rest string, ok bool) {
	if !looksNginxError(s) {
		return 0, s, false
	}
	hi, lo, month, dom := two(s, 0), two(s, 2), two(s, 5), two(s, 8)
	year := hi*100 + lo
	tod, rest, ok := clock(s[11:])
	if !ok || lo < 0 || year < 1970 || year > 2261 || month < 1 || month > 12 || dom < 1 || dom > daysIn(year, month) {
		return 0, s, false
	}
	rest, ok = strings.CutPrefix(rest, " [")
	return inZoneOr(year, month, dom, tod, l.h.Zone), rest, ok
}

// level sets the severity by the sender's word, unless the header has one.
func (l *line) level(word string) {
	if severity, ok := event.SeverityOfLevel(word); ok && !l.stated {
		l.e.Severity = severity
		l.text("level", word)
	}
}

// nginxVerdict sets the category by the message, and the fields behind it.
func (l *line) nginxVerdict(message string) {
	text, fields, client := strings.Cut(message, ", client: ")
	category, outcome := categoryLine, event.OutcomeAbsent
	if client {
		category = categoryHTTP
		if l.e.Severity >= event.Medium {
			outcome = event.Failure
		}
	}
	user, named := nginxUser(text)
	switch {
	case named:
		l.e.SetCore(event.FieldUser, user)
		category, outcome = "login_failed", event.Failure
	case strings.HasPrefix(text, "access forbidden by rule"):
		category, outcome = "permission_denied", event.Failure
	case strings.HasPrefix(text, "limiting requests, excess"), strings.HasPrefix(text, "limiting connections by"):
		category, outcome = "rate_limit_blocked", event.Failure
	case client:
	case text == "start worker processes":
		category = "service_started"
	case strings.HasPrefix(text, "signal ") && strings.HasSuffix(text, ", reconfiguring"):
		category = "config_changed"
	case strings.HasPrefix(text, "signal ") && (strings.HasSuffix(text, ", exiting") || strings.HasSuffix(text, ", shutting down")):
		category = "service_stopped"
	}
	l.is(category, outcome, l.e.Severity)
	if !client {
		return
	}
	if !nginxFixed(text) && (strings.Contains(fields, ", client: ") || len(message) > maxNginx) {
		l.e.Marks = append(l.e.Marks, event.Mark{Kind: event.MarkInvalid, Field: "ip", Detail: "the message can hold a forged client"})
		return
	}
	l.nginxFields(fields, strings.HasSuffix(text, "reading client request line"))
}

// maxNginx is the length of a message near which nginx cuts lines off: they have at most
// 2048 bytes (NGX_MAX_ERROR_STR).
const maxNginx = 1900

// nginxUser reads the user of a log-in that ngx_http_auth_basic_module refused. A name
// has no colon, as that ends it in the request; all else it can hold.
func nginxUser(text string) (user string, ok bool) {
	if user, ok = strings.CutPrefix(text, `user "`); !ok {
		return "", false
	}
	if name, ok := strings.CutSuffix(user, `": password mismatch`); ok {
		return name, true
	}
	i := strings.LastIndex(user, `" was not found in "`)
	if i < 0 {
		return "", false
	}
	return user[:i], true
}

// nginxFixed tells whether a message before its fields cannot hold `, client: ` from
// outside.
func nginxFixed(text string) bool {
	for _, prefix := range [...]string{
		`user "`, "client ", "access forbidden by rule", "limiting ", "delaying ", "no user/password was provided", "SSL_do_handshake() failed",
	} {
		if strings.HasPrefix(text, prefix) {
			return true
		}
	}
	return false
}

// nginxFields reads `ADDR, server: NAME, request: "…", subrequest: "…", upstream: "…",
// host: "…", referrer: "…"`, of which those that are there come in this order. The client
// fills request, host and referrer; a request line that was not read whole is the last.
func (l *line) nginxFields(s string, broken bool) {
	client, s, _ := strings.Cut(s, ", ")
	l.remote(client, "")
	if name, ok := strings.CutPrefix(s, "server: "); ok {
		name, s, _ = strings.Cut(name, ", ")
		if name != "" {
			l.server(name)
		}
	}
	names := [...]string{`request: "`, `subrequest: "`, `upstream: "`, `host: "`, `referrer: "`}
	for i, name := range names {
		value, ok := strings.CutPrefix(s, name)
		if !ok {
			continue
		}
		if broken {
			value, s = strings.TrimSuffix(value, `"`), ""
		} else {
			value, s = nginxValue(value, names[i+1:])
		}
		switch i {
		case 0:
			l.request(value)
		case 1:
			l.text("subrequest", value)
		case 2:
			l.text("upstream", value)
		case 3:
			l.text(attrHost, value)
		default:
			l.text(attrReferrer, value)
		}
	}
}

// nginxValue cuts at the quote that the end, or one of the later fields, stands behind.
func nginxValue(s string, later []string) (value, rest string) {
	for i := range len(s) {
		if s[i] != '"' {
			continue
		}
		if i+1 == len(s) {
			return s[:i], ""
		}
		rest, ok := strings.CutPrefix(s[i+1:], ", ")
		if !ok {
			continue
		}
		if strings.HasPrefix(rest, "bytes from/to client:") { // of the module for streams
			return s[:i], ""
		}
		for _, name := range later {
			if strings.HasPrefix(rest, name) {
				return s[:i], rest
			}
		}
	}
	return s, ""
}
