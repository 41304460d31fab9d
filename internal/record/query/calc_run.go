// SPDX-License-Identifier: Apache-2.0

package query

import (
	"math"
	"time"
)

// environment is what an expression may know beside its row.
type environment struct{ now time.Time }

func constant(c Cell) func(*row) Cell { return func(*row) Cell { return c } }

func (x *Number) compile(schema, *environment) (func(*row) Cell, *SyntaxError) {
	return constant(numberCell(x.Text)), nil
}

func (x *Quote) compile(schema, *environment) (func(*row) Cell, *SyntaxError) {
	return constant(textCell(x.Text)), nil
}

func (x *Column) compile(s schema, _ *environment) (func(*row) Cell, *SyntaxError) {
	r, ok := s.find(x.Name)
	if !ok {
		return nil, s.missing(x.Name)
	}
	return r.of, nil
}

func (x *Call) compile(s schema, env *environment) (func(*row) Cell, *SyntaxError) {
	if _, problem := typeOf(x, s); problem != nil {
		return nil, problem
	}
	f, _ := functionNamed(x.Func)
	if f.name == "now" {
		return constant(timeCell(env.now.UnixNano())), nil
	}
	run := f.run
	if f.prepare != nil {
		var problem *SyntaxError
		if run, problem = f.prepare(x.Args); problem != nil {
			return nil, problem
		}
	}
	args, problem := compileAll(x.Args, s, env)
	if problem != nil {
		return nil, problem
	}
	return func(w *row) Cell {
		cells := make([]Cell, len(args))
		for i, arg := range args {
			cells[i] = arg(w)
		}
		return run(cells)
	}, nil
}

func compileAll(of []Calc, s schema, env *environment) ([]func(*row) Cell, *SyntaxError) {
	out := make([]func(*row) Cell, len(of))
	for i, x := range of {
		var problem *SyntaxError
		if out[i], problem = x.compile(s, env); problem != nil {
			return nil, problem
		}
	}
	return out, nil
}

func (x *Operation) compile(s schema, env *environment) (func(*row) Cell, *SyntaxError) {
	if _, problem := typeOf(x, s); problem != nil {
		return nil, problem
	}
	of, problem := compileAll(x.resolved(s, env), s, env)
	if problem != nil {
		return nil, problem
	}
	switch {
	case x.Op == keywordAnd || x.Op == keywordOr:
		decides := x.Op == keywordOr // one that is so settles it
		return func(w *row) Cell {
			for _, f := range of {
				if f(w).truth() == decides {
					return boolCell(decides)
				}
			}
			return boolCell(!decides)
		}, nil
	case x.Op == keywordNot:
		return func(w *row) Cell { return boolCell(!of[0](w).truth()) }, nil
	case len(of) == 1:
		return func(w *row) Cell { return arithmetic("-", intCell(0), of[0](w)) }, nil
	case isOrder(x.Op):
		return func(w *row) Cell { return boolCell(compareCells(Op(x.Op), of[0](w), of[1](w))) }, nil
	default:
		return func(w *row) Cell { return arithmetic(x.Op, of[0](w), of[1](w)) }, nil
	}
}

// resolved returns the sides with relative times, beside a time, counted from now.
func (x *Operation) resolved(s schema, env *environment) []Calc {
	if !isOrder(x.Op) {
		return x.Of
	}
	out := make([]Calc, len(x.Of))
	for i, of := range x.Of {
		out[i] = of
		q, ok := of.(*Quote)
		if !ok {
			continue
		}
		if t, _ := typeOf(x.Of[1-i], s); t != TypeTime {
			continue
		}
		if at := literalAt(Plain(q.Text), env.now); at != nil {
			out[i] = &Quote{Text: at[0]}
		}
	}
	return out
}

// arithmetic calculates with numbers, times and, by a dot, texts. What cannot be
// calculated is absent.
func arithmetic(op string, a, b Cell) Cell {
	if op == "." {
		if !a.there() || !b.there() {
			return Cell{}
		}
		return textCell(cutText(a.String() + b.String()))
	}
	if a.Kind == CellTime && (op == "-" || op == "+") {
		return timeArithmetic(op, a, b)
	}
	x, ok := a.float()
	y, fine := b.float()
	if !ok || !fine {
		return Cell{}
	}
	switch op {
	case "+":
		return floatCell(x + y)
	case "-":
		return floatCell(x - y)
	case "*":
		return floatCell(x * y)
	case "/":
		return floatCell(x / y)
	default:
		return floatCell(math.Mod(x, y))
	}
}

// timeArithmetic: the seconds between two times, or a time some seconds away.
func timeArithmetic(op string, a, b Cell) Cell {
	if b.Kind == CellTime {
		if op == "-" {
			return floatCell(float64(a.Int-b.Int) / 1e9)
		}
		return Cell{}
	}
	seconds, ok := b.float()
	if !ok {
		return Cell{}
	}
	if op == "-" {
		seconds = -seconds
	}
	at := float64(a.Int)/1e9 + seconds
	if at < 0 || at > 9e9 {
		return Cell{}
	}
	return timeCell(a.Int + int64(seconds*1e9))
}
