// SPDX-License-Identifier: Apache-2.0

package query

import (
	"slices"
)

// Needs is what of the events a hunt looks at.
type Needs struct {
	// All says that the events themselves are the rows: everything of them.
	All bool
	// Texts says that the condition looks into all texts.
	Texts bool
	// Fields are the canonical names of all others, in order.
	Fields []string
}

// Needs returns what a hunt looks at, so that an engine reads no more.
func (h *Hunt) Needs() Needs {
	var n Needs
	n.where(h.Where)
	s := schema{events: true}
	for _, stage := range h.Stages {
		used := s
		for _, name := range columnsOf(stage) {
			if r, ok := used.find(name); ok && used.events && r.at < 0 {
				n.Fields = append(n.Fields, r.canonical)
			}
		}
		after, problem := stage.after(s)
		if problem != nil {
			break
		}
		s = after
	}
	n.All = s.events
	slices.Sort(n.Fields)
	n.Fields = slices.Compact(n.Fields)
	return n
}

func (n *Needs) where(x Expr) {
	switch x := x.(type) {
	case *And:
		for _, of := range x.Of {
			n.where(of)
		}
	case *Or:
		for _, of := range x.Of {
			n.where(of)
		}
	case *Not:
		n.where(x.Of)
	case *Word:
		n.Texts = true
	case *Compare:
		n.Fields = append(n.Fields, x.Field.Canonical())
	case *In:
		n.Fields = append(n.Fields, x.Field.Canonical())
	case *Exists:
		n.Fields = append(n.Fields, x.Field.Canonical())
	case *Index:
		n.Fields = append(n.Fields, fieldIndex)
	case *Matches:
		if n.Texts = n.Texts || x.Field == ""; x.Field != "" {
			n.Fields = append(n.Fields, x.Field.Canonical())
		}
	}
}

// columnsOf are the columns that a stage reads.
func columnsOf(s Stage) (out []Field) {
	aggs := func(list []Agg) {
		for _, a := range list {
			if a.Of != "" {
				out = append(out, a.Of)
			}
			if a.Func == "earliest" || a.Func == "latest" {
				out = append(out, fieldTime)
			}
		}
	}
	switch s := s.(type) {
	case *StatsStage:
		aggs(s.Aggs)
		return append(out, s.By...)
	case *TimechartStage:
		out = append(out, fieldTime)
		aggs(s.Aggs)
		if s.By != "" {
			out = append(out, s.By)
		}
	case *TopStage:
		return slices.Concat(s.By, s.Fields)
	case *SortStage:
		for _, k := range s.Keys {
			out = append(out, k.Of)
		}
	case *TableStage:
		return s.Columns
	case *FieldsStage:
		if !s.Remove {
			return s.Columns
		}
	case *DedupStage:
		return s.Keys
	case *WhereStage:
		return columnsIn(s.If)
	case *EvalStage:
		for _, set := range s.Sets {
			out = append(out, columnsIn(set.Value)...)
		}
	case *RenameStage:
		for _, n := range s.Names {
			out = append(out, n.Old)
		}
	}
	return out
}

func columnsIn(x Calc) (out []Field) {
	var of []Calc
	switch x := x.(type) {
	case *Column:
		return []Field{x.Name}
	case *Call:
		of = x.Args
	case *Operation:
		of = x.Of
	}
	for _, part := range of {
		out = append(out, columnsIn(part)...)
	}
	return out
}
