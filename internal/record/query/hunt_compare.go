// SPDX-License-Identifier: Apache-2.0

package query

import (
	"strings"
	"unicode"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// operatorNext tells whether the word before here is a field: an operator or a list
// follows, of which all but the colon may stand apart.
func (r *reader) operatorNext() bool {
	if r.peek() == ':' {
		return true
	}
	rest := strings.TrimLeftFunc(r.rest(), unicode.IsSpace)
	if rest == "" {
		return false
	}
	if list, ok := strings.CutPrefix(rest, keywordIn); ok {
		return strings.HasPrefix(strings.TrimLeftFunc(list, unicode.IsSpace), "(")
	}
	return strings.HasPrefix(rest, "!=") || strings.IndexByte("=<>", rest[0]) >= 0
}

// compare reads what follows a field.
func (r *reader) compare(f Field, from int, quotedName bool) (Expr, error) {
	if err := r.checkName(f, from, quotedName); err != nil {
		return nil, err
	}
	op, colon, err := r.operator()
	if err != nil {
		return nil, err
	}
	if op == keywordIn {
		return r.in(f, from, quotedName)
	}
	if !colon {
		r.blank()
	}
	start := r.at
	if r.peek() == '/' {
		if !quotedName && specialName(string(f)) {
			return nil, r.unexpected("a value for " + string(f))
		}
		if op != Eq {
			return nil, r.failf(from, CodeBadType, "%s with a regular expression; write NOT %s=/…/", op, f)
		}
		return r.regex(f, from)
	}
	values, err := r.values(f, colon)
	if err != nil {
		return nil, err
	}
	x, problem := makeCompare(f, op, values, quotedName)
	if problem != nil {
		return nil, r.place(problem, start)
	}
	return x, nil
}

func (r *reader) checkName(f Field, from int, quotedName bool) error {
	name := string(f)
	switch {
	case len(name) > event.MaxKeyBytes:
		return r.failf(from, CodeLimit, "a name of %d bytes, at most %d are possible", len(name), event.MaxKeyBytes)
	case quotedName:
		return nil
	case name[0] >= '0' && name[0] <= '9':
		return r.failf(from, CodeUnexpected, "%.40q is no field; a text with an operator in it is written in quotes", name)
	case strings.ContainsAny(name, `*\,'`):
		return r.failf(from, CodeUnexpected, "%.40q is no field; a name with odd characters is written in single quotes", name)
	default:
		return nil
	}
}

// operator reads one; IN stands for a list.
func (r *reader) operator() (op Op, colon bool, err error) {
	if r.take(":") {
		return Eq, true, nil
	}
	r.blank()
	for _, op := range []Op{Ne, Le, Ge, Lt, Gt, Eq} {
		if r.take(string(op)) {
			r.take("=") // == is =
			return op, false, nil
		}
	}
	if r.keyword(keywordIn) {
		return keywordIn, false, nil
	}
	return "", false, r.unexpected("an operator such as = or :")
}

// values reads the value after an operator; after a colon several by comma.
func (r *reader) values(f Field, colon bool) ([]Literal, error) {
	from := r.at
	if r.peek() == '\'' && Fold(string(f)) == "exists" {
		inner, err := r.quoted('\'')
		return []Literal{Plain(unescape(inner, `'`))}, err
	}
	if r.peek() == '"' {
		inner, err := r.quoted('"')
		if err != nil {
			return nil, err
		}
		if c := r.peek(); c != atEnd && c != ')' && c != '|' && !unicode.IsSpace(c) {
			return nil, r.unexpected("a blank after the closing quote")
		}
		return []Literal{literal(inner)}, nil
	}
	word := r.word(stopValue)
	if Fold(word) == "now" {
		r.take("()")
	}
	switch {
	case word == "":
		return nil, r.unexpected("a value for " + f.String())
	case r.peek() == '"':
		return nil, r.failf(from, CodeUnexpected, "a quote within a value")
	case !strings.Contains(word, ","):
		return []Literal{literal(word)}, nil
	case !colon:
		return nil, r.failf(from, CodeUnexpected, "several values after this operator; write %s IN (a, b), or quotes around a value with a comma", f)
	}
	var out []Literal
	for part := range strings.SplitSeq(word, ",") {
		if part != "" {
			if err := r.term(); err != nil {
				return nil, err
			}
			out = append(out, literal(part))
		}
	}
	if out == nil {
		return nil, r.failf(from, CodeMissing, "no value for %s", f)
	}
	return out, nil
}

// in reads the list of f IN (a, b).
func (r *reader) in(f Field, from int, quotedName bool) (Expr, error) {
	r.blank()
	if !r.take("(") {
		return nil, r.unexpected("an opening parenthesis after IN")
	}
	var values []Literal
	for {
		r.blank()
		if err := r.term(); err != nil {
			return nil, err
		}
		start := r.at
		if r.peek() == '"' {
			inner, err := r.quoted('"')
			if err != nil {
				return nil, err
			}
			values = append(values, literal(inner))
		} else if word := r.word(`()|",`); word != "" {
			values = append(values, literal(word))
		} else {
			return nil, r.unexpected("a value")
		}
		if _, problem := makeCompare(f, Eq, values[len(values)-1:], quotedName); problem != nil {
			return nil, r.place(problem, start)
		}
		r.blank()
		if r.take(")") {
			break
		}
		if !r.take(",") {
			return nil, r.unexpected("a comma or a closing parenthesis")
		}
	}
	x, problem := makeCompare(f, Eq, values, quotedName)
	if problem != nil {
		return nil, r.place(problem, from)
	}
	return x, nil
}

// regex reads /…/ of a field, or of any text.
func (r *reader) regex(f Field, from int) (Expr, error) {
	start := r.at
	inner, err := r.quoted('/')
	if err != nil {
		return nil, err
	}
	if c := r.peek(); c != atEnd && c != ')' && c != '|' && !unicode.IsSpace(c) {
		return nil, r.failf(start, CodeUnexpected, "text after the regular expression; a path is written in quotes")
	}
	if r.regexes++; r.regexes > MaxRegexes {
		return nil, r.failf(from, CodeLimit, "more than %d regular expressions", MaxRegexes)
	}
	pattern := unescapeSlash(inner)
	re, problem := compileRegex(pattern)
	if problem != nil {
		return nil, r.place(problem, start)
	}
	return &Matches{Field: f, Pattern: pattern, re: re}, nil
}

// unescapeSlash takes the backslash away before a slash only.
func unescapeSlash(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			if s[i+1] != '/' {
				b.WriteByte(s[i])
			}
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
