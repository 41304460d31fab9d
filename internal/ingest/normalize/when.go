// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strconv"
	"strings"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

const (
	second = int64(time.Second)
	day    = 24 * int64(time.Hour)
)

// parseTime reads RFC 3339 with its usual variants (a blank for the T, a comma
// for the dot, +hhmm, no zone at all, which means zone) or an epoch number as
// text. ok is false where it is no time between 1970 and 2262.
func parseTime(s string, zone *time.Location) (ns int64, ok bool) {
	ns, rest, ok := timestamp(s, zone)
	if ok {
		return ns, rest == ""
	}
	return parseEpoch(s)
}

// two reads two digits at i; -1 when they are none.
func two(s string, i int) int {
	a, b := s[i]-'0', s[i+1]-'0'
	if a > 9 || b > 9 {
		return -1
	}
	return int(a)*10 + int(b)
}

// clock reads hh:mm:ss at the start of s, with a fraction where there is one, and
// returns the rest. Second 60 is the next minute's first.
func clock(s string) (ns int64, rest string, ok bool) {
	if len(s) < 8 || s[2] != ':' || s[5] != ':' {
		return 0, s, false
	}
	h, m, sec := two(s, 0), two(s, 3), two(s, 6)
	if h < 0 || h > 23 || m < 0 || m > 59 || sec < 0 || sec > 60 {
		return 0, s, false
	}
	ns = int64(h*3600+m*60+sec) * second
	rest = s[8:]
	if len(rest) > 1 && (rest[0] == '.' || rest[0] == ',') && isDigit(rest[1]) {
		unit := second
		for rest = rest[1:]; rest != "" && isDigit(rest[0]); rest = rest[1:] {
			unit /= 10
			ns += int64(rest[0]-'0') * unit
		}
	}
	return ns, rest, true
}

// timestamp reads an RFC 3339 time at the start of s and returns the rest.
func timestamp(s string, zone *time.Location) (ns int64, rest string, ok bool) {
	if len(s) < 19 || s[4] != '-' || s[7] != '-' || (s[10] != 'T' && s[10] != ' ' && s[10] != 't') {
		return 0, s, false
	}
	hi, lo, month, dom := two(s, 0), two(s, 2), two(s, 5), two(s, 8)
	year := hi*100 + lo
	if hi < 0 || lo < 0 || year < 1969 || year > 2262 || month < 1 || month > 12 || dom < 1 || dom > daysIn(year, month) {
		return 0, s, false
	}
	ns, rest, ok = clock(s[11:])
	if !ok {
		return 0, s, false
	}
	offset := int64(0)
	switch {
	case rest != "" && (rest[0] == 'Z' || rest[0] == 'z'):
		rest = rest[1:]
	case len(rest) >= 5 && (rest[0] == '+' || rest[0] == '-'):
		minutes := rest[3:]
		if minutes[0] == ':' {
			minutes = minutes[1:]
		}
		if len(minutes) < 2 || two(rest, 1) < 0 || two(rest, 1) > 23 || two(minutes, 0) < 0 || two(minutes, 0) > 59 {
			return 0, s, false
		}
		offset = int64(two(rest, 1)*3600+two(minutes, 0)*60) * second
		if rest[0] == '-' {
			offset = -offset
		}
		rest = minutes[2:]
	case zone != nil && zone != time.UTC:
		if year == 1969 || year == 2262 {
			return 0, s, false
		}
		ns = inZone(year, month, dom, ns, zone)
		return ns, rest, ns > 0
	}
	days := daysBefore(year, month, dom)
	if days > (event.MaxTime-2*day)/day || days < -1 {
		return 0, s, false
	}
	ns += days*day - offset
	return ns, rest, ns > 0
}

// inZone is the time of a date and a time of day on the clocks of a zone.
func inZone(year, month, dom int, clock int64, zone *time.Location) int64 {
	return time.Date(year, time.Month(month), dom, 0, 0, int(clock/second), int(clock%second), zone).UnixNano()
}

// daysBefore counts the days from 1970-01-01 to a date of the Gregorian calendar
// (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil).
func daysBefore(year, month, dom int) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	era := year / 400
	yoe := year - era*400
	doy := (153*(month-3)+2)/5 + dom - 1
	doe := yoe*365 + yoe/4 - yoe/100 + doy
	return int64(era)*146097 + int64(doe) - 719468
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if leap(year) {
			return 29
		}
		return 28
	default:
		return 31
	}
}

func leap(year int) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

// parseEpoch reads a number of seconds, milli-, micro- or nanoseconds since 1970,
// told apart by its size; a fraction belongs to the unit.
func parseEpoch(s string) (ns int64, ok bool) {
	if strings.ContainsAny(s, "eE") {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil || f <= 0 || f > float64(event.MaxTime) {
			return 0, false
		}
		s = strconv.FormatFloat(f, 'f', -1, 64)
	}
	whole, fraction, _ := strings.Cut(s, ".")
	n, err := strconv.ParseUint(whole, 10, 63)
	if err != nil || whole[0] == '+' {
		return 0, false
	}
	unit := int64(1)
	switch {
	case n < 1e11:
		unit = second
	case n < 1e14:
		unit = int64(time.Millisecond)
	case n < 1e17:
		unit = int64(time.Microsecond)
	}
	ns = int64(n)
	if ns > event.MaxTime/unit-1 {
		return 0, false
	}
	ns *= unit
	for i := range len(fraction) {
		if !isDigit(fraction[i]) {
			return 0, false
		}
		unit /= 10
		ns += int64(fraction[i]-'0') * unit
	}
	return ns, ns > 0
}

// monthOf reads the English short name of a month at the start of s; 0 when none.
func monthOf(s string) int {
	if len(s) < 3 {
		return 0
	}
	i := strings.Index("JanFebMarAprMayJunJulAugSepOctNovDec", s[:3])
	if i < 0 || i%3 != 0 {
		return 0
	}
	return i/3 + 1
}

// yearless completes month, day and time of day with the year that makes it the
// most recent time that is at most one day ahead of received. ok is false without
// a time of receipt or such a day.
func yearless(month, dom int, clock, received int64, zone *time.Location) (ns int64, ok bool) {
	if received <= 0 {
		return 0, false
	}
	if zone == nil {
		zone = time.UTC
	}
	year := time.Unix(0, received).In(zone).Year() + 1
	for range 9 { // a 29 February can lie eight years back
		if dom >= 1 && dom <= daysIn(year, month) {
			if ns = inZone(year, month, dom, clock, zone); ns <= received+day {
				return ns, ns > 0
			}
		}
		year--
	}
	return 0, false
}
