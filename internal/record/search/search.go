// SPDX-License-Identifier: Apache-2.0

// Package search answers filters and hunts from columns: it is the query.Source and
// the query.Hunter over the journal's own segments, those in memory and those in files
// alike.
//
//	Filter ── Plan ──▶ units (segment, page) by latest time ──▶ rows that match ──▶ top k ──▶ events
//	                    pruned by min/max and dictionaries       (bits per page)
//
//	Hunt ── condition ──▶ node per segment ──▶ rows that match ──▶ newest first ──▶ stages (query.Runner)
//	                                                └── where the order does not matter, page by page ──▶ stages
//
// A query takes one snapshot and works on that. It looks at pages in the order
// of their latest time and stops when no other page can hold a newer row than
// those it has. On a page it evaluates what is cheap first (codes, times), looks
// at texts only where rows are left, and reads all columns only for the rows of
// the answer. Pages are shared out among at most GOMAXPROCS goroutines, which
// end with the call; ctx is looked at before each page.
//
// A hunt's condition becomes a tree of nodes for each segment: what is asked of one
// field is asked of each entry of the field's dictionary once, then of codes; what has
// no column is asked of events of which no more than that field is read. What a
// condition means is said by package query alone (query.Test, Expr.Match), and so is
// what stages make of events. Stages get events newest first, in batches, until they
// have enough; where their table does not depend on the order, page by page.
//
// What cannot be read is passed over: a damaged filter or rollup costs nothing but
// time, a damaged page or dictionary the rows of the pages that need it. Each file
// and reason is told once (Options.Damaged), and every answer says how many stored
// events it could not look at (Incomplete). An event is in the items of an answer
// only when all of it can be read; it is counted when what the filter asks for can.
//
// Memory: one key of 32 bytes for each row of offset + limit + 1, a set of bits
// per goroutine, and what the segments' own page cache holds; for a hunt with stages
// what query.Limits allow, at most 65,536 keys and the events of one batch.
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
	page, err := s.query(ctx, ask(plan), readers)
	if err != nil {
		return query.Page{}, fmt.Errorf("search: %w", err)
	}
	return page, nil
}

// query looks again when an event of the answer turned out to be unreadable; each
// time at least one more page is out.
func (s *Searcher) query(ctx context.Context, plan *question, readers []segment.Reader) (query.Page, error) {
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
func (s *Searcher) attempt(ctx context.Context, plan *question, lost *losses) (page query.Page, damaged map[int]bool, err error) {
	views, units := s.unitsOf(plan, lost.looked)
	count, err := s.planCount(plan, views)
	if err != nil {
		return query.Page{}, nil, err
	}
	hits, err := s.best(ctx, plan, lost, views, units, count)
	if err != nil {
		return query.Page{}, nil, err
	}
	page = query.Page{Items: []event.Event{}, Total: count.total()}
	if len(hits) > plan.Limit {
		hits = hits[:plan.Limit]
		page.Next = hits[plan.Limit-1].key.Cursor()
	}
	if len(hits) > 0 {
		page.Items = make([]event.Event, len(hits))
		damaged, err = s.load(ctx, lost, hits, nil, page.Items)
	}
	return page, damaged, err
}

// best returns the first hits of the plan's page in order, and one more when there is.
func (s *Searcher) best(ctx context.Context, plan *question, lost *losses, views []*view, units []unit, count *counter) ([]hit, error) {
	slices.SortFunc(units, func(a, b unit) int { return cmp.Compare(b.latest, a.latest) })
	best := newTop(plan.Offset + plan.Limit + 1)
	err := s.each(ctx, len(units), func(i int, sc *scratch) (bool, error) {
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
		return nil, err
	}
	return best.after(plan.Offset), nil
}

// load makes items the events of hits, of fields only when they are not nil. damaged
// are the readers of which an event could not be read.
func (s *Searcher) load(ctx context.Context, lost *losses, hits []hit, fields []string, items []event.Event) (damaged map[int]bool, err error) {
	order := make([]int, len(hits)) // by segment and row, so that a page is read once
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(hits[a].segment, hits[b].segment), cmp.Compare(hits[a].row, hits[b].row))
	})
	batch := max(16, len(order)/(4*s.workers))
	var mu sync.Mutex
	err = s.each(ctx, (len(order)+batch-1)/batch, func(i int, _ *scratch) (bool, error) {
		var rows *segment.Rows
		last := int32(-1)
		part := order[i*batch : min((i+1)*batch, len(order))]
		for at, k := range part {
			if hits[k].segment != last {
				last = hits[k].segment
				rows = segment.NewRows(lost.looked[last])
				if fields != nil {
					if err := rows.Pick(fields); err != nil {
						return false, err
					}
				}
			}
			rows.Few(alone(hits, part, at))
			err := rows.Event(int(hits[k].row), &items[k])
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
	return damaged, err
}

// few is how many hits of a page are read one by one.
const few = 2

// alone tells whether the hit at a place of order is one of a few of its page there.
func alone(hits []hit, order []int, at int) bool {
	page := func(k int) (int32, int32) { return hits[order[k]].segment, hits[order[k]].row / segment.PageRows }
	segment, number := page(at)
	n := 1
	for _, step := range [...]int{-1, 1} {
		for k := at + step; k >= 0 && k < len(order) && n <= few; k += step {
			if s, p := page(k); s != segment || p != number {
				break
			}
			n++
		}
	}
	return n <= few
}

// ByID implements query.Source.
func (s *Searcher) ByID(ctx context.Context, id event.ID) (event.Event, error) {
	readers, release, err := s.snapshot(ctx)
	if err != nil {
		return event.Event{}, fmt.Errorf("search: %w", err)
	}
	defer release()
	plan := ask(&query.Plan{From: math.MinInt64, ID: id})
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
