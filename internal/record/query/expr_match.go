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
	return holds(eventCell(e, x.Field.Canonical()), x.judge())
}

// judge returns what is asked of each value.
func (x *Compare) judge() test {
	if x.test != nil {
		return x.test
	}
	t, problem := compareTest(x.Field, x.Op, x.Value)
	if problem != nil {
		return func(Cell) bool { return false }
	}
	return t
}

// Match compares each value of the field with each literal.
func (x *In) Match(e *event.Event) bool {
	cell := eventCell(e, x.Field.Canonical())
	for _, t := range x.judges() {
		if holds(cell, t) {
			return true
		}
	}
	return false
}

// judges return what is asked of each value, of which one must hold.
func (x *In) judges() []test {
	tests := x.tests
	if tests == nil {
		for _, v := range x.Values {
			if t, problem := compareTest(x.Field, Eq, v); problem == nil {
				tests = append(tests, t)
			}
		}
	}
	return tests
}

// Match looks for the expression.
func (x *Matches) Match(e *event.Event) bool {
	re := x.regex()
	if re == nil {
		return false
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

// regex returns what is looked for; nil when it is no regular expression.
func (x *Matches) regex() *regexp.Regexp {
	if x.re != nil {
		return x.re
	}
	re, problem := compileRegex(x.Pattern)
	if problem != nil {
		return nil
	}
	return re
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
	return x.holds(eventCell(e, fieldIndex))
}

func (x *Index) holds(cell Cell) bool {
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
