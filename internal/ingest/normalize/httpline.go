// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// The attributes that all logs of HTTP requests have in common (docs/fields.md), after
// the semantic conventions of OpenTelemetry and the Elastic Common Schema.
const (
	attrMethod    = "http.request.method"
	attrHost      = "http.request.header.host"
	attrReferrer  = "http.referrer"
	attrStatus    = "http.response.status_code"
	attrBytes     = "http.response.bytes"
	attrVersion   = "http.version"
	attrPath      = "url.path"
	attrQuery     = "url.query"
	attrDomain    = "url.domain"
	attrOriginal  = "url.original"
	attrServer    = "server.address"
	attrPort      = "server.port"
	attrExtra     = "extra"
	categoryError = "http_error"
)

// request sets what a request line says: `METHOD TARGET[ HTTP/VERSION]`. One that is
// not of that form is kept as url.original, and so is a target that is no path.
func (l *line) request(s string) {
	if s == "" || s == "-" {
		return
	}
	method, target, ok := strings.Cut(s, " ")
	if !ok || !isMethod(method) {
		l.text(attrOriginal, s)
		return
	}
	version := ""
	if i := strings.LastIndexByte(target, ' '); i >= 0 {
		// A target with blanks is a broken one, but it is still known where it ends.
		if version, ok = strings.CutPrefix(target[i+1:], "HTTP/"); !ok || len(version) > 8 {
			l.text(attrOriginal, s)
			return
		}
		target = target[:i]
	}
	if target == "" {
		l.text(attrOriginal, s)
		return
	}
	l.text(attrMethod, method)
	if version != "" {
		l.text(attrVersion, version)
	}
	l.target(target)
}

// target sets the target of a request (RFC 9112, 3.2) or a URL.
func (l *line) target(s string) {
	path := s
	if s[0] != '/' {
		l.text(attrOriginal, s)
		_, rest, ok := strings.Cut(s, "://")
		if !ok {
			return
		}
		end := strings.IndexAny(rest, "/?")
		if end < 0 {
			end = len(rest)
		}
		// User and password are no part of the domain; they stand in the original.
		if domain := rest[strings.LastIndexByte(rest[:end], '@')+1 : end]; domain != "" {
			l.text(attrDomain, domain)
		}
		path = rest[end:]
	}
	path, query, _ := strings.Cut(path, "?")
	if path != "" {
		l.text(attrPath, path)
	}
	if query != "" {
		l.text(attrQuery, query)
	}
}

// isMethod tells whether s can be a method: letters, with - and _ between them.
func isMethod(s string) bool {
	if s == "" || len(s) > 32 {
		return false
	}
	for i := range len(s) {
		if c := s[i] | 0x20; (c < 'a' || c > 'z') && s[i] != '-' && s[i] != '_' {
			return false
		}
	}
	return true
}

// answered sets category and outcome by the status of the answer, which is no number
// where there was none.
func (l *line) answered(status string) {
	category, outcome, severity := "http_request", event.OutcomeAbsent, event.Info
	if isDigits(status) {
		l.number(attrStatus, status)
		switch {
		case status == "429":
			category, outcome, severity = "rate_limit_blocked", event.Failure, event.Low
		case len(status) == 3 && status >= "400":
			category, outcome = categoryError, event.Failure
		case len(status) == 3:
			outcome = event.Success
		}
	}
	l.is(category, outcome, severity)
}

// extra keeps a value that stands behind what is known: by its name where it has one
// that is not taken, else in the list extra.
func (l *line) extra(key, value string) {
	v := event.Text(value)
	if isDecimal(value) {
		v = event.Number(value)
	}
	for i := range l.attrs {
		if l.attrs[i].Key == key && key != "" {
			value, key = key+"="+value, ""
			v = event.Text(value)
			break
		}
	}
	if key != "" {
		l.attr(key, v)
		return
	}
	for i := range l.attrs {
		if a := &l.attrs[i]; a.Key == attrExtra {
			a.Value.List = append(a.Value.List, v)
			return
		}
	}
	l.attr(attrExtra, event.List(v))
}

