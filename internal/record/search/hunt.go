// SPDX-License-Identifier: Apache-2.0

package search

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/tocsin-siem/tocsin/internal/record/query"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

var _ query.Hunter = (*Searcher)(nil)

// Hunt implements query.Hunter.
func (s *Searcher) Hunt(ctx context.Context, h *query.Hunt, o query.HuntOptions) (query.Answer, error) {
	plan, err := o.Plan()
	if err != nil {
		return query.Answer{}, err
	}
	if len(h.Stages) > 0 && o.Cursor != "" {
		return query.Answer{}, &query.FieldError{Field: "cursor", Reason: "only for a hunt without stages"}
	}
	readers, release, err := s.snapshot(ctx)
	if err != nil {
		return query.Answer{}, fmt.Errorf("search: %w", err)
	}
	defer release()
	t := &hunt{s: s, hunt: h.At(o.Limits.Now), options: o, question: askHunt(h.At(o.Limits.Now), plan)}
	t.stopped = ctx.Err
	t.lost = s.losses(t.question, readers)
	t.lost.known()
	answer, err := t.answer(ctx)
	if err != nil {
		return query.Answer{}, fmt.Errorf("search: %w", err)
	}
	return answer, nil
}

// askHunt takes the bounds of time out of a hunt's condition and leaves the rest of it.
func askHunt(h *query.Hunt, plan *query.Plan) *question {
	p := h.Prune()
	if p.From != 0 || p.To != 0 { // the condition asks for a time; what has none has 0
		plan.From = max(plan.From, p.From, 1)
	}
	if p.To != 0 && (plan.To == 0 || p.To < plan.To) {
		plan.To = p.To
	}
	q := ask(plan)
	if q.where = p.Rest; q.where != nil {
		q.texts = whereNeeds(q.where).Texts
	}
	return q
}

// whereNeeds is what a condition looks at.
func whereNeeds(x query.Expr) query.Needs {
	return (&query.Hunt{Where: x, Stages: []query.Stage{&query.StatsStage{}}}).Needs()
}

// hunt is one call of Hunt.
type hunt struct {
	*question
	s       *Searcher
	hunt    *query.Hunt
	options query.HuntOptions
	lost    *losses
	meter   *segment.Meter
}

// answer begins anew when something that it has used turned out to be unreadable; each
// time at least one more page is out.
func (t *hunt) answer(ctx context.Context) (query.Answer, error) {
	for {
		answer, damaged, err := t.attempt(ctx)
		if err != nil {
			return query.Answer{}, err
		}
		if len(damaged) == 0 {
			if answer.Incomplete = t.lost.count(); answer.Incomplete > 0 {
				answer.Total = nil
			}
			answer.Scanned, answer.ScannedBytes = t.scanned.Load(), t.meter.Bytes()
			return answer, nil
		}
		for number := range damaged {
			if err := t.lost.survey(ctx, number); err != nil {
				return query.Answer{}, err
			}
		}
	}
}

func (t *hunt) attempt(ctx context.Context) (answer query.Answer, damaged map[int]bool, err error) {
	t.scanned.Store(0)
	t.meter = &segment.Meter{}
	t.lost.looked = t.meter.Over(t.lost.readers)
	if t.options.Limits.Bytes <= 0 {
		t.options.Limits.Bytes = query.DefaultBytes
	}
	main, err := newSink(t.hunt, t.options.Limits)
	if err != nil {
		return answer, nil, err
	}
	var sinks []*sink
	for _, stages := range t.options.Also {
		limits := t.options.Limits
		limits.Rows = 0
		limits.Bytes = max(limits.Bytes, 1<<16) / len(t.options.Also) // together as much as the hunt itself
		k, err := newSink(&query.Hunt{Where: t.hunt.Where, Stages: stages}, limits)
		if err == nil && !k.any {
			err = errors.New("stages beside a hunt for which the order of events matters")
		}
		if err != nil {
			return answer, nil, err
		}
		sinks = append(sinks, k)
	}
	switch {
	case len(t.hunt.Stages) == 0:
		damaged, err = t.page(ctx, &answer)
	case !main.any:
		damaged, err = t.ordered(ctx, main, &answer)
	default:
		main.must = true
		sinks = append(sinks, main)
	}
	if err != nil || len(damaged) > 0 || len(sinks) == 0 {
		return answer, damaged, err
	}
	return t.folded(ctx, main, sinks, answer)
}

// folded runs stages for which the order does not matter.
func (t *hunt) folded(ctx context.Context, main *sink, sinks []*sink, answer query.Answer) (query.Answer, map[int]bool, error) {
	matched, damaged, err := t.fold(ctx, sinks)
	if err != nil || len(damaged) > 0 {
		return answer, damaged, err
	}
	answer.Total = &matched
	for _, k := range sinks {
		table, err := k.finish()
		if k == main {
			if err != nil {
				return answer, nil, err
			}
			answer.Table = table
			continue
		}
		answer.Also = append(answer.Also, query.Aside{Table: table, Err: err})
	}
	answer.Matched = matched
	return answer, nil, nil
}

