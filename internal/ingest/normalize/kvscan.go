// SPDX-License-Identifier: Apache-2.0

package normalize

import "strings"

// nextPair reads the next pair or bare word of a line; a word has no key. The value
// between quotes may hold blanks and the escapes \" \\ \n \r \t. Where the closing quote
// is missing, or no blank follows it, the quote is a character like any other.
func nextPair(s string) (key, value, rest string) {
	s = strings.TrimLeft(s, " \t,")
	end := 0
	for end < len(s) && s[end] != ' ' && s[end] != '\t' && s[end] != '=' {
		end++
	}
	if end == len(s) || s[end] != '=' || !isKey(s[:end]) {
		value, rest = cutWord(s)
		return "", value, rest
	}
	key, s = s[:end], s[end+1:]
	if strings.HasPrefix(s, `"`) {
		if value, rest, ok := quotedValue(s); ok {
			return key, value, rest
		}
	}
	value, rest = cutWord(s)
	return key, strings.TrimSuffix(value, ","), rest
}

// cutWord cuts at the first blank.
func cutWord(s string) (word, rest string) {
	for i := range len(s) {
		if s[i] == ' ' || s[i] == '\t' {
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}

// quotedValue reads a text between quotes, behind which a blank or a comma follows.
func quotedValue(s string) (value, rest string, ok bool) {
	escaped := false
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
			escaped = true
		case '"':
			if rest = s[i+1:]; rest != "" && rest[0] != ' ' && rest[0] != '\t' && rest[0] != ',' {
				return "", s, false
			}
			if value = s[1:i]; escaped {
				value = unescapeQuoted(value)
			}
			return value, rest, true
		}
	}
	return "", s, false
}

// unescapeQuoted reads the escapes between quotes; before anything else the backslash
// stays.
func unescapeQuoted(s string) string {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '\\' && i+1 < len(s) {
			switch n := s[i+1]; n {
			case '"', '\\':
				c = n
				i++
			case 'n':
				c = '\n'
				i++
			case 'r':
				c = '\r'
				i++
			case 't':
				c = '\t'
				i++
			}
		}
		out = append(out, c)
	}
	return string(out)
}
