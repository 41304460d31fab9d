// SPDX-License-Identifier: Apache-2.0

package query

import (
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// The bounds of saved hunts.
const (
	// MaxSaved is how many there may be.
	MaxSaved = 500
	// MaxSavedName is the most bytes of a name.
	MaxSavedName = 100
)

// The errors of who keeps saved hunts.
var (
	// ErrNoSaved means that there is none of that id.
	ErrNoSaved = errors.New("saved search not found")
	// ErrSavedName means that another one has the name, in whatever letter case.
	ErrSavedName = errors.New("another saved search has this name")
	// ErrManySaved means that there are MaxSaved already.
	ErrManySaved = errors.New("there are as many saved searches as there may be")
)

// Saved is a hunt that people keep under a name.
type Saved struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	// Text is the hunt.
	Text string `json:"text"`
	// Span is the time up to now that it is asked of: a whole number and s, m, h, d or
	// w; "" is all time.
	Span string `json:"span,omitempty"`
	// Columns are the fields that are shown of events; none are the standard ones.
	Columns []string `json:"columns,omitempty"`
	// By is who saved it, Owner the person behind that.
	By    string `json:"by"`
	Owner string `json:"owner"`
	// Created and Updated are in UTC.
	Created time.Time `json:"created"`
	Updated time.Time `json:"updated"`
}

// validSpan tells whether a text has the form of Saved.Span: at most 9999 units.
func validSpan(s string) bool {
	digits := strings.TrimRight(s, "smhdw")
	n, err := strconv.Atoi(digits)
	return len(digits) == len(s)-1 && err == nil && n > 0 && n <= 9999 && strconv.Itoa(n) == digits
}

// Check returns what is wrong with what people give: a *FieldError that names the
// member, or the *SyntaxError of the text. It trims the name.
func (s *Saved) Check() error {
	s.Name = strings.TrimSpace(s.Name)
	switch {
	case s.Name == "":
		return fieldErrorf("name", "is missing")
	case len(s.Name) > MaxSavedName:
		return fieldErrorf("name", "has %d bytes, at most %d are possible", len(s.Name), MaxSavedName)
	case !utf8.ValidString(s.Name) || strings.ContainsFunc(s.Name, func(r rune) bool { return !unicode.IsPrint(r) }):
		return fieldErrorf("name", "has characters that cannot be shown")
	case s.Span != "" && !validSpan(s.Span):
		return fieldErrorf("span", "want a whole number and s, m, h, d or w, such as 24h")
	case len(s.Columns) > MaxHuntFields:
		return fieldErrorf("columns", "%d columns, at most %d are possible", len(s.Columns), MaxHuntFields)
	}
	for _, c := range s.Columns {
		if c == "" || len(c) > MaxText || !utf8.ValidString(c) {
			return fieldErrorf("columns", "%.40q is no name of a field", c)
		}
	}
	_, err := Parse(s.Text)
	return err
}

// Key is the name as it is compared with others.
func (s *Saved) Key() string { return Fold(s.Name) }

// Forget puts word in the place of the names of who saved it that are one of those.
func (s *Saved) Forget(is func(text string) bool, word string) (changed bool) {
	for _, t := range [...]*string{&s.By, &s.Owner} {
		if is(*t) {
			*t, changed = word, true
		}
	}
	return changed
}

// Mentions tells whether anything that people gave holds what is asks about.
func (s *Saved) Mentions(is func(text string) bool) bool {
	return is(s.Name) || is(s.Text) || is(strings.Join(s.Columns, "\n"))
}
