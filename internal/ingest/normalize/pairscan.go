// SPDX-License-Identifier: Apache-2.0

package normalize

import "strings"

// blankPairs reads pairs of which each ends where a blank and a key with its = follow: the
// extension of CEF. What stands before the first is kept under the name loose.
func (l *line) blankPairs(s, loose string) {
	key, from, blank, escaped, n := "", 0, -1, false, 0
	add := func(end int) {
		value := strings.TrimSpace(s[from:end])
		if escaped {
			value = unescapePairs(value)
		}
		switch {
		case key != "":
			l.pair(key, value)
		case value != "":
			l.text(loose, value)
		}
		escaped = false
	}
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			if i+1 < len(s) && isEscape(s[i+1]) {
				i++
				escaped = true
			}
		case ' ', '\t':
			blank = i
		case '=':
			if key != "" && blank < from || !isKey(s[blank+1:i]) {
				continue
			}
			if n++; n > maxPairs {
				continue // the rest belongs to the last value
			}
			next := s[blank+1 : i]
			add(max(blank, 0))
			key, from = next, i+1
		}
	}
	add(len(s))
}

func isEscape(c byte) bool { return c == '=' || c == '\\' || c == '|' || c == 'n' || c == 'r' }

// unescapePairs takes the backslash from before = | and \, and makes \n and \r line
// ends; before anything else it stays.
func unescapePairs(s string) string {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '\\' && i+1 < len(s) && isEscape(s[i+1]) {
			i++
			switch c = s[i]; c {
			case 'n':
				c = '\n'
			case 'r':
				c = '\r'
			}
		}
		out = append(out, c)
	}
	return string(out)
}
