// SPDX-License-Identifier: Apache-2.0

package query

import (
	"regexp"
	"strings"
)

// literalArgument returns the text of an argument that must be one.
func literalArgument(args []Calc, i int, what string) (string, *SyntaxError) {
	if q, ok := args[i].(*Quote); ok {
		return q.Text, nil
	}
	return "", problemf(CodeBadType, "%s is written in quotes, not computed", what)
}

// checkCase: conditions and values take turns.
func checkCase(args []Calc) *SyntaxError {
	if len(args)%2 != 0 {
		return problemf(CodeBadType, "case has a condition without a value; true() is the condition for all else")
	}
	return nil
}

func checkMatch(args []Calc) *SyntaxError {
	_, problem := prepareMatch(args)
	return problem
}

// prepareMatch: match(text, "regular expression").
func prepareMatch(args []Calc) (func([]Cell) Cell, *SyntaxError) {
	pattern, problem := literalArgument(args, 1, "the regular expression of match")
	if problem != nil {
		return nil, problem
	}
	return regexOver(pattern)
}

func regexOver(pattern string) (func([]Cell) Cell, *SyntaxError) {
	re, problem := compileRegex(pattern)
	if problem != nil {
		return nil, problem
	}
	return func(a []Cell) Cell { return boolCell(holds(a[0], regexTest(re))) }, nil
}

func checkLike(args []Calc) *SyntaxError {
	_, problem := prepareLike(args)
	return problem
}

// prepareLike: like(text, "pattern"), where % stands for any characters and _ for one.
func prepareLike(args []Calc) (func([]Cell) Cell, *SyntaxError) {
	pattern, problem := literalArgument(args, 1, "the pattern of like")
	if problem != nil {
		return nil, problem
	}
	var b strings.Builder
	b.WriteString("(?is)^")
	for _, c := range pattern {
		switch c {
		case '%':
			b.WriteString(".*")
		case '_':
			b.WriteByte('.')
		default:
			b.WriteString(regexp.QuoteMeta(string(c)))
		}
	}
	return regexOver(b.String() + "$")
}

func checkNetwork(args []Calc) *SyntaxError {
	_, problem := prepareNetwork(args)
	return problem
}

// prepareNetwork: cidrmatch("network", address).
func prepareNetwork(args []Calc) (func([]Cell) Cell, *SyntaxError) {
	text, problem := literalArgument(args, 0, "the network of cidrmatch")
	if problem != nil {
		return nil, problem
	}
	within, problem := addressTest(text)
	if problem != nil {
		return nil, problem
	}
	return func(a []Cell) Cell { return boolCell(holds(a[1], within)) }, nil
}

// checkFormat: the letters after % of a literal format are known.
func checkFormat(args []Calc) *SyntaxError {
	q, ok := args[1].(*Quote)
	if !ok {
		return nil
	}
	if _, unknown := strftime(0, q.Text); unknown != "" {
		return problemf(CodeBadValue, "%q in the format of strftime is not known", unknown)
	}
	return nil
}

// runStrftime: strftime(time, "format"), in UTC. A number is seconds since 1970.
func runStrftime(a []Cell) Cell {
	at, ok := cellInstant(a[0])
	if !ok {
		seconds, number := a[0].float()
		if !number || seconds < 0 || seconds > 9e9 {
			return Cell{}
		}
		at = int64(seconds * 1e9)
	}
	if !a[1].there() {
		return Cell{}
	}
	text, _ := strftime(at, a[1].String())
	return textCell(cutText(text))
}
