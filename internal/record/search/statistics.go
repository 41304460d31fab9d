// SPDX-License-Identifier: Apache-2.0

package search

import (
	"context"
	"fmt"
	"math"
	"sync"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/query"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// Statistics implements query.Source. Segments in files that lie wholly in the
// filter's time are counted by their rollup when the filter asks for nothing but
// source, category and level; of all others the rows are counted, in one pass.
func (s *Searcher) Statistics(ctx context.Context, f query.Filter) (query.Statistics, error) {
	plan, err := f.Plan()
	if err != nil {
		return query.Statistics{}, err
	}
	readers, release, err := s.snapshot(ctx)
	if err != nil {
		return query.Statistics{}, fmt.Errorf("search: %w", err)
	}
	defer release()
	stats, err := s.statistics(ctx, ask(plan), readers)
	if err != nil {
		return query.Statistics{}, fmt.Errorf("search: %w", err)
	}
	return stats, nil
}

func (s *Searcher) statistics(ctx context.Context, plan *question, readers []segment.Reader) (query.Statistics, error) {
	lost := s.losses(plan, readers)
	views, units := s.unitsOf(plan, readers)
	sum := &sum{tally: query.NewTally()}
	for _, v := range views {
		if v == nil || !v.whole || !coarse(plan) {
			continue
		}
		if err := ctx.Err(); err != nil {
			return query.Statistics{}, err
		}
		if err := sum.rollup(v); err != nil {
			return query.Statistics{}, err
		}
	}
	err := s.each(ctx, len(units), func(i int, sc *scratch) (bool, error) {
		v := views[units[i].view]
		if v.counted {
			return true, nil
		}
		err := sum.page(v, units[i].page, sc)
		if segment.IsDamage(err) {
			lost.pass(units[i].view, units[i].page, err)
			err = nil
		}
		return err == nil, err
	})
	if err != nil {
		return query.Statistics{}, err
	}
	stats := sum.tally.Statistics()
	stats.Incomplete = lost.count()
	return stats, nil
}

// sum is the tally of a call; the lock guards it.
type sum struct {
	mu    sync.Mutex
	tally *query.Tally
}

// page adds the rows of a page that match to the account of its segment: all of
// them, or none when there is an error.
func (s *sum) page(v *view, page int, sc *scratch) error {
	any, err := v.match(page, math.MinInt64, &sc.rows, &sc.found)
	if err != nil || !any {
		return err
	}
	if sc.acc == nil || sc.acc.view != v {
		if sc.acc != nil {
			sc.acc.flush()
			sc.acc = nil
		}
		if sc.acc, err = s.account(v); err != nil {
			sc.acc = nil
			return err
		}
	}
	return sc.acc.page(page, &sc.rows)
}

// rollup counts a segment by its rollup, when that says enough.
func (s *sum) rollup(v *view) error {
	a, err := s.account(v)
	if err != nil {
		return err
	}
	switch {
	case a.nameless(): // the rollup's codes say nothing
	case everything(v.plan):
		a.all()
	default:
		v.counted, err = v.buckets(a.bucket)
	}
	a.flush()
	return err
}

// nameless tells whether what codes stand for is not known.
func (a *account) nameless() bool { return a.sourceLost != nil || a.categoryLost != nil }

// all takes the counts of all rows.
func (a *account) all() {
	counts := a.view.rollup()
	if counts == nil {
		return
	}
	a.view.counted = true
	a.total = int64(a.view.r.Rows())
	for _, k := range counts.Sources {
		a.sources[k.Key] = int64(k.Rows)
	}
	for _, k := range counts.Categories {
		a.categories[k.Key] = int64(k.Rows)
	}
	for _, k := range counts.Severities {
		a.levels[k.Key] = int64(k.Rows)
	}
	for _, k := range counts.Hours {
		a.hours[k.Key] = int64(k.Rows)
	}
}

func (a *account) bucket(b segment.Bucket) {
	n := int64(b.Rows)
	a.total += n
	a.sources[b.Source] += n
	a.categories[b.Category] += n
	a.levels[b.Severity] += n
	a.hours[b.Hour] += n
}

// account adds up rows of one segment by their codes.
type account struct {
	sum                 *sum
	view                *view
	sourceDict          segment.Dict
	categoryDict        segment.Dict
	sourceLost          error // why the dictionary cannot be read
	categoryLost        error
	total               int64
	sources, categories []int64
	levels              [256]int64
	hours               map[int64]int64
	rawSources          map[string]int64
	rawCategories       map[string]int64
}

func (s *sum) account(v *view) (*account, error) {
	a := &account{sum: s, view: v, hours: map[int64]int64{}, rawSources: map[string]int64{}, rawCategories: map[string]int64{}}
	var err error
	if a.sourceDict, err = v.r.Dict(segment.ColSource); segment.IsDamage(err) {
		a.sourceLost = err
	} else if err != nil {
		return nil, err
	}
	if a.categoryDict, err = v.r.Dict(segment.ColCategory); segment.IsDamage(err) {
		a.categoryLost = err
	} else if err != nil {
		return nil, err
	}
	a.sources = make([]int64, max(a.sourceDict.Len(), int(segment.CodeFirst)))
	a.categories = make([]int64, max(a.categoryDict.Len(), int(segment.CodeFirst)))
	return a, nil
}

// page adds the given rows of a page; with an error it adds none.
func (a *account) page(page int, rows *segment.Bits) error {
	r := a.view.r
	sources, err := textsOf(r, segment.ColSource, page, a.sourceLost)
	if err != nil {
		return err
	}
	categories, err := textsOf(r, segment.ColCategory, page, a.categoryLost)
	if err != nil {
		return err
	}
	levels, err := r.Bytes(segment.ColSeverity, page)
	if err != nil {
		return err
	}
	times, err := r.Ints(segment.ColTime, page)
	if err != nil {
		return err
	}
	tally(&sources, rows, a.sources, a.rawSources)
	tally(&categories, rows, a.categories, a.rawCategories)
	hour, n := int64(math.MinInt64), int64(0)
	var from, to int64
	for i := range rows.All {
		a.levels[levels[i]]++
		if t := times[i]; n == 0 || t < from || t >= to {
			if n > 0 {
				a.hours[hour] += n
			}
			hour, n = segment.HourOf(t), 0
			from = hour * int64(3600e9)
			to = from + int64(3600e9)
		}
		n++
		a.total++
	}
	if n > 0 {
		a.hours[hour] += n
	}
	return nil
}

// textsOf returns a page of a column whose dictionary is lost for that reason, if
// it is: then a page that needs it is lost too.
func textsOf(r segment.Reader, c segment.Column, page int, lost error) (segment.Texts, error) {
	texts, err := r.Texts(c, page)
	if err == nil && lost != nil && texts.NeedsDict() {
		err = lost
	}
	return texts, err
}

func tally(texts *segment.Texts, rows *segment.Bits, codes []int64, raw map[string]int64) {
	if !texts.Raw() {
		texts.Tally(rows, codes)
		return
	}
	for i := range rows.All {
		b, _ := texts.At(i)
		raw[string(b)]++
	}
}

// flush adds the account to the sum and empties it.
func (a *account) flush() {
	a.sum.mu.Lock()
	defer a.sum.mu.Unlock()
	t := a.sum.tally
	t.Total(a.total)
	for code, n := range a.sources {
		t.Source(a.sourceDict.Text(uint16(code)), n)
	}
	for code, n := range a.categories {
		t.Category(a.categoryDict.Text(uint16(code)), n)
	}
	for name, n := range a.rawSources {
		t.Source(name, n)
	}
	for name, n := range a.rawCategories {
		t.Category(name, n)
	}
	for level, n := range a.levels {
		t.Level(event.Severity(level), n)
	}
	for hour, n := range a.hours {
		t.Hour(hour, n)
	}
	*a = account{}
}
