// SPDX-License-Identifier: Apache-2.0

package normalize

import "strings"

// javaTime reads a time by a pattern of Java's SimpleDateFormat, which LEEF's
// devTimeFormat is: y M d H k h K m s S a z Z X, names of days (E, not checked), and text
// in quotes. A text that does not fit, and a pattern with other letters, is none.
func javaTime(s, pattern string, h *Hint) (ns int64, ok bool) {
	t := javaClock{year: 0, month: 1, day: 1}
	for pattern != "" {
		c := pattern[0]
		if c == '\'' {
			end := strings.IndexByte(pattern[1:], '\'')
			if end < 0 {
				return 0, false
			}
			literal := pattern[1 : 1+end]
			if literal == "" {
				literal = "'"
			}
			pattern = pattern[2+end:]
			if s, ok = strings.CutPrefix(s, literal); !ok {
				return 0, false
			}
			continue
		}
		n := 1
		for n < len(pattern) && pattern[n] == c {
			n++
		}
		if c|0x20 < 'a' || c|0x20 > 'z' {
			if !strings.HasPrefix(s, pattern[:n]) {
				return 0, false
			}
			s, pattern = s[n:], pattern[n:]
			continue
		}
		pattern = pattern[n:]
		next := pattern != "" && pattern[0]|0x20 >= 'a' && pattern[0]|0x20 <= 'z'
		if s, ok = t.field(c, n, next, s); !ok {
			return 0, false
		}
	}
	if s != "" {
		return 0, false
	}
	return t.time(h)
}

// javaClock is a time while it is read.
type javaClock struct {
	year, month, day  int
	hour, minute, sec int
	fraction          int64
	half              int // 1 before, 2 after noon
	zone              string
}

// field reads one field of n letters; more says that the next one follows without
// anything between, so that only n digits belong to this.
func (t *javaClock) field(c byte, n int, more bool, s string) (rest string, ok bool) {
	switch c {
	case 'E', 'a', 'z', 'Z', 'X':
		return t.word(c, s)
	case 'M':
		if n >= 3 {
			t.month = monthOf(s)
			i := 0
			for i < len(s) && s[i]|0x20 >= 'a' && s[i]|0x20 <= 'z' {
				i++
			}
			return s[i:], t.month > 0
		}
	}
	i, v := 0, 0
	for i < len(s) && isDigit(s[i]) && i < 9 && (!more || i < n) {
		v = v*10 + int(s[i]-'0')
		i++
	}
	if i == 0 {
		return s, false
	}
	switch c {
	case 'y', 'u':
		if t.year = v; i <= 2 && n <= 2 {
			t.year += 2000
		}
	case 'M':
		t.month = v
	case 'd':
		t.day = v
	case 'H', 'K', 'h':
		t.hour = v
	case 'k':
		t.hour = v % 24
	case 'm':
		t.minute = v
	case 's':
		t.sec = v
	case 'S':
		t.fraction = int64(v)
		for j := i; j < 9; j++ {
			t.fraction *= 10
		}
	default:
		return s, false
	}
	return s[i:], true
}

// word reads the fields that are words.
func (t *javaClock) word(c byte, s string) (rest string, ok bool) {
	i := 0
	for i < len(s) && s[i] != ' ' && (c != 'E' && c != 'a' || s[i]|0x20 >= 'a' && s[i]|0x20 <= 'z') {
		i++
	}
	word := s[:i]
	switch c {
	case 'a':
		switch strings.ToUpper(word) {
		case "AM":
			t.half = 1
		case "PM":
			t.half = 2
		}
		return s[i:], t.half > 0
	case 'z', 'Z', 'X':
		t.zone = word
	}
	return s[i:], i > 0
}

func (t *javaClock) time(h *Hint) (ns int64, ok bool) {
	switch {
	case t.half == 1 && t.hour == 12:
		t.hour = 0
	case t.half == 2 && t.hour < 12:
		t.hour += 12
	}
	if t.month < 1 || t.month > 12 || t.day < 1 || t.day > 31 || t.hour > 23 || t.minute > 59 || t.sec > 60 {
		return 0, false
	}
	tod := int64(t.hour*3600+t.minute*60+t.sec)*second + t.fraction
	return dated(t.year, t.month, t.day, tod, t.zone, h)
}
