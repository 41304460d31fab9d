// SPDX-License-Identifier: Apache-2.0

package query

import (
	"slices"
	"time"
)

// Folding says which events are alike for a hunt's stages: those that have the same
// values of Fields and, where Span is not 0, times of one span (SpanBegin). One of them
// may stand for all, with their number.
type Folding struct {
	Fields []string // canonical names
	Span   time.Duration
}

// AnyOrder tells whether the table is the same in whatever order the events come.
func (h *Hunt) AnyOrder() bool {
	for _, s := range h.Stages {
		switch s := s.(type) {
		case *WhereStage, *EvalStage, *RenameStage, *FieldsStage, *TableStage: // one row at a time
		case *StatsStage:
			return !ordered(s.Aggs)
		case *TimechartStage:
			return !ordered(s.Aggs)
		case *TopStage:
			return true
		default:
			return false
		}
	}
	return false
}

// ordered tells whether a value shows in which order its rows came.
func ordered(aggs []Agg) bool {
	return slices.ContainsFunc(aggs, func(a Agg) bool { return a.Func == "list" })
}

// Fold says which events are alike; ok is false when each has to be looked at. Where it
// is true, so is AnyOrder.
func (h *Hunt) Fold() (f Folding, ok bool) {
	if !h.AnyOrder() {
		return Folding{}, false
	}
	s := schema{events: true}
	for i, stage := range h.Stages {
		var aggs []Agg
		switch stage := stage.(type) {
		case *StatsStage:
			aggs = stage.Aggs
		case *TimechartStage:
			at, found := s.find(fieldTime)
			if aggs = stage.Aggs; found && at.at < 0 && at.canonical == fieldTime {
				f.Span = max(stage.Span, 0)
				if f.Span == 0 {
					f.Span = standardSpan
				}
			}
		case *TopStage:
		default:
			after, problem := stage.after(s)
			if problem != nil {
				return Folding{}, false
			}
			s = after
			continue
		}
		if slices.ContainsFunc(aggs, func(a Agg) bool { return !foldable(a) }) {
			return Folding{}, false
		}
		f.Fields = (&Hunt{Where: &All{}, Stages: h.Stages[:i+1]}).Needs().Fields
		if f.Span != 0 && !timeElsewhere(h.Stages[:i], aggs, stage) {
			f.Fields = slices.DeleteFunc(f.Fields, func(name string) bool { return name == fieldTime })
		}
		return f, true
	}
	return Folding{}, false
}

// foldable tells whether a value can be made of one event and how many are like it.
func foldable(a Agg) bool {
	switch a.Func {
	case aggCount, aggDistinct, "sum", aggAvg, "values", "min", "max":
		return true
	default:
		return false
	}
}

// timeElsewhere tells whether the time is read by more than the span of a timechart.
func timeElsewhere(before []Stage, aggs []Agg, last Stage) bool {
	is := func(f Field) bool { return sameColumn(f) == fieldTime }
	for _, s := range before {
		if slices.ContainsFunc(columnsOf(s), is) {
			return true
		}
	}
	chart, ok := last.(*TimechartStage)
	return !ok || is(chart.By) || slices.ContainsFunc(aggs, func(a Agg) bool { return is(a.Of) })
}

// SpanBegin returns the begin of the span of a timechart in which a time lies, both in
// nanoseconds since 1970 UTC.
func SpanBegin(ns int64, span time.Duration) int64 { return spanBegin(ns, int64(span)) }
