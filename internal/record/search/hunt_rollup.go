// SPDX-License-Identifier: Apache-2.0

package search

import (
	"context"
	"slices"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/query"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// coarseFields are those by which a segment has counts of its own, for each hour.
func coarseFields() []string { return []string{"severity", "severity_number", "source", "category"} }

// isCoarse tells whether only such fields are asked for.
func isCoarse(fields []string) bool {
	return !slices.ContainsFunc(fields, func(f string) bool { return !slices.Contains(coarseFields(), f) })
}

// coarse tells whether a segment's own counts say which rows a hunt finds.
func (t *hunt) coarse() bool {
	if t.where == nil {
		return true
	}
	needs := whereNeeds(t.where)
	return !needs.Texts && isCoarse(needs.Fields)
}

// coarse tells whether they say what the stages make of them.
func (k *sink) coarse() bool {
	return k.folding != nil && isCoarse(k.folding.Fields) && k.folding.Span%time.Hour == 0
}

// coarseKey is what a segment counts its rows by; of what nobody asks for it is zero.
type coarseKey struct {
	at               int64 // the begin of the hour, or of a span
	severity         event.Severity
	source, category coded
}

// coded is a text of a dictionary.
type coded struct {
	text  string
	state segment.State
}

// event is one of the rows that are counted, as far as the key goes.
func (c *coarseKey) event() *eventOf {
	e := &eventOf{Time: c.at + 1, Severity: c.severity} // within the hour, and a time even in 1970
	for f, text := range map[event.Field]coded{event.FieldSource: c.source, event.FieldCategory: c.category} {
		switch text.state {
		case segment.Present, segment.Blank:
			e.SetCore(f, text.text)
		case segment.Null:
			e.SetNull(f)
		case segment.Absent:
		}
	}
	return e
}

// reduced is the key with no more than the stages ask for.
func (k *sink) reduced(c coarseKey) coarseKey {
	out := coarseKey{source: coded{state: segment.Absent}, category: coded{state: segment.Absent}}
	if k.folding.Span != 0 {
		out.at = query.SpanBegin(c.at, k.folding.Span)
	}
	for _, f := range k.folding.Fields {
		switch f {
		case "source":
			out.source = c.source
		case "category":
			out.category = c.category
		default:
			out.severity = c.severity
		}
	}
	return out
}

// rollups gives sinks the counts of whole segments instead of their rows. done are the
// sinks that have those of a view; matched are the events of the views of which all
// sinks have them.
func (t *hunt) rollups(ctx context.Context, views []*view, sinks []*sink) (done map[*view][]*sink, matched int64, err error) {
	done = map[*view][]*sink{}
	var able []*sink
	for _, k := range sinks {
		if k.coarse() {
			able = append(able, k)
		}
	}
	if len(able) == 0 || !t.coarse() {
		return done, 0, nil
	}
	sums := make([]map[coarseKey]int64, len(able))
	for i := range sums {
		sums[i] = map[coarseKey]int64{}
	}
	verdicts := map[coarseKey]bool{} // without the time, which is not asked for
	for _, v := range views {
		if v == nil || !v.whole || t.lost.any(int(v.number)) {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, 0, err
		}
		ok, err := v.coarseCounts(func(c coarseKey, n int64) {
			if !t.finds(c, verdicts) {
				return
			}
			if len(able) == len(sinks) {
				matched += n
			}
			for i, k := range able {
				sums[i][k.reduced(c)] += n
			}
		})
		if err != nil {
			return nil, 0, err
		}
		if ok {
			done[v] = able
		}
	}
	for i, k := range able {
		for c, n := range sums[i] {
			k.push(c.event(), n)
		}
	}
	return done, matched, nil
}

// finds tells whether the condition holds for what is counted together.
func (t *hunt) finds(c coarseKey, verdicts map[coarseKey]bool) bool {
	if t.where == nil {
		return true
	}
	c.at = 0
	good, known := verdicts[c]
	if !known {
		good = t.where.Match(c.event())
		verdicts[c] = good
	}
	return good
}

// coarseCounts yields the counts of a segment; ok is false, and nothing is yielded, when
// it has none that can be read. The dictionaries that name what they count belong to
// them: they are not looked through, and no bytes of Answer.ScannedBytes.
func (v *view) coarseCounts(yield func(c coarseKey, n int64)) (ok bool, err error) {
	r := v.rollup()
	if r == nil || r.Buckets == nil {
		return false, nil
	}
	var dicts [2]segment.Dict
	for i, c := range [...]segment.Column{segment.ColSource, segment.ColCategory} {
		if dicts[i], err = segment.Unmetered(v.r).Dict(c); segment.IsDamage(err) {
			return false, nil // a page says so, where it is needed
		} else if err != nil {
			return false, err
		}
	}
	if slices.ContainsFunc(r.Buckets, func(b segment.Bucket) bool { return b.Hour <= 0 }) {
		return false, nil // there may be rows without a time
	}
	for _, b := range r.Buckets {
		yield(coarseKey{
			at: b.Hour * int64(time.Hour), severity: b.Severity,
			source:   coded{dicts[0].Text(b.Source), segment.StateOf(b.Source)},
			category: coded{dicts[1].Text(b.Category), segment.StateOf(b.Category)},
		}, int64(b.Rows))
	}
	return true, nil
}

// any tells whether a reader has a page that cannot be read.
func (l *losses) any(number int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for at := range l.out {
		if at.segment == number {
			return true
		}
	}
	return false
}

// without are the sinks that still want the rows of a view.
func without(sinks, done []*sink) []*sink {
	if len(done) == 0 {
		return sinks
	}
	return slices.DeleteFunc(slices.Clone(sinks), func(k *sink) bool { return slices.Contains(done, k) })
}
