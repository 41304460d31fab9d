// SPDX-License-Identifier: Apache-2.0

// Package sheet writes events as CSV (RFC 4180) that a spreadsheet can open without
// harm.
//
//	event ── native JSON ──▶ AppendRow ──▶ one line
//	"time,user,attrs.status" ── ParseColumns ──▶ []Column ──▶ AppendHeader
//
// It starts from the native JSON, so that who holds events and who was sent them by a
// server write the same line. Guarantees:
//
//   - One event is one line, ended by CR LF, with as many cells as there are columns:
//     what a terminal, an editor or a page would act on, the ends of lines among it,
//     is shown as \n, \r, \t or \uXXXX.
//   - A text is always in quotes; numbers, true and false never are. What is absent
//     or null is an empty cell without quotes. Lists and objects are their JSON.
//   - No text begins a formula. Where the first character of what is shown, behind
//     blanks, quotes and what cannot be seen, is one of = + - @ (or their wide forms),
//     the cell begins with an apostrophe. Taking it off again gives the text: every
//     such cell has got one. A leading tab or end of line is shown as \t, \r, \n.
//
// What cannot be undone is the sight of controls: a text that itself holds the two
// characters \n looks the same. The JSON forms are exact.
//
// The package does no I/O; everything may be used concurrently.
package sheet

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// AppendHeader appends the line with the names of the columns.
func AppendHeader(dst []byte, columns []Column) []byte {
	for i := range columns {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendText(dst, columns[i].Name)
	}
	return append(dst, '\r', '\n')
}

// AppendRow appends the line of one event, given in its native JSON form.
func AppendRow(dst []byte, columns []Column, native []byte) ([]byte, error) {
	members, err := membersOf(native)
	if err != nil {
		return dst, fmt.Errorf("read an event: %w", err)
	}
	for i := range columns {
		if i > 0 {
			dst = append(dst, ',')
		}
		raw, err := columns[i].of(members)
		if err != nil {
			return dst, err
		}
		if dst, err = appendCell(dst, raw); err != nil {
			return dst, err
		}
	}
	return append(dst, '\r', '\n'), nil
}

// Text is a member of an event's native JSON as a cell shows it, without quotes or
// apostrophe. It must be JSON.
func Text(raw []byte) (string, error) {
	switch {
	case absent(raw):
		return "", nil
	case raw[0] != '"':
		return visible(string(raw)), nil
	}
	if inner := raw[1 : len(raw)-1]; !bytes.ContainsRune(inner, '\\') && utf8.Valid(inner) {
		return visible(string(inner)), nil
	}
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return "", fmt.Errorf("read a text: %w", err)
	}
	return visible(text), nil
}

func absent(raw []byte) bool { return len(raw) == 0 || string(raw) == "null" }

func appendCell(dst, raw []byte) ([]byte, error) {
	text, err := Text(raw)
	switch {
	case err != nil || absent(raw):
		return dst, err
	case raw[0] == '"' || raw[0] == '{' || raw[0] == '[':
		return appendText(dst, text), nil
	default:
		return append(dst, text...), nil
	}
}

// appendText appends a cell in quotes.
func appendText(dst []byte, text string) []byte {
	dst = append(dst, '"')
	if formula(text) {
		dst = append(dst, '\'')
	}
	for from := text; ; {
		at := strings.IndexByte(from, '"')
		if at < 0 {
			return append(append(dst, from...), '"')
		}
		dst = append(append(dst, from[:at]...), '"', '"')
		from = from[at+1:]
	}
}

// formula tells whether a spreadsheet may take a text for a formula: several leave out
// blanks, quotes and what cannot be seen before they look.
func formula(text string) bool {
	for _, r := range text {
		switch {
		case strings.ContainsRune("=+-@＝＋－＠−﹢﹣﹦﹫", r):
			return true
		case r == '"', r == '\'', r == '`', unicode.IsSpace(r), unicode.In(r, unicode.Cc, unicode.Cf, unicode.Mn, unicode.Pi, unicode.Pf):
		default:
			return false
		}
	}
	return false
}

// visible shows what would act.
func visible(text string) string {
	acts := func(r rune) bool { return event.Acts(r) || r == utf8.RuneError }
	if !strings.ContainsFunc(text, acts) {
		return text
	}
	var out strings.Builder
	for _, r := range text {
		switch {
		case r == '\n':
			out.WriteString(`\n`)
		case r == '\r':
			out.WriteString(`\r`)
		case r == '\t':
			out.WriteString(`\t`)
		case event.Acts(r):
			_, _ = fmt.Fprintf(&out, `\u%04x`, r)
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}
