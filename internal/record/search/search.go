// SPDX-License-Identifier: Apache-2.0

// Package search answers filters from columns: it is the query.Source over the
// journal's own segments, those in memory and those in files alike.
//
//	Filter ── Plan ──▶ units (segment, page) by latest time ──▶ rows that match ──▶ top k ──▶ events
//	                    pruned by min/max and dictionaries       (bits per page)
//
// A query takes one snapshot and works on that. It looks at pages in the order
// of their latest time and stops when no other page can hold a newer row than
// those it has. On a page it evaluates what is cheap first (codes, times), looks
// at texts only where rows are left, and reads all columns only for the rows of
// the answer. Pages are shared out among at most GOMAXPROCS goroutines, which
// end with the call; ctx is looked at before each page.
//
// What cannot be read is passed over: a damaged filter or rollup costs nothing but
// time, a damaged page or dictionary the rows of the pages that need it. Each file
// and reason is told once (Options.Damaged), and every answer says how many stored
// events it could not look at (Incomplete). An event is in the items of an answer
// only when all of it can be read; it is counted when what the filter asks for can.
//
// Memory: one key of 32 bytes for each row of offset + limit + 1, a set of bits
// per goroutine, and what the segments' own page cache holds.
//
// A Searcher is safe for concurrent use.
package search

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/query"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// DefaultCountRows is the default of Options.CountRows.
const DefaultCountRows = 1 << 18

// textWeight is how much dearer a row is to count when its text must be read.
const textWeight = 2

// Options are what a Searcher needs.
type Options struct {
	// Snapshot returns the segments that hold all events committed so far, each
	// event once, and a func to call when they are no longer used. Required.
	Snapshot func(ctx context.Context) ([]segment.Reader, func(), error)
	// Workers is the most goroutines of one call; 0 is GOMAXPROCS.
	Workers int
	// CountRows is how many rows a call may look at merely to count them for
	// Page.Total; 0 is DefaultCountRows, negative counts only what is free. A
	// row of a filter with text counts twice. Free are the segments in files
	// that lie wholly in the filter's time, when it asks for nothing but
	// source, category and level: these have counts of their own. When the
	// rest has more rows than CountRows, Total is nil.
	CountRows int
	// Damaged is told of each file and reason, once, that something in it cannot
	// be read. It must not block. Nil tells nobody.
	Damaged func(file string, err error)
}

// Searcher implements query.Source.
type Searcher struct {
	snapshot  func(ctx context.Context) ([]segment.Reader, func(), error)
	workers   int
	countRows int
	damages   *segment.Damages

	mu      sync.Mutex
	damaged map[segment.Reader][]int // pages whose events cannot be read, as far as known
}

var _ query.Source = (*Searcher)(nil)

// New returns a Searcher; it fails when Options lack the snapshot.
func New(o Options) (*Searcher, error) {
	if o.Snapshot == nil {
		return nil, errors.New("search: no snapshot given")
	}
	s := &Searcher{
		snapshot: o.Snapshot, workers: o.Workers, countRows: o.CountRows,
		damages: segment.NewDamages(o.Damaged), damaged: map[segment.Reader][]int{},
	}
	if s.workers <= 0 {
		s.workers = runtime.GOMAXPROCS(0)
	}
	if s.countRows == 0 {
		s.countRows = DefaultCountRows
	}
	return s, nil
}

// Lost is how many rows calls have met so far that cannot be read.
func (s *Searcher) Lost() int64 { return s.damages.Rows() }

// Query implements query.Source.
func (s *Searcher) Query(ctx context.Context, f query.Filter) (query.Page, error) {
	plan, err := f.Plan()
	if err != nil {
		return query.Page{}, err
	}
	readers, release, err := s.snapshot(ctx)
	if err != nil {
		return query.Page{}, fmt.Errorf("search: %w", err)
	}
	defer release()
	page, err := s.query(ctx, plan, readers)
	if err != nil {
		return query.Page{}, fmt.Errorf("search: %w", err)
	}
	return page, nil
}

// query looks again when an event of the answer turned out to be unreadable; each
// time at least one more page is out.
func (s *Searcher) query(ctx context.Context, plan *query.Plan, readers []segment.Reader) (query.Page, error) {
	lost := s.losses(plan, readers)
	lost.known()
	for {
		page, damaged, err := s.attempt(ctx, plan, lost)
		if err != nil {
			return query.Page{}, err
		}
		if len(damaged) == 0 {
			if page.Incomplete = lost.count(); page.Incomplete > 0 {
				page.Total = nil
			}
			return page, nil
		}
		for number := range damaged {
			if err := lost.survey(ctx, number); err != nil {
				return query.Page{}, err
			}
		}
	}
}

