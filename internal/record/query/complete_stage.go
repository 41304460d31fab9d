// SPDX-License-Identifier: Apache-2.0

package query

import (
	"slices"
	"strings"
)

// stage suggests what can stand in a stage.
func (c *completion) stage() {
	part := strings.TrimLeft(c.part, " \t\r\n")
	command, rest, has := strings.Cut(part, " ")
	if !has {
		c.offer(SuggestCommand, part, commands(), func(s string) string { return s + " " })
		return
	}
	before, word := typed(rest, `(),=+-*/%<>!`)
	columns := c.columns()
	switch command = Fold(command); command {
	case "where", "eval":
		if field, op, value := cutOperator(word); op != "" && command == "where" {
			c.offer(SuggestValue, value, c.valuesOf(field), quoteText)
			return
		}
		c.names(word, columns)
		if word != "" || command == "eval" {
			c.offer(SuggestFunction, word, functionNames(), func(s string) string { return s + "(" })
		}
		c.offer(SuggestKeyword, word, []string{keywordAnd, keywordOr, keywordNot, keywordIn}, asIs)
	case "stats", "timechart":
		c.groups(command, before, word, columns)
	case "top", "rare":
		c.options(before, word, "limit=")
		c.names(word, columns)
		c.keyword(before, word, "by")
	case "rename":
		c.names(word, columns)
		c.keyword(before, word, "as")
	case "head", "tail":
		c.options(before, word, "limit=")
	case "sort", "table", "fields", "dedup":
		c.names(word, columns)
	}
}

// groups suggests functions, or columns where these stand: in parentheses and after by.
func (c *completion) groups(command, before, word string, columns []string) {
	open := strings.LastIndexByte(before, '(') > strings.LastIndexByte(before, ')')
	if open || slices.Contains(strings.Fields(Fold(before)), "by") {
		c.names(word, columns)
		return
	}
	if command == "timechart" {
		c.options(before, word, "span=", "limit=")
	}
	c.offer(SuggestFunction, word, aggNames(), func(s string) string {
		if s == aggCount {
			return s
		}
		return s + "("
	})
	c.keyword(before, word, "as", "by")
}

func (c *completion) names(word string, columns []string) {
	c.offer(SuggestField, word, columns, quoteName)
}

// keyword suggests words that need something before them.
func (c *completion) keyword(before, word string, words ...string) {
	if strings.TrimSpace(before) != "" {
		c.offer(SuggestKeyword, word, words, asIs)
	}
}

// options suggests options, which stand first.
func (c *completion) options(before, word string, options ...string) {
	for f := range strings.FieldsSeq(before) {
		if !strings.Contains(f, "=") {
			return
		}
	}
	c.offer(SuggestOption, word, options, asIs)
}

// columns are those that the stages before leave, and the events' fields where rows
// are events.
func (c *completion) columns() []string {
	h, err := Parse(c.head)
	if err != nil {
		return c.known.Fields
	}
	s := schema{events: true}
	for _, stage := range h.Stages {
		after, problem := stage.after(s)
		if problem != nil {
			return c.known.Fields
		}
		s = after
	}
	if !s.events {
		return s.names()
	}
	return append(s.names(), c.known.Fields...)
}
