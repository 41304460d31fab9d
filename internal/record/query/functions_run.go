// SPDX-License-Identifier: Apache-2.0

package query

import (
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// maxTextBytes is the longest text that an expression makes; what is beyond is cut, so
// that no chain of them can double a text without end.
const maxTextBytes = event.MaxFieldBytes

func cutText(s string) string {
	if len(s) <= maxTextBytes {
		return s
	}
	end := maxTextBytes
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end]
}

// onNumber makes a function of numbers; what is no number has no result.
func onNumber(f func(float64) float64) func([]Cell) Cell {
	return func(a []Cell) Cell {
		n, ok := a[0].float()
		if !ok {
			return Cell{}
		}
		return floatCell(f(n))
	}
}

// onText makes a function of texts; what is not there has no result.
func onText(f func(string) string) func([]Cell) Cell {
	return func(a []Cell) Cell {
		if !a[0].there() {
			return Cell{}
		}
		return textCell(cutText(f(a[0].String())))
	}
}

func lower(s string) string { return strings.Map(unicode.ToLower, s) }

func upper(s string) string { return strings.Map(unicode.ToUpper, s) }

func trim(s string) string { return strings.TrimSpace(s) }

func runCase(a []Cell) Cell {
	for i := 0; i+1 < len(a); i += 2 {
		if a[i].truth() {
			return a[i+1]
		}
	}
	return Cell{}
}

func runIf(a []Cell) Cell {
	if a[0].truth() {
		return a[1]
	}
	return a[2]
}

func runCoalesce(a []Cell) Cell {
	for _, c := range a {
		if c.there() {
			return c
		}
	}
	return Cell{}
}

func runIn(a []Cell) Cell {
	for _, c := range a[1:] {
		if compareCells(Eq, a[0], c) {
			return boolCell(true)
		}
	}
	return boolCell(false)
}

func runLen(a []Cell) Cell {
	if !a[0].there() {
		return Cell{}
	}
	return intCell(int64(utf8.RuneCountInString(a[0].String())))
}

// runRound rounds half away from zero, to 0 to 15 decimals.
func runRound(a []Cell) Cell {
	n, ok := a[0].float()
	digits := 0.0
	if len(a) > 1 && ok {
		digits, ok = a[1].float()
	}
	if !ok {
		return Cell{}
	}
	scale := math.Pow(10, math.Trunc(min(max(digits, 0), 15)))
	if rounded := math.Round(n*scale) / scale; !math.IsInf(n*scale, 0) {
		return floatCell(rounded)
	}
	return floatCell(n)
}

// runSubstr counts characters from 1, from the end when the begin is negative.
func runSubstr(a []Cell) Cell {
	begin, ok := a[1].float()
	if !ok || !a[0].there() {
		return Cell{}
	}
	runes := []rune(a[0].String())
	from := clampInt(begin, len(runes))
	switch {
	case from > 0:
		from--
	case from < 0:
		from = max(len(runes)+from, 0)
	}
	to := len(runes)
	if len(a) > 2 {
		length, ok := a[2].float()
		if !ok {
			return Cell{}
		}
		to = min(from+max(clampInt(length, len(runes)), 0), to)
	}
	return textCell(cutText(string(runes[from:max(from, to)])))
}

func clampInt(f float64, most int) int {
	limit := float64(most) + 1
	return int(min(max(f, -limit), limit))
}

func runToNumber(a []Cell) Cell {
	switch c := a[0]; c.Kind {
	case CellNumber:
		return c
	case CellText:
		if text := strings.TrimSpace(c.Text); isNumeral(text) {
			return numberCell(text)
		}
		return Cell{}
	case CellTime:
		return floatCell(float64(c.Int) / 1e9)
	case CellBool, CellLevel:
		return intCell(c.Int)
	default:
		return Cell{}
	}
}

func isNumeral(s string) bool {
	_, ok := parseDecimal(s)
	return ok
}

func intCell(n int64) Cell { return numberCell(strconv.FormatInt(n, 10)) }

// floatCell makes a number; what is none, as of a division by zero, is absent.
func floatCell(f float64) Cell {
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return Cell{}
	case f == math.Trunc(f) && math.Abs(f) < 1e15:
		return intCell(int64(f))
	case math.Abs(f) < 1e21 && math.Abs(f) >= 1e-6:
		return numberCell(strconv.FormatFloat(f, 'f', -1, 64))
	default:
		return numberCell(strconv.FormatFloat(f, 'e', -1, 64))
	}
}

// float returns the cell's number as a double; a text that is written as one counts.
func (c Cell) float() (float64, bool) {
	if c.Kind != CellNumber && c.Kind != CellText || !isNumeral(c.Text) {
		return 0, false
	}
	f, err := strconv.ParseFloat(c.Text, 64)
	return f, err == nil
}

func (c Cell) truth() bool { return c.Kind == CellBool && c.Int != 0 }
