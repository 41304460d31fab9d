// SPDX-License-Identifier: Apache-2.0

package redact

// The least and the most digits of a phone number (ITU-T E.164, 6.1), the least of
// one in one piece, and the least of one that is dialled at home.
const (
	minPhone = 8
	maxPhone = 15
	minBare  = 10
	minLocal = 7
)

// phoneAt matches an international number that begins with the + at start. The
// country's code must be one that is given out, and the length right where the
// whole zone has one.
func phoneAt(s string, start int) span {
	if start > 0 && (s[start-1] == '+' || s[start-1] == '.') {
		return span{}
	}
	end, digits, groups := phoneEnd(s, start+1)
	if digits < minPhone || digits > maxPhone || groups == 0 && digits < minBare || !endsNumber(s, end) {
		return span{}
	}
	var number [maxPhone]byte
	n := 0
	for _, c := range []byte(s[start+1 : end]) {
		if isDigit(c) {
			number[n] = c
			n++
		}
	}
	if !isDialled(number[:n]) {
		return span{}
	}
	return span{start, end, Phone}
}

// isDialled tells whether digits begin with a country's code (ITU-T E.164 annex).
func isDialled(d []byte) bool {
	two := int(d[0]-'0')*10 + int(d[1]-'0')
	switch d[0] {
	case '1': // North America: ten digits, no area and no exchange begins with 0 or 1
		return len(d) == 11 && d[1] >= '2' && d[4] >= '2'
	case '7':
		return len(d) == 11
	}
	switch two {
	case 20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54, 55, 56, 57, 58,
		60, 61, 62, 63, 64, 65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95, 98:
		return len(d) >= 9
	case 21, 22, 23, 24, 25, 26, 29, 35, 37, 38, 42, 50, 59, 67, 68, 69, 80, 85, 87, 88, 96, 97, 99:
		return true
	default:
		return false
	}
}

// phoneEnd reads the digits of a phone number in groups from i on: between two
// groups stands one of blank, dash, dot or slash, or a bracket with a blank.
func phoneEnd(s string, i int) (end, digits, groups int) {
	end = i
	for end < len(s) {
		c := s[end]
		if isDigit(c) {
			if digits++; digits > maxPhone {
				return end, digits, groups
			}
			end++
			continue
		}
		gap := 0
		switch {
		case c == '(' || c == ')' || c == ' ' && end+1 < len(s) && s[end+1] == '(':
			gap = 1
			if end+1 < len(s) && (s[end+1] == ' ' || s[end+1] == '(' || s[end+1] == '-') {
				gap = 2
			}
		case c == ' ', c == '-', c == '.', c == '/':
			gap = 1
		}
		if gap == 0 || end+gap >= len(s) || !isDigit(s[end+gap]) {
			return end, digits, groups
		}
		end += gap
		groups++
	}
	return end, digits, groups
}

// localPhone matches a number in a form that is dialled at home; the caller knows
// from the words before it that it is one.
func localPhone(s string, i, from int) span {
	if i > 0 && s[i-1] == '.' {
		return span{}
	}
	end, digits, groups := phoneEnd(s, i)
	if digits < minLocal || digits > maxPhone || !endsNumber(s, end) || groups == 0 && digits < minPhone || s[i] == '0' && digits == 13 && groups == 0 {
		return span{}
	}
	if i > from && s[i-1] == '(' {
		i--
	}
	return span{i, end, Phone}
}
