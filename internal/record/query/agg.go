// SPDX-License-Identifier: Apache-2.0

package query

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// resultType returns what the value is, or why it cannot be made.
func (a Agg) resultType(s schema) (Type, *SyntaxError) {
	if a.Of == "" {
		if a.Func != aggCount {
			return "", problemf(CodeMissing, "%s wants a column, as in %s(bytes)", a.Func, a.Func)
		}
		return TypeNumber, nil
	}
	r, ok := s.find(a.Of)
	if !ok {
		return "", s.missing(a.Of)
	}
	switch a.Func {
	case aggCount, aggDistinct:
		return TypeNumber, nil
	case "sum", aggAvg:
		if !fitsType(r.Type, TypeNumber) {
			return "", problemf(CodeBadType, "%s wants numbers; %s is %s", a.Func, a.Of, r.Type)
		}
		return TypeNumber, nil
	case "earliest", "latest":
		if at, ok := s.find(fieldTime); !ok || at.Type != TypeTime {
			return "", problemf(CodeBadType, "%s wants the events' time, which is gone here", a.Func)
		}
		return r.Type, nil
	case "min", "max":
		return r.Type, nil
	case "values", "list":
		return TypeAny, nil
	}
	if _, ok := strings.CutPrefix(a.Func, "perc"); ok {
		return r.Type, nil
	}
	return "", problemf(CodeUnknownFunction, "unknown function %q", a.Func).near(a.Func, aggNames())
}

// tally adds up one value of one group. Which of its parts are used depends on the
// function; two tallies of one function can be joined.
type tally struct {
	n     int64
	sum   float64
	whole int64 // the same sum while all of it are whole numbers that fit
	exact bool
	best  Cell // min, max, earliest, latest
	at    int64
	set   map[string]Cell
	cells []Cell
}

// cellOverhead is about what a kept cell takes beside its text.
const cellOverhead = 100

// add counts a cell, all members of a list, so many times, and returns the bytes that it
// keeps.
func (t *tally) add(a *Agg, c Cell, at, times int64) (kept int) {
	c.each(func(v Cell) bool {
		kept += t.addOne(a, v, at, times)
		return true
	})
	return kept
}

func (t *tally) addOne(a *Agg, v Cell, at, times int64) (kept int) {
	switch a.Func {
	case aggCount:
		t.n += times
	case "sum", aggAvg:
		if f, ok := v.float(); ok {
			t.addNumber(f, v.Text, times)
		}
	case aggDistinct, "values":
		key := v.String()
		if had, have := t.set[key]; have && v.Kind < had.Kind {
			t.set[key] = ownCell(v) // of those that print the same, whatever came first
		} else if !have {
			if t.set == nil {
				t.set = map[string]Cell{}
			}
			key = strings.Clone(key)
			t.set[key] = ownCell(v)
			return 2*len(key) + cellOverhead
		}
	case "min":
		return t.take(v, at, t.n == 0 || settle(v, t.best) < 0)
	case "max":
		return t.take(v, at, t.n == 0 || settle(v, t.best) > 0)
	case "earliest":
		return t.take(v, at, t.n == 0 || at < t.at || at == t.at && settle(v, t.best) < 0)
	case "latest":
		return t.take(v, at, t.n == 0 || at > t.at || at == t.at && sortCells(v, t.best) > 0)
	default: // list and percentiles
		t.cells = append(t.cells, ownCell(v))
		return len(v.Text) + cellOverhead
	}
	return 0
}

func (t *tally) take(v Cell, at int64, better bool) (kept int) {
	t.n++
	if better {
		kept = len(v.Text) - len(t.best.Text)
		t.best, t.at = ownCell(v), at
	}
	return kept
}

// addNumber keeps a whole sum exact as long as it fits in 64 bits.
func (t *tally) addNumber(f float64, text string, times int64) {
	one, err := strconv.ParseInt(text, 10, 64)
	n := one * times
	sum := t.whole + n
	t.exact = err == nil && (t.n == 0 || t.exact) && n/times == one && (sum > t.whole) == (n > 0)
	t.whole = sum
	t.sum += f * float64(times)
	t.n += times
}

// join adds another tally of the same function.
func (t *tally) join(a *Agg, o *tally) {
	switch a.Func {
	case "min", "max", "earliest", "latest":
		if o.n > 0 {
			t.addOne(a, o.best, o.at, 1)
		}
		return
	}
	if o.n > 0 && (a.Func == "sum" || a.Func == aggAvg) {
		sum := t.whole + o.whole
		t.exact = o.exact && (t.n == 0 || t.exact) && (sum > t.whole) == (o.whole > 0)
		t.whole = sum
	}
	t.n += o.n
	t.sum += o.sum
	for key, c := range o.set {
		if t.set == nil {
			t.set = map[string]Cell{}
		}
		if had, have := t.set[key]; !have || c.Kind < had.Kind {
			t.set[key] = c
		}
	}
	t.cells = append(t.cells, o.cells...)
}

// result returns the value; absent when nothing was counted but for a count.
func (t *tally) result(a *Agg) Cell {
	switch a.Func {
	case aggCount:
		return intCell(t.n)
	case aggDistinct:
		return intCell(int64(len(t.set)))
	case "sum":
		switch {
		case t.n == 0:
			return Cell{}
		case t.exact:
			return intCell(t.whole)
		default:
			return floatCell(t.sum)
		}
	case aggAvg:
		return floatCell(t.sum / float64(t.n))
	case "min", "max", "earliest", "latest":
		return t.best
	case "values":
		list := make([]Cell, 0, len(t.set))
		for _, c := range t.set {
			list = append(list, c)
		}
		slices.SortFunc(list, settle)
		return Cell{Kind: CellList, List: list}
	case "list":
		return Cell{Kind: CellList, List: t.cells}
	default:
		return t.percentile(strings.TrimPrefix(a.Func, "perc"))
	}
}

// percentile returns the nearest rank: the least value that p percent of all do not
// exceed.
func (t *tally) percentile(p string) Cell {
	percent, err := strconv.Atoi(p)
	if err != nil || len(t.cells) == 0 {
		return Cell{}
	}
	slices.SortFunc(t.cells, settle)
	rank := int(math.Ceil(float64(percent) / 100 * float64(len(t.cells))))
	return t.cells[max(rank, 1)-1]
}

// ownCell is a cell whose text no longer holds the event that it came from.
func ownCell(c Cell) Cell {
	c.Text = strings.Clone(c.Text)
	if c.List != nil {
		list := make([]Cell, len(c.List))
		for i := range c.List {
			list[i] = ownCell(c.List[i])
		}
		c.List = list
	}
	return c
}
