// SPDX-License-Identifier: Apache-2.0

package query

import (
	"cmp"
	"slices"
	"strings"
)

// grouping adds rows up by the values of some columns.
type grouping struct {
	by     []ref
	aggs   []Agg
	of     []ref // for each of aggs; unused where it counts rows
	time   ref   // of the events
	timed  bool
	groups map[string]*group
	memory *memory
	cells  []Cell // of the row at hand
	key    []byte
}

// group is one combination of values.
type group struct {
	cells   []Cell
	n       int64
	tallies []tally
}

func newGrouping(by []Field, aggs []Agg, in schema, m *memory) (*grouping, *SyntaxError) {
	g := &grouping{aggs: aggs, of: make([]ref, len(aggs)), groups: map[string]*group{}, memory: m}
	var problem *SyntaxError
	if g.by, problem = in.need(by...); problem != nil {
		return nil, problem
	}
	for i, a := range aggs {
		if _, problem = a.resultType(in); problem != nil {
			return nil, problem
		}
		if a.Of != "" {
			g.of[i], _ = in.find(a.Of)
		}
	}
	g.time, g.timed = in.find(fieldTime)
	return g, nil
}

// add counts a row in each group that it belongs to: those of all combinations of the
// different values that its columns have. head stands before them.
func (g *grouping) add(w *row, head ...Cell) error {
	cells := append(g.cells[:0], head...)
	for _, r := range g.by {
		c := r.of(w)
		if c.Kind == CellList {
			return g.addEach(w, head)
		}
		if !c.there() {
			return nil
		}
		cells = append(cells, c)
	}
	g.cells = cells
	return g.count(w, cells)
}

// addEach is add of a row with lists.
func (g *grouping) addEach(w *row, head []Cell) error {
	values := make([][]Cell, len(g.by))
	for i, r := range g.by {
		if values[i] = different(r.of(w)); len(values[i]) == 0 {
			return nil
		}
	}
	cells := make([]Cell, len(head)+len(g.by))
	copy(cells, head)
	at := make([]int, len(g.by))
	for {
		for i := range at {
			cells[len(head)+i] = values[i][at[i]]
		}
		if err := g.count(w, cells); err != nil {
			return err
		}
		i := len(at) - 1
		for ; i >= 0; i-- { // the next combination, the last column first
			if at[i]++; at[i] < len(values[i]) {
				break
			}
			at[i] = 0
		}
		if i < 0 {
			return nil
		}
	}
}

// different returns the values of a cell that do not print the same.
func different(c Cell) []Cell {
	var out []Cell
	if c.Kind != CellList {
		if c.there() {
			out = append(out, c)
		}
		return out
	}
	seen := map[string]bool{}
	c.each(func(v Cell) bool {
		if text := v.String(); !seen[text] {
			seen[text] = true
			out = append(out, v)
		}
		return true
	})
	return out
}

func (g *grouping) count(w *row, cells []Cell) error {
	key := g.key[:0]
	for _, c := range cells {
		key = appendKey(key, c)
	}
	g.key = key
	one := g.groups[string(key)]
	if one == nil {
		if err := g.memory.group(); err != nil {
			return err
		}
		if err := g.memory.keep((len(cells)+len(g.aggs)+1)*cellOverhead + 2*len(key)); err != nil {
			return err
		}
		one = &group{cells: ownCell(Cell{List: cells}).List, tallies: make([]tally, len(g.aggs))}
		g.groups[string(key)] = one
	}
	for i, c := range cells { // a number and a text that print the same are a number, whatever came first
		if c.Kind < one.cells[i].Kind {
			one.cells[i] = ownCell(c)
		}
	}
	one.n += 1 + w.also
	return g.tally(w, one)
}

func (g *grouping) tally(w *row, one *group) error {
	var at int64
	if g.timed {
		at = g.time.of(w).Int
	}
	kept := 0
	for i := range g.aggs {
		if g.aggs[i].Of == "" {
			one.tallies[i].n += 1 + w.also
			continue
		}
		kept += one.tallies[i].add(&g.aggs[i], g.of[i].of(w), at, 1+w.also)
	}
	return g.memory.keep(kept)
}

// all returns the groups in any order.
func (g *grouping) all() []*group {
	out := make([]*group, 0, len(g.groups))
	for _, one := range g.groups {
		out = append(out, one)
	}
	return out
}

// sorted returns the groups in the order of their values.
func (g *grouping) sorted() []*group {
	out := g.all()
	slices.SortFunc(out, func(a, b *group) int { return sortLists(a.cells, b.cells) })
	return out
}

// sortLists orders by the first cells that differ, and by their text where only that
// does.
func sortLists(a, b []Cell) int {
	for i := range min(len(a), len(b)) {
		if n := sortCells(a[i], b[i]); n != 0 {
			return n
		}
		if a[i].Kind == CellText && b[i].Kind == CellText && a[i].Text == b[i].Text || a[i].Kind == CellTime && b[i].Kind == CellTime {
			continue // most, and their text need not be made
		}
		if n := strings.Compare(a[i].String(), b[i].String()); n != 0 {
			return n
		}
	}
	return cmp.Compare(len(a), len(b))
}

// row makes the row of a group.
func (g *grouping) row(one *group) row {
	cells := slices.Clone(one.cells)
	for i := range g.aggs {
		cells = append(cells, one.tallies[i].result(&g.aggs[i]))
	}
	return row{cells: cells}
}

// stats makes one row of each group.
type stats struct {
	groups *grouping
	next   processor
}

func newStats(s *StatsStage, in schema, m *memory, next processor) (processor, *SyntaxError) {
	g, problem := newGrouping(s.By, s.Aggs, in, m)
	return &stats{groups: g, next: next}, problem
}

func (p *stats) push(w row) error { return p.groups.add(&w) }

func (p *stats) finish() error {
	groups := p.groups.sorted()
	if len(groups) == 0 && len(p.groups.by) == 0 {
		groups = []*group{{tallies: make([]tally, len(p.groups.aggs))}}
	}
	rows := make([]row, len(groups))
	for i, one := range groups {
		rows[i] = p.groups.row(one)
	}
	return passOn(rows, p.next)
}
