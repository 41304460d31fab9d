// SPDX-License-Identifier: Apache-2.0

package redact

import "strings"

// moment is the context of a time, a sequence number or an id.
const moment = kindEnd

const (
	// maxWords is how many words before a number are read for what it is.
	maxWords = 4
	// maxWord is the length up to which such a word is read, maxBetween that of
	// what may stand between words.
	maxWord    = 32
	maxBetween = 5
)

// contextOf tells what the words before the number at i say that it is: Phone, SSN,
// CNP, IBAN, Card or moment; 0 is nothing. Words of no meaning (number, is, my) are
// passed over. At the start of a text the name of its attribute counts.
func contextOf(s string, i, from int, key string) Kind {
	for range maxWords {
		end := i
		for end > from && i-end < maxBetween && isBetween(s[end-1]) {
			end--
		}
		start := end
		for start > from && end-start < maxWord && isNamePart(s, start, from) {
			start--
		}
		if start == end {
			if end == 0 && key != "" {
				return nameContext(key)
			}
			return 0
		}
		if word := s[start:end]; !isFiller(word) {
			kind := nameContext(word)
			if kind == 0 && strings.EqualFold(word, "security") && start-from > len("social") && strings.EqualFold(s[start-1-len("social"):start-1], "social") {
				return SSN
			}
			return kind
		}
		i = start
	}
	return 0
}

// isNamePart tells whether the byte before i belongs to a name such as user.phone_no.
func isNamePart(s string, i, from int) bool {
	c := s[i-1]
	return isLetter(c) || c == '_' || c == '.' && i > from+1 && isLetter(s[i-2])
}

// isBetween tells whether c may stand between a word and the number it is about.
func isBetween(c byte) bool {
	switch c {
	case ' ', ':', '=', '"', '\'', '\\', '(', '#', '>', '-':
		return true
	default:
		return false
	}
}

// isFiller tells whether a word says nothing about the number behind it.
func isFiller(word string) bool {
	var b [8]byte
	switch string(fold(b[:0], word)) {
	case "number", "no", "nr", "num", "is", "my", "the", "at", "on", "to", "este", "new", "was", "value", "of", "us":
		return true
	default:
		return false
	}
}

// fold appends a name in lower case without what separates its words, at most the
// capacity of dst.
func fold(dst []byte, name string) []byte {
	for i := 0; i < len(name) && len(dst) < cap(dst); i++ {
		switch c := name[i]; {
		case isUpper(c):
			dst = append(dst, c|0x20)
		case c != '_' && c != '-' && c != '.' && c != ' ':
			dst = append(dst, c)
		}
	}
	return dst
}

// nameContext is what a name says about the number that it is the name of.
func nameContext(name string) Kind {
	if len(name) > maxWord {
		name = name[len(name)-maxWord:]
	}
	var b [maxWord]byte
	word := string(fold(b[:0], name))
	for _, w := range [...]struct {
		end  string
		kind Kind
	}{
		{"phone", Phone},
		{"phonenumber", Phone},
		{"telefon", Phone},
		{"mobile", Phone},
		{"mobil", Phone},
		{"mobilenumber", Phone},
		{"msisdn", Phone},
		{"whatsapp", Phone},
		{"handynummer", Phone},
		{"telefonnummer", Phone},
		{"tel", Phone},
		{"cell", Phone},
		{"fax", Phone},
		{"sms", Phone},
		{"gsm", Phone},
		{"ssn", SSN},
		{"socialsecurity", SSN},
		{"socialsecuritynumber", SSN},
		{"cnp", CNP},
		{"codnumericpersonal", CNP},
		{"personal", CNP},
		{"timestamp", moment},
		{"epoch", moment},
		{"expires", moment},
		{"created", moment},
		{"updated", moment},
		{"modified", moment},
		{"millis", moment},
		{"sequence", moment},
		{"offset", moment},
		{"time", moment},
		{"date", moment},
		{"ts", moment},
		{"at", moment},
		{"exp", moment},
		{"iat", moment},
		{"nbf", moment},
		{"id", moment},
		{"seq", moment},
		{"ms", moment},
		{"start", moment},
		{"end", moment},
		{"since", moment},
		{"until", moment},
		{"nonce", moment},
		{"version", moment},
		{"bytes", moment},
		{"size", moment},
		{"count", moment},
		{"order", moment},
		{"request", moment},
		{"trace", moment},
	} {
		if strings.HasSuffix(word, w.end) && (len(w.end) > 4 || startsWord(name, len(w.end))) {
			return w.kind
		}
	}
	return 0
}
