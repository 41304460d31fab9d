// SPDX-License-Identifier: Apache-2.0

package redact

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// KeyBytes is the length of the key of pseudonyms.
const KeyBytes = 32

// pseudonymBytes is how much of the MAC a pseudonym shows: among a million values
// two have the same one with a chance of 3 in 10^8.
const pseudonymBytes = 8

// appendPseudonym appends what stands for a value under Pseudonym: [kind:hex], the
// first half of HMAC-SHA256(key, "tocsin/pseudonym/1", kind, 0, value in its plain
// form). It holds a letter always, so that nothing takes it for a number.
func (r *Redactor) appendPseudonym(dst []byte, k Kind, value string) []byte {
	m := hmac.New(sha256.New, r.key[:])
	_, _ = m.Write([]byte("tocsin/pseudonym/1" + k.String() + "\x00" + plain(k, value)))
	var sum [sha256.Size]byte
	m.Sum(sum[:0])
	var word [2 * pseudonymBytes]byte
	hex.Encode(word[:], sum[:pseudonymBytes])
	if isNumber(string(word[:])) {
		word[0] += 'a' - '0'
	}
	dst = append(dst, '[')
	dst = append(dst, k.String()...)
	dst = append(dst, ':')
	dst = append(dst, word[:]...)
	return append(dst, ']')
}

// plain is the one form of a value that may be written in several.
func plain(k Kind, value string) string {
	if k == Email {
		return strings.ToLower(value)
	}
	b := make([]byte, 0, len(value))
	for i := range len(value) {
		switch c := value[i]; {
		case isDigit(c), c == '+':
			b = append(b, c)
		case isLetter(c):
			b = append(b, c&^0x20)
		}
	}
	if k == Phone && len(b) > 2 && b[0] == '0' && b[1] == '0' {
		return "+" + string(b[2:])
	}
	return string(b)
}
