// SPDX-License-Identifier: Apache-2.0

package query

import "slices"

// newPick makes rows of the columns named.
func newPick(names []Field, in schema, next processor) (processor, *SyntaxError) {
	refs, problem := in.need(names...)
	return each(next, func(w row) (row, bool) {
		cells := make([]Cell, len(refs))
		for i, r := range refs {
			cells[i] = ownCell(r.of(&w))
		}
		return row{cells: cells, also: w.also}, true
	}), problem
}

// newRemove makes rows without the columns that out no longer has.
func newRemove(in, out schema, next processor) processor {
	var stay []int
	for i, c := range in.columns {
		if slices.ContainsFunc(out.columns, func(o column) bool { return o.Name == c.Name }) {
			stay = append(stay, i)
		}
	}
	return each(next, func(w row) (row, bool) {
		cells := make([]Cell, len(stay))
		for i, at := range stay {
			cells[i] = w.cells[at]
		}
		return row{event: w.event, cells: cells, also: w.also}, true
	})
}

// newEval sets columns, one after the other.
func newEval(s *EvalStage, in schema, env *environment, next processor) (processor, *SyntaxError) {
	values, places := make([]func(*row) Cell, len(s.Sets)), make([]int, len(s.Sets))
	for i, set := range s.Sets {
		in = in.remembering()
		t, problem := typeOf(set.Value, in)
		if problem != nil {
			return nil, problem
		}
		if values[i], problem = set.Value.compile(in, env); problem != nil {
			return nil, problem
		}
		in, places[i] = in.with(set.Name, t)
	}
	width := len(in.columns)
	return each(next, func(w row) (row, bool) {
		w.cells = grown(w.cells, width)
		for i, value := range values {
			w.cells[places[i]] = value(&w)
		}
		return w, true
	}), nil
}

// grown is a copy with room for more cells.
func grown(cells []Cell, width int) []Cell {
	out := make([]Cell, max(width, len(cells)))
	copy(out, cells)
	return out
}

// newRename moves cells as schema.renamed moves columns.
func newRename(s *RenameStage, in schema, next processor) (processor, *SyntaxError) {
	var steps []func(row) row
	for _, n := range s.Names {
		from, ok := in.find(n.Old)
		if !ok {
			return nil, in.missing(n.Old)
		}
		out, problem := in.renamed(n)
		if problem != nil {
			return nil, problem
		}
		if from.at < 0 {
			_, at := in.with(n.New, from.Type)
			steps = append(steps, func(w row) row {
				c := from.of(&w)
				w.cells = grown(w.cells, at+1)
				w.cells[at] = c
				return w
			})
		} else if other := in.other(n.New, from.at); other >= 0 {
			steps = append(steps, func(w row) row {
				w.cells = slices.Delete(slices.Clone(w.cells), other, other+1)
				return w
			})
		}
		in = out
	}
	return each(next, func(w row) (row, bool) {
		for _, step := range steps {
			w = step(w)
		}
		return w, true
	}), nil
}
