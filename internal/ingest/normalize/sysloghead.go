// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strings"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// header reads what stands before the body and leaves the body in l.body. What
// does not look like a header is left to the body.
func (l *line) header() {
	l.priority()
	if rest, ok := strings.CutPrefix(l.body, "1 "); ok && l.stated {
		if l.header5424(rest) {
			return
		}
	}
	rest, ok := l.clockHead()
	if !ok {
		// A local line without time and host; without a priority only `program[pid]:`
		// tells it from prose with a colon.
		if i := strings.IndexAny(l.body, " [:"); l.stated || i > 0 && l.body[i] == '[' {
			l.tag(l.body)
		}
		return
	}
	l.body = rest
	if l.tag(rest) {
		return
	}
	if host, after, ok := strings.Cut(rest, " "); ok && isHost(host) {
		l.e.Host = host
		l.body = after
		l.tag(after)
	}
}

// clockHead reads the time at the start of the body and returns the rest: RFC
// 3164's `Mmm dd hh:mm:ss`, with a year before or behind the clock where there is
// one, or an ISO 8601 time.
func (l *line) clockHead() (rest string, ok bool) {
	s := strings.TrimPrefix(l.body, "*") // Cisco's mark of a clock that is not set
	if ns, rest, ok := timestamp(s, l.h.Zone); ok && strings.HasPrefix(rest, " ") {
		l.e.Time = ns
		return rest[1:], true
	}
	month := monthOf(s)
	if month == 0 || len(s) < 15 || s[3] != ' ' {
		return l.body, false
	}
	s = strings.TrimLeft(s[4:], " ")
	dom := 0
	for dom <= 31 && s != "" && isDigit(s[0]) {
		dom = dom*10 + int(s[0]-'0')
		s = s[1:]
	}
	if dom < 1 || dom > 31 || !strings.HasPrefix(s, " ") {
		return l.body, false
	}
	s = s[1:]
	year, s := yearHead(s)
	tod, rest, ok := clock(s)
	if !ok {
		return l.body, false
	}
	if year == 0 {
		year, rest = yearBehind(rest)
	}
	rest = strings.TrimPrefix(rest, ":")
	if rest != "" && rest[0] != ' ' {
		return l.body, false
	}
	if l.when(year, month, dom, tod); l.e.Time == 0 {
		stamp := strings.TrimSpace(l.body[:len(l.body)-len(rest)])
		l.text("time_text", stamp)
		l.e.Marks = append(l.e.Marks, event.Mark{Kind: event.MarkInvalid, Field: "time", Detail: stamp})
	}
	return strings.TrimPrefix(rest, " "), true
}

// when sets the time; one that cannot be completed is left to the receipt.
func (l *line) when(year, month, dom int, tod int64) {
	zone := l.h.Zone
	if year == 0 {
		l.e.Time, _ = yearless(month, dom, tod, l.h.Received, zone)
		return
	}
	if dom > daysIn(year, month) {
		return
	}
	if zone == nil {
		zone = time.UTC
	}
	l.e.Time = max(0, inZone(year, month, dom, tod, zone))
}

// yearHead reads `yyyy ` at the start of s.
func yearHead(s string) (year int, rest string) {
	if len(s) < 6 || s[4] != ' ' || !isDigits(s[:4]) {
		return 0, s
	}
	if year = two(s, 0)*100 + two(s, 2); year < 1970 || year > 2261 {
		return 0, s
	}
	return year, s[5:]
}

// yearBehind reads ` yyyy` between the clock and a blank or colon.
func yearBehind(s string) (year int, rest string) {
	if len(s) < 6 || s[0] != ' ' || !isDigits(s[1:5]) || (s[5] != ' ' && (s[5] != ':' || len(s) > 6 && s[6] != ' ')) {
		return 0, s
	}
	if year = two(s, 1)*100 + two(s, 3); year < 1970 || year > 2261 {
		return 0, s
	}
	return year, s[5:]
}

// tag reads `program[pid]:` or `program:` at the start of s and leaves the rest
// in the body. ok is false when s starts with no such thing.
func (l *line) tag(s string) (ok bool) {
	end := 0
	for end < len(s) && s[end] > ' ' && s[end] != ':' && s[end] != '[' {
		end++
	}
	if end == 0 || end > 128 || end == len(s) || s[end] <= ' ' {
		return false
	}
	program, rest := s[:end], s[end:]
	if rest[0] == '[' {
		pid, after, found := strings.Cut(rest[1:], "]")
		if !found || len(pid) > 64 || pid == "" || strings.ContainsAny(pid, " [") {
			return false
		}
		if after = strings.TrimPrefix(after, ":"); after != "" && after[0] != ' ' {
			return false
		}
		rest = after
		l.pid(pid)
	} else {
		rest = rest[1:]
		if rest != "" && rest[0] != ' ' {
			return false // a time, an address or a URL
		}
	}
	l.program = baseName(program)
	if l.program != program {
		l.text("path", program)
	}
	l.body = strings.TrimPrefix(rest, " ")
	return true
}

