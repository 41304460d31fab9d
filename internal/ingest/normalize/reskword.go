// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"unicode/utf16"
)

// techniqueName maps a technique as the client writes it to ours: the level before
// it falls away, camel case becomes snake case.
func techniqueName(s string) string {
	for _, level := range [...]string{"low_", "medium_", "high_", "critical_"} {
		if rest, ok := strings.CutPrefix(s, level); ok && rest != "" {
			s = rest
			break
		}
	}
	return snakeCase(s)
}

// piiType maps the client's names of personal data to ours.
func piiType(s string) string {
	switch name := snakeCase(s); name {
	case "credit_card", "creditcard", "card_number":
		return "card"
	case "ip_address":
		return "ip"
	case "phone_number":
		return "phone"
	case "email_address":
		return "email"
	case "social_security_number":
		return "ssn"
	default:
		return name
	}
}

// piiTypes names what is in a text beyond doubt. The client says only that there
// is something.
func piiTypes(text string) []string {
	at := strings.IndexByte(text, '@')
	for at >= 0 {
		rest := text[at+1:]
		end := strings.IndexFunc(rest, func(r rune) bool { return r != '-' && r != '.' && !isLetterOrDigit(r) })
		if end < 0 {
			end = len(rest)
		}
		domain := strings.Trim(rest[:end], ".-")
		if at > 0 && isLetterOrDigit(rune(text[at-1])) && strings.IndexByte(domain, '.') > 0 {
			return []string{"email"}
		}
		next := strings.IndexByte(rest, '@')
		if next < 0 {
			break
		}
		at += 1 + next
	}
	return nil
}

func isLetterOrDigit(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

// snakeCase writes camelCase, kebab-case and blanks as snake_case.
func snakeCase(s string) string {
	if len(s) > maxDetail {
		s = clip(s)
	}
	b := make([]byte, 0, len(s)+4)
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'A' && c <= 'Z':
			if i > 0 && b[len(b)-1] != '_' && (s[i-1] < 'A' || s[i-1] > 'Z') {
				b = append(b, '_')
			}
			b = append(b, c|0x20)
		case c == '-' || c == ' ':
			b = append(b, '_')
		default:
			b = append(b, c)
		}
	}
	return string(b)
}

// maxWords bounds the categories, techniques and types of one event.
const maxWords = 64

// appendNew appends a word that is not in the list yet.
func appendNew(list []string, s string) []string {
	if s == "" || len(list) >= maxWords || slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

func sha256Hex(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// utf16Length counts as JavaScript does, and so the client.
func utf16Length(s string) int {
	n := 0
	for _, r := range s {
		n += max(1, utf16.RuneLen(r))
	}
	return n
}
