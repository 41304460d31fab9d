// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// parseCLF reads a line of an access log in the common or combined log format of
// Apache's mod_log_config and nginx's ngx_http_log_module:
//
//	[VHOST[:PORT] ]CLIENT IDENT USER [TIME] "REQUEST" STATUS BYTES[ "REFERER" "AGENT"][ …]
//
// The user name, the request and the headers are the client's own texts, but in none of
// them can a quote stand alone: the servers escape it. So the first quote with a bracket
// before it opens the request, and the time stands right before that, whatever the name
// holds.
func parseCLF(l *line, body string) bool {
	head, rest, ok := strings.Cut(body, `] "`)
	if !ok {
		return false
	}
	at := strings.LastIndex(head, " [")
	if at < 0 {
		return false
	}
	ns, behind, ok := clfTime(head[at+2:], l.h.Zone)
	if !ok {
		ns, behind, ok = timestamp(head[at+2:], l.h.Zone)
	}
	if !ok || behind != "" {
		return false
	}
	request, rest, ok := quoted(rest)
	if !ok || !strings.HasPrefix(rest, " ") {
		return false
	}
	status, rest, ok := strings.Cut(rest[1:], " ")
	if !ok || !isStatus(status) {
		return false
	}
	size, rest, _ := strings.Cut(rest, " ")
	if size != "-" && !isDigits(size) || !l.clfWho(head[:at]) {
		return false
	}
	l.e.Time = ns
	if size != "-" {
		l.number(attrBytes, size)
	}
	l.answered(status)
	l.request(unescaped(request))
	l.clfHeaders(rest)
	return true
}

// isStatus tells whether s can be the status of an answer.
func isStatus(s string) bool {
	return s == "-" || len(s) == 3 && isDigit(s[0]) && isDigit(s[1]) && isDigit(s[2])
}

// clfWho reads `[VHOST ]CLIENT IDENT USER`. An identity that is no dash is taken for one
// only behind an address, so that no header of syslog is read as a client. On false it
// has changed nothing.
func (l *line) clfWho(s string) bool {
	forwarded, s := clfForwarded(s)
	client, rest, ok := strings.Cut(s, " ")
	if _, behind, stamp := timestamp(client, nil); stamp && behind == "" {
		client, rest, ok = strings.Cut(rest, " ") // of what collected the line
	}
	ident, user, more := strings.Cut(rest, " ")
	if !ok || !more || !isHost(client) || client[0] == '<' {
		return false
	}
	vhost := ""
	if ident != "-" {
		next, after, _ := strings.Cut(user, " ")
		_, _, first := parseAddress(client)
		_, _, second := parseAddress(ident)
		switch {
		case second && after != "", !first && next == "-" && after != "" && isHost(ident):
			vhost, client, ident, user = client, ident, next, after
		case !first:
			return false
		}
	}
	if vhost != "" {
		l.server(vhost)
	}
	if forwarded != "" {
		l.text("forwarded_for", forwarded+client)
	}
	if client != "-" {
		l.remote(client, "")
	}
	if ident != "-" {
		l.text("ident", ident)
	}
	if user != "-" && user != `""` && user != "" {
		l.e.SetCore(event.FieldUser, unescaped(user))
	}
	return true
}

// clfForwarded cuts the addresses before the last one of `ADDR, ADDR, …`, which sites put in
// the client's place that log X-Forwarded-For. Only the last is told by a proxy; what
// stands before it, the client may have sent.
func clfForwarded(s string) (before, rest string) {
	rest = s
	for {
		i := strings.IndexByte(rest, ' ')
		if i < 2 || rest[i-1] != ',' {
			return s[:len(s)-len(rest)], rest
		}
		rest = rest[i+1:]
	}
}

// server sets the server that was asked: `NAME[:PORT]`.
func (l *line) server(s string) {
	if i := strings.LastIndexByte(s, ':'); i > 0 && isDigits(s[i+1:]) && (strings.IndexByte(s, ':') == i || s[i-1] == ']') {
		l.number(attrPort, s[i+1:])
		s = s[:i]
	}
	l.text(attrServer, strings.TrimSuffix(strings.TrimPrefix(s, "["), "]"))
}

// clfHeaders reads what stands behind the size: referer and user agent in quotes, and
// whatever else a site has added to its format.
func (l *line) clfHeaders(s string) {
	if strings.HasPrefix(s, `"`) {
		referrer, rest, ok := quoted(s[1:])
		if agent, more, both := quoted(strings.TrimPrefix(rest, ` "`)); ok && both && strings.HasPrefix(rest, ` "`) {
			if referrer != "-" && referrer != "" {
				l.text(attrReferrer, unescaped(referrer))
			}
			if agent != "-" && agent != "" {
				l.e.SetCore(event.FieldUserAgent, unescaped(agent))
			}
			s = strings.TrimPrefix(more, " ")
		}
	}
	l.extras(s)
}

// extras reads what a site has added to its format.
func (l *line) extras(s string) {
	for range maxExtra {
		if s == "" {
			return
		}
		s = l.clfExtra(s)
	}
}

// maxExtra bounds the values behind the known ones that become attributes.
const maxExtra = 64

// clfExtra reads `VALUE`, `"VALUE"`, `KEY=VALUE` or `KEY="VALUE"` at the start of s and
// returns the rest.
func (l *line) clfExtra(s string) (rest string) {
	key := ""
	if i := strings.IndexAny(s, `=" `); i > 0 && s[i] == '=' && isName(s[:i]) {
		key, s = s[:i], s[i+1:]
	}
	value, rest, _ := strings.Cut(s, " ")
	if strings.HasPrefix(s, `"`) {
		value, rest, _ = quoted(s[1:])
		value, rest = unescaped(value), strings.TrimPrefix(rest, " ")
	}
	l.extra(key, value)
	return rest
}

// isName tells whether s can be the name of an attribute.
func isName(s string) bool {
	for i := range len(s) {
		if c := s[i] | 0x20; (c < 'a' || c > 'z') && !isDigit(s[i]) && s[i] != '_' && s[i] != '-' && s[i] != '.' {
			return false
		}
	}
	return s != "" && len(s) <= 64
}

// looksCLF tells whether a text can be a line of an access log: a dash for the identity,
// which hardly any server asks for, is its second word, or its third.
func looksCLF(text string) bool {
	if strings.HasPrefix(text, "<") { // a priority of syslog
		return false
	}
	for range 2 {
		i := strings.IndexByte(text, ' ')
		if i < 2 || i+3 > len(text) {
			return false
		}
		if text = text[i+1:]; text[0] == '-' && text[1] == ' ' {
			return true
		}
	}
	return false
}
