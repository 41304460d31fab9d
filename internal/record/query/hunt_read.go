// SPDX-License-Identifier: Apache-2.0

package query

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// The bounds of a hunt. All of them are checked while it is read, so that reading
// takes time in proportion to the text.
const (
	// MaxHuntBytes is the most bytes of text.
	MaxHuntBytes = 16 << 10
	// MaxHuntTerms is the most words, comparisons, values and operations.
	MaxHuntTerms = 1000
	// MaxHuntDepth is how deep parentheses, NOT and calls may lie.
	MaxHuntDepth = 32
	// MaxStages is the most stages.
	MaxStages = 32
	// MaxHuntFields is the most names in one list of a stage.
	MaxHuntFields = 64
)

// reader goes through the text of a hunt.
type reader struct {
	text                  string
	at                    int // bytes
	depth, terms, regexes int
	schema                schema // of the rows before the stage that is read
}

func (r *reader) rest() string { return r.text[r.at:] }

func (r *reader) done() bool { return r.at == len(r.text) }

// atEnd is what peek returns after the last character.
const atEnd rune = -1

// peek returns the next character, or atEnd.
func (r *reader) peek() rune {
	if r.done() {
		return atEnd
	}
	c, _ := utf8.DecodeRuneInString(r.rest())
	return c
}

// blank goes over blanks and over lines that begin with --, which are comments.
func (r *reader) blank() {
	for !r.done() {
		c, size := utf8.DecodeRuneInString(r.rest())
		switch {
		case unicode.IsSpace(c):
			r.at += size
		case strings.HasPrefix(r.rest(), "--") && r.lineBegins():
			if line := strings.IndexByte(r.rest(), '\n'); line >= 0 {
				r.at += line
			} else {
				r.at = len(r.text)
			}
		default:
			return
		}
	}
}

// lineBegins tells whether only blanks stand before here in the line.
func (r *reader) lineBegins() bool {
	before := strings.TrimRight(r.text[:r.at], " \t\r")
	return before == "" || strings.HasSuffix(before, "\n")
}

// take goes over a text when it is next.
func (r *reader) take(text string) bool {
	if !strings.HasPrefix(r.rest(), text) {
		return false
	}
	r.at += len(text)
	return true
}

// failf makes an error about the text from from to here.
func (r *reader) failf(from int, code, format string, args ...any) error {
	return problemf(code, format, args...).in(r.text, from, r.at)
}

// place gives an error its place: the text from from to here.
func (r *reader) place(problem *SyntaxError, from int) error {
	return problem.in(r.text, from, r.at)
}

// unexpected makes an error about the character that is next, or the end.
func (r *reader) unexpected(want string) error {
	from := r.at
	if r.done() {
		return r.failf(from, CodeMissing, "the end, where %s should be", want)
	}
	c, size := utf8.DecodeRuneInString(r.rest())
	r.at += size
	return r.failf(from, CodeUnexpected, "%q where %s should be", c, want)
}

// term counts one more word, comparison, value or operation.
func (r *reader) term() error {
	if r.terms++; r.terms > MaxHuntTerms {
		return r.failf(r.at, CodeLimit, "more than %d words, values and operations", MaxHuntTerms)
	}
	return nil
}

// deeper counts one more level; the caller takes it back.
func (r *reader) deeper() error {
	if r.depth++; r.depth > MaxHuntDepth {
		return r.failf(r.at, CodeLimit, "more than %d levels of parentheses, NOT and calls", MaxHuntDepth)
	}
	return nil
}

// word reads up to a blank or one of the characters in stop.
func (r *reader) word(stop string) string {
	size := strings.IndexFunc(r.rest(), func(c rune) bool { return unicode.IsSpace(c) || strings.ContainsRune(stop, c) })
	if size < 0 {
		size = len(r.rest())
	}
	word := r.rest()[:size]
	r.at += size
	return word
}

// quoted reads a text in quotes, of which the first is next, without interpreting
// what is within: backslashes stay, and hide a quote.
func (r *reader) quoted(quote byte) (inner string, err error) {
	from := r.at
	for i := r.at + 1; i < len(r.text); i++ {
		switch r.text[i] {
		case '\\':
			i++
		case quote:
			inner = r.text[r.at+1 : i]
			r.at = i + 1
			return inner, nil
		}
	}
	r.at = len(r.text)
	what := "the quote"
	if quote == '/' {
		what = "the regular expression (a path is written in quotes)"
	}
	return "", r.failf(from, CodeUnclosed, "%s is not closed", what)
}

// unescape takes the backslash away before a backslash and each of the characters.
func unescape(s, characters string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && (s[i+1] == '\\' || strings.IndexByte(characters, s[i+1]) >= 0) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// literal takes a value apart at its wildcards; a backslash makes a star, a quote or
// a backslash mean itself.
func literal(s string) Literal {
	out := Literal{}
	from := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '*':
			if i > from || len(out) == 0 { // two stars are one
				out = append(out, unescape(s[from:i], `"*`))
			}
			from = i + 1
		}
	}
	return append(out, unescape(s[from:], `"*`))
}
