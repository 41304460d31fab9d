// SPDX-License-Identifier: Apache-2.0

package query

import (
	"math/big"
	"math/rand/v2"
	"strconv"
	"testing"
)

func TestDecimal(t *testing.T) {
	t.Parallel()
	f := func(a, b string, want int) {
		t.Helper()
		x, ok := parseDecimal(a)
		y, fine := parseDecimal(b)
		if got := x.compare(y); !ok || !fine || got != want || y.compare(x) != -want {
			t.Errorf("%s and %s: %d (%v %v), want %d", a, b, got, ok, fine, want)
		}
	}
	f("1", "1.0", 0)
	f("0", "-0", 0)
	f("0e5", "0.000", 0)
	f("-1", "1", -1)
	f("-1", "0", -1)
	f("-2", "-1", -1)
	f("10", "9", 1)
	f("1e2", "100", 0)
	f("1e-2", "0.01", 0)
	f("0.009", "0.01", -1)
	f("123456789012345678901234567890", "123456789012345678901234567891", -1)
	f("1e400", "1e399", 1)
	f("-1e400", "1", -1)
	f("1e99999999999999999999", "1", 1)
	f("007", "7", 0)
	f("12", "1.2e1", 0)
	f("1.25", "1.3", -1)
	for _, s := range []string{"", "-", ".5", "5.", "1e", "1e+", "+1", "0x1", "1_0", "a", "NaN", "Inf", "1 ", "١"} {
		if _, ok := parseDecimal(s); ok {
			t.Errorf("%q is taken for a number", s)
		}
	}
}

// TestDecimalAgrees with big.Rat.
func TestDecimalAgrees(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(11, 12))
	random := func() string {
		s := pick(r, "", "-") + strconv.Itoa(r.IntN(3000))
		if r.IntN(2) == 0 {
			s += "." + strconv.Itoa(r.IntN(300))
		}
		if r.IntN(3) == 0 {
			s += pick(r, "e", "E") + strconv.Itoa(r.IntN(7)-3)
		}
		return s
	}
	for range 20_000 {
		a, b := random(), random()
		x, _ := parseDecimal(a)
		y, _ := parseDecimal(b)
		p, _ := new(big.Rat).SetString(a)
		q, _ := new(big.Rat).SetString(b)
		if x.compare(y) != p.Cmp(q) {
			t.Fatalf("%s and %s: %d, want %d", a, b, x.compare(y), p.Cmp(q))
		}
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	f := func(word, want string, candidates ...string) {
		t.Helper()
		if got := nearest(word, candidates); got != want {
			t.Errorf("%s: %q, want %q", word, got, want)
		}
	}
	f("statz", "stats", "table", "stats")
	f("STAST", "stats", "stats")
	f("hihg", "high", "low", "high")
	f("tabel", "table", "tail", "table")
	f("lo", "low", "low", "high")
	f("xyz", "", "stats", "sort")
	f("eventcuont", "eventcount", "event", "eventcount")
	f("a", "", "stats")
}
