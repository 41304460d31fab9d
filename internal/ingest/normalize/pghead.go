// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strings"
	"time"
)

// pgHead is what stands before the names of a line's prefix.
type pgHead struct {
	ns         int64
	zone       string // the zone's short name, where nothing tells what it means
	pid, line  string
	host, port string
	rest       string
}

// pgHeadOf reads the time, the process and the number of the line. Behind a header of
// syslog each of them may be missing.
func pgHeadOf(l *line, s string) (h pgHead, ok bool) {
	if n, after, ok := bracketed(s); ok && isPgLine(n) { // of PostgreSQL's own chunks
		s = after
	}
	ns, zone, rest, timed := pgTime(s, l.h.Zone)
	if !timed && l.program == "" {
		return h, false
	}
	if timed {
		h.ns, h.zone, s = ns, zone, rest
	}
	if after, rds := strings.CutPrefix(s, ":"); rds && timed {
		peer, after, ok := strings.Cut(after, ":")
		if !ok || strings.HasPrefix(peer, "[") && peer != "[local]" {
			return h, false
		}
		if host, port, is := strings.Cut(peer, "("); is {
			h.host, h.port = host, strings.TrimSuffix(port, ")")
		}
		h.rest = after
		return h, true
	}
	s = strings.TrimPrefix(s, " ")
	if after, ok := strings.CutPrefix(s, "["); ok {
		pid, after, ok := strings.Cut(after, "]")
		if !ok || !isDigits(pid) {
			return h, false
		}
		h.pid, s = pid, strings.TrimPrefix(after, ":")
	} else if l.program == "" {
		return h, false
	}
	s = strings.TrimPrefix(s, " ")
	if n, after, ok := bracketed(s); ok && isPgLine(n) {
		h.line, s = n, after
	}
	h.rest = s
	return h, true
}

// isPgLine tells whether s is `N-N`.
func isPgLine(s string) bool {
	a, b, ok := strings.Cut(s, "-")
	return ok && isDigits(a) && isDigits(b)
}

func (h pgHead) set(l *line) {
	if h.ns != 0 {
		l.e.Time = h.ns
	}
	if h.zone != "" {
		l.text("time_zone", h.zone)
	}
	if h.pid != "" {
		l.number("pid", h.pid)
	}
	if h.line != "" {
		l.text("session_line", h.line)
	}
	if h.host != "" && h.host != "[local]" {
		l.remote(h.host, h.port)
	}
}

// pgTime reads `yyyy-mm-dd hh:mm:ss[.mmm] ZONE`. The zone is a short name, which can mean
// several: the sender's own zone wins where it has that name, then what zoneOffset knows;
// else the sender's zone counts, and unknown is the name.
func pgTime(s string, zone *time.Location) (ns int64, unknown, rest string, ok bool) {
	ns, rest, ok = timestamp(s, nil)
	if !ok || !strings.HasPrefix(rest, " ") {
		return 0, "", s, false
	}
	end := 1
	for end < len(rest) && (rest[end] >= 'A' && rest[end] <= 'Z' || isDigit(rest[end]) || rest[end] == '+' || rest[end] == '-') {
		end++
	}
	name, rest := rest[1:end], rest[end:]
	if len(name) < 2 || len(name) > 6 {
		return 0, "", s, false
	}
	if name == "UTC" || name == "GMT" {
		return ns, "", rest, true
	}
	if zone != nil {
		if local, _, fits := timestamp(s, zone); fits {
			if at, _ := time.Unix(0, local).In(zone).Zone(); at == name {
				return local, "", rest, true
			}
		}
	}
	if offset, known := zoneOffset(name); known {
		return max(1, ns-offset), "", rest, true
	}
	if ns, _, ok = timestamp(s, zone); !ok {
		return 0, "", s, false
	}
	return ns, name, rest, true
}
