// SPDX-License-Identifier: Apache-2.0

package query

import (
	"cmp"
	"slices"
	"time"
)

// otherSeries is what the values beyond the limit of a timechart are together.
const otherSeries = "OTHER"

// standardSpan is the span of a timechart that names none.
const standardSpan = time.Hour

// timechart makes a row of each span of time and value.
type timechart struct {
	stage  *TimechartStage
	span   int64
	time   ref
	groups *grouping
	next   processor
}

func newTimechart(s *TimechartStage, in schema, m *memory, next processor) (processor, *SyntaxError) {
	if _, problem := s.after(in); problem != nil {
		return nil, problem
	}
	var by []Field
	if s.By != "" {
		by = []Field{s.By}
	}
	g, problem := newGrouping(by, s.Aggs, in, m)
	if problem != nil {
		return nil, problem
	}
	p := &timechart{stage: s, span: int64(s.Span), groups: g, next: next}
	if p.span <= 0 {
		p.span = int64(standardSpan)
	}
	p.time, _ = in.find(fieldTime)
	return p, nil
}

func (p *timechart) push(w row) error {
	at := p.time.of(&w)
	if at.Kind != CellTime {
		return nil
	}
	return p.groups.add(&w, timeCell(spanBegin(at.Int, p.span)))
}

// spanBegin returns the begin of the span in which a time lies. Spans count from 1970
// UTC, those of whole weeks from its first Monday.
func spanBegin(ns, span int64) int64 {
	var first int64
	if span%int64(7*24*time.Hour) == 0 {
		first = int64(4 * 24 * time.Hour)
	}
	into := (ns - first) % span
	if into < 0 {
		into += span
	}
	return ns - into
}

func (p *timechart) finish() error {
	groups := p.groups.sorted()
	if len(groups) == 0 {
		return p.next.finish()
	}
	series, of := p.series(groups)
	begin, end := groups[0].cells[0].Int, groups[len(groups)-1].cells[0].Int
	most := int64(p.groups.memory.most.Groups / len(series))
	if (end-begin)/p.span >= most {
		return &LimitError{What: "spans", Limit: int(most)}
	}
	at := 0
	for t := begin; ; t += p.span {
		tallies := make([][]tally, len(series))
		for ; at < len(groups) && groups[at].cells[0].Int == t; at++ {
			p.join(&tallies[of[at]], groups[at])
		}
		for i, name := range series {
			if tallies[i] == nil {
				tallies[i] = make([]tally, len(p.stage.Aggs))
			}
			one := &group{cells: append([]Cell{timeCell(t)}, name...), tallies: tallies[i]}
			if err := p.next.push(p.groups.row(one)); err != nil {
				return finishAfter(err, p.next)
			}
		}
		if t == end {
			return p.next.finish()
		}
	}
}

// series returns the names of the series in order, and for each group which is its own.
func (p *timechart) series(groups []*group) (names [][]Cell, of []int) {
	totals := map[string]*group{}
	var all []*group
	for _, g := range groups {
		key := seriesKey(g)
		if totals[key] == nil {
			totals[key] = &group{cells: g.cells[1:]}
			all = append(all, totals[key])
		}
		totals[key].n += g.n
	}
	slices.SortFunc(all, func(a, b *group) int { return sortLists(a.cells, b.cells) })
	named := all
	if limit := p.stage.Limit; limit > 0 && len(all) > limit {
		named = slices.Clone(all)
		slices.SortStableFunc(named, func(a, b *group) int { return cmp.Compare(b.n, a.n) })
		named = named[:limit]
		slices.SortFunc(named, func(a, b *group) int { return sortLists(a.cells, b.cells) })
	}
	places := map[*group]int{}
	for i, g := range named {
		places[g] = i
		names = append(names, g.cells)
	}
	if len(named) < len(all) {
		names = append(names, []Cell{textCell(otherSeries)})
	}
	for _, g := range groups {
		i, ok := places[totals[seriesKey(g)]]
		if !ok {
			i = len(named)
		}
		of = append(of, i)
	}
	return names, of
}

func seriesKey(g *group) string { return Cell{Kind: CellList, List: g.cells[1:]}.String() }

// join adds a group's values to those of a series.
func (p *timechart) join(to *[]tally, g *group) {
	if *to == nil {
		*to = g.tallies
		return
	}
	for i := range p.stage.Aggs {
		(*to)[i].join(&p.stage.Aggs[i], &g.tallies[i])
	}
}
