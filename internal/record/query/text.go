// SPDX-License-Identifier: Apache-2.0

package query

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Term is one word or phrase to look for in texts.
type Term struct {
	folded string
	// needles are the byte sequences of which one stands at bytes before the
	// begin of every occurrence: the forms of the term's rarest ASCII letter, or
	// of its first rune.
	needles []string
	before  int
	// left and right say that a word must begin, and end, where the term does.
	left, right bool
}

// NewTerm makes a term of a text that is not empty. openLeft and openRight lift
// the rule that it is found as whole words only.
func NewTerm(text string, openLeft, openRight bool) Term {
	t := Term{folded: Fold(text)}
	first, _ := utf8.DecodeRuneInString(t.folded)
	t.left = !openLeft && isWord(first)
	t.right = !openRight && isWord(lastRune(t.folded))
	if first >= utf8.RuneSelf {
		t.needles = variants(first)
		return t
	}
	rarest := -1
	for i := 0; i < len(t.folded) && t.folded[i] < utf8.RuneSelf; i++ {
		if n := commonness(t.folded[i]); rarest < 0 || n < rarest {
			rarest, t.before = n, i
		}
	}
	t.needles = variants(rune(t.folded[t.before]))
	return t
}

// commonness ranks how often a byte occurs in logs, after a count over system
// and application logs: rare ones are quick to look for.
func commonness(c byte) int {
	const order = "zqjxkyvwbg~^`|{}#$%&;!?+<>'\\@*()[]\"=hfmupld,cno\t/_-:sirtae.9876543210 "
	if i := strings.IndexByte(order, c); i >= 0 {
		return i + 1
	}
	return 0
}

// In tells whether the term occurs in s.
func (t *Term) In(s string) bool { return occurs(t, s) }

// InBytes tells whether the term occurs in b.
func (t *Term) InBytes(b []byte) bool { return occurs(t, b) }

// Next returns where, at or after from, the term's characters occur in b next;
// -1 when they do not. Whether they are whole words is not looked at: an engine
// uses it to skip what cannot match, and then asks InBytes.
func (t *Term) Next(b []byte, from int) int {
	at, _ := next(t, b, from)
	return at
}

func occurs[T string | []byte](t *Term, s T) bool {
	for from := 0; ; {
		at, size := next(t, s, from)
		if at < 0 {
			return false
		}
		if (!t.left || at == 0 || !isWord(lastRune(s[:at]))) && (!t.right || at+size == len(s) || !wordAt(s[at+size:])) {
			return true
		}
		from = at + 1
	}
}

func wordAt[T string | []byte](s T) bool {
	r, _ := decodeRune(s)
	return isWord(r)
}

// next returns the next occurrence and its length. It keeps the next place of
// each needle, so that each is looked for once.
func next[T string | []byte](t *Term, s T, from int) (at, size int) {
	if len(t.needles) == 1 {
		for pos := from + t.before; ; pos++ {
			if pos = find(s, t.needles[0], pos); pos < 0 {
				return -1, 0
			}
			if size = foldPrefix(s[pos-t.before:], t.folded); size >= 0 {
				return pos - t.before, size
			}
		}
	}
	a := find(s, t.needles[0], from+t.before)
	b := findAny(s, t.needles[1:], from+t.before)
	for a >= 0 || b >= 0 {
		pos := a
		if a < 0 || b >= 0 && b < a {
			pos = b
		}
		if size = foldPrefix(s[pos-t.before:], t.folded); size >= 0 {
			return pos - t.before, size
		}
		if pos == a {
			a = find(s, t.needles[0], pos+1)
		} else {
			b = findAny(s, t.needles[1:], pos+1)
		}
	}
	return -1, 0
}

func findAny[T string | []byte](s T, needles []string, from int) int {
	best := -1
	for _, n := range needles {
		if at := find(s, n, from); at >= 0 && (best < 0 || at < best) {
			best = at
		}
	}
	return best
}

func find[T string | []byte](s T, needle string, from int) int {
	if from >= len(s) {
		return -1
	}
	at := -1
	switch s := any(s).(type) {
	case string:
		at = strings.Index(s[from:], needle)
	case []byte:
		if len(needle) == 1 {
			at = bytes.IndexByte(s[from:], needle[0])
		} else {
			at = bytes.Index(s[from:], []byte(needle))
		}
	}
	if at < 0 {
		return -1
	}
	return at + from
}

// parseText reads Filter.Text.
func parseText(text string) ([]Term, error) {
	if len(text) > MaxText {
		return nil, fieldErrorf("q", "%d bytes, at most %d are possible", len(text), MaxText)
	}
	if !utf8.ValidString(text) {
		return nil, fieldErrorf("q", "invalid UTF-8")
	}
	var terms []Term
	for rest := strings.TrimLeftFunc(text, unicode.IsSpace); rest != ""; rest = strings.TrimLeftFunc(rest, unicode.IsSpace) {
		if len(terms) == MaxTerms {
			return nil, fieldErrorf("q", "more than %d words", MaxTerms)
		}
		if rest[0] == '"' {
			phrase, after, closed := cutPhrase(rest[1:])
			if !closed {
				return nil, fieldErrorf("q", "the quote at character %d is not closed",
					utf8.RuneCountInString(text[:len(text)-len(rest)])+1)
			}
			if rest = after; strings.TrimSpace(phrase) != "" {
				terms = append(terms, NewTerm(phrase, false, false))
			}
			continue
		}
		end := strings.IndexFunc(rest, unicode.IsSpace)
		if end < 0 {
			end = len(rest)
		}
		word := rest[:end]
		rest = rest[end:]
		if bare := strings.Trim(word, "*"); bare != "" {
			terms = append(terms, NewTerm(bare, word[0] == '*', word[len(word)-1] == '*'))
		}
	}
	return terms, nil
}

// cutPhrase reads up to the closing quote.
func cutPhrase(s string) (phrase, after string, closed bool) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return b.String(), s[i+1:], true
		case c == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\'):
			i++
			b.WriteByte(s[i])
		default:
			b.WriteByte(c)
		}
	}
	return "", "", false
}
