// SPDX-License-Identifier: Apache-2.0

package query

import (
	"unicode/utf8"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// CellOf returns the value of an event's field by its canonical name.
func CellOf(e *event.Event, canonical string) Cell { return eventCell(e, canonical) }

// ValueCell returns a value as a cell.
func ValueCell(v event.Value) Cell { return valueCell(v) }

// There tells whether the cell says something: it is neither absent nor null.
func (c Cell) There() bool { return c.there() }

// Test takes a condition on one field apart: the field's canonical name, and what is
// asked of its cell. It holds for an event exactly when it holds for the cell that
// CellOf returns. But for Exists and Index it holds for a list when it does for one of
// the members. ok is false for a condition that looks at more than one field. holds does
// not keep the cell, and may be called concurrently.
func Test(x Expr) (canonical string, holds func(Cell) bool, ok bool) {
	switch x := x.(type) {
	case *Compare:
		return x.Field.Canonical(), cellTest(x.judge()), true
	case *In:
		return x.Field.Canonical(), cellTest(x.judges()...), true
	case *Matches:
		re := x.regex()
		if x.Field == "" || re == nil {
			return "", nil, false
		}
		return x.Field.Canonical(), cellTest(regexTest(re)), true
	case *Exists:
		return x.Field.Canonical(), func(c Cell) bool { return c.Kind != CellAbsent }, true
	case *Index:
		return fieldIndex, x.holds, true
	default:
		return "", nil, false
	}
}

func cellTest(tests ...test) func(Cell) bool {
	return func(c Cell) bool {
		for _, t := range tests {
			if holds(c, t) {
				return true
			}
		}
		return false
	}
}

// Regex returns the expression that Matches looks for in any text; ok is false for any
// other condition.
func Regex(x Expr) (re interface {
	MatchString(string) bool
	Match([]byte) bool
}, ok bool,
) {
	m, ok := x.(*Matches)
	if !ok || m.Field != "" || m.regex() == nil {
		return nil, false
	}
	return m.regex(), true
}

// Equals returns the texts of which one is, but for the case of ASCII letters, a value
// of the field wherever the condition holds; of an address the same address may be
// written in another way. ok is false when there is no such list.
func Equals(x Expr) (texts []string, ok bool) {
	var f Field
	var values []Literal
	switch x := x.(type) {
	case *Compare:
		if x.Op != Eq {
			return nil, false
		}
		f, values = x.Field, []Literal{x.Value}
	case *In:
		f, values = x.Field, x.Values
	default:
		return nil, false
	}
	for _, v := range values {
		text, plain := v.Text()
		if !plain || !equalText(f.Type(), text) {
			return nil, false
		}
		texts = append(texts, text)
	}
	return texts, true
}

// equalText tells whether equality with a text is that of texts, or of one address.
func equalText(t Type, text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	switch t {
	case TypeText:
		return true
	case TypeAddress:
		_, single := parseAddr(text)
		return single
	case TypeAny:
		_, number := parseDecimal(text)
		_, err := addresses([]string{text})
		return !number && (text == "" || err != nil)
	default:
		return false
	}
}
