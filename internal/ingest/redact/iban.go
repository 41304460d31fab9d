// SPDX-License-Identifier: Apache-2.0

package redact

// ibanCountries are the countries of the IBAN registry (SWIFT, release 99), each
// with the length of its numbers.
const ibanCountries = "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24FI18FK18FO18FR27GB22GE22GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20YE30"

const maxIBAN = 34

// ibanLength is how long the numbers of a country are, 0 for one that has none.
// Letters count in either case.
func ibanLength(a, b byte) int {
	a, b = a&^0x20, b&^0x20
	for i := 0; i < len(ibanCountries); i += 4 {
		if ibanCountries[i] == a && ibanCountries[i+1] == b {
			return int(ibanCountries[i+2]-'0')*10 + int(ibanCountries[i+3]-'0')
		}
	}
	return 0
}

// ibanAt matches an international bank account number (ISO 13616) that begins at i,
// in one piece or in groups of four, and returns its end, 0 when there is none. Its
// letters are all capitals or all small.
func ibanAt(s string, i int) (to int) {
	length := ibanLength(s[i], s[i+1])
	if length == 0 || i+length > len(s) {
		return 0
	}
	var number [maxIBAN]byte
	n, j, grouped, small := 0, i, i+4 < len(s) && s[i+4] == ' ', !isUpper(s[i])
	for ; n < length; j++ {
		if j >= len(s) {
			return 0
		}
		c := s[j]
		if grouped && n > 0 && n%4 == 0 && s[j-1] != ' ' {
			if c != ' ' {
				return 0
			}
			continue
		}
		if !isDigit(c) && (!isLetter(c) || isUpper(c) == small) {
			return 0
		}
		number[n] = c
		n++
	}
	if j < len(s) && isWord(s[j]) || !isDigit(number[2]) || !isDigit(number[3]) || mod97(number[:n]) != 1 {
		return 0
	}
	return j
}

// mod97 is the remainder of the number that the letters and digits make, its first
// four characters at the end (ISO 7064, MOD 97-10).
func mod97(number []byte) int {
	rest := 0
	for i := range number {
		c := number[(i+4)%len(number)]
		if isDigit(c) {
			rest = (rest*10 + int(c-'0')) % 97
		} else {
			rest = (rest*100 + int(c&^0x20-'A') + 10) % 97
		}
	}
	return rest
}