func (l *line) pid(pid string) {
	if isDigits(pid) {
		l.number("pid", pid)
	} else {
		l.text("pid", pid)
	}
}

// baseName cuts a path before a program's name.
func baseName(program string) string {
	if i := strings.LastIndexByte(program, '/'); i >= 0 && i+1 < len(program) && program[0] == '/' {
		return program[i+1:]
	}
	return program
}

// isHost tells whether s can be a host's name or address.
func isHost(s string) bool {
	if s == "" || len(s) > 255 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if c <= ' ' || c == '"' || c == '=' || c == '[' && i > 0 || c == '(' || c == '{' || c == '|' {
			return false
		}
	}
	return s[len(s)-1] != ':' && s[len(s)-1] != ','
}

// header5424 reads the header of RFC 5424 behind the version. Where it is broken,
// everything from there on is the body, so that nothing is lost.
func (l *line) header5424(s string) bool {
	stamp, rest, ok := strings.Cut(s, " ")
	if !ok {
		return false
	}
	if stamp != "-" {
		ns, behind, ok := timestamp(stamp, l.h.Zone)
		if !ok || behind != "" {
			return false
		}
		l.e.Time = ns
	}
	var field [4]string // host, program, process id, message id
	for i := range field {
		if field[i], rest, ok = strings.Cut(rest, " "); !ok && i < len(field)-1 || field[i] == "" {
			l.body = s
			return true
		}
		if field[i] == "-" {
			field[i] = ""
		}
	}
	l.e.Host = field[0]
	if l.program = baseName(field[1]); l.program != field[1] {
		l.text("path", field[1])
	}
	if field[2] != "" {
		l.pid(field[2])
	}
	if field[3] != "" {
		l.text("msgid", field[3])
	}
	rest = l.structured(rest)
	l.body = strings.TrimPrefix(rest, "\ufeff")
	return true
}

// structured reads the structured data (RFC 5424, 6.3) to attributes
// sd.<id>.<name> and returns what follows it. What is no structured data is left
// to the body.
func (l *line) structured(s string) string {
	if s == "-" {
		return ""
	}
	if rest, ok := strings.CutPrefix(s, "- "); ok {
		return rest
	}
	for strings.HasPrefix(s, "[") {
		rest, ok := l.element(s[1:])
		if !ok {
			return s
		}
		s = rest
	}
	return strings.TrimPrefix(s, " ")
}

// maxParams bounds the attributes of a line; what comes behind stays in the body.
const maxParams = 256

// element reads one element behind its bracket.
func (l *line) element(s string) (rest string, ok bool) {
	end := strings.IndexAny(s, " ]=\"")
	if end < 1 || end > 128 || s[end] == '=' || s[end] == '"' || len(l.attrs) >= maxParams {
		return s, false
	}
	id, s := s[:end], s[end:]
	before := len(l.attrs)
	for strings.HasPrefix(s, " ") {
		if len(l.attrs) >= maxParams {
			return s, false
		}
		eq := strings.IndexAny(s, "=]\"")
		if eq < 2 || eq > 128 || eq+1 >= len(s) || s[eq] != '=' || s[eq+1] != '"' {
			return s, false
		}
		name := s[1:eq]
		value, after, ok := paramValue(s[eq+2:])
		if !ok {
			return s, false
		}
		l.more("sd."+id+"."+name, event.Text(value))
		s = after
	}
	if !strings.HasPrefix(s, "]") {
		return s, false
	}
	if len(l.attrs) == before {
		l.attr("sd."+id, event.Null())
	}
	return s[1:], true
}

// paramValue reads a value behind its opening quote and returns what stands
// behind the closing one.
func paramValue(s string) (value, rest string, ok bool) {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			value = s[:i]
			if strings.IndexByte(value, '\\') >= 0 {
				value = unescapeParam(value)
			}
			return value, s[i+1:], true
		case ']':
			return "", s, false
		case '\\':
			i++
		}
	}
	return "", s, false
}

// unescapeParam takes the backslash from before a quote, a backslash or a
// bracket; before anything else it stays.
func unescapeParam(s string) string {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\' || s[i+1] == ']') {
			i++
		}
		out = append(out, s[i])
	}
	return string(out)
}
