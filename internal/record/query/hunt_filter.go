// SPDX-License-Identifier: Apache-2.0

package query

import (
	"strings"
	"unicode"
)

// stopWord are the characters that end a word of the filter; stopValue those that end
// a value, in which a colon or an equals sign is one like others.
const (
	stopWord  = `()|":=<>!`
	stopValue = `()|"`
)

// filter reads the condition before the first pipe. NOT binds closest, then OR, then
// AND, which need not be written.
func (r *reader) filter() (Expr, error) {
	if r.blank(); r.done() || r.peek() == '|' {
		return &All{}, nil
	}
	x, err := r.conjunction()
	if err != nil {
		return nil, err
	}
	if r.peek() == ')' {
		r.at++
		return nil, r.failf(r.at-1, CodeUnexpected, "a closing parenthesis without an opening one")
	}
	return x, nil
}

func (r *reader) conjunction() (Expr, error) {
	var list []Expr
	for {
		x, err := r.alternatives()
		if err != nil {
			return nil, err
		}
		list = append(list, x)
		if r.blank(); r.done() || r.peek() == '|' || r.peek() == ')' {
			return allOf(list), nil
		}
		r.keyword(keywordAnd)
	}
}

func (r *reader) alternatives() (Expr, error) {
	var list []Expr
	for {
		x, err := r.negation()
		if err != nil {
			return nil, err
		}
		list = append(list, x)
		if r.blank(); !r.keyword(keywordOr) {
			return anyOf(list), nil
		}
	}
}

func (r *reader) negation() (Expr, error) {
	r.blank()
	if !r.keyword(keywordNot) && !r.minus() {
		return r.condition()
	}
	defer func() { r.depth-- }()
	if err := r.deeper(); err != nil {
		return nil, err
	}
	x, err := r.negation()
	if err != nil {
		return nil, err
	}
	return noneOf(x), nil
}

// minus goes over the - of -x.
func (r *reader) minus() bool {
	rest := r.rest()
	if len(rest) < 2 || rest[0] != '-' || rest[1] == '-' || unicode.IsSpace(firstRune(rest[1:])) {
		return false
	}
	r.at++
	return true
}

// keyword goes over a word in capitals when it is next.
func (r *reader) keyword(word string) bool {
	rest, ok := strings.CutPrefix(r.rest(), word)
	if !ok || rest != "" && !unicode.IsSpace(firstRune(rest)) && !strings.ContainsAny(rest[:1], `()|"`) {
		return false
	}
	r.at += len(word)
	return true
}

// condition reads one thing to look for.
func (r *reader) condition() (Expr, error) {
	from := r.at
	if err := r.term(); err != nil {
		return nil, err
	}
	switch r.peek() {
	case '(':
		return r.parentheses()
	case '"':
		return r.phrase()
	case '/':
		return r.regex("", from)
	case '\'':
		inner, err := r.quoted('\'')
		if err != nil {
			return nil, err
		}
		name := unescape(inner, `'`)
		if name == "" {
			return nil, r.failf(from, CodeMissing, "a field without a name")
		}
		return r.compare(Field(name), from, true)
	case '!':
		r.at++
		problem := problemf(CodeUnexpected, "%q before a word", "!")
		problem.Suggestion = keywordNot
		return nil, r.place(problem, from)
	case '-':
		r.word(stopValue)
		return nil, r.failf(from, CodeUnexpected, "a text that begins with %q is written in quotes", "-")
	case atEnd, '|', ')', '=', '<', '>', ':':
		return nil, r.unexpected("a word, \"phrase\" or field:value")
	}
	word := r.word(stopWord)
	if r.peek() == '!' && !strings.HasPrefix(r.rest(), "!=") {
		word += r.word(`()|":=<>`)
	}
	if isKeyword(word) {
		return nil, r.failf(from, CodeUnexpected, "%s, where a word, \"phrase\" or field:value should be", word)
	}
	if r.operatorNext() {
		return r.compare(Field(word), from, false)
	}
	if r.peek() == '"' {
		return nil, r.failf(from, CodeUnexpected, "a quote within a word")
	}
	return r.bare(word, from)
}

func (r *reader) parentheses() (Expr, error) {
	from := r.at
	defer func() { r.depth-- }()
	if err := r.deeper(); err != nil {
		return nil, err
	}
	r.at++
	x, err := r.conjunction()
	if err != nil {
		return nil, err
	}
	if !r.take(")") {
		return nil, problemf(CodeUnclosed, "the parenthesis is not closed").in(r.text, from, from+1)
	}
	return x, nil
}

func (r *reader) phrase() (Expr, error) {
	from := r.at
	inner, err := r.quoted('"')
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(r.rest(), ":") || strings.HasPrefix(r.rest(), "=") {
		return nil, r.failf(from, CodeUnexpected, "a field's name stands in single quotes")
	}
	text := unescape(inner, `"`)
	if strings.TrimSpace(text) == "" {
		return &All{}, nil
	}
	return newWord(text, false, false), nil
}

// bare makes a word of what is not quoted; a star at an end lets it go on there.
func (r *reader) bare(word string, from int) (Expr, error) {
	text := strings.Trim(word, "*")
	if text == "" {
		return &All{}, nil
	}
	if strings.Contains(text, "*") {
		return nil, r.failf(from, CodeUnexpected, "a star within a word; name a field, as in message:%s, or write two words", word)
	}
	return newWord(unescape(text, ""), word[0] == '*', word[len(word)-1] == '*'), nil
}

func newWord(text string, openLeft, openRight bool) *Word {
	term := NewTerm(text, openLeft, openRight)
	return &Word{Text: text, OpenLeft: openLeft, OpenRight: openRight, term: &term}
}
