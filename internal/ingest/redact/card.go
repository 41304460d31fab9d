// SPDX-License-Identifier: Apache-2.0

package redact

// The least and the most digits of a card number.
const (
	minCard = 13
	maxCard = 19
)

// cardAt matches a card number that begins at i: digits alone, or in the groups
// that cards are printed in, with one kind of separator. Of what stands in groups
// the most counts that is a card; what follows may be another number, as in
// `4111… 17` or `4111 1111 1111 1111 12/27`. It returns the end, 0 when there is
// none.
func cardAt(s string, i int) (to int) {
	if i > 0 && (s[i-1] == '.' || s[i-1] == '-' && i > 1 && isWord(s[i-2])) {
		return 0
	}
	var digits [maxCard]byte
	var groups, ends [6]int
	n, group, separator := 0, 0, byte(0)
	j, over := i, false
	for ; j < len(s) && !over; j++ {
		c := s[j]
		if isDigit(c) {
			if over = n == maxCard; !over {
				digits[n] = c
				n++
			}
			groups[group]++
			continue
		}
		if c != ' ' && c != '-' || separator != 0 && c != separator || group == 4 || j+1 >= len(s) || !isDigit(s[j+1]) {
			break
		}
		ends[group] = j
		separator = c
		group++
	}
	ends[group] = j
	if over { // the last group goes beyond a card
		n -= groups[group] - 1
		group--
	}
	for ; group >= 0 && n >= minCard; group-- {
		if (group == 0 || printed(groups, group)) && endsNumber(s, ends[group]) && issued(digits[:n]) && luhn(digits[:n]) {
			return ends[group]
		}
		n -= groups[group]
	}
	return 0
}

// endsNumber tells whether a number that ends before j is whole: no word and no
// fraction goes on there.
func endsNumber(s string, j int) bool {
	return j == len(s) || !isWord(s[j]) && (s[j] != '.' || j+1 == len(s) || !isDigit(s[j+1]))
}

// isCard tells whether the whole text is a card number.
func isCard(s string) bool { return s != "" && cardAt(s, 0) == len(s) }

// printed tells whether groups are those of a printed card: 4-4-4-4, 4-4-4-4-3,
// 4-6-5 or 4-6-4. last is the index of the last one.
func printed(groups [6]int, last int) bool {
	switch {
	case groups[0] != 4:
		return false
	case last == 2:
		return groups[1] == 6 && (groups[2] == 5 || groups[2] == 4)
	case last == 3 || last == 4:
		return groups[1] == 4 && groups[2] == 4 && (groups[3] == 4 || last == 3 && groups[3] < 4) && (last == 3 || groups[4] <= 3)
	default:
		return false
	}
}

// issued tells whether digits begin and are as long as the cards of an issuer
// (ISO/IEC 7812): Visa, Mastercard, American Express, Discover, Diners, JCB,
// UnionPay, Maestro.
func issued(d []byte) bool {
	number := func(n int) int {
		v := 0
		for _, c := range d[:n] {
			v = v*10 + int(c-'0')
		}
		return v
	}
	two, three, four := number(2), number(3), number(4)
	switch n := len(d); {
	case d[0] == '4':
		return n == 13 || n == 16 || n == 19
	case two >= 51 && two <= 55, four >= 2221 && four <= 2720:
		return n == 16
	case two == 34, two == 37:
		return n == 15
	case four == 6011, two == 65, three >= 644 && three <= 649:
		return n == 16 || n == 19
	case three >= 300 && three <= 305, two == 36, two == 38, two == 39:
		return n == 14 || n == 16
	case four >= 3528 && four <= 3589:
		return n == 16
	case two == 62:
		return n >= 16
	case two == 50, two >= 56 && two <= 58, two == 67:
		return n == 16 || n == 18 || n == 19
	default:
		return false
	}
}

// luhn checks the last digit (ISO/IEC 7812-1, annex B). All digits equal is no card.
func luhn(d []byte) bool {
	sum, same := 0, true
	for i := range d {
		v := int(d[len(d)-1-i] - '0')
		same = same && d[i] == d[0]
		if i%2 == 1 {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		sum += v
	}
	return sum%10 == 0 && !same
}
