// SPDX-License-Identifier: Apache-2.0

package query

import "slices"

// sorter keeps all rows and passes them on in order.
type sorter struct {
	refs   []ref
	desc   []bool
	limit  int
	rows   []sortRow
	memory *memory
	next   processor
}

type sortRow struct {
	row  row
	keys []Cell
}

func newSort(s *SortStage, in schema, m *memory, next processor) (processor, *SyntaxError) {
	p := &sorter{limit: s.Limit, memory: m, next: next}
	for _, k := range s.Keys {
		refs, problem := in.need(k.Of)
		if problem != nil {
			return nil, problem
		}
		p.refs = append(p.refs, refs...)
		p.desc = append(p.desc, k.Desc)
	}
	return p, nil
}

func (p *sorter) push(w row) error {
	keys := make([]Cell, len(p.refs))
	for i, r := range p.refs {
		keys[i] = r.of(&w)
	}
	p.rows = append(p.rows, sortRow{w, keys})
	if err := p.memory.keep(len(keys) * cellOverhead); err != nil {
		return err
	}
	return p.memory.keepRow(&w)
}

func (p *sorter) finish() error {
	slices.SortStableFunc(p.rows, func(a, b sortRow) int {
		for i, desc := range p.desc {
			x, y := a.keys[i], b.keys[i]
			n := sortCells(x, y)
			if desc && x.there() && y.there() { // what is not there comes last either way
				n = -n
			}
			if n != 0 {
				return n
			}
		}
		return 0
	})
	if p.limit > 0 && len(p.rows) > p.limit {
		p.rows = p.rows[:p.limit]
	}
	rows := make([]row, len(p.rows))
	for i := range p.rows {
		rows[i] = p.rows[i].row
	}
	return passOn(rows, p.next)
}
