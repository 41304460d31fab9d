// SPDX-License-Identifier: Apache-2.0

package search

import (
	"math"
	"slices"
	"sync/atomic"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/query"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// counter adds up Page.Total.
type counter struct {
	on   bool
	free int64 // of the segments that have counts of their own
	rows atomic.Int64
}

func (c *counter) total() *int64 {
	if !c.on {
		return nil
	}
	n := c.free + c.rows.Load()
	return &n
}

// planCount decides whether the total is counted, as Options.CountRows says, and
// takes what is free.
func (s *Searcher) planCount(plan *question, views []*view) (*counter, error) {
	c := &counter{}
	dear, weight := 0, 1
	if plan.texts {
		weight = textWeight
	}
	for _, v := range views {
		if v == nil {
			continue
		}
		if v.whole && coarse(plan) {
			n, ok, err := v.rollupCount()
			if err != nil {
				return nil, err
			}
			if v.counted = ok; ok {
				c.free += n
				continue
			}
		}
		if plan.where != nil {
			if dear > max(s.countRows, 0) {
				return c, nil // the other segments need not be looked at for this
			}
			if err := v.prepare(); err != nil {
				return nil, err
			}
		}
		for page := range segment.Pages(v.r) {
			if !v.dead && touches(plan, v.r.PageBounds(page)) {
				dear += weight * segment.PageLen(v.r, page)
			}
		}
	}
	c.on = dear <= max(s.countRows, 0)
	return c, nil
}

// rollupCount counts the rows that match a coarse plan by the segment's own
// counts; ok is false when these do not say it.
func (v *view) rollupCount() (n int64, ok bool, err error) {
	if everything(v.plan) {
		return int64(v.r.Rows()), true, nil
	}
	ok, err = v.buckets(func(b segment.Bucket) { n += int64(b.Rows) })
	return n, ok, err
}

// everything tells whether a coarse plan asks for nothing but time.
func everything(p *question) bool {
	return p.AnyLevel && len(p.Sources) == 0 && len(p.Categories) == 0
}

// buckets calls yield for the buckets of the segment's rollup that match a
// coarse plan; ok is false when there are none to look at.
func (v *view) buckets(yield func(segment.Bucket)) (ok bool, err error) {
	counts := v.rollup()
	if counts == nil || counts.Buckets == nil {
		return false, nil
	}
	if err := v.prepare(); err != nil {
		return false, err
	}
	if slices.ContainsFunc(v.fields, func(t fieldTest) bool { return t.lost != nil }) {
		return false, nil // which codes are meant is not known
	}
	for _, b := range counts.Buckets {
		if !v.dead && (v.plan.AnyLevel || b.Severity <= event.Critical && v.plan.Levels[b.Severity]) && v.wants(b) {
			yield(b)
		}
	}
	return true, nil
}

// rollup returns the segment's own counts; nil when there are none, or when they
// are damaged and the rows have to be counted.
func (v *view) rollup() *segment.Rollup {
	counts, err := v.r.Rollup()
	if err != nil {
		v.damages.Note(v.r, err)
		return nil
	}
	return counts
}

func (v *view) wants(b segment.Bucket) bool {
	for i := range v.fields {
		code := b.Source
		if v.fields[i].column == segment.ColCategory {
			code = b.Category
		}
		if int(code) >= len(v.fields[i].codes) || !v.fields[i].codes[code] {
			return false
		}
	}
	return true
}

// collect offers the rows of a page that match to best, and counts them.
func (v *view) collect(u unit, counting bool, best *top, c *counter, sc *scratch) error {
	floor := int64(math.MinInt64)
	if !counting {
		floor = best.floor()
	}
	any, err := v.match(u.page, floor, &sc.rows, &sc.found)
	if err != nil || !any {
		return err
	}
	if counting {
		c.rows.Add(int64(sc.rows.Count()))
		if floor = best.floor(); u.latest < floor {
			return nil
		}
	}
	times, err := v.r.Ints(segment.ColTime, u.page)
	if err != nil {
		return err
	}
	ids, err := v.r.Bytes(segment.ColID, u.page)
	if err != nil {
		return err
	}
	sc.hits = sc.hits[:0]
	for i := range sc.rows.All {
		if times[i] < floor {
			continue
		}
		key := query.Key{Time: times[i], ID: event.ID(ids[i*len(event.ID{}):])}
		if v.plan.After != nil && v.plan.After.Compare(key) >= 0 {
			continue
		}
		sc.hits = append(sc.hits, hit{key: key, segment: v.number, row: int32(u.page*segment.PageRows + i)}) //nolint:gosec // below MaxRows
	}
	best.add(sc.hits)
	return nil
}
