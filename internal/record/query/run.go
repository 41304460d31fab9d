// SPDX-License-Identifier: Apache-2.0

package query

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// DefaultBytes is the standard Limits.Bytes.
const DefaultBytes = 64 << 20

// Limits are the bounds of a run; a zero is the standard one.
type Limits struct {
	// Rows is the most rows of the table (10,000).
	Rows int
	// Groups is the most groups of all stages together, and the most spans of a
	// timechart (100,000).
	Groups int
	// Bytes is about the most memory that rows and groups take (64 MiB).
	Bytes int
	// Now is when the hunt is asked.
	Now time.Time
}

// LimitError says that a run would have needed more than its limits allow.
type LimitError struct {
	// What is groups, bytes or spans.
	What  string
	Limit int
}

// Error names the limit.
func (e *LimitError) Error() string {
	return fmt.Sprintf("the hunt needs more than %d %s; a narrower time or filter, or a larger span, needs less", e.Limit, e.What)
}

// TableColumn is a column of a table.
type TableColumn struct {
	Name string
	Type Type
}

// TableRow is a row of a table, with one cell for each column.
type TableRow struct {
	// Event is the event that the row is; nil behind a stage that makes other rows.
	Event *event.Event
	Cells []Cell
}

// Table is the answer to a hunt.
type Table struct {
	Columns []TableColumn
	Rows    []TableRow
	// Truncated says that there were more rows.
	Truncated bool
	// Scanned is how many events were looked at, Matched how many of them were
	// found. Where the first rows are enough, the others are not looked at.
	Scanned, Matched int64
}

// ErrOrder is for events that do not come newest first.
var ErrOrder = errors.New("events do not come newest first")

// errEnough says that no more rows are wanted.
var errEnough = errors.New("enough")

// Run answers a hunt. It is what the language means; an engine that does it another
// way gives the same table.
//
// next returns the events newest first, as Source orders them, and false after the
// last. The events are not changed, and those in the table are kept. The error is
// that of ctx, a *LimitError, a *SyntaxError for a hunt that Parse would not have
// made, or ErrOrder.
func Run(ctx context.Context, h *Hunt, next func() (*event.Event, bool), limits Limits) (Table, error) {
	r, err := NewRunner(h, limits)
	if err != nil {
		return Table{}, err
	}
	where := h.At(limits.Now).Where
	var scanned, matched int64
	var last *Key
	for more := true; more; {
		e, ok := next()
		if !ok {
			break
		}
		if scanned++; ctx.Err() != nil {
			return Table{}, fmt.Errorf("run the hunt: %w", ctx.Err())
		}
		key := Key{Time: e.Time, ID: e.ID}
		if last != nil && last.Compare(key) > 0 {
			return Table{}, ErrOrder
		}
		last = &key
		if !where.Match(e) {
			continue
		}
		matched++
		if more, err = r.Push(e, 1); err != nil {
			return Table{}, err
		}
	}
	table, err := r.Finish()
	if err != nil {
		return Table{}, err
	}
	table.Scanned, table.Matched = scanned, matched
	return table, nil
}

// processor does the work of a stage. push takes a row; errEnough says that no more
// are wanted. finish passes on what the stage kept, once, after the last row.
type processor interface {
	push(w row) error
	finish() error
}

// build makes the processors of a hunt, from the last to the first.
func build(h *Hunt, limits Limits) (*collector, processor, error) {
	m := &memory{groups: limits.Groups, bytes: limits.Bytes, most: limits}
	if m.groups <= 0 {
		m.groups = 100_000
	}
	if m.bytes <= 0 {
		m.bytes = DefaultBytes
	}
	m.most.Groups, m.most.Bytes = m.groups, m.bytes
	env := &environment{now: limits.Now}
	schemas := []schema{{events: true}}
	for _, s := range h.Stages {
		after, problem := s.after(schemas[len(schemas)-1])
		if problem != nil {
			return nil, nil, problem
		}
		schemas = append(schemas, after)
	}
	out := newCollector(schemas[len(schemas)-1], limits.Rows, m)
	var next processor = out
	for i, s := range slices.Backward(h.Stages) {
		var problem *SyntaxError
		if next, problem = newProcessor(s, schemas[i], schemas[i+1], env, m, next); problem != nil {
			return nil, nil, problem
		}
	}
	return out, next, nil
}

// memory counts what a run keeps.
type memory struct {
	groups, bytes int
	most          Limits
}

func (m *memory) keep(bytes int) error {
	if m.bytes -= bytes; m.bytes < 0 {
		return &LimitError{What: "bytes", Limit: m.most.Bytes}
	}
	return nil
}

func (m *memory) group() error {
	if m.groups--; m.groups < 0 {
		return &LimitError{What: "groups", Limit: m.most.Groups}
	}
	return nil
}

// keepRow counts a row that stays for now.
func (m *memory) keepRow(w *row) error { return m.keep(w.size()) }

// swapRow counts a row that takes the place of another.
func (m *memory) swapRow(old, w *row) error {
	m.bytes += old.size()
	return m.keepRow(w)
}

// size is about how many bytes of memory the row takes.
func (w *row) size() int {
	n := cellOverhead
	for _, c := range w.cells {
		n += c.size()
	}
	if w.event != nil {
		n += w.event.Size()
	}
	return n
}
