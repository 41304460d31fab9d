// SPDX-License-Identifier: Apache-2.0

package query

import "strconv"

// Step is one line of the explanation of a hunt: a key, for which the reader's language
// has a text, and its parameters.
type Step struct {
	Key    string  `json:"key"`
	Params []Param `json:"params,omitempty"`
}

// Param is a parameter of a step.
type Param struct {
	Key    string   `json:"key"`
	Values []string `json:"values"`
}

// Explain says how a hunt is understood:
//
//	filter         text                 the condition in canonical form
//	prune.time     from, to             bounds of time that leave out what lies beyond
//	prune.field    field, values        values of which one must be there
//	prune.word     words                words that must be there
//	stage.COMMAND  and its parameters   each stage, in order
//	read           fields, scope        what is read of each event; scope is events
//	                                    (all of it), texts (all texts), or not there
func (h *Hunt) Explain() []Step {
	steps := []Step{{"filter", []Param{{"text", []string{h.Where.String()}}}}}
	add := func(key string, params ...Param) {
		var some []Param
		for _, p := range params {
			if len(p.Values) > 0 {
				some = append(some, p)
			}
		}
		steps = append(steps, Step{key, some})
	}
	if from, to := timeTexts(h.Where); len(from)+len(to) > 0 {
		add("prune.time", Param{"from", from}, Param{"to", to})
	}
	p := h.Prune()
	for _, f := range p.Fields {
		add("prune.field", Param{"field", []string{f.Field.Canonical()}}, Param{"values", texts(f.Values)})
	}
	if len(p.Words) > 0 {
		add("prune.word", Param{"words", texts(p.Words)})
	}
	for _, s := range h.Stages {
		add("stage."+s.Command(), stageParams(s)...)
	}
	n := h.Needs()
	var scope []string
	switch {
	case n.All:
		n.Fields, scope = nil, []string{"events"}
	case n.Texts:
		scope = []string{"texts"}
	}
	add("read", Param{"fields", n.Fields}, Param{"scope", scope})
	return steps
}

// timeTexts are the bounds of time as they are written, relative ones too.
func timeTexts(where Expr) (from, to []string) {
	for _, x := range conditions(where) {
		c, ok := x.(*Compare)
		if !ok || c.Field.Canonical() != fieldTime {
			continue
		}
		switch text := string(c.Op) + c.Value.String(); c.Op {
		case Gt, Ge:
			from = append(from, text)
		case Lt, Le:
			to = append(to, text)
		case Eq:
			from, to = append(from, text), append(to, text)
		default:
		}
	}
	return from, to
}

func texts[T interface{ String() string }](of []T) []string {
	out := make([]string, len(of))
	for i, x := range of {
		out[i] = x.String()
	}
	return out
}

func stageParams(s Stage) []Param {
	limit := func(n int) Param { return Param{"limit", []string{strconv.Itoa(n)}} }
	switch s := s.(type) {
	case *StatsStage:
		return []Param{{"values", texts(s.Aggs)}, {"by", texts(s.By)}}
	case *TimechartStage:
		span := s.Span
		if span == 0 {
			span = standardSpan
		}
		params := []Param{{"span", []string{spanText(span)}}, {"values", texts(s.Aggs)}}
		if s.By != "" {
			params = append(params, Param{"by", []string{s.By.String()}})
		}
		if s.Limit > 0 {
			params = append(params, limit(s.Limit))
		}
		return params
	case *TopStage:
		return []Param{limit(s.Limit), {"columns", texts(s.Fields)}, {"by", texts(s.By)}}
	case *SortStage:
		params := []Param{{"columns", texts(s.Keys)}}
		if s.Limit > 0 {
			params = append(params, limit(s.Limit))
		}
		return params
	case *HeadStage:
		return []Param{limit(s.N)}
	case *TableStage:
		return []Param{{"columns", texts(s.Columns)}}
	case *FieldsStage:
		if s.Remove {
			return []Param{{"without", texts(s.Columns)}}
		}
		return []Param{{"columns", texts(s.Columns)}}
	case *DedupStage:
		return []Param{limit(s.N), {"columns", texts(s.Keys)}}
	case *WhereStage:
		return []Param{{"condition", []string{s.If.String()}}}
	case *EvalStage:
		return []Param{{"values", texts(s.Sets)}}
	case *RenameStage:
		return []Param{{"columns", texts(s.Names)}}
	default:
		return []Param{{"text", []string{s.String()}}}
	}
}
