// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// Custom is a format of the user's own: lines that one of Patterns fits, or JSON
// objects whose members Fields name. Exactly one of the two is given.
type Custom struct {
	// Name is the word by which inputs and senders choose it.
	Name string
	// Patterns are tried in order on the whole line, or on what stands behind a syslog
	// header: text with %{PATTERN:field} in it, as grok has it, and RE2 expressions.
	Patterns []string
	// Define are patterns of the user's own, by name.
	Define map[string]string
	// Fields tell where a field of ours is in an object: field → path, such as
	// actor.login or $.items[0].id.
	Fields map[string]string
	// TimeLayout is how the field time is written, in the manner of strptime; "" reads
	// what all formats read.
	TimeLayout string
	// Set are fields that every event has, Cases those that only some have: the first
	// case that fits counts.
	Set   map[string]string
	Cases []CustomCase
}

// CustomCase sets fields where a field fits; one of Is, Contains and Matches is given.
type CustomCase struct {
	// Field is looked at: a field of ours or an attribute.
	Field string
	// Is is compared in any case, Contains is looked for in any case, Matches is an RE2
	// expression.
	Is, Contains, Matches string
	Set                   map[string]string
}

// The bounds of a user's format.
const (
	maxCustomPatterns = 64
	maxCustomFields   = 128
	maxCustomCases    = 128
	// maxMatched is the longest line that patterns are tried on.
	maxMatched = 8 << 10
)

// custom is a Custom that is ready.
type custom struct {
	name     string
	patterns []linePattern
	paths    []fieldPath
	layout   string // of package time
	set      []fieldText
	cases    []customCase
}

type fieldText struct{ field, text string }

type fieldPath struct{ field, path string }

type customCase struct {
	field    string
	is       string
	contains string // lower case
	matches  *regexp.Regexp
	set      []fieldText
}

// Compile makes the format. An error names the setting that is wrong.
func (c Custom) Compile() (Format, error) {
	r := &custom{name: c.Name}
	switch {
	case c.Name == "" || len(c.Name) > 64 || strings.Trim(c.Name, "abcdefghijklmnopqrstuvwxyz0123456789_-") != "":
		return Format{}, fmt.Errorf("name: %.64q: want up to 64 of a-z, 0-9, _ and -", c.Name)
	case len(c.Patterns) == 0 == (len(c.Fields) == 0):
		return Format{}, errors.New("patterns, fields: want one of the two")
	case len(c.Patterns) > maxCustomPatterns || len(c.Fields) > maxCustomFields || len(c.Set) > maxCustomFields || len(c.Cases) > maxCustomCases:
		return Format{}, fmt.Errorf("at most %d patterns, %d fields and %d cases are allowed", maxCustomPatterns, maxCustomFields, maxCustomCases)
	}
	if _, taken := Lookup(c.Name); taken {
		return Format{}, fmt.Errorf("name: %s is a format of Tocsin's own", c.Name)
	}
	var err error
	if r.layout, err = layoutOf(c.TimeLayout); err != nil {
		return Format{}, fmt.Errorf("time_layout: %w", err)
	}
	for i, p := range c.Patterns {
		compiled, err := compilePattern(p, c.Define)
		if err != nil {
			return Format{}, fmt.Errorf("patterns[%d]: %w", i, err)
		}
		r.patterns = append(r.patterns, compiled)
	}
	for field, path := range c.Fields {
		if err := settable(field); err != nil {
			return Format{}, fmt.Errorf("fields: %w", err)
		}
		p, err := pathOf(path)
		if err != nil {
			return Format{}, fmt.Errorf("fields.%s: %w", field, err)
		}
		r.paths = append(r.paths, fieldPath{field, p})
	}
	slices.SortFunc(r.paths, func(a, b fieldPath) int { return strings.Compare(a.field, b.field) })
	if r.set, err = fieldTexts(c.Set); err != nil {
		return Format{}, fmt.Errorf("set: %w", err)
	}
	for i := range c.Cases {
		cc, err := c.Cases[i].compile()
		if err != nil {
			return Format{}, fmt.Errorf("cases[%d].%w", i, err)
		}
		r.cases = append(r.cases, cc)
	}
	f := Format{Name: c.Name, Summary: "of the configuration", Normalize: r.object}
	if len(r.patterns) > 0 {
		f.Normalize = ofLine(c.Name, r.line)
	}
	return f, nil
}

func (c *CustomCase) compile() (customCase, error) {
	out := customCase{field: c.Field, is: c.Is, contains: strings.ToLower(c.Contains)}
	given := 0
	for _, s := range [...]string{c.Is, c.Contains, c.Matches} {
		if s != "" {
			given++
		}
	}
	if c.Field == "" {
		return out, errors.New("field: missing")
	}
	if given != 1 {
		return out, errors.New("is, contains, matches: want one of the three")
	}
	var err error
	if c.Matches != "" {
		if out.matches, err = regexp.Compile(c.Matches); err != nil {
			return out, fmt.Errorf("matches: %w", err)
		}
	}
	if out.set, err = fieldTexts(c.Set); err != nil {
		return out, fmt.Errorf("set: %w", err)
	}
	if len(out.set) == 0 {
		return out, errors.New("set: missing")
	}
	return out, nil
}

// fieldTexts checks and sorts what is set.
func fieldTexts(set map[string]string) ([]fieldText, error) {
	out := make([]fieldText, 0, len(set))
	for field, text := range set {
		if err := settable(field); err != nil {
			return nil, err
		}
		if c, _ := event.Canonical(field); c == "severity" {
			if _, ok := event.ParseSeverity(text); !ok {
				return nil, fmt.Errorf("severity: %.40q is none of info, low, medium, high, critical", text)
			}
		}
		if c, _ := event.Canonical(field); c == "outcome" {
			if _, ok := event.ParseOutcome(text); !ok {
				return nil, fmt.Errorf("outcome: %.40q is none of success, failure, unknown", text)
			}
		}
		out = append(out, fieldText{field, text})
	}
	slices.SortFunc(out, func(a, b fieldText) int { return strings.Compare(a.field, b.field) })
	return out, nil
}

// settable says why a name can be none of a field or attribute that a format fills.
func settable(name string) error {
	c, known := event.Canonical(name)
	if !known {
		c = name
	}
	switch {
	case c == "" || len(c) > event.MaxKeyBytes || strings.ContainsAny(c, " \t\r\n\"="):
		return fmt.Errorf("%.80q can be no name of a field", name)
	case c == "id", c == "received", c == "input", c == "sender", c == "stream", c == "seq", c == "ord":
		return fmt.Errorf("%s: Tocsin alone sets it", name)
	}
	return nil
}
