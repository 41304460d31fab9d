// SPDX-License-Identifier: Apache-2.0

package query

import (
	"regexp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// Expr is a condition on events: one of *And, *Or, *Not, *All, *Word, *Compare, *In,
// *Matches, *Exists and *Index. It is data: an engine may translate it instead of
// calling Match. It is not changed once made, and may be used concurrently.
type Expr interface {
	// Match tells whether the condition holds for the event. A relative time never
	// does: see Hunt.At.
	Match(e *event.Event) bool
	// String returns text that Parse reads back to the same condition.
	String() string
	sealed()
}

// And holds when all of its two or more conditions do.
type And struct{ Of []Expr }

// Or holds when one of its two or more conditions does.
type Or struct{ Of []Expr }

// Not holds when its condition does not.
type Not struct{ Of Expr }

// All holds for every event.
type All struct{}

// Word holds when a word or phrase stands in one of the event's texts, as at
// Filter.Text.
type Word struct {
	Text string
	// OpenLeft and OpenRight say that it may begin, or end, within a word.
	OpenLeft, OpenRight bool

	term *Term
}

// Op is a comparison.
type Op string

// The comparisons.
const (
	Eq Op = "="
	Ne Op = "!="
	Lt Op = "<"
	Le Op = "<="
	Gt Op = ">"
	Ge Op = ">="
)

// Compare holds when a value of the field compares so with a literal. It never does
// when the field is absent or null.
type Compare struct {
	Field Field
	Op    Op
	Value Literal

	test test
}

// In holds when a value of the field is equal to one of the literals.
type In struct {
	Field  Field
	Values []Literal

	tests []test
}

// Matches holds when a regular expression (RE2) is found in a value of the field, or
// in any text of the event when Field is "".
type Matches struct {
	Field   Field
	Pattern string

	re *regexp.Regexp
}

// Exists holds when the event has the field, though it may be empty or null.
type Exists struct{ Field Field }

// Index holds when the event names no index (attribute `index`), or one that is equal
// to Name; with Not, one that is not.
type Index struct {
	Name Literal
	Not  bool
}

// test judges one value.
type test func(Cell) bool

func (*And) sealed()     {}
func (*Or) sealed()      {}
func (*Not) sealed()     {}
func (*All) sealed()     {}
func (*Word) sealed()    {}
func (*Compare) sealed() {}
func (*In) sealed()      {}
func (*Matches) sealed() {}
func (*Exists) sealed()  {}
func (*Index) sealed()   {}

// allOf joins conditions; nested ones are taken apart.
func allOf(list []Expr) Expr {
	var out []Expr
	for _, x := range list {
		if and, ok := x.(*And); ok {
			out = append(out, and.Of...)
			continue
		}
		out = append(out, x)
	}
	if len(out) == 1 {
		return out[0]
	}
	return &And{Of: out}
}

// anyOf joins alternatives; nested ones are taken apart.
func anyOf(list []Expr) Expr {
	var out []Expr
	for _, x := range list {
		if or, ok := x.(*Or); ok {
			out = append(out, or.Of...)
			continue
		}
		out = append(out, x)
	}
	if len(out) == 1 {
		return out[0]
	}
	return &Or{Of: out}
}

// noneOf turns a condition round. An index is turned round within: an event that
// names none is in all of them.
func noneOf(x Expr) Expr {
	if index, ok := x.(*Index); ok {
		return &Index{Name: index.Name, Not: !index.Not}
	}
	return &Not{Of: x}
}
