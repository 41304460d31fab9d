// SPDX-License-Identifier: Apache-2.0

package query

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// CellKind is the type of a Cell.
type CellKind uint8

// The kinds, in the order in which sort puts values of different kinds. Null is
// there but says nothing; absent is not there.
const (
	CellNumber CellKind = iota + 1
	CellBool
	CellLevel
	CellTime
	CellText
	CellList
	CellNull
	CellAbsent CellKind = 0
)

// Cell is one value of a row.
type Cell struct {
	Kind CellKind
	// Text holds a text, or a number as it was written.
	Text string
	// Int holds a time in nanoseconds since 1970 UTC, a severity, or 1 for true.
	Int int64
	// List holds the members of a list.
	List []Cell
}

func textCell(s string) Cell   { return Cell{Kind: CellText, Text: s} }
func numberCell(s string) Cell { return Cell{Kind: CellNumber, Text: s} }
func timeCell(ns int64) Cell   { return Cell{Kind: CellTime, Int: ns} }

func boolCell(b bool) Cell {
	if b {
		return Cell{Kind: CellBool, Int: 1}
	}
	return Cell{Kind: CellBool}
}

// String returns the cell as text: a time as RFC 3339, a severity as its word, a
// list as its members joined by a comma, "" when there is nothing.
func (c Cell) String() string {
	switch c.Kind {
	case CellNumber, CellText:
		return c.Text
	case CellBool:
		if c.Int != 0 {
			return "true"
		}
		return "false"
	case CellLevel:
		return event.Severity(c.Int).String() //nolint:gosec // it was made of one
	case CellTime:
		return event.FormatTime(c.Int)
	case CellList:
		var b strings.Builder
		for i, m := range c.List {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(m.String())
		}
		return b.String()
	default:
		return ""
	}
}

// MarshalJSON writes numbers and bools as such, null for what is absent.
func (c Cell) MarshalJSON() ([]byte, error) {
	switch c.Kind {
	case CellNumber:
		if _, err := strconv.ParseFloat(c.Text, 64); err == nil && json.Valid([]byte(c.Text)) { // others would be refused by readers
			return []byte(c.Text), nil
		}
		return json.Marshal(c.Text)
	case CellBool:
		return json.Marshal(c.Int != 0)
	case CellList:
		return json.Marshal(c.List)
	case CellNull, CellAbsent:
		return []byte("null"), nil
	default:
		return json.Marshal(c.String())
	}
}

// there tells whether the cell says something: it is neither absent nor null.
func (c Cell) there() bool { return c.Kind != CellAbsent && c.Kind != CellNull }

// each yields the values of a cell: the members of a list, lists within it too,
// else the cell itself; nothing for null and absent.
func (c Cell) each(yield func(Cell) bool) bool {
	if c.Kind != CellList {
		return !c.there() || yield(c)
	}
	for _, m := range c.List {
		if !m.each(yield) {
			return false
		}
	}
	return true
}

// decimal returns the cell's number; a text that is written as one counts.
func (c Cell) decimal() (decimal, bool) {
	if c.Kind != CellNumber && c.Kind != CellText {
		return decimal{}, false
	}
	return parseDecimal(c.Text)
}

func valueCell(v event.Value) Cell {
	switch v.Kind {
	case event.KindNull:
		return Cell{Kind: CellNull}
	case event.KindFalse, event.KindTrue:
		return boolCell(v.Kind == event.KindTrue)
	case event.KindNumber:
		return numberCell(v.Text)
	case event.KindText, event.KindBytes:
		return textCell(v.Text)
	case event.KindList:
		c := Cell{Kind: CellList, List: make([]Cell, len(v.List))}
		for i := range v.List {
			c.List[i] = valueCell(v.List[i])
		}
		return c
	default:
		return Cell{}
	}
}

// size is about how many bytes of memory the cell takes.
func (c Cell) size() int {
	n := 64 + len(c.Text)
	for _, m := range c.List {
		n += m.size()
	}
	return n
}
