// SPDX-License-Identifier: Apache-2.0

package query

import (
	"slices"
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// column is one that a stage made.
type column struct {
	Name Field
	Type Type
}

// schema is what the rows between two stages have. While events is true each row is an
// event and has its fields too, but for those that are hidden.
type schema struct {
	events  bool
	columns []column
	hidden  []string // canonical names
	// types remembers those of expressions over just these columns; nil remembers none.
	// Without it a deep expression would be judged anew at each of its levels.
	types map[Calc]Type
}

// remembering returns the schema with nothing remembered yet.
func (s schema) remembering() schema {
	s.types = map[Calc]Type{}
	return s
}

// ref is where a row has a column: among its cells, or in its event.
type ref struct {
	at        int // -1: in the event
	canonical string
	Type      Type
}

// row is one row between two stages. Its cells are the columns of the schema.
type row struct {
	event *event.Event
	cells []Cell
	also  int64 // how many other events it stands for, see Hunt.Fold
}

func (r ref) of(w *row) Cell {
	if r.at >= 0 {
		return w.cells[r.at]
	}
	return eventCell(w.event, r.canonical)
}

// find returns the column that a name means: that name itself, another name of the
// same field, or the attribute with and without its prefix.
func (s schema) find(name Field) (ref, bool) {
	at := slices.IndexFunc(s.columns, func(c column) bool { return c.Name == name })
	if at < 0 {
		at = slices.IndexFunc(s.columns, func(c column) bool { return sameColumn(c.Name) == sameColumn(name) })
	}
	if at >= 0 {
		return ref{at: at, Type: s.columns[at].Type}, true
	}
	canonical := name.Canonical()
	if !s.events || slices.Contains(s.hidden, canonical) {
		return ref{}, false
	}
	return ref{at: -1, canonical: canonical, Type: name.Type()}, true
}

// sameColumn is equal for all names of one column.
func sameColumn(name Field) string {
	return strings.TrimPrefix(name.Canonical(), attrPrefix)
}

// closed is a schema of columns alone, of which no two have one name.
func closed(columns []column) (schema, *SyntaxError) {
	for i, c := range columns {
		if slices.ContainsFunc(columns[:i], func(o column) bool { return o.Name == c.Name }) {
			return schema{}, problemf(CodeBadValue, "two columns with the name %s; give one another name by as", c.Name)
		}
	}
	return schema{columns: columns}, nil
}

// need returns columns by name, or which is not there.
func (s schema) need(names ...Field) ([]ref, *SyntaxError) {
	out := make([]ref, len(names))
	for i, name := range names {
		var ok bool
		if out[i], ok = s.find(name); !ok {
			return nil, s.missing(name)
		}
	}
	return out, nil
}

func (s schema) missing(name Field) *SyntaxError {
	have := s.names()
	problem := problemf(CodeUnknownColumn, "no column %s here", name).near(string(name), have)
	if problem.Suggestion == "" && len(have) > 0 && len(have) <= 8 {
		problem.Reason += "; there are " + strings.Join(have, ", ")
	}
	return problem
}

func (s schema) names() []string {
	names := make([]string, len(s.columns))
	for i, c := range s.columns {
		names[i] = string(c.Name)
	}
	return names
}

// with returns the schema with a column set, and where its cell is.
func (s schema) with(name Field, t Type) (schema, int) {
	s.columns, s.types = slices.Clone(s.columns), nil
	for i := range s.columns {
		if s.columns[i].Name == name || sameColumn(s.columns[i].Name) == sameColumn(name) {
			s.columns[i].Type = t
			return s, i
		}
	}
	s.columns = append(s.columns, column{name, t})
	return s, len(s.columns) - 1
}

// shown are the columns that a table of the rows has.
func (s schema) shown() []column {
	if !s.events {
		return s.columns
	}
	var out []column
	for _, name := range [...]Field{fieldTime, wordSeverity, wordSource, wordCategory, wordUser, wordIP, "message"} {
		if r, ok := s.find(name); ok && r.at < 0 {
			out = append(out, column{name, r.Type})
		}
	}
	return append(out, s.columns...)
}

// pick makes the columns of names, each with the type that it has.
func (s schema) pick(names []Field) ([]column, *SyntaxError) {
	refs, problem := s.need(names...)
	if problem != nil {
		return nil, problem
	}
	out := make([]column, len(names))
	for i, name := range names {
		out[i] = column{name, refs[i].Type}
	}
	return out, nil
}
