// SPDX-License-Identifier: Apache-2.0

package query

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// foldRune is the package's case folding: the lower case of a rune, unless that
// would make an ASCII letter of one that is none (K, the sign of kelvin).
func foldRune(r rune) rune {
	if r < utf8.RuneSelf {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}
	if l := unicode.ToLower(r); l >= utf8.RuneSelf {
		return l
	}
	return r
}

// Fold returns s in the form in which texts are compared.
func Fold(s string) string {
	for i := range len(s) {
		if c := s[i]; c >= utf8.RuneSelf || 'A' <= c && c <= 'Z' {
			return strings.Map(foldRune, s)
		}
	}
	return s
}

// foldPrefix returns the number of bytes at the begin of s that fold to all of
// folded, -1 when there are none.
func foldPrefix[T string | []byte](s T, folded string) int {
	at := 0
	for i := 0; i < len(folded); {
		if at >= len(s) {
			return -1
		}
		c, want := s[at], folded[i]
		if c < utf8.RuneSelf {
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			if c != want {
				return -1
			}
			at++
			i++
			continue
		}
		r, size := decodeRune(s[at:])
		w, wide := utf8.DecodeRuneInString(folded[i:])
		if foldRune(r) != w {
			return -1
		}
		at += size
		i += wide
	}
	return at
}

func decodeRune[T string | []byte](s T) (rune, int) {
	if len(s) > utf8.UTFMax {
		s = s[:utf8.UTFMax]
	}
	return utf8.DecodeRuneInString(string(s)) // at most four bytes: no allocation
}

func lastRune[T string | []byte](s T) rune {
	if len(s) > utf8.UTFMax {
		s = s[len(s)-utf8.UTFMax:]
	}
	r, _ := utf8.DecodeLastRuneInString(string(s))
	return r
}

// variants are the texts of all runes that fold to r, which is folded.
func variants(r rune) []string {
	out := []string{string(r)}
	add := func(v rune) {
		if foldRune(v) == r && !slices.Contains(out, string(v)) {
			out = append(out, string(v))
		}
	}
	for v := unicode.SimpleFold(r); v != r; v = unicode.SimpleFold(v) {
		add(v)
	}
	add(unicode.ToUpper(r))
	add(unicode.ToTitle(r))
	return out
}

// isWord tells whether a rune belongs to a word.
func isWord(r rune) bool {
	if r < utf8.RuneSelf {
		return r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
	}
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r))
}
