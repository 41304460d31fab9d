// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// pattern is a Sigma text value: literals with the wildcards * (any text) and ?
// (one character), compared without case unless cased. Before a wildcard or a
// backslash a backslash takes away its meaning; elsewhere it is itself.
type pattern struct {
	cased bool
	exact string // folded; only when there is no wildcard
	parts []part // else
}

// part is a literal, or a wildcard when star or one is set.
type part struct {
	text      string
	star, one bool
}

// mode is where in the field the text must be.
type mode uint8

const (
	whole mode = iota
	anywhere
	atStart
	atEnd
)

func newPattern(s string, m mode, cased bool) *pattern {
	var parts []part
	var text strings.Builder
	flush := func() {
		if text.Len() > 0 {
			parts = append(parts, part{text: text.String()})
			text.Reset()
		}
	}
	star := func() {
		flush()
		if n := len(parts); n == 0 || !parts[n-1].star {
			parts = append(parts, part{star: true})
		}
	}
	if m == anywhere || m == atEnd {
		star()
	}
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && strings.IndexByte(`*?\`, s[i+1]) >= 0:
			i++
			text.WriteByte(s[i])
		case s[i] == '*':
			star()
		case s[i] == '?':
			flush()
			parts = append(parts, part{one: true})
		default:
			text.WriteByte(s[i])
		}
	}
	if m == anywhere || m == atStart {
		star()
	}
	flush()
	p := &pattern{cased: cased}
	if !cased {
		for i := range parts {
			parts[i].text = fold(parts[i].text)
		}
	}
	switch {
	case len(parts) == 0:
		p.exact = ""
	case len(parts) == 1 && !parts[0].star && !parts[0].one:
		p.exact = parts[0].text
	default:
		p.parts = parts
	}
	return p
}

func (p *pattern) match(s string) bool {
	if p.parts == nil {
		return s == p.exact || !p.cased && strings.EqualFold(s, p.exact)
	}
	if !p.cased {
		s = fold(s)
	}
	return glob(p.parts, s)
}

// glob matches with one point of return, the last star: its time is bounded by
// the product of both lengths.
func glob(parts []part, s string) bool {
	i, starAt, starRest := 0, -1, ""
	for {
		switch {
		case i < len(parts) && parts[i].star:
			starAt, starRest = i, s
			i++
			if i == len(parts) {
				return true
			}
			continue
		case i == len(parts) && s == "":
			return true
		case i < len(parts):
			if rest, ok := parts[i].take(s); ok {
				i, s = i+1, rest
				continue
			}
		}
		if starAt < 0 || starRest == "" {
			return false
		}
		_, size := utf8.DecodeRuneInString(starRest)
		starRest = starRest[size:]
		i, s = starAt+1, starRest
		if next := parts[i]; next.text != "" {
			at := strings.Index(starRest, next.text)
			if at < 0 {
				return false
			}
			starRest = starRest[at:]
			s = starRest
		}
	}
}

func (p part) take(s string) (rest string, ok bool) {
	if p.one {
		_, size := utf8.DecodeRuneInString(s)
		return s[size:], size > 0
	}
	return strings.CutPrefix(s, p.text)
}

// fold maps a text to one form for all its cases: each character to the smallest
// of its simple Unicode foldings, and that to lower case when it is ASCII. Bytes that are no UTF-8 stay as they are. Text
// that is folded already comes back as it is.
func fold(s string) string {
	i := 0
	for i < len(s) && s[i] < utf8.RuneSelf && (s[i] < 'A' || s[i] > 'Z') {
		i++
	}
	if i == len(s) {
		return s
	}
	b := make([]byte, i, len(s)+8)
	copy(b, s)
	for i < len(s) {
		if c := s[i]; c < utf8.RuneSelf {
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			b = append(b, c)
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			b = append(b, s[i])
		} else {
			b = utf8.AppendRune(b, smallest(r))
		}
		i += size
	}
	return string(b)
}

// smallest is the smallest character that differs from r by case only. SimpleFold
// goes round in rising order, so that the smallest follows the greatest.
func smallest(r rune) rune {
	low := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		low = min(low, next)
	}
	if 'A' <= low && low <= 'Z' {
		low += 'a' - 'A'
	}
	return low
}
