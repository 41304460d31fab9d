// SPDX-License-Identifier: Apache-2.0

package query

import "context"

// HuntOptions are what a hunt is asked with, beside its text.
type HuntOptions struct {
	// From and To bound the events' time beside what the hunt itself says, From ≤ time
	// < To, in nanoseconds since 1970 UTC; 0 leaves that side open.
	From, To int64
	// Limit is the most events of the answer to a hunt without stages, 1 to MaxLimit; 0
	// is DefaultLimit. It is not used with stages, where Limits.Rows bounds the table.
	Limit int
	// Cursor is the Next of the answer before; without stages only.
	Cursor string
	// Limits are the bounds of the stages. Relative times are counted from Limits.Now.
	Limits Limits
	// Also are stages to be run, each on its own, over all events that the condition
	// finds, as for a histogram or the most frequent values of a field. Limits.Rows is
	// not theirs, and together they may keep Limits.Bytes. The order of the events must not matter to them (Hunt.AnyOrder).
	Also [][]Stage
}

// Answer is the answer to a hunt.
type Answer struct {
	// Table has the rows. Without stages each is an event, newest first, and Truncated
	// is false. Scanned counts the events of all pages that were looked at; Matched
	// those of them that were found, as far as they were counted.
	Table
	// ScannedBytes are the bytes that were looked at for it: of the pages of columns and
	// the dictionaries that were used, unpacked, each once, and the same whether they came
	// from files, out of a cache or are in memory as the newest events are. What helps to
	// leave pages out (bounds, filters, the counts of whole segments) is none of them, so
	// an answer out of counts alone has 0. An engine without columns has 0.
	ScannedBytes int64
	// Next is the cursor of the events after these; "" when there are none.
	Next string
	// Total is the number of events that the condition finds, whatever the stages make
	// of them; nil when they were not all counted, or when Incomplete is not 0.
	Total *int64
	// Incomplete is how many stored events of the hunt's time cannot be read.
	Incomplete int64
	// Also are the tables of HuntOptions.Also, in their order.
	Also []Aside
}

// Aside is one table beside the answer.
type Aside struct {
	Table Table
	// Err is a *LimitError when the table would have been too large; the answer holds
	// without it.
	Err error
}

// Hunter answers hunts. What is said of Source holds for it too: consistent views,
// cancelling, damage, and that it finds exactly the events for which the condition's
// Match is true. The table is that which Run makes of them. Numbers that are not whole
// may differ in the last digits, as their sum depends on the order of adding.
type Hunter interface {
	// Hunt answers one. The error is that of ctx, a *FieldError for options that are
	// wrong, a *SyntaxError for a hunt that Parse would not have made, a *LimitError, or
	// wraps why the events cannot be read.
	Hunt(ctx context.Context, h *Hunt, o HuntOptions) (Answer, error)
}

// Plan checks what bounds a hunt and returns its time, page and cursor as a Plan that
// asks for nothing else; the error is a *FieldError.
func (o *HuntOptions) Plan() (*Plan, error) {
	f := Filter{From: o.From, To: o.To, Limit: o.Limit, Cursor: o.Cursor}
	return f.Plan()
}
