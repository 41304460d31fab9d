// SPDX-License-Identifier: Apache-2.0

package redact

import (
	"strings"
	"testing"
)

// valid makes a number of n digits that begins with prefix and whose last digit
// is right.
func valid(prefix string, n int) string {
	s := prefix + strings.Repeat("1", n-1-len(prefix))
	for last := '0'; last <= '9'; last++ {
		if luhn([]byte(s + string(last))) {
			return s + string(last)
		}
	}
	return ""
}

// TestIssuers: each range of prefixes to its first and last, with the lengths
// that it has; one beside it is nobody's.
func TestIssuers(t *testing.T) {
	t.Parallel()
	f := func(prefix string, lengths ...int) {
		t.Helper()
		for n := minCard - 1; n <= 20; n++ {
			want := false
			for _, l := range lengths {
				want = want || l == n
			}
			number := valid(prefix, n)
			if number == "" {
				t.Fatalf("%s of %d digits cannot be made", prefix, n)
			}
			if got := isCard(number); got != want {
				t.Errorf("%s… of %d digits (%s): %v, want %v", prefix, n, number, got, want)
			}
		}
	}
	f("4", 13, 16, 19)
	f("51", 16)
	f("55", 16)
	f("50", 16, 18, 19)
	f("2220")
	f("2221", 16)
	f("2720", 16)
	f("2721")
	f("34", 15)
	f("37", 15)
	f("33")
	f("6011", 16, 19)
	f("6010")
	f("6012")
	f("65", 16, 19)
	f("643")
	f("644", 16, 19)
	f("649", 16, 19)
	f("66")
	f("299")
	f("300", 14, 16)
	f("305", 14, 16)
	f("306")
	f("36", 14, 16)
	f("38", 14, 16)
	f("39", 14, 16)
	f("3527")
	f("3528", 16)
	f("3589", 16)
	f("3590")
	f("62", 16, 17, 18, 19)
	f("61")
	f("63")
	f("56", 16, 18, 19)
	f("58", 16, 18, 19)
	f("59")
	f("67", 16, 18, 19)
	f("68")
	f("0")
	f("9")
}

// TestCardsInText: what stands around a number decides whether it is one.
func TestCardsInText(t *testing.T) {
	t.Parallel()
	r := New()
	f := func(in, want string) {
		t.Helper()
		if got, _ := r.Text(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	const card, mark = "4111111111111111", "[redacted:card]"
	for _, around := range []string{"%", "x %", "% x", "(%)", "a=%;", "\"%\"", "%,", "%.", "%. x", "\n%\n", ":%", "- %", "-%", " -%", "%-", "%--", "% - x", "/%/"} {
		f(strings.ReplaceAll(around, "%", card), strings.ReplaceAll(around, "%", mark))
	}
	for _, around := range []string{"x%", "%x", "_%", "%_", "0.%", "%.5", "a-%", "7-%"} {
		f(strings.ReplaceAll(around, "%", card), strings.ReplaceAll(around, "%", card))
	}
	f(card+" "+card, mark+" "+mark)
	f("4111 1111 1111 1111", mark)
	f("4111-1111-1111-1111", mark)
	f("4111  1111 1111 1111", "4111  1111 1111 1111")
	// What follows a card may be its date, its code, an amount or another card.
	for _, after := range []string{"1", "12", "123", "1234", "1225", "12345", "12/27", "2026 01 02", "2x", "17.50", "1795342800", "1795342800123456789", "1234567890123456789012", "4 4 4 4 4 4"} {
		f(card+" "+after, mark+" "+after)
		f("4111 1111 1111 1111 "+after, mark+" "+after)
	}
	f("4111-1111-1111-1111-4111-1111-1111-1111", mark+"-4111-1111-1111-1111") // behind a word: an id
	f("4111 1111 1111 1111 4111 1111 1111 1111", mark+" "+mark)
	f("12345678901234567890 "+card, "12345678901234567890 "+mark)
	f("2026 4111 1111 1111 1111", "2026 "+mark)
	f("4222 2222 2222 2", mark) // 13 digits
	f("4222222222222 7", mark+" 7")
	f("3782 822463 10005 7", mark+" 7")
	f("3782 8224631 0005", "3782 8224631 0005")
	f("6799 9901 0000 0000 019", mark)
	f("4111 1111 1111 1111x", "4111 1111 1111 1111x")
	f("4111 1111 1111 111", "4111 1111 1111 111")
}
