// SPDX-License-Identifier: Apache-2.0

package query

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// strftime writes a time in UTC by the letters of POSIX strftime that the language
// knows; unknown is the first that it does not, which is written as it is.
func strftime(ns int64, format string) (text, unknown string) {
	t := time.Unix(0, ns).UTC()
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			b.WriteByte(format[i])
			continue
		}
		i++
		part, ok := timePart(t, format[i])
		if !ok {
			part = format[i-1 : i+1]
			if unknown == "" {
				unknown = part
			}
		}
		b.WriteString(part)
		if b.Len() > maxTextBytes {
			break
		}
	}
	return b.String(), unknown
}

func timePart(t time.Time, letter byte) (string, bool) {
	if layout := timeLayout(letter); layout != "" {
		return t.Format(layout), true
	}
	switch letter {
	case 'j':
		return fmt.Sprintf("%03d", t.YearDay()), true
	case 's':
		return strconv.FormatInt(t.Unix(), 10), true
	case 'u':
		return strconv.Itoa((int(t.Weekday())+6)%7 + 1), true
	case 'w':
		return strconv.Itoa(int(t.Weekday())), true
	case 'V':
		_, week := t.ISOWeek()
		return fmt.Sprintf("%02d", week), true
	case 'G':
		year, _ := t.ISOWeek()
		return strconv.Itoa(year), true
	case 'L':
		return fmt.Sprintf("%03d", t.Nanosecond()/1e6), true
	case 'N':
		return fmt.Sprintf("%09d", t.Nanosecond()), true
	case '%':
		return "%", true
	default:
		return "", false
	}
}

func timeLayout(letter byte) string {
	switch letter {
	case 'Y':
		return "2006"
	case 'y':
		return "06"
	case 'm':
		return "01"
	case 'b':
		return "Jan"
	case 'B':
		return "January"
	case 'd':
		return "02"
	case 'e':
		return "_2"
	case 'a':
		return "Mon"
	case 'A':
		return "Monday"
	case 'H':
		return "15"
	case 'I':
		return "03"
	case 'M':
		return "04"
	case 'S':
		return "05"
	case 'p':
		return "PM"
	case 'F':
		return time.DateOnly
	case 'T':
		return time.TimeOnly
	case 'z':
		return "-0700"
	case 'Z':
		return "MST"
	default:
		return ""
	}
}
