// SPDX-License-Identifier: Apache-2.0

package query

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Known is what the caller knows of the events, for Complete.
type Known struct {
	// Fields are names of fields and attributes, the most useful first.
	Fields []string
	// Values are values of a field by its canonical name, the most frequent first.
	Values func(canonical string) []string
}

// The kinds of a Suggestion.
const (
	SuggestCommand  = "command"
	SuggestFunction = "function"
	SuggestField    = "field"
	SuggestValue    = "value"
	SuggestKeyword  = "keyword"
	SuggestOption   = "option"
)

// Suggestion is a text that can stand where the cursor is.
type Suggestion struct {
	Text string
	Kind string
	// From and To are the characters, counted from 0, that the text replaces.
	From, To int
}

// maxSuggestions is how many are returned.
const maxSuggestions = 50

// Complete returns what can follow before the cursor, which is a number of characters
// into the text. What stands behind the cursor is not looked at.
func Complete(text string, cursor int, known Known) []Suggestion {
	before := text
	if cursor >= 0 && cursor < utf8.RuneCountInString(text) {
		before = string([]rune(text)[:cursor])
	}
	if len(before) > MaxHuntBytes {
		return nil
	}
	c := &completion{known: known, cursor: utf8.RuneCountInString(before)}
	pipe, quote := lastPipe(before)
	c.head, c.part = before, before
	if pipe >= 0 {
		c.head, c.part = before[:pipe], before[pipe+1:]
	}
	switch {
	case quote >= 0 && quote > pipe:
		c.quoted(before[max(pipe+1, 0):quote], before[quote+1:])
	case pipe < 0:
		c.filter()
	default:
		c.stage()
	}
	return c.out
}

// completion gathers suggestions.
type completion struct {
	known      Known
	cursor     int
	head, part string // before the last pipe, and behind it
	out        []Suggestion
}

// lastPipe returns where the last pipe outside of quotes is, and where a quote begins
// that is still open; -1 for none.
func lastPipe(text string) (pipe, quote int) {
	pipe, quote = -1, -1
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quote >= 0 && c == '\\':
			i++
		case quote >= 0 && c == '"':
			quote = -1
		case quote < 0 && c == '"':
			quote = i
		case quote < 0 && c == '|':
			pipe = i
		}
	}
	return pipe, quote
}

// offer adds those words that begin with what stands before the cursor, then those
// that have it within.
func (c *completion) offer(kind, typed string, words []string, shown func(string) string) {
	folded := Fold(typed)
	to := c.cursor
	from := to - utf8.RuneCountInString(typed)
	for _, begins := range []bool{true, false} {
		for _, word := range words {
			at := strings.Index(Fold(word), folded)
			if len(c.out) == maxSuggestions || at < 0 || (at == 0) != begins {
				continue
			}
			s := Suggestion{Text: shown(word), Kind: kind, From: from, To: to}
			if !slices.Contains(c.out, s) {
				c.out = append(c.out, s)
			}
		}
	}
}

func asIs(s string) string { return s }

// typed returns the word before the cursor, and what stands before it.
func typed(part, stop string) (before, word string) {
	at := strings.LastIndexFunc(part, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(stop, r) })
	if at < 0 {
		return "", part
	}
	_, size := utf8.DecodeRuneInString(part[at:])
	return part[:at+size], part[at+size:]
}

// filter suggests fields, values and keywords of the condition.
func (c *completion) filter() {
	if _, word := typed(c.part, `(`); strings.ContainsAny(word, ":=<>!") {
		field, _, value := cutOperator(word)
		c.values(field, value)
		return
	}
	before, word := typed(c.part, `(,`)
	if field := listField(before); field != "" {
		c.values(field, word)
		return
	}
	word = strings.TrimPrefix(word, "-")
	c.offer(SuggestField, word, c.known.Fields, func(s string) string { return quoteName(s) + "=" })
	if word != "" {
		c.offer(SuggestKeyword, word, []string{keywordAnd, keywordOr, keywordNot, "earliest=", "latest=", "exists:"}, asIs)
	}
}

// quoted suggests values within a quote that is still open.
func (c *completion) quoted(before, value string) {
	_, word := typed(strings.TrimRight(before, " "), `(,`)
	field, op, rest := cutOperator(word)
	if op == "" || rest != "" {
		field = listField(before)
	}
	if field == "" {
		return
	}
	c.offer(SuggestValue, value, c.valuesOf(field), quoteText)
	for i := range c.out {
		c.out[i].From-- // the quote that is there
	}
}

// values suggests values of a field; of several after a colon the last.
func (c *completion) values(field, value string) {
	if at := strings.LastIndexByte(value, ','); at >= 0 {
		value = value[at+1:]
	}
	c.offer(SuggestValue, value, c.valuesOf(field), func(s string) string { return Plain(s).String() })
}

func (c *completion) valuesOf(field string) []string {
	f := Field(field)
	switch f.Type() {
	case TypeSeverity:
		return severityWords()
	case TypeBool:
		return []string{"true", "false"}
	case TypeTime:
		return []string{"-15m", "-1h", "-24h", "-7d", "-30d", "@d", "now"}
	default:
	}
	switch canonical := f.Canonical(); {
	case canonical == fieldOutcome:
		return []string{"success", "failure", "unknown"}
	case Fold(field) == "earliest" || Fold(field) == "latest":
		return []string{"-15m", "-1h", "-24h", "-7d", "-30d", "@d", "now"}
	case Fold(field) == "exists":
		return c.known.Fields
	case c.known.Values == nil:
		return nil
	default:
		return c.known.Values(canonical)
	}
}

// cutOperator takes a comparison apart that is not finished; op is "" for a word that
// is none.
func cutOperator(word string) (field, op, value string) {
	at := strings.IndexAny(word, ":=<>!")
	if at <= 0 {
		return word, "", ""
	}
	end := at
	for end < len(word) && strings.IndexByte(":=<>!", word[end]) >= 0 {
		end++
	}
	return strings.TrimPrefix(word[:at], "-"), word[at:end], word[end:]
}

// listField returns the field of an open list: f IN (a, "" when there is none.
func listField(before string) string {
	at := strings.LastIndexByte(before, '(')
	if at < 0 || strings.IndexByte(before[at:], ')') >= 0 {
		return ""
	}
	words := strings.Fields(before[:at])
	if n := len(words); n >= 2 && strings.EqualFold(words[n-1], keywordIn) {
		return words[n-2]
	}
	return ""
}
