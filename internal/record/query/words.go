// SPDX-License-Identifier: Apache-2.0

package query

import (
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// The fields that words may name, as Words writes them.
const (
	wordSource   = "source"
	wordCategory = "category"
	wordSeverity = "severity"
	wordUser     = "user"
	wordIP       = "ip"
)

// ParseWords reads a filter as a person types it: words and "phrases", which are
// Filter.Text, and field:value pairs of source, category, severity, user and ip (with
// the aliases of event.Canonical). All of it must hold; several values of one field,
// by comma or repetition, are alternatives; a user is one. A value with a blank in it is quoted. What
// would mean more in another language (AND, OR, NOT, -x, a=b, a>b, parentheses, a
// pipe) is refused, so that it is never taken for words. The error is a *FieldError
// that names the column.
func ParseWords(text string) (Filter, error) {
	var f Filter
	var words []string
	for rest := text; ; {
		rest = strings.TrimLeftFunc(rest, unicode.IsSpace)
		if rest == "" {
			f.Text = strings.Join(words, " ")
			return f, f.Validate()
		}
		column := utf8.RuneCountInString(text[:len(text)-len(rest)]) + 1
		name, value, after, err := nextWord(rest, column)
		switch {
		case err != nil:
			return Filter{}, err
		case name == "":
			words = append(words, value)
		default:
			if err := f.word(name, value, column); err != nil {
				return Filter{}, err
			}
		}
		rest = after
	}
}

// nextWord takes one word, phrase or pair off a text. The value of a pair is without
// its quotes, a phrase as it is written.
func nextWord(text string, column int) (name, value, after string, err error) {
	end := strings.IndexFunc(text, func(r rune) bool { return r == '"' || unicode.IsSpace(r) })
	if end < 0 {
		end = len(text)
	}
	bare := text[:end]
	if name, _, pair := strings.Cut(bare, ":"); pair && name != "" {
		value = text[len(name)+1:]
		if !strings.HasPrefix(value, `"`) {
			if end < len(text) && text[end] == '"' {
				return "", "", "", fieldErrorf("query", "column %d: a quote within a word", column)
			}
			return name, text[len(name)+1 : end], text[end:], checkBare(text[len(name)+1:end], column)
		}
		value, after, err = phrase(value, column)
		return name, value, after, err
	}
	if bare == "" {
		_, after, err = phrase(text, column)
		return "", text[:len(text)-len(after)], after, err
	}
	if end < len(text) && text[end] == '"' {
		return "", "", "", fieldErrorf("query", "column %d: a quote within a word", column)
	}
	switch bare {
	case "AND", "OR", "NOT":
		return "", "", "", fieldErrorf("query", "column %d: %s is not known here; all words must occur. Quote it to look for the word", column, bare)
	}
	if bare[0] == '-' || bare[0] == ':' {
		return "", "", "", fieldErrorf("query", "column %d: %.40q is not known here. Quote it to look for the text", column, bare)
	}
	return "", bare, text[end:], checkBare(bare, column)
}

// phrase reads a quoted text, which must be followed by a blank.
func phrase(text string, column int) (value, after string, err error) {
	value, after, closed := cutPhrase(text[1:])
	switch {
	case !closed:
		return "", "", fieldErrorf("query", "column %d: the quote is not closed", column)
	case after != "" && !unicode.IsSpace(firstRune(after)):
		return "", "", fieldErrorf("query", "column %d: want a blank after the closing quote", column)
	}
	return value, after, nil
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

// checkBare refuses what would be an operator elsewhere.
func checkBare(word string, column int) error {
	if i := strings.IndexAny(word, "()|=<>!"); i >= 0 {
		return fieldErrorf("query", "column %d: %q is not known here; want words, \"phrases\" and field:value. Quote it to look for the text", column+utf8.RuneCountInString(word[:i]), word[i:i+1])
	}
	return nil
}

// word takes a pair.
func (f *Filter) word(name, value string, column int) error {
	canonical, known := event.Canonical(name)
	if !known {
		canonical = ""
	}
	switch canonical {
	case wordSource, wordCategory, wordSeverity, wordIP:
		if len(split([]string{value})) == 0 {
			return fieldErrorf("query", "column %d: %s has no value", column, name)
		}
	case wordUser:
		if len(f.Users) > 0 {
			return fieldErrorf("query", "column %d: %s is there twice", column, name)
		}
		if strings.TrimSpace(value) == "" {
			return fieldErrorf("query", "column %d: %s has no value", column, name)
		}
	default:
		return fieldErrorf("query", "column %d: %.40q is none of source, category, severity, user, ip. Quote a word with a colon in it", column, name)
	}
	return f.set(name, given([]string{value}))
}

// Words is the filter as ParseWords reads it, without times and page.
func (f *Filter) Words() string {
	var parts []string
	pair := func(name string, values ...string) {
		if len(values) > 0 {
			parts = append(parts, name+":"+quoted(strings.Join(values, ",")))
		}
	}
	pair(wordSource, f.Sources...)
	pair(wordCategory, f.Categories...)
	pair(wordSeverity, f.levels()...)
	for _, u := range f.Users {
		pair(wordUser, u)
	}
	pair(wordIP, f.IPs...)
	if f.Text != "" {
		parts = append(parts, f.Text)
	}
	return strings.Join(parts, " ")
}

// levels are the names of the severities wanted, none when all are.
func (f *Filter) levels() (names []string) {
	if len(f.Levels) == 0 && f.MinLevel == event.Info {
		return nil
	}
	var p Plan
	if p.levels(f.Levels, f.MinLevel) != nil {
		return nil
	}
	for l := event.Info; l <= event.Critical; l++ {
		if p.Levels[l] {
			names = append(names, l.String())
		}
	}
	return names
}

// quoted puts a value in quotes when it needs them.
func quoted(value string) string {
	if value != "" && !strings.ContainsFunc(value, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(`"()|=<>!`, r) }) {
		return value
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
}

// Values are the filter's parameters as GET /api/siem/logs takes them, without page.
func (f *Filter) Values() url.Values {
	v := url.Values{}
	set := func(name string, values ...string) {
		if text := strings.Join(values, ","); text != "" {
			v.Set(name, text)
		}
	}
	set("source", f.Sources...)
	set("category", f.Categories...)
	set("level", f.levels()...)
	set("ip_address", f.IPs...)
	set("q", f.Text)
	for _, u := range f.Users {
		v.Add("user_id", u)
	}
	for name, at := range map[string]int64{"from": f.From, "to": f.To} {
		if at != 0 {
			v.Set(name, time.Unix(0, at).UTC().Format(time.RFC3339Nano))
		}
	}
	return v
}
