// SPDX-License-Identifier: Apache-2.0

package query

import (
	"cmp"
	"math"
	"slices"
)

// top makes rows of the most, or least, frequent groups.
type top struct {
	stage  *TopStage
	groups *grouping
	next   processor
}

func newTop(s *TopStage, in schema, m *memory, next processor) (processor, *SyntaxError) {
	g, problem := newGrouping(slices.Concat(s.By, s.Fields), nil, in, m)
	return &top{stage: s, groups: g, next: next}, problem
}

func (p *top) push(w row) error { return p.groups.add(&w) }

func (p *top) finish() error {
	var rows []row
	split := len(p.stage.By)
	groups := p.groups.sorted()
	for len(groups) > 0 {
		n := 1 // how many have the same values of By
		for n < len(groups) && sortLists(groups[0].cells[:split], groups[n].cells[:split]) == 0 {
			n++
		}
		rows = append(rows, p.ranked(groups[:n])...)
		groups = groups[n:]
	}
	return passOn(rows, p.next)
}

// ranked makes the rows of groups of which the counts make up the whole.
func (p *top) ranked(groups []*group) []row {
	var total int64
	for _, g := range groups {
		total += g.n
	}
	slices.SortStableFunc(groups, func(a, b *group) int {
		if p.stage.Rare {
			a, b = b, a
		}
		return cmp.Compare(b.n, a.n)
	})
	if p.stage.Limit > 0 && len(groups) > p.stage.Limit {
		groups = groups[:p.stage.Limit]
	}
	rows := make([]row, len(groups))
	for i, g := range groups {
		percent := math.Round(1e4*float64(g.n)/float64(total)) / 100
		rows[i] = row{cells: append(slices.Clone(g.cells), intCell(g.n), floatCell(percent))}
	}
	return rows
}
