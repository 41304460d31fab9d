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
	// maxElement is the length up to which the text of an XML element is read.
	maxElement = 4096
)

// pairAt matches what can stand around the =, : or > at i: a password in a URL, or
// the value of a name that says it is a secret. Only the value is the span.
func pairAt(s string, i, from int) span {
	switch {
	case s[i] == ':' && strings.HasPrefix(s[i:], "://"):
		return urlAt(s, i+len("://"))
	case s[i] == '>':
		return elementAt(s, i, from)
	}
	end := i
	for gap := 0; end > from && s[end-1] == ' ' && gap < maxGap; gap++ {
		end--
	}
	formed := end == i && end > from && s[end-1] == ']' && s[i] == '='
	if formed {
		end--
	} else {
		end = nameEnd(s, end, from)
	}
	if end == from || !endsSecret(s[end-1]) {
		return span{}
	}
	start := nameStart(s, end, from)
	if formed && (start == from || s[start-1] != '[') { // only a form's user[password]
		return span{}
	}
	kind := keyKind(s[start:end])
	if kind == 0 && start > from && s[start-1] == ' ' && strings.EqualFold(s[start:end], "key") { // API key: …
		start = nameStart(s, start-1, from)
		kind = keyKind(s[start:end])
	}
	if kind == 0 {
		return span{}
	}
	if isFolder(s[start:end], s[i+1:]) {
		return span{}
	}
	return valueAt(s, i+1, s[i], kind)
}

// nameEnd takes away what may stand behind a name: a quote, which may be escaped
// itself.
func nameEnd(s string, end, from int) int {
	switch {
	case end == from:
	case s[end-1] == '"' || s[end-1] == '\'':
		for end--; end > from && s[end-1] == '\\'; end-- {
		}
	case s[end-1] == '2' && end-from > len(unicodeQuote) && s[end-len(unicodeQuote):end] == unicodeQuote:
		end -= len(unicodeQuote)
	case s[end-1]|0x20 == 'd' && end-from > 3 && strings.EqualFold(s[end-3:end], "%5d"):
		end -= 3
	}
	return end
}

// unicodeQuote is how some writers of JSON put a quote into a string.
const unicodeQuote = `\u0022`

func nameStart(s string, end, from int) int {
	start := end
	for start > from && end-start < maxKey && (isKeyByte(s[start-1]) || s[start-1] == '.') {
		start--
	}
	return start
}

// elementAt matches the text of an XML element that a name opens whose > is at i:
// <password>…</password>, or <Data Name="password">…</Data>.
func elementAt(s string, i, from int) span {
	end := nameEnd(s, i, from)
	if end == from {
		return span{}
	}
	start := nameStart(s, end, from)
	if start == from || s[start-1] != '<' && s[start-1] != ':' && (end == i || s[start-1] != s[i-1] || !strings.HasSuffix(s[:start-1], "ame=")) {
		return span{}
	}
	kind := keyKind(s[start:end])
	if kind == 0 {
		return span{}
	}
	to := strings.IndexByte(s[i+1:min(len(s), i+1+maxElement)], '<')
	if to <= 0 || strings.TrimSpace(s[i+1:i+1+to]) == "" {
		return span{}
	}
	return sized(s, i+1, i+1+to, kind)
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
	for strings.HasPrefix(s[i:], `\t`) { // a tab in JSON, as behind the names of Windows
		i += 2
	}
	if strings.HasPrefix(s[i:], unicodeQuote) {
		i += len(unicodeQuote)
		to := strings.Index(s[i:], unicodeQuote)
		if to < 0 {
			to = len(s) - i
		}
		return sized(s, i, i+to, kind)
	}
	if from, to, ok := quoted(s, i); ok {
		return sized(s, from, to, kind)
	}
	if i >= len(s) {
		return span{}
	}
	if isToken(s[i:]) {
		return span{}
	}
	if s[i] == '[' || s[i] == '{' {
		return groupAt(s, i, kind)
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
