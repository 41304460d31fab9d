// SPDX-License-Identifier: Apache-2.0

package query

import (
	"strings"
	"unicode/utf8"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// Plan is a checked filter, ready to run. It is made by Filter.Plan and not
// changed afterwards. An empty list asks nothing of its field.
type Plan struct {
	Sources, Categories, Users []Pattern
	IPs                        []Address
	// Levels has true for each severity wanted; AnyLevel says that it has true
	// for all.
	Levels   [event.Critical + 1]bool
	AnyLevel bool
	Terms    []Term
	// From and To are those of the filter: From ≤ time < To, a To of 0 is open.
	From, To int64
	ID       event.ID

	Limit, Offset int
	// After is where the page before ended; nil for the first page.
	After *Key
}

// Match tells whether the event is one that the filter asks for. It looks at
// everything but the paging (limit, cursor, offset).
func (p *Plan) Match(e *event.Event) bool {
	return p.MatchTime(e.Time) &&
		(p.ID.IsZero() || e.ID == p.ID) &&
		(p.AnyLevel || (e.Severity <= event.Critical && p.Levels[e.Severity])) &&
		MatchAny(p.Sources, e.Source) && MatchAny(p.Categories, e.Category) && MatchAny(p.Users, e.User) &&
		p.MatchIP(e.IP) && p.matchText(e)
}

// MatchTime tells whether a time lies between From and To.
func (p *Plan) MatchTime(t int64) bool { return t >= p.From && (p.To == 0 || t < p.To) }

// MatchIP tells whether an address is one of those asked for.
func (p *Plan) MatchIP(text string) bool { return matchIP(p.IPs, text) }

// MatchIPBytes is MatchIP of the bytes of a text.
func (p *Plan) MatchIPBytes(text []byte) bool { return matchIP(p.IPs, text) }

func (p *Plan) matchText(e *event.Event) bool {
	for i := range p.Terms {
		found := false
		eventTexts(e, func(s string) bool {
			found = p.Terms[i].In(s)
			return !found
		})
		if !found {
			return false
		}
	}
	return true
}

// TextFields are the core text fields in which Filter.Text looks.
func TextFields() []event.Field {
	return []event.Field{
		event.FieldMessage, event.FieldCategory, event.FieldAction, event.FieldUser, event.FieldIP, event.FieldSession,
		event.FieldUserAgent, event.FieldHost, event.FieldService, event.FieldOriginID,
	}
}

// eventTexts yields the texts of an event in which Filter.Text looks.
func eventTexts(e *event.Event, yield func(string) bool) {
	for _, s := range [...]string{
		e.Message, e.Category, e.Action, e.User, e.IP, e.Session, e.UserAgent, e.Host, e.Service, e.OriginID, e.Raw,
	} {
		if s != "" && !yield(s) {
			return
		}
	}
	for _, s := range e.Tags {
		if !yield(s) {
			return
		}
	}
	for i := range e.Attrs {
		if !valueTexts(&e.Attrs[i].Value, yield) {
			return
		}
	}
}

func valueTexts(v *event.Value, yield func(string) bool) bool {
	switch v.Kind {
	case event.KindText, event.KindNumber:
		return yield(v.Text)
	case event.KindList:
		for i := range v.List {
			if !valueTexts(&v.List[i], yield) {
				return false
			}
		}
	default:
	}
	return true
}

// Pattern is a value to be equal to, without regard to case, in which `*`
// stands for any characters, none included.
type Pattern struct {
	parts []string // folded, between the stars
}

// NewPattern makes a pattern of its text.
func NewPattern(text string) Pattern { return Pattern{parts: strings.Split(Fold(text), "*")} }

// Match tells whether s is equal to the pattern. An empty s equals nothing.
func (p Pattern) Match(s string) bool { return match(p, s) }

func match[T string | []byte](p Pattern, s T) bool {
	if len(s) == 0 {
		return false
	}
	if len(p.parts) == 1 {
		return foldPrefix(s, p.parts[0]) == len(s)
	}
	rest, found := strings.CutPrefix(Fold(string(s)), p.parts[0])
	if !found {
		return false
	}
	last := len(p.parts) - 1
	for _, part := range p.parts[1:last] {
		_, after, found := strings.Cut(rest, part)
		if !found {
			return false
		}
		rest = after
	}
	return strings.HasSuffix(rest, p.parts[last])
}

// Literal returns the only text, but for case, that the pattern matches; ok is
// false when there are others, or case means more than ASCII letters.
func (p Pattern) Literal() (text string, ok bool) {
	if len(p.parts) != 1 {
		return "", false
	}
	for i := range len(p.parts[0]) {
		if p.parts[0][i] >= utf8.RuneSelf {
			return "", false
		}
	}
	return p.parts[0], true
}

// MatchAny tells whether s is equal to one of the patterns, or there is none.
func MatchAny[T string | []byte](patterns []Pattern, s T) bool {
	for i := range patterns {
		if match(patterns[i], s) {
			return true
		}
	}
	return len(patterns) == 0
}

func patterns(field string, values []string) ([]Pattern, error) {
	if err := checkValues(field, values); err != nil {
		return nil, err
	}
	var out []Pattern
	for _, v := range values {
		out = append(out, NewPattern(v))
	}
	return out, nil
}

func checkValues(field string, values []string) error {
	if len(values) > MaxValues {
		return fieldErrorf(field, "%d values, at most %d are possible", len(values), MaxValues)
	}
	for _, v := range values {
		if v == "" {
			return fieldErrorf(field, "empty value")
		}
		if len(v) > maxValueBytes {
			return fieldErrorf(field, "value of %d bytes, at most %d are possible", len(v), maxValueBytes)
		}
	}
	return nil
}
