// SPDX-License-Identifier: Apache-2.0

package query

import (
	"fmt"
	"math"
)

// function is one that eval and where know.
type function struct {
	name        string
	least, most int
	// args are the types wanted; the last is that of all that follow.
	args []Type
	// result is its type; "" when it is that of the arguments that results picks.
	result  Type
	results func(types []Type) []Type
	// check judges arguments that must be literal.
	check func(args []Calc) *SyntaxError
	// run is given one cell for each argument. prepare replaces it when something is
	// to be made of literal arguments first.
	run     func(args []Cell) Cell
	prepare func(args []Calc) (func(args []Cell) Cell, *SyntaxError)
}

func (f *function) argument(i int) Type {
	if len(f.args) == 0 {
		return TypeAny
	}
	return f.args[min(i, len(f.args)-1)]
}

func (f *function) wanted() string {
	switch {
	case f.least == f.most:
		return fmt.Sprintf("wants %d", f.least)
	case f.most == math.MaxInt:
		return fmt.Sprintf("wants at least %d", f.least)
	default:
		return fmt.Sprintf("wants %d to %d", f.least, f.most)
	}
}

// functions are all of them, by name.
func functions() []function {
	any1, number, text := []Type{TypeAny}, []Type{TypeNumber}, []Type{TypeText}
	return []function{
		{name: "abs", least: 1, most: 1, args: number, result: TypeNumber, run: onNumber(math.Abs)},
		{name: "case", least: 2, most: MaxHuntFields, args: any1, results: valueTypes, check: checkCase, run: runCase},
		{name: "ceil", least: 1, most: 1, args: number, result: TypeNumber, run: onNumber(math.Ceil)},
		{name: "cidrmatch", least: 2, most: 2, args: text, result: TypeBool, check: checkNetwork, prepare: prepareNetwork},
		{name: "coalesce", least: 1, most: MaxHuntFields, args: any1, results: allTypes, run: runCoalesce},
		{name: "false", result: TypeBool, run: func([]Cell) Cell { return boolCell(false) }},
		{name: "floor", least: 1, most: 1, args: number, result: TypeNumber, run: onNumber(math.Floor)},
		{name: "if", least: 3, most: 3, args: []Type{TypeBool, TypeAny}, results: laterTypes, run: runIf},
		{name: "in", least: 2, most: math.MaxInt, args: any1, result: TypeBool, run: runIn},
		{name: "isnotnull", least: 1, most: 1, args: any1, result: TypeBool, run: func(a []Cell) Cell { return boolCell(a[0].there()) }},
		{name: "isnull", least: 1, most: 1, args: any1, result: TypeBool, run: func(a []Cell) Cell { return boolCell(!a[0].there()) }},
		{name: "len", least: 1, most: 1, args: text, result: TypeNumber, run: runLen},
		{name: "like", least: 2, most: 2, args: text, result: TypeBool, check: checkLike, prepare: prepareLike},
		{name: "lower", least: 1, most: 1, args: text, result: TypeText, run: onText(lower)},
		{name: "match", least: 2, most: 2, args: text, result: TypeBool, check: checkMatch, prepare: prepareMatch},
		{name: "now", result: TypeTime},
		{name: "null", result: TypeAny, run: func([]Cell) Cell { return Cell{Kind: CellNull} }},
		{name: "round", least: 1, most: 2, args: number, result: TypeNumber, run: runRound},
		{name: "strftime", least: 2, most: 2, args: []Type{TypeTime, TypeText}, result: TypeText, check: checkFormat, run: runStrftime},
		{name: "substr", least: 2, most: 3, args: []Type{TypeText, TypeNumber}, result: TypeText, run: runSubstr},
		{name: "tonumber", least: 1, most: 1, args: any1, result: TypeNumber, run: runToNumber},
		{name: "tostring", least: 1, most: 1, args: any1, result: TypeText, run: onText(func(s string) string { return s })},
		{name: "trim", least: 1, most: 1, args: text, result: TypeText, run: onText(trim)},
		{name: "true", result: TypeBool, run: func([]Cell) Cell { return boolCell(true) }},
		{name: "upper", least: 1, most: 1, args: text, result: TypeText, run: onText(upper)},
	}
}

// functionNamed returns a function by its name, in any case, or one of its aliases.
func functionNamed(name string) (function, bool) {
	folded := Fold(name)
	if folded == "ceiling" {
		folded = "ceil"
	}
	for _, f := range functions() {
		if f.name == folded {
			return f, true
		}
	}
	return function{}, false
}

func functionNames() []string {
	all := functions()
	names := make([]string, len(all))
	for i, f := range all {
		names[i] = f.name
	}
	return names
}

// allTypes, laterTypes and valueTypes pick the arguments of which one is the result.
func allTypes(types []Type) []Type { return types }

func laterTypes(types []Type) []Type { return types[1:] }

func valueTypes(types []Type) (out []Type) {
	for i := 1; i < len(types); i += 2 {
		out = append(out, types[i])
	}
	return out
}

// usesRegex tells whether a call makes a regular expression of its literal.
func usesRegex(x *Call) bool { return x.Func == "match" || x.Func == "like" }
