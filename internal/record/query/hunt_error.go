// SPDX-License-Identifier: Apache-2.0

package query

import (
	"fmt"
	"unicode/utf8"
)

// SyntaxError is what is wrong with a hunt, and where.
type SyntaxError struct {
	// Column is where, counted in characters from 1; Length is how many characters
	// are meant, 0 at the end of the text.
	Column, Length int
	// Code is a word of the list below, for whoever says it in another language.
	Code string
	// Reason says what is wrong, in English.
	Reason string
	// Suggestion is what could stand there instead; "" when nothing is near.
	Suggestion string
}

// The codes of a SyntaxError.
const (
	CodeUnexpected      = "unexpected"       // it cannot stand here
	CodeMissing         = "missing"          // something is not there
	CodeUnclosed        = "unclosed"         // a quote, parenthesis or regular expression has no end
	CodeLimit           = "limit"            // too long, too many or too deep
	CodeUnknownCommand  = "unknown_command"  // no such stage
	CodeUnknownFunction = "unknown_function" // no such function
	CodeUnknownOption   = "unknown_option"   // no such option of a stage
	CodeUnknownColumn   = "unknown_column"   // the stages before leave no such column
	CodeBadValue        = "bad_value"        // not a value that the field or option can have
	CodeBadType         = "bad_type"         // an operation on what it cannot be done with
	CodeBadRegex        = "bad_regex"        // no regular expression, or too large a one
)

// Error names the column, the reason and the suggestion.
func (e *SyntaxError) Error() string {
	text := fmt.Sprintf("column %d: %s", e.Column, e.Reason)
	if e.Suggestion != "" {
		text += fmt.Sprintf("; did you mean %q?", e.Suggestion)
	}
	return text
}

// problemf makes an error that has no place yet.
func problemf(code, format string, args ...any) *SyntaxError {
	return &SyntaxError{Code: code, Reason: fmt.Sprintf(format, args...)}
}

// near adds the candidate that looks most like a word.
func (e *SyntaxError) near(word string, candidates []string) *SyntaxError {
	e.Suggestion = nearest(word, candidates)
	return e
}

// in gives the error its place: the bytes from to to of a text.
func (e *SyntaxError) in(text string, from, to int) *SyntaxError {
	e.Column = utf8.RuneCountInString(text[:from]) + 1
	e.Length = utf8.RuneCountInString(text[from:to])
	return e
}
