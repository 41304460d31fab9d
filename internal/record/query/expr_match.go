// SPDX-License-Identifier: Apache-2.0

package query

import (
	"regexp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// fieldIndex is the attribute that holds the index a sender named.
const fieldIndex = attrPrefix + "index"

// Match tells whether all conditions hold.
func (x *And) Match(e *event.Event) bool {
	for _, c := range x.Of {
		if !c.Match(e) {
			return false
		}
	}
	return true
}

// Match tells whether one of the alternatives holds.
func (x *Or) Match(e *event.Event) bool {
	for _, c := range x.Of {
		if c.Match(e) {
			return true
		}
	}
	return false
}

// Match tells whether the condition does not hold.
func (x *Not) Match(e *event.Event) bool { return !x.Of.Match(e) }

// Match is always true.
func (*All) Match(*event.Event) bool { return true }

// Match looks for the word in all texts of the event.
func (x *Word) Match(e *event.Event) bool {
	term := x.Term()
	found := false
	eventTexts(e, func(s string) bool {
		found = term.In(s)
		return !found
	})
	return found
}

// Term is what is looked for, as Filter.Text looks for it.
func (x *Word) Term() *Term {
	if x.term != nil {
		return x.term
	}
	term := NewTerm(x.Text, x.OpenLeft, x.OpenRight)
	return &term
}

// Match compares each value of the field.
func (x *Compare) Match(e *event.Event) bool {
	t := x.test
	if t == nil {
		var problem *SyntaxError
		if t, problem = compareTest(x.Field, x.Op, x.Value); problem != nil {
			return false
		}
	}
	return holds(eventCell(e, x.Field.Canonical()), t)
}

// Match compares each value of the field with each literal.
func (x *In) Match(e *event.Event) bool {
	tests := x.tests
	if tests == nil {
		for _, v := range x.Values {
			if t, problem := compareTest(x.Field, Eq, v); problem == nil {
				tests = append(tests, t)
			}
		}
	}
	cell := eventCell(e, x.Field.Canonical())
	for _, t := range tests {
		if holds(cell, t) {
			return true
		}
	}
	return false
}

// Match looks for the expression.
func (x *Matches) Match(e *event.Event) bool {
	re := x.re
	if re == nil {
		var problem *SyntaxError
		if re, problem = compileRegex(x.Pattern); problem != nil {
			return false
		}
	}
	if x.Field != "" {
		return holds(eventCell(e, x.Field.Canonical()), regexTest(re))
	}
	found := false
	eventTexts(e, func(s string) bool {
		found = re.MatchString(s)
		return !found
	})
	return found
}

func regexTest(re *regexp.Regexp) test {
	return func(c Cell) bool { return re.MatchString(c.String()) }
}

// Match tells whether the event has the field.
func (x *Exists) Match(e *event.Event) bool {
	return eventCell(e, x.Field.Canonical()).Kind != CellAbsent
}

// Match compares the index that the event names, if any.
func (x *Index) Match(e *event.Event) bool {
	cell := eventCell(e, fieldIndex)
	if !cell.there() {
		return true
	}
	p := x.Name.pattern()
	return holds(cell, func(c Cell) bool { return p.Match(c.String()) }) != x.Not
}

// holds tells whether a value of the cell passes.
func holds(c Cell, t test) bool {
	return !c.each(func(v Cell) bool { return !t(v) })
}
