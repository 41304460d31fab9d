// SPDX-License-Identifier: Apache-2.0

package redact

import "strings"

const (
	// maxKey is the length up to which a name before = or : is read.
	maxKey = 64
	// maxGap is the number of blanks allowed around = or :.
	maxGap = 3
	// maxUserinfo is the length up to which user and password of a URL are read.
	maxUserinfo = 512
)

// pairAt matches what can stand around the = or : at i: a password in a URL, or
// the value of a name that says it is a secret. Only the value is the span.
func pairAt(s string, i, from int) span {
	if s[i] == ':' && strings.HasPrefix(s[i:], "://") {
		return urlAt(s, i+len("://"))
	}
	end := i
	for gap := 0; end > from && s[end-1] == ' ' && gap < maxGap; gap++ {
		end--
	}
	// A name in quotes, which may be escaped themselves.
	if end > from && (s[end-1] == '"' || s[end-1] == '\'') {
		for end--; end > from && s[end-1] == '\\'; end-- {
		}
	}
	if end == from || !endsSecret(s[end-1]) {
		return span{}
	}
	start := end
	for start > from && end-start < maxKey && (isKeyByte(s[start-1]) || s[start-1] == '.') {
		start--
	}
	kind := keyKind(s[start:end])
	if kind == 0 {
		return span{}
	}
	if isFolder(s[start:end], s[i+1:]) {
		return span{}
	}
	return valueAt(s, i+1, s[i], kind)
}

// isFolder tells whether a pair is the working directory, which shells and sudo
// call PWD, and no password: PWD=/srv/shop.
func isFolder(key, value string) bool {
	return (key == "PWD" || key == "OLDPWD") && (strings.HasPrefix(value, "/") || strings.HasPrefix(value, "~"))
}

// valueAt matches the value that begins behind = or :.
func valueAt(s string, i int, sign byte, kind Kind) span {
	if i < len(s) && s[i] == '>' && sign == '=' { // Ruby's and Perl's arrow
		i++
	}
	for gap := 0; i < len(s) && s[i] == ' ' && gap < maxGap; gap++ {
		i++
	}
	escaped := false
	if i+1 < len(s) && s[i] == '\\' && (s[i+1] == '"' || s[i+1] == '\'') {
		escaped = true
		i++
	}
	if i >= len(s) {
		return span{}
	}
	if q := s[i]; q == '"' || q == '\'' {
		return sized(s, i+1, quoteEnd(s, i+1, q, escaped), kind)
	}
	if isToken(s[i:]) {
		return span{}
	}
	if kind == Cookie && sign == ':' { // a header: name=value pairs to its end
		if !startsPair(s[i:]) {
			return span{}
		}
		return sized(s, i, lineEnd(s, i), kind)
	}
	end := bareEnd(s, i)
	switch {
	case kind == Authorization && end < len(s) && s[end] == ' ' && isScheme(s[i:end]):
		if isToken(s[end+1:]) {
			return span{}
		}
		return sized(s, i, schemeEnd(s, i, end), kind)
	case sign == ':' && kind != Password && isProse(s[i:end]):
		return span{}
	}
	return sized(s, i, end, kind)
}

// startsPair tells whether a text starts with name=.
func startsPair(s string) bool {
	n := 0
	for n < len(s) && n < 2*maxKey && (isKeyByte(s[n]) || s[n] == '.') {
		n++
	}
	return n > 0 && n < len(s) && s[n] == '='
}

// lineEnd finds the end of a header line in a text.
func lineEnd(s string, i int) int {
	for i < len(s) && s[i] != '\n' && s[i] != '\r' && s[i] != '"' && s[i] != '\'' {
		i++
	}
	return i
}

// isScheme tells whether a word is an authentication scheme of HTTP.
func isScheme(word string) bool {
	switch strings.ToLower(word) {
	case "bearer", "basic", "token", "apikey", "key", "digest", "negotiate", "ntlm", "oauth", "hmac", "splunk",
		"sharedkey", "aws4-hmac-sha256", "hawk", "sso-key":
		return true
	default:
		return false
	}
}