// page answers a hunt without stages.
func (t *hunt) page(ctx context.Context, answer *query.Answer) (damaged map[int]bool, err error) {
	page, damaged, err := t.s.attempt(ctx, t.question, t.lost)
	if err != nil || len(damaged) > 0 {
		return damaged, err
	}
	r, err := query.NewRunner(t.hunt, query.Limits{Rows: len(page.Items) + 1, Bytes: math.MaxInt, Now: t.options.Limits.Now})
	if err != nil {
		return nil, err
	}
	for i := range page.Items {
		if _, err := r.Push(&page.Items[i], 1); err != nil {
			return nil, err
		}
	}
	if answer.Table, err = r.Finish(); err != nil {
		return nil, err
	}
	answer.Next, answer.Total, answer.Matched = page.Next, page.Total, int64(len(page.Items))
	return nil, nil
}

// The hits that an ordered hunt takes at once: few at first, as the first are often
// enough, then more, as pages that lie over each other in time are read each time.
const (
	firstHits = 256
	mostHits  = 1 << 16
	loadHits  = 256  // of which the events are in memory
	pickHits  = 2048 // the same where only some fields are
)

// ordered gives the stages the events newest first, until they have enough.
func (t *hunt) ordered(ctx context.Context, main *sink, answer *query.Answer) (damaged map[int]bool, err error) {
	views, units := t.s.unitsOf(t.question, t.lost.looked)
	t.Limit, t.After = firstHits, nil
	for more := true; more; t.Limit = min(4*t.Limit, mostHits) {
		hits, err := t.s.best(ctx, t.question, t.lost, views, units, &counter{})
		if err != nil {
			return nil, err
		}
		if more = len(hits) > t.Limit; more {
			hits = hits[:t.Limit]
			t.After = &hits[t.Limit-1].key
		}
		load := pickHits
		if main.fields == nil {
			load = loadHits
		}
		for len(hits) > 0 {
			n := min(len(hits), load)
			wanted, damaged, err := t.push(ctx, main, hits[:n], &answer.Matched)
			if err != nil || len(damaged) > 0 {
				return damaged, err
			}
			if hits = hits[n:]; !wanted {
				more, hits = false, nil
			}
		}
	}
	matched := answer.Matched
	answer.Table, err = main.finish()
	answer.Matched = matched
	return nil, err
}

// push gives the stages the events of hits.
func (t *hunt) push(ctx context.Context, main *sink, hits []hit, matched *int64) (more bool, damaged map[int]bool, err error) {
	items := make([]eventOf, len(hits))
	if damaged, err = t.s.load(ctx, t.lost, hits, main.fields, items); err != nil || len(damaged) > 0 {
		return false, damaged, err
	}
	for i := range items {
		*matched++
		if more, err = main.runner.Push(&items[i], 1); err != nil || !more {
			return false, nil, err
		}
	}
	return true, nil, nil
}

// fold gives the events that match to stages for which the order does not matter.
func (t *hunt) fold(ctx context.Context, sinks []*sink) (matched int64, damaged map[int]bool, err error) {
	views, units := t.s.unitsOf(t.question, t.lost.looked)
	gone := &damages{}
	var count counter
	done, matched, err := t.rollups(ctx, views, sinks)
	if err != nil {
		return 0, nil, err
	}
	err = t.s.each(ctx, len(units), func(i int, sc *scratch) (bool, error) {
		u := units[i]
		left := without(sinks, done[views[u.view]])
		if len(left) == 0 || t.lost.has(u.view, u.page) {
			return true, nil
		}
		any, err := views[u.view].match(u.page, math.MinInt64, &sc.rows, &sc.found)
		if segment.IsDamage(err) {
			t.lost.pass(u.view, u.page, err)
			if len(left) < len(sinks) { // the others have counted it
				gone.add(u.view)
			}
			return true, nil
		}
		if err != nil || !any {
			return err == nil, err
		}
		count.rows.Add(int64(sc.rows.Count()))
		for _, k := range left {
			at, fault, err := k.page(views[u.view], u.page, sc)
			if err == nil && fault != nil {
				err = t.lose(at, fault, gone)
			}
			if err != nil {
				return false, err
			}
		}
		return true, nil
	})
	for _, k := range sinks {
		if err == nil && len(gone.readers) == 0 {
			at, fault := k.flush()
			if err = k.wanting(); err == nil && fault != nil {
				err = t.lose(at, fault, gone)
			}
		}
	}
	return matched + count.rows.Load(), gone.readers, err
}

// lose notes that a page turned out to be damaged after part of it was counted, perhaps:
// then the count is to begin anew. Any other error comes back.
func (t *hunt) lose(at place, fault error, gone *damages) error {
	if !segment.IsDamage(fault) {
		return fault
	}
	t.lost.pass(at.segment, at.page, fault)
	gone.add(at.segment)
	return nil
}
