// SPDX-License-Identifier: Apache-2.0

package query

import "testing"

// counted is a column that counts how often its type is asked for.
type counted struct {
	Column
	asked *int
}

func (x *counted) resultType(s schema) (Type, *SyntaxError) {
	*x.asked++
	return x.Column.resultType(s)
}

// TestTypesAreFoundOnce: the type of what lies deep is not looked for anew at each level
// above it, which would take the square of an expression's size.
func TestTypesAreFoundOnce(t *testing.T) {
	t.Parallel()
	asked := 0
	var x Calc = &counted{Column: Column{Name: "bytes"}, asked: &asked}
	for range 500 {
		x = &Operation{Op: "+", Of: []Calc{x, &Number{Text: "1"}}}
	}
	s := schema{events: true}
	if _, problem := x.compile(s.remembering(), &environment{}); problem != nil {
		t.Fatal(problem)
	}
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
	asked = 0
	h := &Hunt{Where: &All{}, Stages: []Stage{&EvalStage{Sets: []Set{{Name: "y", Value: x}}}, &WhereStage{If: &Operation{Op: "=", Of: []Calc{x, x}}}}}
	if _, err := runOver(t, h, nil, Limits{}); err != nil {
		t.Fatal(err)
	}
	if asked > 10 {
		t.Errorf("a run asks %d times", asked)
	}
}
