// SPDX-License-Identifier: Apache-2.0

package query

import (
	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// The limits of a filter.
const (
	// DefaultLimit is the size of a page when the filter names none.
	DefaultLimit = 100
	// MaxLimit is the largest page.
	MaxLimit = 1000
	// MaxOffset is how far an offset goes; a cursor goes to the end.
	MaxOffset = 1_000_000
	// MaxValues is the most values of one field.
	MaxValues = 100
	// MaxText is the most bytes of Text, MaxTerms the most words and phrases.
	MaxText  = 1024
	MaxTerms = 16

	maxValueBytes = 1024
)

// Filter is a question about the recorded events. The zero value asks for the
// newest hundred.
type Filter struct {
	// Sources, Categories and Users match when the field equals one of them,
	// without regard to case; `*` stands for any characters. An absent field
	// equals nothing.
	Sources, Categories, Users []string
	// Levels are the severities wanted; empty means all.
	Levels []event.Severity
	// MinLevel leaves out the severities below it.
	MinLevel event.Severity
	// IPs are addresses, networks in CIDR form, or patterns with `*`.
	IPs []string
	// Text holds words that must all occur, each in some text of the event:
	// message, category, action, user, ip, session, user_agent, host, service,
	// origin_id, tags, raw, or a text or number among the attributes. A word
	// matches whole: what stands before and after it is no letter, digit or
	// underscore. A `*` at an end of a word lifts that. "Quotes" make a phrase
	// of several words, in which `*` means itself and \" a quote.
	Text string
	// From and To bound the event's time, From ≤ time < To, in nanoseconds
	// since 1970 UTC; 0 leaves that side open.
	From, To int64
	// ID asks for one event; zero asks for all.
	ID event.ID

	// Limit is the size of a page, 1 to MaxLimit; 0 is DefaultLimit.
	Limit int
	// Cursor is the Next of the page before; it goes with the same filter only.
	Cursor string
	// Offset leaves out that many events; not together with Cursor.
	Offset int
}

// Validate tells what is wrong with the filter; the error is a *FieldError.
func (f *Filter) Validate() error {
	_, err := f.Plan()
	return err
}

// Plan checks the filter and makes it ready to run; the error is a *FieldError.
func (f *Filter) Plan() (*Plan, error) {
	p := &Plan{From: f.From, To: f.To, ID: f.ID, Limit: f.Limit, Offset: f.Offset}
	var err error
	if p.Sources, err = patterns("source", f.Sources); err != nil {
		return nil, err
	}
	if p.Categories, err = patterns("category", f.Categories); err != nil {
		return nil, err
	}
	if p.Users, err = patterns("user", f.Users); err != nil {
		return nil, err
	}
	if p.IPs, err = addresses(f.IPs); err != nil {
		return nil, err
	}
	if err := p.levels(f.Levels, f.MinLevel); err != nil {
		return nil, err
	}
	if p.Terms, err = parseText(f.Text); err != nil {
		return nil, err
	}
	if f.From < 0 || f.To < 0 {
		return nil, fieldErrorf("from", "before 1970")
	}
	if f.To != 0 && f.To < f.From {
		return nil, fieldErrorf("to", "before from")
	}
	switch {
	case p.Limit == 0:
		p.Limit = DefaultLimit
	case p.Limit < 0 || p.Limit > MaxLimit:
		return nil, fieldErrorf("limit", "%d is not between 1 and %d", p.Limit, MaxLimit)
	}
	switch {
	case p.Offset < 0 || p.Offset > MaxOffset:
		return nil, fieldErrorf("offset", "%d is not between 0 and %d", p.Offset, MaxOffset)
	case p.Offset > 0 && f.Cursor != "":
		return nil, fieldErrorf("offset", "not together with cursor")
	}
	if f.Cursor != "" {
		key, err := ParseCursor(f.Cursor)
		if err != nil {
			return nil, err
		}
		p.After = &key
	}
	return p, nil
}

func (p *Plan) levels(levels []event.Severity, least event.Severity) error {
	if least > event.Critical {
		return fieldErrorf("min_level", "%d is no level", least)
	}
	for _, l := range levels {
		if l > event.Critical {
			return fieldErrorf("level", "%d is no level", l)
		}
		p.Levels[l] = true
	}
	for l := event.Info; l <= event.Critical; l++ {
		p.Levels[l] = (p.Levels[l] || len(levels) == 0) && l >= least
		p.AnyLevel = p.AnyLevel || !p.Levels[l]
	}
	p.AnyLevel = !p.AnyLevel
	return nil
}
