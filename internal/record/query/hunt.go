// SPDX-License-Identifier: Apache-2.0

package query

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// Hunt is a question in the hunt language: which events, and what is made of them.
type Hunt struct {
	// Where is the condition on events.
	Where Expr
	// Stages are what is made of the events, each of what the one before gives.
	Stages []Stage
	// Text is what was read.
	Text string
}

// Parse reads a hunt. The error is a *SyntaxError.
func Parse(text string) (*Hunt, error) {
	r := &reader{text: text}
	if len(text) > MaxHuntBytes {
		return nil, r.failf(0, CodeLimit, "%d bytes of text, at most %d are possible", len(text), MaxHuntBytes)
	}
	if at := invalidUTF8(text); at >= 0 {
		return nil, problemf(CodeUnexpected, "bytes that are no UTF-8").in(text, at, at+1)
	}
	where, err := r.filter()
	if err != nil {
		return nil, err
	}
	h := &Hunt{Where: where, Text: text}
	r.schema = schema{events: true}
	for !r.done() {
		from := r.at
		if !r.take("|") {
			return nil, r.unexpected("a pipe or the end")
		}
		if len(h.Stages) == MaxStages {
			return nil, r.failf(from, CodeLimit, "more than %d stages", MaxStages)
		}
		s, err := r.stage()
		if err != nil {
			return nil, err
		}
		h.Stages = append(h.Stages, s)
		r.blank()
	}
	return h, nil
}

// String returns canonical text: Parse reads it back to the same hunt.
func (h *Hunt) String() string {
	parts := []string{h.Where.String()}
	for _, s := range h.Stages {
		parts = append(parts, s.String())
	}
	return strings.Join(parts, " | ")
}

// invalidUTF8 returns where the first byte is that belongs to no character, or -1.
func invalidUTF8(text string) int {
	for i, c := range text {
		if c == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(text[i:]); size == 1 {
				return i
			}
		}
	}
	return -1
}

// At returns the hunt with the relative times of its condition counted from now.
func (h *Hunt) At(now time.Time) *Hunt {
	return &Hunt{Where: exprAt(h.Where, now), Stages: h.Stages, Text: h.Text}
}

func exprAt(x Expr, now time.Time) Expr {
	switch x := x.(type) {
	case *And:
		return &And{Of: listAt(x.Of, now)}
	case *Or:
		return &Or{Of: listAt(x.Of, now)}
	case *Not:
		return &Not{Of: exprAt(x.Of, now)}
	case *Compare:
		value := literalAt(x.Value, now)
		if x.Field.Type() != TypeTime || value == nil {
			return x
		}
		out, problem := makeCompare(x.Field, x.Op, []Literal{value}, true)
		if problem != nil {
			return x
		}
		return out
	case *In:
		if x.Field.Type() != TypeTime {
			return x
		}
		values := slices.Clone(x.Values)
		for i, v := range values {
			if value := literalAt(v, now); value != nil {
				values[i] = value
			}
		}
		out, problem := makeCompare(x.Field, Eq, values, true)
		if problem != nil {
			return x
		}
		return out
	default:
		return x
	}
}

func listAt(of []Expr, now time.Time) []Expr {
	out := make([]Expr, len(of))
	for i, x := range of {
		out[i] = exprAt(x, now)
	}
	return out
}

// literalAt returns a relative time as an absolute one; nil for any other value.
func literalAt(l Literal, now time.Time) Literal {
	text, _ := l.Text()
	o, ok := parseOffset(text)
	if !ok {
		return nil
	}
	return Plain(event.FormatTime(o.from(now).UnixNano()))
}
