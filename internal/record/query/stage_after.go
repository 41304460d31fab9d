// SPDX-License-Identifier: Apache-2.0

package query

import "slices"

func (s *StatsStage) after(in schema) (schema, *SyntaxError) {
	columns, problem := in.pick(s.By)
	if problem != nil {
		return schema{}, problem
	}
	return aggregated(in, columns, s.Aggs)
}

func (s *TimechartStage) after(in schema) (schema, *SyntaxError) {
	if r, ok := in.find(fieldTime); !ok || r.Type != TypeTime {
		return schema{}, problemf(CodeBadType, "timechart wants the events' time, which is gone here")
	}
	columns := []column{{fieldTime, TypeTime}}
	if s.By != "" {
		more, problem := in.pick([]Field{s.By})
		if problem != nil {
			return schema{}, problem
		}
		if s.Limit > 0 {
			more[0].Type = TypeAny // OTHER is among its values
		}
		columns = append(columns, more...)
	}
	return aggregated(in, columns, s.Aggs)
}

func aggregated(in schema, columns []column, aggs []Agg) (schema, *SyntaxError) {
	for _, a := range aggs {
		t, problem := a.resultType(in)
		if problem != nil {
			return schema{}, problem
		}
		columns = append(columns, column{a.Column(), t})
	}
	return closed(columns)
}

func (s *TopStage) after(in schema) (schema, *SyntaxError) {
	columns, problem := in.pick(slices.Concat(s.By, s.Fields))
	if problem != nil {
		return schema{}, problem
	}
	return closed(append(columns, column{"count", TypeNumber}, column{"percent", TypeNumber}))
}

func (s *SortStage) after(in schema) (schema, *SyntaxError) {
	for _, k := range s.Keys {
		if _, problem := in.need(k.Of); problem != nil {
			return schema{}, problem
		}
	}
	return in, nil
}

func (s *HeadStage) after(in schema) (schema, *SyntaxError) { return in, nil }

func (s *TableStage) after(in schema) (schema, *SyntaxError) {
	columns, problem := in.pick(s.Columns)
	if problem != nil {
		return schema{}, problem
	}
	return closed(columns)
}

func (s *FieldsStage) after(in schema) (schema, *SyntaxError) {
	if !s.Remove {
		return (&TableStage{s.Columns}).after(in)
	}
	for _, name := range s.Columns {
		r, ok := in.find(name)
		switch {
		case !ok:
			return schema{}, in.missing(name)
		case r.at >= 0:
			in.columns = slices.Delete(slices.Clone(in.columns), r.at, r.at+1)
		}
		if in.events { // the field of that name is gone too, or it would come back
			in.hidden = append(slices.Clone(in.hidden), name.Canonical())
		}
	}
	return in, nil
}

func (s *DedupStage) after(in schema) (schema, *SyntaxError) {
	_, problem := in.need(s.Keys...)
	return in, problem
}

func (s *WhereStage) after(in schema) (schema, *SyntaxError) {
	return in, checkCondition(s.If, in)
}

func (s *EvalStage) after(in schema) (schema, *SyntaxError) {
	for _, set := range s.Sets {
		t, problem := typeOf(set.Value, in)
		if problem != nil {
			return schema{}, problem
		}
		in, _ = in.with(set.Name, t)
	}
	return in, nil
}

func (s *RenameStage) after(in schema) (schema, *SyntaxError) {
	for _, n := range s.Names {
		var problem *SyntaxError
		if in, problem = in.renamed(n); problem != nil {
			return schema{}, problem
		}
	}
	return in, nil
}

// renamed returns the schema with one column under another name. What had the new name
// before is gone.
func (s schema) renamed(n Rename) (schema, *SyntaxError) {
	r, ok := s.find(n.Old)
	if !ok {
		return schema{}, s.missing(n.Old)
	}
	s.columns = slices.Clone(s.columns)
	if r.at < 0 {
		s.hidden = append(slices.Clone(s.hidden), n.Old.Canonical())
		s, _ = s.with(n.New, r.Type)
		return s, nil
	}
	if s.events {
		s.hidden = append(slices.Clone(s.hidden), n.Old.Canonical())
	}
	s.columns[r.at].Name = n.New
	if other := s.other(n.New, r.at); other >= 0 {
		s.columns = slices.Delete(s.columns, other, other+1)
	}
	return s, nil
}

// other returns a second column of that name, or -1.
func (s schema) other(name Field, but int) int {
	for i, c := range s.columns {
		if i != but && c.Name == name {
			return i
		}
	}
	return -1
}
