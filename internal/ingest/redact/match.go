// SPDX-License-Identifier: Apache-2.0

package redact

import (
	"encoding/base64"
	"strings"
)

// isKeyByte tells whether a key of a provider can have c in it.
func isKeyByte(c byte) bool { return isWord(c) || c == '-' }

// keyAt matches a prefix and at least so many characters behind it, some of them
// digits or capitals: prose has no such words.
func keyAt(s string, start, prefix, least int, kind Kind) span {
	end, odd := start+prefix, 0
	for end < len(s) && isKeyByte(s[end]) {
		if isDigit(s[end]) || isUpper(s[end]) {
			odd++
		}
		if end++; odd < 3 && end-start > maxPlain {
			return span{}
		}
	}
	if end-start-prefix < least || odd < 3 {
		return span{}
	}
	return span{start, end, kind}
}

// maxPlain is how far a key is read that has no digit or capital yet: the look at
// many beginnings of keys in one long word stays cheap.
const maxPlain = 64

// jwtAt matches three parts of base64url (RFC 7515, 7.1), the first of them a JSON
// object; the last may be missing or empty.
func jwtAt(s string, start int) span {
	if start > 0 && s[start-1] == '-' {
		return span{} // the middle of a longer word, which was looked at from its start
	}
	end, parts := start, 1
	length := 0
	for end < len(s) {
		c := s[end]
		if isKeyByte(c) {
			length++
		} else if c == '.' && length >= 4 && parts < 3 {
			parts++
			length = 0
		} else {
			break
		}
		end++
	}
	if parts < 2 || end-start < 20 {
		return span{}
	}
	if end > start && s[end-1] == '.' && parts == 2 {
		return span{}
	}
	return span{start, end, JWT}
}

// pemAt matches a private key from its first line to its last (RFC 7468), or to
// the end of a text that was cut.
func pemAt(s string, start int) span {
	head := s[start:min(len(s), start+80)]
	i := strings.Index(head, "PRIVATE KEY")
	if i < 0 || strings.Contains(head[len("-----BEGIN "):i], "-----") {
		return span{}
	}
	rest := s[start+i:]
	end := strings.Index(rest, "-----END ")
	if end < 0 {
		return span{start, len(s), PrivateKey}
	}
	end += len("-----END ")
	if close := strings.Index(rest[end:min(len(rest), end+80)], "-----"); close >= 0 {
		return span{start, start + i + end + close + len("-----"), PrivateKey}
	}
	return span{start, len(s), PrivateKey}
}

// sendGridAt matches SG.<22>.<43>.
func sendGridAt(s string, start int) span {
	one := wordEnd(s, start+len("SG."))
	if one-start < 16 || one >= len(s) || s[one] != '.' {
		return span{}
	}
	two := wordEnd(s, one+1)
	if two-one < 20 {
		return span{}
	}
	return span{start, two, APIKey}
}

func wordEnd(s string, i int) int {
	for i < len(s) && isKeyByte(s[i]) {
		i++
	}
	return i
}

// isToken68 tells whether c is one of the characters of a bearer token (RFC 6750,
// 2.1).
func isToken68(c byte) bool {
	return isWord(c) || strings.IndexByte("-.~+/=", c) >= 0
}

// bearerAt matches a token behind the word Bearer; a mere word is none.
func bearerAt(s string, start int) span {
	from := start + len("Bearer ")
	end := from
	letters := 0
	for end < len(s) && isToken68(s[end]) {
		if isLetter(s[end]) && !isUpper(s[end]) {
			letters++
		}
		end++
	}
	for end > from && s[end-1] == '.' { // the end of a sentence
		end--
	}
	if n := end - from; n < 8 || letters >= n && n < 20 {
		return span{}
	}
	return span{from, end, Authorization}
}

// basicAt matches user:password in base64 behind the word Basic (RFC 7617).
func basicAt(s string, start int) span {
	from := start + len("Basic ")
	end := from
	for end < len(s) && isToken68(s[end]) && s[end] != '.' {
		end++
	}
	text := strings.TrimRight(s[from:end], "=")
	if len(text) < 4 || len(text) > 4096 {
		return span{}
	}
	plain, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil || strings.IndexByte(string(plain), ':') < 0 {
		return span{}
	}
	return span{from, end, Authorization}
}

// hexAt matches a prefix and exactly n hexadecimal digits behind it.
func hexAt(s string, start, prefix, n int, kind Kind) span {
	from := start + prefix
	end, digits := from, 0
	for end < len(s) && end-from <= n && isWord(s[end]) {
		c := s[end]
		if isDigit(c) {
			digits++
		} else if c|0x20 > 'f' || c == '_' {
			return span{}
		}
		end++
	}
	if end-from != n || digits == 0 {
		return span{}
	}
	return span{start, end, kind}
}

// maxHook is the length up to which the address of a webhook is read.
const maxHook = 512

// hookAt matches the path of a webhook behind its well-known beginning: whoever has
// it can write.
func hookAt(s string, start, prefix int) span {
	end, odd := start+prefix, 0
	for end < len(s) && end-start < maxHook && (isKeyByte(s[end]) || s[end] == '/' || s[end] == '@' || s[end] == '%') {
		if isDigit(s[end]) {
			odd++
		}
		end++
	}
	if end-start-prefix < 16 || odd == 0 {
		return span{}
	}
	return span{start + prefix, end, Webhook}
}

// botAt matches the token of a Telegram bot in the URL of its API.
func botAt(s string, start int) span {
	from := start + len("/bot")
	i := from
	for i < len(s) && i-from < 12 && isDigit(s[i]) {
		i++
	}
	if i-from < 8 || i >= len(s) || s[i] != ':' {
		return span{}
	}
	if to := botToken(s, i); to > 0 {
		return span{from, to, Token}
	}
	return span{}
}

// azureAt matches a client secret of Microsoft Entra around its Q~ at start: three
// characters and a digit before it, 31 to 34 behind.
func azureAt(s string, start int) span {
	if start < 4 || !isDigit(s[start-1]) || start > 4 && isWord(s[start-5]) {
		return span{}
	}
	from := start - 4
	for i := from; i < start; i++ {
		if !isKeyByte(s[i]) && s[i] != '.' && s[i] != '~' {
			return span{}
		}
	}
	end := start + len("Q~")
	for end < len(s) && (isKeyByte(s[end]) || s[end] == '.' || s[end] == '~') && end-start < 40 {
		end++
	}
	for end > start && s[end-1] == '.' {
		end--
	}
	if n := end - start - len("Q~"); n < 31 || n > 34 {
		return span{}
	}
	return span{from, end, CloudKey}
}
