// SPDX-License-Identifier: Apache-2.0

// Package query says what can be asked of the recorded events, and what an
// engine that answers must do.
//
//	parameters ── ParseFilter ──▶ Filter ── Plan ──▶ Plan ──▶ engine (Source) ──▶ Page, Statistics
//	                                                  └────▶ Plan.Match (live tail, alerts)
//
//	text ── Parse ──▶ Hunt ── Run(events, Limits) ──▶ Table
//	                   └──▶ engine (Hunter) ── Runner ──▶ Answer
//
// Hunt is a question in the hunt language, of which docs/search.md is the reference:
// a condition with NOT, OR, AND and comparisons of any field, and stages behind pipes
// that make tables of the events. Expr, Stage and Calc are data, so that an engine may
// translate them; Run is the evaluator that says what they mean. A Hunter finds the
// events in its own way and leaves the stages to a Runner, which does what Run does. Everything in a hunt
// is bounded while it is read, its columns and types are checked then, and an error
// names the column; a run is bounded by Limits. Where a Filter can ask the same as a
// Hunt, both find the same events (a test holds them together).
//
// The rows of timechart are long, one for each span and value, where SPL has a column
// for each value: so the columns behind each stage are known while a hunt is read.
//
// Filter is what a person or program asks, as data. Plan is the same, checked
// and ready to run: patterns, networks and words are compiled. Source is the
// engine behind the API; package search is one over the journal's own segments,
// another may hand the Plan to a search cluster.
//
// Semantics. All parts of a filter must hold; one with several values holds
// when any value does. Text is compared without regard to case (Unicode simple
// case folding that never turns a letter beyond ASCII into an ASCII one). From
// is included, To is not. Results go by time, newest first, then by id, largest
// first; text search is described at Filter.Text.
//
// The package does no I/O. Filter, Plan and Hunt may be used concurrently once made.
package query

import (
	"context"
	"errors"
	"fmt"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// ErrNotFound is returned by Source.ByID when no event has the id.
var ErrNotFound = errors.New("event not found")

// FieldError is what is wrong with one field of a filter. The API answers 400
// with the field's name.
type FieldError struct {
	// Field is the parameter's name as in the API.
	Field string
	// Reason says what is wrong, without the name.
	Reason string
}

// Error names the field and the reason.
func (e *FieldError) Error() string { return e.Field + ": " + e.Reason }

func fieldErrorf(field, format string, args ...any) error {
	return &FieldError{Field: field, Reason: fmt.Sprintf(format, args...)}
}

// Page is one page of the answer to a filter.
type Page struct {
	// Items are the events, newest first.
	Items []event.Event
	// Next is the cursor of the page after this one, "" on the last page.
	Next string
	// Total is the number of events that match, whatever page this is; nil when
	// counting them would have cost more than the page, or when Incomplete is not
	// 0. It counts from the same view of the events as the page.
	Total *int64
	// Incomplete is how many stored events within the filter's time are known to
	// be unreadable, as by a damaged file: some of them may belong here. Events
	// of which that is not known yet are among Total.
	Incomplete int64
}

// MissingError says that no event that can be read has an id. It is ErrNotFound.
type MissingError struct {
	ID event.ID
	// Incomplete is how many stored events cannot be read that may have the id.
	Incomplete int64
}

// Error names the id.
func (e *MissingError) Error() string {
	if e.Incomplete > 0 {
		return fmt.Sprintf("event %s: %v among those that can be read; %d cannot", e.ID, ErrNotFound, e.Incomplete)
	}
	return fmt.Sprintf("event %s: %v", e.ID, ErrNotFound)
}

// Unwrap returns ErrNotFound.
func (e *MissingError) Unwrap() error { return ErrNotFound }

// Source answers filters. An implementation must
//
//   - be safe for concurrent use and stop with ctx's error soon after ctx is done;
//   - show an event no later than its commit to the journal was acknowledged,
//     and answer each call from one consistent view;
//   - keep to the semantics of the package doc and of Plan.Match: it returns
//     exactly the events for which Match is true;
//   - order by time, then by id, both descending, so that following Next from
//     page to page meets each event that was there at the first page exactly
//     once, whatever arrives meanwhile;
//   - pass over stored events that cannot be read and say so by Incomplete: they
//     are no reason to fail, and all others are answered as if they were alone;
//   - return a *FieldError for a filter that is wrong and wrap every other
//     error; bound its memory whatever the filter;
//   - hand out events that the caller may keep and change.
type Source interface {
	// Query returns a page of the events that match.
	Query(ctx context.Context, f Filter) (Page, error)
	// Statistics counts the events that match. Limit, Cursor and Offset are
	// checked, and then ignored.
	Statistics(ctx context.Context, f Filter) (Statistics, error)
	// ByID returns one event; the error wraps ErrNotFound when there is none, and
	// is a *MissingError when that is so because events cannot be read.
	ByID(ctx context.Context, id event.ID) (event.Event, error)
}
