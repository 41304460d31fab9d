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
	split := len(p.stage.By)
	if split == 0 {
		return passOn(p.ranked(p.groups.all()), p.next)
	}
	var rows []row
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
	groups = p.foremost(groups)
	slices.SortFunc(groups, func(a, b *group) int { return cmp.Or(p.compare(a.n, b.n), sortLists(a.cells, b.cells)) })
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

// compare orders by number.
func (p *top) compare(a, b int64) int {
	if p.stage.Rare {
		return cmp.Compare(a, b)
	}
	return cmp.Compare(b, a)
}

// foremost leaves out the groups that cannot be among the first, by their number alone:
// to compare values is dear, and mostly few are wanted of many.
func (p *top) foremost(groups []*group) []*group {
	if p.stage.Limit <= 0 || len(groups) <= p.stage.Limit {
		return groups
	}
	numbers := make([]int64, len(groups))
	for i, g := range groups {
		numbers[i] = g.n
	}
	slices.SortFunc(numbers, p.compare)
	last := numbers[p.stage.Limit-1]
	return slices.DeleteFunc(groups, func(g *group) bool { return p.compare(g.n, last) > 0 })
}
