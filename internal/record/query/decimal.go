// SPDX-License-Identifier: Apache-2.0

package query

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// decimal is the value of a number's text: ±0.digits · 10^exponent, with no zero at
// either end of the digits; zero has none. It is compared exactly, so that two long
// ids are never taken for one because a double is too short for them.
type decimal struct {
	negative bool
	digits   string
	exponent int
}

// farExponent stands for every exponent beyond it.
const farExponent = 1 << 40

// parseDecimal reads a number as JSON writes it; zeros may stand before it.
func parseDecimal(s string) (d decimal, ok bool) {
	if s == "" || len(s) > event.MaxNumberBytes {
		return decimal{}, false
	}
	rest, negative := strings.CutPrefix(s, "-")
	if i := strings.IndexAny(rest, "eE"); i >= 0 {
		if d.exponent, ok = parseExponent(rest[i+1:]); !ok {
			return decimal{}, false
		}
		rest = rest[:i]
	}
	whole, part, point := strings.Cut(rest, ".")
	if !allDigits(whole) || point && !allDigits(part) {
		return decimal{}, false
	}
	digits := strings.TrimLeft(whole+part, "0")
	d.exponent += len(whole) - (len(whole) + len(part) - len(digits))
	if d.digits = strings.TrimRight(digits, "0"); d.digits == "" {
		return decimal{}, true
	}
	d.negative = negative
	return d, true
}

func parseExponent(s string) (int, bool) {
	sign := 1
	switch {
	case strings.HasPrefix(s, "-"):
		sign, s = -1, s[1:]
	case strings.HasPrefix(s, "+"):
		s = s[1:]
	}
	if !allDigits(s) {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	if err != nil || n > farExponent {
		n = farExponent
	}
	return sign * n, true
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// compare returns a negative number when d is less than o, 0 when they are equal.
func (d decimal) compare(o decimal) int {
	if n := cmp.Compare(d.sign(), o.sign()); n != 0 || d.digits == "" {
		return n
	}
	n := cmp.Or(cmp.Compare(d.exponent, o.exponent), strings.Compare(d.digits, o.digits))
	return n * d.sign()
}

func (d decimal) sign() int {
	switch {
	case d.digits == "":
		return 0
	case d.negative:
		return -1
	default:
		return 1
	}
}
