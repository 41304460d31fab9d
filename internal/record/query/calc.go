// SPDX-License-Identifier: Apache-2.0

package query

import "strings"

// Calc is an expression over the columns of a row, as eval and where have it: one of
// *Number, *Quote, *Column, *Call and *Operation. It is data, as Expr is.
type Calc interface {
	// String returns text that Parse reads back to the same expression.
	String() string
	// resultType returns what it gives over such columns, or why it cannot be.
	resultType(s schema) (Type, *SyntaxError)
	// compile makes it ready to run over such columns.
	compile(s schema, env *environment) (func(*row) Cell, *SyntaxError)
}

// Number is a number as it is written.
type Number struct{ Text string }

// Quote is a text.
type Quote struct{ Text string }

// Column is the value of a column.
type Column struct{ Name Field }

// Call is a function of functions() with its arguments.
type Call struct {
	Func string
	Args []Calc
}

// Operation is an operator between expressions. Op is one of OR, AND (two or more
// expressions), NOT, - (one), and = != < <= > >= + - . * / % (two).
type Operation struct {
	Op string
	Of []Calc
}

// String returns the number.
func (x *Number) String() string { return x.Text }

// String returns the text in quotes.
func (x *Quote) String() string { return quoteText(x.Text) }

// String returns the name.
func (x *Column) String() string { return x.Name.String() }

// String writes name(arguments).
func (x *Call) String() string { return x.Func + "(" + list(x.Args) + ")" }

// String writes the operator between its expressions, operations in parentheses.
func (x *Operation) String() string {
	parts := make([]string, len(x.Of))
	for i, of := range x.Of {
		parts[i] = of.String()
		if inner, ok := of.(*Operation); ok && (i > 0 || !sameRank(x, inner)) {
			parts[i] = "(" + parts[i] + ")"
		}
	}
	switch {
	case len(parts) > 1:
		return strings.Join(parts, " "+x.Op+" ")
	case x.Op == keywordNot:
		return "NOT " + parts[0]
	default:
		return x.Op + parts[0]
	}
}

// sameRank tells whether two operations with two sides are read from left to right.
func sameRank(x, y *Operation) bool {
	rank := func(x *Operation) int {
		if len(x.Of) != 2 {
			return 0
		}
		return strings.Index("+-. */%", x.Op)/4 + 1
	}
	return rank(x) == rank(y) && rank(x) > 0 && !isOrder(x.Op) && !isOrder(y.Op) && len(x.Op) == 1 && len(y.Op) == 1
}

func isOrder(op string) bool {
	switch Op(op) {
	case Eq, Ne, Lt, Le, Gt, Ge:
		return true
	default:
		return false
	}
}
