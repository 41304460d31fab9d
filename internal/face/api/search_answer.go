// SPDX-License-Identifier: Apache-2.0

package api

import (
	"strconv"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/query"
)

// answer puts an answer into its form.
func (s *asked) answer(found *query.Answer, row func([]byte, *event.Event) []byte) SearchAnswer {
	out := SearchAnswer{
		Query: s.hunt.String(), Columns: []SearchColumn{}, Rows: make([][]any, len(found.Rows)), Truncated: found.Truncated,
		Next: optional(found.Next), Total: found.Total, Scanned: SearchScan{Rows: found.Scanned, Bytes: found.ScannedBytes}, Incomplete: found.Incomplete, Explain: []SearchStep{},
	}
	for _, step := range s.hunt.Explain() {
		params := []SearchParam{}
		for _, p := range step.Params {
			params = append(params, SearchParam{Key: p.Key, Values: p.Values})
		}
		out.Explain = append(out.Explain, SearchStep{Key: step.Key, Params: params})
	}
	for _, c := range found.Columns {
		out.Columns = append(out.Columns, SearchColumn{Name: c.Name, Type: SearchColumnType(c.Type)})
	}
	events := make([]Event, 0, len(found.Rows))
	for i, r := range found.Rows {
		cells := make([]any, len(r.Cells))
		for k, c := range r.Cells {
			cells[k] = c
		}
		out.Rows[i] = cells
		if r.Event != nil {
			events = append(events, row(nil, r.Event))
		}
	}
	if s.hunt.Needs().All {
		out.Events = &events
	}
	s.aside(found.Also, &out)
	return out
}

// aside puts the tables beside the answer into their form.
func (s *asked) aside(tables []query.Aside, out *SearchAnswer) {
	if len(s.facets) > 0 {
		out.Facets = &[]SearchFacet{}
	}
	for i, f := range s.facets {
		facet := SearchFacet{Field: f.Canonical(), TooMany: tables[i].Err != nil, Values: []Count{}}
		for _, r := range tables[i].Table.Rows {
			facet.Values = append(facet.Values, Count{Value: r.Cells[0].String(), Count: countIn(r.Cells[1])})
		}
		*out.Facets = append(*out.Facets, facet)
	}
	if s.span == 0 {
		return
	}
	last := tables[len(tables)-1]
	h := &SearchHistogram{By: string(*s.params.Histogram), SpanMs: s.span.Milliseconds(), TooMany: last.Err != nil || last.Table.Truncated, Buckets: []SearchBucket{}}
	if !h.TooMany {
		for _, r := range last.Table.Rows {
			if n := countIn(r.Cells[2]); n > 0 {
				h.Buckets = append(h.Buckets, SearchBucket{Time: moment(r.Cells[0].Int), Value: r.Cells[1].String(), Count: n})
			}
		}
	}
	out.Histogram = h
}

// countIn is the number in a cell that counts.
func countIn(c query.Cell) int64 {
	n, _ := strconv.ParseInt(c.Text, 10, 64) // a count is a whole number
	return n
}
