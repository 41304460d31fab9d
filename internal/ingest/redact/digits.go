// SPDX-License-Identifier: Apache-2.0

package redact

// numberAt matches what begins with the digits s[i:end] at the start of a word: a
// card, a CNP, an SSN, a bot's token or a phone number. key is the name of the
// attribute that the text is of, "" when it has none.
func numberAt(s string, i, end, from int, key string) span {
	n := end - i
	if n >= 4 {
		if to := cardAt(s, i); to > 0 {
			return span{i, to, Card}
		}
	}
	switch {
	case n == 3:
		if to := ssnAt(s, i, from, key); to > 0 {
			return span{i, to, SSN}
		}
	case n == 9 && endsNumber(s, end) && isSSN(s[i:i+3], s[i+3:i+5], s[i+5:end]) && contextOf(s, i, from, key) == SSN:
		return span{i, end, SSN}
	case n == 13 && endsNumber(s, end) && startsNumber(s, i) && isCNP(s[i:end]) && !isMoment(s, i, from, key):
		return span{i, end, CNP}
	case n >= 8 && n <= 10 && end < len(s) && s[end] == ':':
		if to := botToken(s, end); to > 0 {
			return span{i, to, Token}
		}
	}
	if n <= maxPhone {
		if sp := localPhone(s, i, from); sp.kind != 0 && contextOf(s, sp.from, from, key) == Phone {
			return sp
		}
	}
	return span{}
}

// startsNumber tells whether a number that begins at i is whole: it is no fraction
// and no part of something longer with dashes.
func startsNumber(s string, i int) bool {
	return i == 0 || s[i-1] != '.' && (s[i-1] != '-' || i == 1 || !isWord(s[i-2]))
}

// ssnAt matches a US social security number in its three groups. One with blanks
// needs a word that says what it is.
func ssnAt(s string, i, from int, key string) int {
	const length = len("123-45-6789")
	if i+length > len(s) {
		return 0
	}
	v := s[i : i+length]
	if v[3] != v[6] || v[3] != '-' && v[3] != ' ' || !isNumber(v[4:6]) || !isNumber(v[7:]) ||
		!isSSN(v[:3], v[4:6], v[7:]) || !startsNumber(s, i) {
		return 0
	}
	to := i + length
	if !endsNumber(s, to) || to+1 < len(s) && s[to] == '-' && isDigit(s[to+1]) {
		return 0
	}
	if v[3] == ' ' && contextOf(s, i, from, key) != SSN {
		return 0
	}
	return to
}

// isSSN tells whether area, group and serial number can be issued (SSA, RM 10201.035).
func isSSN(area, group, serial string) bool {
	return area != "000" && area != "666" && area[0] != '9' && group != "00" && serial != "0000"
}

// isCNP checks thirteen digits as a Romanian personal number: sex and century, date
// of birth, county, serial number and check digit (Law 105/1996).
func isCNP(s string) bool {
	two := func(i int) int { return int(s[i]-'0')*10 + int(s[i+1]-'0') }
	year, month, day, county := two(1), two(3), two(5), two(7)
	switch s[0] {
	case '0':
		return false
	case '3', '4':
		year += 1800
	case '5', '6':
		year += 2000
	default:
		year += 1900
	}
	if month < 1 || month > 12 || day < 1 || day > daysOf(year, month) {
		return false
	}
	// 47 and 48 are sectors of Bucharest that are gone, 70 is for any county.
	if county < 1 || county > 52 || county == 49 || county == 50 {
		if county != 70 {
			return false
		}
	}
	if s[9:12] == "000" {
		return false
	}
	sum := 0
	for i, weight := range [...]byte{2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9} {
		sum += int(s[i]-'0') * int(weight)
	}
	if sum %= 11; sum == 10 {
		sum = 1
	}
	return sum == int(s[12]-'0')
}

func daysOf(year, month int) int {
	switch {
	case month == 4 || month == 6 || month == 9 || month == 11:
		return 30
	case month != 2:
		return 31
	case year%4 == 0 && (year%100 != 0 || year%400 == 0):
		return 29
	default:
		return 28
	}
}

// isMoment tells whether a number that could be a CNP is a time in milliseconds:
// it lies between 2001 and 2033, and stands where times and ids stand.
func isMoment(s string, i, from int, key string) bool {
	if s[i] != '1' {
		return false
	}
	switch contextOf(s, i, from, key) {
	case CNP:
		return false
	case moment:
		return true
	default:
		return i == 0 || s[i-1] == '[' || s[i-1] == '@'
	}
}

// botToken matches the part of a Telegram bot's token behind the digits of its id.
func botToken(s string, colon int) int {
	to := colon + 1
	for to < len(s) && to-colon <= 36 && isKeyByte(s[to]) {
		to++
	}
	if to-colon-1 != 35 || s[colon+1:colon+3] != "AA" {
		return 0
	}
	return to
}
