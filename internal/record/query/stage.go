// SPDX-License-Identifier: Apache-2.0

package query

import "time"

// Stage is one step behind a pipe: it takes rows and gives rows. It is one of the
// structs below, as data: an engine may translate it instead of calling Run.
type Stage interface {
	// Command is the word that it begins with.
	Command() string
	// String returns text that Parse reads back to the same stage.
	String() string
	// after returns the columns that it leaves.
	after(s schema) (schema, *SyntaxError)
}

// Agg is a value over the rows of a group.
type Agg struct {
	// Func is one of count, dc, sum, avg, min, max, values, list, earliest, latest,
	// and perc1 to perc99.
	Func string
	// Of is the column; "" for a count of rows.
	Of Field
	// As is the name of the result; "" for the call as it is written.
	As Field
}

// StatsStage has one row for each combination of values of By, in their order; a row
// with a list belongs to the group of each of its different values, one without a
// value to none. Without By it has one row.
type StatsStage struct {
	Aggs []Agg
	By   []Field
}

// TimechartStage has one row for each span of time and, with By, for each of its
// values, from the first span with an event to the last; those between are there too.
type TimechartStage struct {
	// Span is a whole number of seconds, minutes, hours, days or weeks; 0 is an hour.
	Span time.Duration
	// Limit is how many values of By have rows of their own, those with the most
	// events; the others are one, OTHER. 0 is all.
	Limit int
	Aggs  []Agg
	By    Field
}

// TopStage has the most frequent combinations of values, with count and percent; with
// Rare the least frequent. With By it does so for each group.
type TopStage struct {
	Rare   bool
	Limit  int
	Fields []Field
	By     []Field
}

// SortStage orders rows; those that are equal stay as they are, those without a value
// come last.
type SortStage struct {
	// Limit is how many rows stay; 0 is all.
	Limit int
	Keys  []SortKey
}

// SortKey is one column to sort by.
type SortKey struct {
	Of   Field
	Desc bool
}

// HeadStage keeps the first rows, with Tail the last ones, in the order they have.
type HeadStage struct {
	Tail bool
	N    int
}

// TableStage keeps the columns that it names, in their order.
type TableStage struct{ Columns []Field }

// FieldsStage is TableStage, or with Remove leaves columns out.
type FieldsStage struct {
	Remove  bool
	Columns []Field
}

// DedupStage keeps the first N rows of each combination of values; rows without one
// of the values go.
type DedupStage struct {
	N    int
	Keys []Field
}

// WhereStage keeps the rows for which a condition holds.
type WhereStage struct{ If Calc }

// EvalStage sets columns, one after the other.
type EvalStage struct{ Sets []Set }

// Set is a column and its value.
type Set struct {
	Name  Field
	Value Calc
}

// RenameStage gives columns other names.
type RenameStage struct{ Names []Rename }

// Rename is a column's old name and its new one.
type Rename struct{ Old, New Field }

// Command returns stats.
func (*StatsStage) Command() string { return "stats" }

// Command returns timechart.
func (*TimechartStage) Command() string { return "timechart" }

// Command returns top or rare.
func (s *TopStage) Command() string {
	if s.Rare {
		return "rare"
	}
	return "top"
}

// Command returns sort.
func (*SortStage) Command() string { return "sort" }

// Command returns head or tail.
func (s *HeadStage) Command() string {
	if s.Tail {
		return "tail"
	}
	return "head"
}

// Command returns table.
func (*TableStage) Command() string { return "table" }

// Command returns fields.
func (*FieldsStage) Command() string { return "fields" }

// Command returns dedup.
func (*DedupStage) Command() string { return "dedup" }

// Command returns where.
func (*WhereStage) Command() string { return "where" }

// Command returns eval.
func (*EvalStage) Command() string { return "eval" }

// Command returns rename.
func (*RenameStage) Command() string { return "rename" }

// commands are the words that a stage can begin with.
func commands() []string {
	return []string{"dedup", "eval", "fields", "head", "rare", "rename", "sort", "stats", "table", "tail", "timechart", "top", "where"}
}
