// SPDX-License-Identifier: Apache-2.0

package query

import (
	"strconv"
	"strings"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// timeLiteral reads what a time can be compared with. known is false for an offset,
// whose time is not known before Hunt.At.
func timeLiteral(f Field, text string) (at int64, known bool, problem *SyntaxError) {
	if isOffset(text) {
		return 0, false, nil
	}
	at, ok := parseInstant(text)
	if !ok {
		return 0, false, problemf(CodeBadValue, "%s is a time; %.60q is none such as 2026-11-23T15:04:05Z, 2026-11-23, -24h or -1d@d", f, text)
	}
	return at, true, nil
}

// parseInstant reads a time as RFC 3339, or the begin of a day in UTC.
func parseInstant(text string) (ns int64, ok bool) {
	if ns, err := parseTime("", text); err == nil {
		return ns, true
	}
	if t, err := time.Parse(time.DateOnly, text); err == nil {
		ns, err := parseTime("", t.Format(time.RFC3339))
		return ns, err == nil
	}
	return 0, false
}

// cellInstant returns the time of a cell; a text that is written as one counts.
func cellInstant(c Cell) (ns int64, ok bool) {
	switch c.Kind {
	case CellTime:
		return c.Int, true
	case CellText:
		return parseInstant(c.Text)
	default:
		return 0, false
	}
}

// offset is a time that depends on when it is asked: now, a step from it, and the
// unit to whose begin in UTC it goes back.
type offset struct {
	steps int
	unit  string // "" for now
	snap  string // "" for none
}

// maxSteps keeps offsets within what time.AddDate can do.
const maxSteps = 1_000_000

func isOffset(text string) bool {
	_, ok := parseOffset(text)
	return ok
}

// parseOffset reads now, -24h, +1h, -7d@d or @d.
func parseOffset(text string) (o offset, ok bool) {
	text, snap, snaps := strings.Cut(Fold(text), "@")
	if snaps {
		if o.snap = timeUnit(snap); o.snap == "" || o.snap == "w" {
			return offset{}, false
		}
	}
	if text == "now" || text == "now()" || text == "" && snaps {
		return o, true
	}
	if text == "" || text[0] != '-' && text[0] != '+' {
		return offset{}, false
	}
	digits := strings.TrimRight(text[1:], "abcdefghijklmnopqrstuvwxyz")
	o.unit = timeUnit(text[1+len(digits):])
	if digits == "" {
		digits = "1"
	}
	n, err := strconv.Atoi(digits)
	if err != nil || n > maxSteps || o.unit == "" || !allDigits(digits) {
		return offset{}, false
	}
	if o.steps = n; text[0] == '-' {
		o.steps = -n
	}
	return o, true
}

// timeUnit returns the short name of a unit of time, "" for what is none.
func timeUnit(word string) string {
	switch word {
	case "s", "sec", "secs", "second", "seconds":
		return "s"
	case "m", "min", "mins", "minute", "minutes":
		return "m"
	case "h", "hr", "hrs", "hour", "hours":
		return "h"
	case "d", "day", "days":
		return "d"
	case "w", "week", "weeks":
		return "w"
	case "mon", "month", "months":
		return "mon"
	case "y", "yr", "year", "years":
		return "y"
	default:
		return ""
	}
}

// from returns the time of the offset, seen from now, within what an event can have.
func (o offset) from(now time.Time) time.Time {
	t := now.UTC()
	switch o.unit {
	case "s", "m", "h":
		seconds := map[string]int64{"s": 1, "m": 60, "h": 3600}[o.unit]
		t = t.Add(time.Duration(int64(o.steps)*seconds) * time.Second)
	case "d":
		t = t.AddDate(0, 0, o.steps)
	case "w":
		t = t.AddDate(0, 0, 7*o.steps)
	case "mon":
		t = t.AddDate(0, min(max(o.steps, -12_000), 12_000), 0)
	case "y":
		t = t.AddDate(min(max(o.steps, -1000), 1000), 0, 0)
	}
	switch o.snap {
	case "s":
		t = t.Truncate(time.Second)
	case "m":
		t = t.Truncate(time.Minute)
	case "h":
		t = t.Truncate(time.Hour)
	case "d":
		t = time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	case "mon":
		t = time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
	case "y":
		t = time.Date(t.Year(), 1, 1, 0, 0, 0, 0, time.UTC)
	}
	if t.Unix() < 0 {
		return time.Unix(0, event.MinTime).UTC()
	}
	if last := time.Unix(event.MaxTime/1e9-1, 0).UTC(); t.After(last) {
		return last
	}
	return t
}