// isDecimal tells whether s is a number without an exponent.
func isDecimal(s string) bool {
	whole, fraction, point := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	if !isDigits(whole) {
		return false
	}
	for i := range len(fraction) {
		if !isDigit(fraction[i]) {
			return false
		}
	}
	return len(s) <= event.MaxNumberBytes && (fraction != "" || !point)
}

// clfTime reads `dd/Mon/yyyy:hh:mm:ss`, with a fraction and a blank with ±hhmm where
// there are any, at the start of s and returns the rest.
func clfTime(s string, zone *time.Location) (ns int64, rest string, ok bool) {
	if len(s) < 20 || s[2] != '/' || s[6] != '/' || s[11] != ':' {
		return 0, s, false
	}
	dom, month, hi, lo := two(s, 0), monthOf(s[3:]), two(s, 7), two(s, 9)
	year := hi*100 + lo
	if month == 0 || lo < 0 || year < 1970 || year > 2261 || dom < 1 || dom > daysIn(year, month) {
		return 0, s, false
	}
	if ns, rest, ok = clock(s[12:]); !ok {
		return 0, s, false
	}
	if len(rest) >= 6 && rest[0] == ' ' && (rest[1] == '+' || rest[1] == '-') {
		h, m := two(rest, 2), two(rest, 4)
		if h < 0 || h > 23 || m < 0 || m > 59 {
			return 0, s, false
		}
		offset := int64(h*3600+m*60) * second
		if rest[1] == '-' {
			offset = -offset
		}
		ns += daysBefore(year, month, dom)*day - offset
		return ns, rest[6:], ns > 0
	}
	return inZoneOr(year, month, dom, ns, zone), rest, true
}

// inZoneOr is the time of a date and a time of day on the clocks of a zone; nil is UTC.
func inZoneOr(year, month, dom int, clock int64, zone *time.Location) int64 {
	if zone == nil || zone == time.UTC {
		return max(1, daysBefore(year, month, dom)*day+clock)
	}
	return max(1, inZone(year, month, dom, clock, zone))
}

// quoted reads a text behind its opening quote up to the closing one, over what a
// backslash escapes, and returns what stands behind that.
func quoted(s string) (text, rest string, ok bool) {
	for from := 0; ; {
		i := strings.IndexByte(s[from:], '"')
		if i < 0 {
			return s, "", false
		}
		i += from
		slashes := i
		for slashes > from && s[slashes-1] == '\\' {
			slashes--
		}
		if (i-slashes)%2 == 0 {
			return s[:i], s[i+1:], true
		}
		from = i + 1
	}
}

// unescaped takes the escapes of Apache and nginx (\", \\, \xHH, \t) out of a text.
// Where that leaves no plain text, as with the bytes of a TLS greeting, the text stays
// as it is written.
func unescaped(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c != '\\' || i+1 == len(s) {
			out = append(out, c)
			continue
		}
		i++
		switch s[i] {
		case '"', '\\':
			out = append(out, s[i])
		case 't':
			out = append(out, '\t')
		case 'x':
			if i+2 >= len(s) {
				return s
			}
			hi, lo := hexDigit(s[i+1]), hexDigit(s[i+2])
			if c = hi<<4 | lo; hi > 15 || lo > 15 || c < ' ' && c != '\t' || c == 0x7f {
				return s
			}
			out = append(out, c)
			i += 2
		default:
			return s
		}
	}
	if !utf8.Valid(out) {
		return s
	}
	return alias(out)
}

// hexDigit is the value of a hexadecimal digit, over 15 when c is none.
func hexDigit(c byte) byte {
	switch {
	case isDigit(c):
		return c - '0'
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10
	default:
		return 16
	}
}
