// SPDX-License-Identifier: Apache-2.0

package redact

import (
	"encoding/base64"
	"strings"
)

// shape is a secret that is known by its beginning.
type shape struct {
	prefix string
	// inside tells that it may begin in the middle of a word.
	inside bool
	// match says what span of s is the secret that begins at start; kind 0 is none.
	match func(s string, start int) span
}

// anchored is a shape and the place of its rarest byte, at which it is looked for.
type anchored struct {
	shape
	at int
}

// shapes lists the secrets with a beginning of their own: the published forms of
// the keys of clouds, code hosts, payment and model providers.
func shapes() []shape {
	list := []shape{
		{prefix: "eyJ", match: jwtAt},
		{prefix: "-----BEGIN ", inside: true, match: pemAt},
		{prefix: "SG.", match: sendGridAt},
		{prefix: "Bearer ", match: bearerAt},
		{prefix: "bearer ", match: bearerAt},
		{prefix: "BEARER ", match: bearerAt},
		{prefix: "Basic ", match: basicAt},
		{prefix: "basic ", match: basicAt},
	}
	for _, k := range [...]struct {
		prefix string
		kind   Kind
		least  int // characters behind the prefix
	}{
		{"AKIA", CloudKey, 16},
		{"ASIA", CloudKey, 16},
		{"ABIA", CloudKey, 16},
		{"AIza", CloudKey, 35},
		{"ya29.", CloudKey, 20},
		{"dop_v1_", CloudKey, 40},
		{"sk-", ModelKey, 20}, // OpenAI, Anthropic (sk-ant-), OpenRouter (sk-or-), DeepSeek
		{"gsk_", ModelKey, 32},
		{"hf_", ModelKey, 30},
		{"xai-", ModelKey, 32},
		{"pplx-", ModelKey, 32},
		{"r8_", ModelKey, 32},
		{"pcsk_", ModelKey, 32},
		{"tgp_v1_", ModelKey, 32},
		{"ghp_", Token, 30},
		{"gho_", Token, 30},
		{"ghu_", Token, 30},
		{"ghs_", Token, 30},
		{"ghr_", Token, 30},
		{"github_pat_", Token, 30},
		{"glpat-", Token, 20},
		{"xox", Token, 12}, // xoxb- xoxp- xoxa- xoxr- xoxs- xoxe-
		{"xapp-", Token, 10},
		{"npm_", Token, 30},
		{"pypi-", Token, 40},
		{"shpat_", Token, 30},
		{"sk_live_", APIKey, 16},
		{"sk_test_", APIKey, 16},
		{"rk_live_", APIKey, 16},
		{"whsec_", APIKey, 20},
		{"tskey-", APIKey, 20},
	} {
		list = append(list, shape{prefix: k.prefix, match: func(s string, start int) span {
			return keyAt(s, start, len(k.prefix), k.least, k.kind)
		}})
	}
	return list
}

// anchor files a shape under the rarest byte of its prefix.
func (r *Redactor) anchor(s shape) {
	at := 0
	for i := range len(s.prefix) {
		if commonness(s.prefix[i]) < commonness(s.prefix[at]) {
			at = i
		}
	}
	c := s.prefix[at]
	if at > 0 {
		r.class[c] |= classShape
		r.pairs.add(s.prefix[at-1], c)
	} else {
		r.class[c] |= classShape | classFirst
		r.pairs.add(c, s.prefix[1])
	}
	r.shapes[c] = append(r.shapes[c], anchored{s, at})
}

// commonness ranks a byte by how often it stands in logs.
func commonness(c byte) int {
	switch {
	case strings.IndexByte("jqxz", c) >= 0:
		return 1
	case c == '_', isUpper(c):
		return 2
	case c == 'k':
		return 3
	case c == '-':
		return 4
	case isDigit(c), c == ' ', c == '.':
		return 20
	default:
		return 5 + strings.IndexByte("vbgywpfmucldhrsnioate", c)/2
	}
}

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
