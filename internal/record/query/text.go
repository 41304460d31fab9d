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
	// needles are the byte sequences of which one stands, before bytes after the
	// begin, in every occurrence: a run of digits and punctuation, the forms of
	// the term's rarest ASCII letter, or those of its first rune.
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
	if t.before, t.needles = caseless(t.folded); t.needles != nil {
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

// caseless returns the longest run of digits and punctuation in the ASCII begin
// of a term, when it has two or more: such a run has one form only.
func caseless(folded string) (at int, needles []string) {
	best, from := 1, 0
	for i := 0; i < len(folded) && folded[i] < utf8.RuneSelf; i++ {
		if c := folded[i]; 'a' <= c && c <= 'z' {
			from = i + 1
		} else if n := i + 1 - from; n > best {
			best, at = n, from
		}
	}
	if best < 2 {
		return 0, nil
	}
	return at, []string{folded[at : at+best]}
}

// commonness ranks how often a byte occurs in logs: rare ones are quick to look
// for. Text has few of the first letters, identifiers in hex many of the last.
func commonness(c byte) int {
	const order = "zqjxkvwygu^~`|{}#$%&;!?+<>'\\@*()[]\"mphlonsritbfcdae,=\t/_-: .9876543210"
	return strings.IndexByte(order, c) + 1
}

// In tells whether the term occurs in s.
func (t *Term) In(s string) bool { return occurs(t, s) }

// InBytes tells whether the term occurs in b.
func (t *Term) InBytes(b []byte) bool { return occurs(t, b) }

// Words returns the runs of ASCII letters, digits and underscores that stand, in
// any case, between other bytes in every text where the term is found. An engine
// that knows the words of its texts needs to look only at those that have all.
func (t *Term) Words() []string {
	var words []string
	for i := 0; i < len(t.folded); i++ {
		from := i
		for i < len(t.folded) && t.folded[i] < utf8.RuneSelf && isWord(rune(t.folded[i])) {
			i++
		}
		if i > from && (from > 0 || t.left) && (i < len(t.folded) || t.right) {
			words = append(words, t.folded[from:i])
		}
	}
	return words
}

// Scan goes through the places of b where the term's characters occur. Whether
// they are whole words is not looked at: an engine uses it to skip what cannot
// match, and then asks InBytes.
func (t *Term) Scan(b []byte) Scan { return Scan{newScan(t, b)} }

// Scan finds a term's characters in a text from left to right.
type Scan struct{ s scan[[]byte] }

// Next returns where, at or after from, the characters occur next; -1 when they
// do not. from must not fall from call to call.
func (s *Scan) Next(from int) int {
	at, _ := s.s.next(from)
	return at
}

func occurs[T string | []byte](t *Term, s T) bool {
	c := newScan(t, s)
	for from := 0; ; {
		at, size := c.next(from)
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

// maxVariants is the most runes that fold to one (a test counts them).
const maxVariants = 4

// scan remembers where each needle occurs next, so that each part of the text is
// searched once for each of them.
type scan[T string | []byte] struct {
	term *Term
	text T
	at   [maxVariants]int // -1: not any more
}

func newScan[T string | []byte](t *Term, text T) scan[T] {
	s := scan[T]{term: t, text: text}
	for i := range s.at {
		s.at[i] = -1
	}
	for i, needle := range t.needles {
		s.at[i] = find(text, needle, t.before)
	}
	return s
}

// next returns the next occurrence and its length.
func (s *scan[T]) next(from int) (at, size int) {
	from += s.term.before
	for {
		first := -1
		for i, needle := range s.term.needles {
			if s.at[i] >= 0 && s.at[i] < from {
				s.at[i] = find(s.text, needle, from)
			}
			if s.at[i] >= 0 && (first < 0 || s.at[i] < s.at[first]) {
				first = i
			}
		}
		if first < 0 {
			return -1, 0
		}
		pos := s.at[first]
		if size = foldPrefix(s.text[pos-s.term.before:], s.term.folded); size >= 0 {
			return pos - s.term.before, size
		}
		from = pos + 1
	}
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
