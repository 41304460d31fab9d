// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// xmlScanner reads a document of XML 1.0 without a document type: elements with
// their attributes, texts, CDATA, comments (left out). Its entities are XML's own five
// and characters by number; there is nothing to expand and nothing to load. Texts
// without entities are parts of s. Read here rather than by encoding/xml, which takes
// some twenty times as long (BenchmarkXMLTokens); a fuzz test compares the two.
type xmlScanner struct {
	s   string
	i   int
	bad bool
	// open are the names of the open elements.
	open []string
}

// The kinds of tokens.
const (
	xmlEnd   = iota // of the document, or where it is broken (bad)
	xmlText         // text is it
	xmlOpen         // name; the attributes are next
	xmlClose        // of the innermost element
)

const xmlBlanks = " \t\r\n"

func (x *xmlScanner) fail() int {
	x.bad = true
	return xmlEnd
}

// prolog skips a declaration and the blanks around it.
func (x *xmlScanner) prolog() {
	x.blanks()
	if strings.HasPrefix(x.s[x.i:], "<?xml ") {
		if n := strings.Index(x.s[x.i:], "?>"); n > 0 {
			x.i += n + len("?>")
			x.blanks()
		}
	}
}

func (x *xmlScanner) blanks() {
	for x.i < len(x.s) && strings.IndexByte(xmlBlanks, x.s[x.i]) >= 0 {
		x.i++
	}
}

// next reads the next token outside of a tag.
func (x *xmlScanner) next() (token int, text string) {
	rest := x.s[x.i:]
	switch {
	case rest == "":
		if len(x.open) > 0 {
			return x.fail(), ""
		}
		return xmlEnd, ""
	case rest[0] != '<':
		n := strings.IndexByte(rest, '<')
		if n < 0 {
			n = len(rest)
		}
		x.i += n
		if strings.Contains(rest[:n], "]]>") {
			return x.fail(), ""
		}
		return xmlText, x.decode(rest[:n])
	case strings.HasPrefix(rest, "</"):
		n := strings.IndexByte(rest, '>')
		last := len(x.open) - 1
		if n < 0 || last < 0 || strings.TrimRight(rest[2:n], xmlBlanks) != x.open[last] {
			return x.fail(), ""
		}
		x.i += n + 1
		x.open = x.open[:last]
		return xmlClose, ""
	case strings.HasPrefix(rest, "<!--"):
		n := strings.Index(rest[4:], "--")
		if n < 0 || !strings.HasPrefix(rest[4+n:], "-->") {
			return x.fail(), ""
		}
		x.i += 4 + n + len("-->")
		return xmlText, ""
	case strings.HasPrefix(rest, "<![CDATA["):
		const head = len("<![CDATA[")
		n := strings.Index(rest, "]]>")
		if n < 0 || len(x.open) == 0 {
			return x.fail(), ""
		}
		x.i += n + len("]]>")
		return xmlText, rest[head:n]
	default:
		x.i++
		name := x.name()
		x.open = append(x.open, name)
		return xmlOpen, name
	}
}

// name reads the name of an element or attribute: letters, digits and the few signs
// that XML has for them, and all that is not ASCII.
func (x *xmlScanner) name() string {
	from := x.i
	for ; x.i < len(x.s); x.i++ {
		c := x.s[x.i]
		letter := c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c == ':' || c >= utf8.RuneSelf
		if !letter && (x.i == from || !isDigit(c) && c != '-' && c != '.') {
			break
		}
	}
	if x.i == from {
		x.fail()
	}
	return x.s[from:x.i]
}

// attr reads the next attribute of the tag that is open; ok is false at its end, closed
// where the element ends with it.
func (x *xmlScanner) attr() (name, value string, ok, closed bool) {
	x.blanks()
	rest := x.s[x.i:]
	switch {
	case x.bad:
		return "", "", false, false
	case strings.HasPrefix(rest, ">"):
		x.i++
		return "", "", false, false
	case strings.HasPrefix(rest, "/>"):
		x.i += 2
		x.open = x.open[:len(x.open)-1]
		return "", "", false, true
	}
	name = x.name()
	x.blanks()
	if !strings.HasPrefix(x.s[x.i:], "=") {
		x.fail()
		return "", "", false, false
	}
	x.i++
	x.blanks()
	rest = x.s[x.i:]
	if rest == "" || rest[0] != '"' && rest[0] != '\'' {
		x.fail()
		return "", "", false, false
	}
	n := strings.IndexByte(rest[1:], rest[0])
	if n < 0 || strings.IndexByte(rest[1:1+n], '<') >= 0 {
		x.fail()
		return "", "", false, false
	}
	x.i += n + 2
	return name, x.decode(rest[1 : 1+n]), !x.bad, false
}

// decode replaces the entities of a text.
func (x *xmlScanner) decode(s string) string {
	n := strings.IndexByte(s, '&')
	if n < 0 {
		return s
	}
	out := make([]byte, 0, len(s))
	for ; n >= 0; n = strings.IndexByte(s, '&') {
		out = append(out, s[:n]...)
		end := strings.IndexByte(s[n:min(len(s), n+12)], ';')
		if end < 0 {
			x.fail()
			return ""
		}
		r := entityOf(s[n+1 : n+end])
		if r <= 0 {
			x.fail()
			return ""
		}
		out = utf8.AppendRune(out, r)
		s = s[n+end+1:]
	}
	return string(append(out, s...))
}

// entityOf is the character of an entity without & and ;, 0 of one that is none.
func entityOf(name string) rune {
	switch name {
	case "lt":
		return '<'
	case "gt":
		return '>'
	case "amp":
		return '&'
	case "quot":
		return '"'
	case "apos":
		return '\''
	}
	digits, ok := strings.CutPrefix(name, "#")
	base := 10
	if hex, isHex := strings.CutPrefix(digits, "x"); isHex {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if !ok || err != nil || n > utf8.MaxRune || !utf8.ValidRune(rune(n)) {
		return 0
	}
	return rune(n)
}
