// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strings"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// deviceTime reads the times of security products: what parseTime reads, and
// `MMM dd [yyyy] HH:mm:ss[.SSS][ zone]` (the date formats of CEF, revision 25).
func deviceTime(s string, h *Hint) (ns int64, ok bool) {
	if ns, ok = parseTime(s, h.Zone); ok {
		return ns, true
	}
	month := monthOf(s)
	if month == 0 || len(s) < 15 || s[3] != ' ' {
		return 0, false
	}
	s = strings.TrimLeft(s[4:], " ")
	dom := 0
	for dom <= 31 && s != "" && isDigit(s[0]) {
		dom = dom*10 + int(s[0]-'0')
		s = s[1:]
	}
	if dom < 1 || dom > 31 || !strings.HasPrefix(s, " ") {
		return 0, false
	}
	year, s := yearHead(s[1:])
	tod, rest, ok := clock(s)
	if !ok {
		return 0, false
	}
	return dated(year, month, dom, tod, strings.TrimSpace(rest), h)
}

// dated joins a date, a time of day and a zone, "" for the hint's. A date without a
// year (0) is the most recent.
func dated(year, month, dom int, tod int64, zone string, h *Hint) (ns int64, ok bool) {
	at := h.Zone
	if zone != "" {
		offset, ok := zoneOffset(zone)
		if !ok {
			return 0, false
		}
		at = nil
		tod -= offset
	}
	switch {
	case year == 0:
		if ns, ok = yearless(month, dom, tod, h.Received, at); !ok {
			return 0, false
		}
	case year < 1970 || year > 2261 || dom < 1 || dom > daysIn(year, month):
		return 0, false
	case at == nil:
		ns = daysBefore(year, month, dom)*day + tod
	default:
		ns = time.Date(year, time.Month(month), dom, 0, 0, int(tod/second), int(tod%second), at).UnixNano()
	}
	return ns, ns > 0 && ns < event.MaxTime
}

// zoneOffset reads a zone: an offset (+hh, +hhmm, +hh:mm, also behind GMT or UTC) or
// one of the names that mean one offset only (RFC 822 and Europe's).
func zoneOffset(s string) (ns int64, ok bool) {
	name := s
	if i := strings.IndexAny(s, "+-"); i >= 0 {
		name = s[:i]
		if ns, ok = hoursMinutes(s[i:]); !ok {
			return 0, false
		}
		return ns, name == "" || name == "GMT" || name == "UTC"
	}
	hours := int64(0)
	switch name {
	case "Z", "UTC", "GMT", "UT", "WET":
	case "CET", "WEST":
		hours = 1
	case "CEST", "EET":
		hours = 2
	case "EEST", "MSK":
		hours = 3
	case "EDT":
		hours = -4
	case "EST", "CDT":
		hours = -5
	case "CST", "MDT":
		hours = -6
	case "MST", "PDT":
		hours = -7
	case "PST":
		hours = -8
	default:
		return 0, false
	}
	return hours * 3600 * second, true
}

// hoursMinutes reads an offset with its sign.
func hoursMinutes(s string) (ns int64, ok bool) {
	digits := s[1:]
	h, m := 0, 0
	switch {
	case len(digits) == 2:
		h = two(digits, 0)
	case len(digits) == 4:
		h, m = two(digits, 0), two(digits, 2)
	case len(digits) == 5 && digits[2] == ':':
		h, m = two(digits, 0), two(digits, 3)
	case len(digits) == 1 && isDigit(digits[0]):
		h = int(digits[0] - '0')
	default:
		return 0, false
	}
	if h < 0 || h > 15 || m < 0 || m > 59 {
		return 0, false
	}
	ns = int64(h*3600+m*60) * second
	if s[0] == '-' {
		ns = -ns
	}
	return ns, true
}