// attempt answers from all pages that are not lost. damaged are the readers of
// which an event could not be read: then the page is not the answer.
func (s *Searcher) attempt(ctx context.Context, plan *query.Plan, lost *losses) (page query.Page, damaged map[int]bool, err error) {
	views, units := s.unitsOf(plan, lost.readers)
	count, err := s.planCount(plan, views)
	if err != nil {
		return query.Page{}, nil, err
	}
	slices.SortFunc(units, func(a, b unit) int { return cmp.Compare(b.latest, a.latest) })
	best := newTop(plan.Offset + plan.Limit + 1)
	err = s.each(ctx, len(units), func(i int, sc *scratch) (bool, error) {
		u := units[i]
		v := views[u.view]
		counting := count.on && !v.counted
		if !counting && u.latest < best.floor() {
			return count.on, nil // nothing newer comes after; but pages to count may
		}
		if !counting && plan.After != nil && u.earliest > plan.After.Time || lost.has(u.view, u.page) {
			return true, nil // all of it was on the pages before, or cannot be read
		}
		err := v.collect(u, counting, best, count, sc)
		if segment.IsDamage(err) {
			lost.pass(u.view, u.page, err)
			err = nil
		}
		return true, err
	})
	if err != nil {
		return query.Page{}, nil, err
	}
	return s.page(ctx, plan, lost, best.after(plan.Offset), count.total())
}

// page makes the answer out of the best rows, in order.
func (s *Searcher) page(ctx context.Context, plan *query.Plan, lost *losses, hits []hit, total *int64) (page query.Page, damaged map[int]bool, err error) {
	page = query.Page{Items: []event.Event{}, Total: total}
	if len(hits) > plan.Limit {
		hits = hits[:plan.Limit]
		page.Next = hits[plan.Limit-1].key.Cursor()
	}
	if len(hits) == 0 {
		return page, nil, nil
	}
	page.Items = make([]event.Event, len(hits))
	order := make([]int, len(hits)) // by segment and row, so that a page is read once
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(hits[a].segment, hits[b].segment), cmp.Compare(hits[a].row, hits[b].row))
	})
	const batch = 16
	var mu sync.Mutex
	err = s.each(ctx, (len(order)+batch-1)/batch, func(i int, _ *scratch) (bool, error) {
		var rows *segment.Rows
		last := int32(-1)
		for _, k := range order[i*batch : min((i+1)*batch, len(order))] {
			if hits[k].segment != last {
				last = hits[k].segment
				rows = segment.NewRows(lost.readers[last])
			}
			err := rows.Event(int(hits[k].row), &page.Items[k])
			if !segment.IsDamage(err) {
				if err != nil {
					return false, err
				}
				continue
			}
			lost.pass(int(last), int(hits[k].row)/segment.PageRows, err)
			mu.Lock()
			if damaged == nil {
				damaged = map[int]bool{}
			}
			damaged[int(last)] = true
			mu.Unlock()
		}
		return true, nil
	})
	return page, damaged, err
}

// ByID implements query.Source.
func (s *Searcher) ByID(ctx context.Context, id event.ID) (event.Event, error) {
	readers, release, err := s.snapshot(ctx)
	if err != nil {
		return event.Event{}, fmt.Errorf("search: %w", err)
	}
	defer release()
	plan := &query.Plan{From: math.MinInt64, ID: id}
	lost := s.losses(plan, readers)
	for i, r := range readers {
		if _, ok := r.(*segment.Lost); ok || r.Rows() == 0 || !touches(plan, r.Bounds()) {
			continue
		}
		for page := range segment.Pages(r) {
			if !touches(plan, r.PageBounds(page)) {
				continue
			}
			if err := ctx.Err(); err != nil {
				return event.Event{}, fmt.Errorf("search: %w", err)
			}
			e, found, err := findID(r, page, id)
			switch {
			case segment.IsDamage(err):
				lost.pass(i, page, err)
			case err != nil:
				return event.Event{}, fmt.Errorf("search: %w", err)
			case found:
				return e, nil
			}
		}
	}
	return event.Event{}, &query.MissingError{ID: id, Incomplete: lost.count()}
}

// findID looks for an id in one page.
func findID(r segment.Reader, page int, id event.ID) (e event.Event, found bool, err error) {
	ids, err := r.Bytes(segment.ColID, page)
	if err != nil {
		return e, false, err
	}
	for i := range len(ids) / len(id) {
		if event.ID(ids[i*len(id):]) == id {
			err := r.Event(page*segment.PageRows+i, &e)
			return e, err == nil, err
		}
	}
	return e, false, nil
}
