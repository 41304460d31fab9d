// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"unicode/utf8"
	"unsafe"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// ErrJSON is wrapped by every error about the JSON text itself.
var ErrJSON = errors.New("invalid JSON")

// scanner reads one JSON text (RFC 8259) strictly: UTF-8 only, no duplicate
// names, numbers of at most event.MaxNumberBytes, depth at most event.MaxDepth.
// Texts without escapes are parts of b. Half of a surrogate pair in an escape
// becomes U+FFFD and sets lone.
type scanner struct {
	b    []byte
	i    int
	lone bool
}

func (s *scanner) fail(what string) error {
	return fmt.Errorf("%w: %s at byte %d", ErrJSON, what, s.i)
}

// peek skips white space and returns the next byte, 0 at the end.
func (s *scanner) peek() byte {
	for s.i < len(s.b) {
		switch c := s.b[s.i]; c {
		case ' ', '\t', '\n', '\r':
			s.i++
		default:
			return c
		}
	}
	return 0
}

// kind names the value that starts with c, for errors.
func kindOf(c byte) string {
	switch {
	case c == '{':
		return "object"
	case c == '[':
		return "list"
	case c == '"':
		return "text"
	case c == 't' || c == 'f':
		return "bool"
	case c == 'n':
		return "null"
	case c == '-' || isDigit(c):
		return "number"
	default:
		return ""
	}
}

func isDigit(c byte) bool { return c-'0' <= 9 }

// literal reads the rest of true, false or null.
func (s *scanner) literal(word string) error {
	if len(s.b)-s.i < len(word) || string(s.b[s.i:s.i+len(word)]) != word {
		return s.fail("unknown word")
	}
	s.i += len(word)
	return nil
}

// number reads a number and returns its text.
func (s *scanner) number() (string, error) {
	b, i := s.b, s.i
	start := i
	digits := func() bool {
		from := i
		for i < len(b) && isDigit(b[i]) {
			i++
		}
		return i > from
	}
	if b[i] == '-' {
		i++
	}
	if i < len(b) && b[i] == '0' {
		i++
	} else if !digits() {
		return "", s.fail("bad number")
	}
	if i < len(b) && b[i] == '.' {
		if i++; !digits() {
			return "", s.fail("bad number")
		}
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		if i++; i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		if !digits() {
			return "", s.fail("bad number")
		}
	}
	if i-start > event.MaxNumberBytes {
		return "", s.fail(fmt.Sprintf("number of %d characters, at most %d are allowed,", i-start, event.MaxNumberBytes))
	}
	s.i = i
	return alias(b[start:i]), nil
}

// alias returns b as a string without a copy. The record's bytes are never
// written to again.
func alias(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) } //nolint:gosec // G103: as the doc says

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// special returns a word whose lowest set bit lies in the first byte of w that is
// a quote, a backslash, a control character or not ASCII; 0 when none is.
func special(w uint64) uint64 {
	quote := w ^ '"'*ones
	slash := w ^ '\\'*ones
	return ((quote-ones)&^quote | (slash-ones)&^slash | (w-' '*ones)&^w | w) & highs
}

// str reads a text; the next byte is its opening quote.
func (s *scanner) str() (string, error) {
	b, start := s.b, s.i+1
	i, ascii := start, true
	for {
		for i+8 <= len(b) {
			m := special(binary.LittleEndian.Uint64(b[i:]))
			if m != 0 {
				i += bits.TrailingZeros64(m) >> 3
				break
			}
			i += 8
		}
		for i < len(b) && b[i] >= ' ' && b[i] != '"' && b[i] != '\\' && b[i] < utf8.RuneSelf {
			i++
		}
		if i < len(b) && b[i] >= utf8.RuneSelf {
			ascii = false
			for i < len(b) && b[i] >= utf8.RuneSelf {
				i++
			}
			continue
		}
		break
	}
	if i >= len(b) {
		s.i = len(b)
		return "", s.fail("text without an end")
	}
	switch b[i] {
	case '"':
		if !ascii && !utf8.Valid(b[start:i]) {
			return "", s.fail("invalid UTF-8 in the text")
		}
		s.i = i + 1
		return alias(b[start:i]), nil
	case '\\':
		return s.escaped(start, i)
	default:
		s.i = i
		return "", s.fail("control character in a text")
	}
}

// escaped reads the rest of a text that starts at start and whose first
// backslash is at i.
func (s *scanner) escaped(start, i int) (string, error) {
	b := s.b
	out := make([]byte, i-start, i-start+64)
	copy(out, b[start:i])
	for i < len(b) {
		switch c := b[i]; {
		case c == '"':
			if !utf8.Valid(out) {
				return "", s.fail("invalid UTF-8 in the text")
			}
			s.i = i + 1
			return alias(out), nil
		case c < ' ':
			s.i = i
			return "", s.fail("control character in a text")
		case c != '\\':
			out = append(out, c)
			i++
		default:
			var n int
			if out, n = s.escape(out, b[i:]); n == 0 {
				s.i = i
				return "", s.fail("bad escape")
			}
			i += n
		}
	}
	s.i = len(b)
	return "", s.fail("text without an end")
}

// escape appends the character of the escape at the start of b and returns the
// escape's length, 0 when it is none.
func (s *scanner) escape(out, b []byte) ([]byte, int) {
	if len(b) < 2 {
		return out, 0
	}
	switch b[1] {
	case '"', '\\', '/':
		return append(out, b[1]), 2
	case 'b':
		return append(out, '\b'), 2
	case 'f':
		return append(out, '\f'), 2
	case 'n':
		return append(out, '\n'), 2
	case 'r':
		return append(out, '\r'), 2
	case 't':
		return append(out, '\t'), 2
	case 'u':
		r, ok := hex4(b)
		switch {
		case !ok:
			return out, 0
		case r < 0xd800 || r > 0xdfff:
			return utf8.AppendRune(out, r), 6
		case r < 0xdc00 && len(b) >= 12:
			if low, ok := hex4(b[6:]); ok && low >= 0xdc00 && low <= 0xdfff {
				return utf8.AppendRune(out, 0x10000+(r-0xd800)<<10+(low-0xdc00)), 12
			}
		}
		s.lone = true
		return append(out, "\ufffd"...), 6
	default:
		return out, 0
	}
}

// hex4 reads \uXXXX.
func hex4(b []byte) (r rune, ok bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	for _, c := range b[2:6] {
		switch {
		case isDigit(c):
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}
