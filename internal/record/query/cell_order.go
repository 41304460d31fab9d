// SPDX-License-Identifier: Apache-2.0

package query

import (
	"cmp"
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// compareCells tells whether a value of a compares so with a value of b. Values that
// have no common order do not, and neither does what is absent or null.
func compareCells(op Op, a, b Cell) bool {
	return holds(a, func(x Cell) bool {
		return holds(b, func(y Cell) bool { return compareTwo(op, x, y) })
	})
}

func compareTwo(op Op, x, y Cell) bool {
	twoTexts := (op == Eq || op == Ne) && x.Kind == CellText && y.Kind == CellText // "007" is not "7"
	if order, ok := commonOrder(x, y); ok && !twoTexts {
		return op.fits(order)
	}
	a, b := x.String(), y.String()
	switch {
	case op == Eq || op == Ne:
		return (Fold(a) == Fold(b)) == (op == Eq)
	case x.Kind == CellText && y.Kind == CellText:
		return op.fits(strings.Compare(Fold(a), Fold(b)))
	default:
		return false
	}
}

// commonOrder compares two values as numbers, times or severities, when both are such.
func commonOrder(x, y Cell) (int, bool) {
	switch {
	case x.Kind == CellTime || y.Kind == CellTime:
		a, ok := cellInstant(x)
		b, fine := cellInstant(y)
		return cmp.Compare(a, b), ok && fine
	case x.Kind == CellLevel || y.Kind == CellLevel:
		a, ok := cellLevel(x)
		b, fine := cellLevel(y)
		return cmp.Compare(a, b), ok && fine
	case x.Kind == CellNumber || y.Kind == CellNumber || x.Kind == CellText && y.Kind == CellText:
		a, ok := x.decimal()
		b, fine := y.decimal()
		if !ok || !fine {
			return 0, false
		}
		return a.compare(b), true
	default:
		return 0, false
	}
}

func cellLevel(c Cell) (int64, bool) {
	switch c.Kind {
	case CellLevel:
		return c.Int, true
	case CellText:
		level, ok := event.ParseSeverity(c.Text)
		return int64(level), ok
	default:
		return 0, false
	}
}

// sortCells is the total order of sort, min and max: numbers, then bools, severities,
// times and texts, then lists by their members; null and absent last. A text that is
// written as a number stands among the numbers.
func sortCells(a, b Cell) int {
	x, y := a.rank(), b.rank()
	if x != y {
		return cmp.Compare(x, y)
	}
	switch x {
	case CellNumber:
		p, _ := a.decimal()
		q, _ := b.decimal()
		return cmp.Or(p.compare(q), strings.Compare(a.Text, b.Text))
	case CellBool, CellLevel, CellTime:
		return cmp.Compare(a.Int, b.Int)
	case CellList:
		for i := range min(len(a.List), len(b.List)) {
			if n := sortCells(a.List[i], b.List[i]); n != 0 {
				return n
			}
		}
		return cmp.Compare(len(a.List), len(b.List))
	default:
		return cmp.Or(strings.Compare(Fold(a.Text), Fold(b.Text)), strings.Compare(a.Text, b.Text))
	}
}

// rank is the kind by which a cell is sorted.
func (c Cell) rank() CellKind {
	switch c.Kind {
	case CellText:
		if isNumeral(c.Text) {
			return CellNumber
		}
		return CellText
	case CellNumber:
		if !isNumeral(c.Text) {
			return CellText
		}
		return CellNumber
	case CellAbsent:
		return CellNull + 1
	default:
		return c.Kind
	}
}

// settle is sortCells where two values that differ are never equal, so that a result
// does not depend on which of them came first.
func settle(a, b Cell) int {
	if n := sortCells(a, b); n != 0 {
		return n
	}
	if a.Kind == b.Kind && a.Text == b.Text && a.Int == b.Int && a.Kind != CellList {
		return 0
	}
	return cmp.Or(strings.Compare(a.String(), b.String()), cmp.Compare(a.Kind, b.Kind))
}
