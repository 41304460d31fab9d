// SPDX-License-Identifier: Apache-2.0

package query

import (
	"strings"
	"unicode"
)

// Literal is a value as it was written: the texts between its wildcards. One text is
// a plain value; {"a", ""} is a*.
type Literal []string

// Plain makes a literal of a text, in which nothing is a wildcard.
func Plain(text string) Literal { return Literal{text} }

// Text returns a literal's only text; ok is false when it has wildcards.
func (l Literal) Text() (text string, ok bool) {
	if len(l) != 1 {
		return "", false
	}
	return l[0], true
}

// pattern returns what is compared with.
func (l Literal) pattern() Pattern {
	p := Pattern{parts: make([]string, len(l))}
	for i, part := range l {
		p.parts[i] = Fold(part)
	}
	if len(l) == 0 { // nobody writes it, but it is data
		p.parts = []string{""}
	}
	return p
}

// String returns the literal as it is written in a hunt.
func (l Literal) String() string {
	var b strings.Builder
	bare := len(l) > 1 || len(l) == 1 && l[0] != ""
	for i, part := range l {
		if i > 0 {
			b.WriteByte('*')
		}
		b.WriteString(strings.NewReplacer(`\`, `\\`, `"`, `\"`, `*`, `\*`).Replace(part))
		bare = bare && !strings.ContainsFunc(part, specialInValue)
	}
	if text := b.String(); bare && text[0] != '/' && text[0] != '=' {
		return text
	}
	return `"` + b.String() + `"`
}

// special tells whether a character ends a bare word or means something in one.
func special(r rune) bool {
	return unicode.IsSpace(r) || strings.ContainsRune(`()|"'=<>!:*\,`, r)
}

// specialInValue is special for what stands after an operator.
func specialInValue(r rune) bool {
	return unicode.IsSpace(r) || strings.ContainsRune(`()|"'*\,`, r)
}

// bareWord tells whether a text can be written as a word without quotes.
func bareWord(text string) bool {
	if text == "" || strings.ContainsFunc(text, special) || text[0] == '-' || text[0] == '/' {
		return false
	}
	return !isKeyword(text)
}

func isKeyword(word string) bool {
	switch word {
	case keywordAnd, keywordOr, keywordNot, keywordIn:
		return true
	default:
		return false
	}
}

const (
	keywordAnd = "AND"
	keywordOr  = "OR"
	keywordNot = "NOT"
	keywordIn  = "IN"
)
