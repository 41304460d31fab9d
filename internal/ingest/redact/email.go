// SPDX-License-Identifier: Apache-2.0

package redact

// The longest user and domain of an address (RFC 5321, 4.5.3.1).
const (
	maxLocal  = 64
	maxDomain = 255
)

// emailAt matches the address around the @ at i: a dot-atom of RFC 5322, 3.2.3, and
// a host name with a dot, which ends in letters. from is where the text begins that
// is not masked yet.
func emailAt(s string, i, from int) span {
	start := i
	for start > from && i-start <= maxLocal {
		c := s[start-1]
		switch {
		case isWord(c), c == '.', c == '-', c == '+', c == '%':
			start--
			continue
		case c >= 0x80 && c < 0xc0 && start-1 > from && s[start-2] >= 0xc3 && s[start-2] < 0xe0: // a letter of two bytes
			start -= 2
			continue
		}
		break
	}
	for start < i && (s[start] == '.' || s[start] == '-' || s[start] == '+' || s[start] == '%') {
		start++
	}
	if start == i || i-start > maxLocal || s[i-1] == '.' {
		return span{}
	}
	end, dot := i+1, 0
	for end < len(s) && end-i <= maxDomain {
		c := s[end]
		if c == '.' {
			if s[end-1] == '.' || s[end-1] == '-' || s[end-1] == '@' || end+1 == len(s) || !isDomain(s[end+1]) {
				break
			}
			dot = end
		} else if !isDomain(c) && (c != '-' || s[end-1] == '.' || s[end-1] == '@') {
			break
		}
		end++
	}
	for end > dot && s[end-1] == '-' {
		end--
	}
	if dot == 0 || end-i > maxDomain || !isTop(s[dot+1:end]) || end < len(s) && (s[end] == '@' || s[end] == '_') {
		return span{}
	}
	return span{start, end, Email}
}

// isDomain tells whether c may stand in a label of a host name, other than a dash.
func isDomain(c byte) bool { return isLetter(c) || isDigit(c) || c >= 0x80 }

// isTop tells whether a name is a top level domain, and not the ending of a file.
func isTop(s string) bool {
	if len(s) < 2 || wordLength(s) != len(s) {
		return len(s) > 5 && s[:4] == "xn--"
	}
	switch s {
	case "png", "jpg", "jpeg", "gif", "svg", "webp", "css", "js", "json", "html", "tgz", "gz", "jar", "lock", "service", "socket", "timer", "mount", "slice", "scope", "log", "conf", "yml", "yaml":
		return false
	default:
		return true
	}
}