// schemeEnd finds the end of what stands behind the scheme s[i:end]: a word, or
// for the schemes with parameters the line.
func schemeEnd(s string, i, end int) int {
	switch strings.ToLower(s[i:end]) {
	case "digest", "oauth", "aws4-hmac-sha256", "hawk":
		to := end
		for to < len(s) && s[to] != '\n' && s[to] != '\r' {
			to++
		}
		return to
	default:
		return bareEnd(s, end+1)
	}
}

// sized refuses what is no value, or stands for one already.
func sized(s string, from, to int, kind Kind) span {
	switch v := s[from:to]; {
	case v == "", isToken(v), strings.Trim(v, "*") == "":
		return span{}
	case v == "null", v == "none", v == "nil", v == "true", v == "false", v == "None", v == "undefined":
		return span{}
	case kind == Authorization:
		scheme, rest, ok := strings.Cut(v, " ")
		if !ok || !isScheme(scheme) {
			break
		}
		if isToken(rest) || rest == "" {
			return span{}
		}
		from += len(scheme) + 1 // the scheme stays
	}
	return span{from, to, kind}
}

func wordLength(s string) int {
	n := 0
	for n < len(s) && isLetter(s[n]) {
		n++
	}
	return n
}

// isProse tells whether a value is a small word, as behind `invalid token: `.
func isProse(v string) bool {
	return len(v) < 20 && strings.Trim(v, ".,;!") != "" && wordLength(v) >= len(strings.TrimRight(v, ".,;!"))
}

// quoteEnd finds the closing quote q, in front of which stands a backslash when
// the quotes are escaped themselves. Without one the value ends with the text.
func quoteEnd(s string, i int, q byte, escaped bool) int {
	for ; i < len(s); i++ {
		switch {
		case s[i] == '\\' && escaped && i+1 < len(s) && s[i+1] == q:
			return i
		case s[i] == '\\':
			i++
		case s[i] == q:
			return i
		}
	}
	return len(s)
}

// bareEnd finds the end of a value without quotes.
func bareEnd(s string, i int) int {
	for ; i < len(s); i++ {
		switch c := s[i]; {
		case c <= ' ', c == '&', c == ';', c == '"', c == '\'', c == '<', c == '>', c == ')', c == '}', c == ']', c == '`':
			return i
		case c == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == 'n' || s[i+1] == 'r'):
			return i
		case c == ',' && endsAtComma(s[i+1:]):
			return i
		}
	}
	return i
}

// endsAtComma tells whether what follows a comma is another pair, a blank, a
// quote or the end; else the comma belongs to the value.
func endsAtComma(s string) bool {
	if s == "" || s[0] == ' ' || s[0] == '"' || s[0] == '\'' {
		return true
	}
	n := 0
	for n < len(s) && n < maxKey && isKeyByte(s[n]) {
		n++
	}
	return n > 0 && n < len(s) && (s[n] == '=' || s[n] == ':')
}

// urlAt matches the password of user:password@host behind ://.
func urlAt(s string, i int) span {
	if i < len(s) && s[i] == '[' { // an IPv6 address; no user begins so
		return span{}
	}
	colon, at, end := -1, -1, i
	for ; end < len(s) && end-i < maxUserinfo; end++ {
		c := s[end]
		if c <= ' ' || c == '"' || c == '\'' || c == '<' || c == '>' || c == '`' {
			break
		}
		if c == ':' && colon < 0 {
			colon = end
		}
		if c == '@' {
			at = end
		}
		if c == '/' || c == '?' || c == '#' {
			// A password may have such a byte in it; a port has not.
			if at >= 0 || colon < 0 || isNumber(s[colon+1:end]) {
				break
			}
		}
	}
	if colon < 0 || at <= colon+1 || isToken(s[colon+1:at]) {
		return span{}
	}
	return span{colon + 1, at, Password}
}

func isNumber(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return true
}
