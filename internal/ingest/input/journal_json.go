// SPDX-License-Identifier: Apache-2.0

package input

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// json returns the entry in the form that journalctl prints (systemd.journal-fields,
// journalctl -o json): text as a string, what is no text as a list of its bytes, a field
// that is there several times as a list of its values, one that is too long as null. cut
// counts those that are null because the whole would be too long. cursor is the entry's.
func (e *exportEntry) json(cut *uint64) (text []byte, cursor string) {
	slices.SortStableFunc(e.fields, func(a, b exportField) int { return strings.Compare(a.name, b.name) })
	room := maxMessage - 2
	for _, f := range e.fields { // what remains when all are null
		room -= len(f.name) + len(`"":null,[]`)
	}
	text = append(make([]byte, 0, min(e.size+64*len(e.fields), maxMessage)), '{')
	for i := 0; i < len(e.fields); {
		name := e.fields[i].name
		end := i + 1
		for end < len(e.fields) && e.fields[end].name == name {
			end++
		}
		if i > 0 {
			text = append(text, ',')
		}
		text = append(text, '"')
		text = append(text, name...)
		text = append(text, '"', ':')
		if end > i+1 {
			text = append(text, '[')
		}
		for n, f := range e.fields[i:end] {
			if n > 0 {
				text = append(text, ',')
			}
			before := len(text)
			text = appendJournal(text, f.value)
			if room -= len(text) - before; room < 0 && f.value != nil {
				room += len(text) - before
				text = append(text[:before], "null"...)
				*cut++
			}
		}
		if end > i+1 {
			text = append(text, ']')
		}
		if name == "__CURSOR" && len(e.fields[i].value) <= maxCursor && readable(string(e.fields[i].value)) {
			cursor = string(e.fields[i].value)
		}
		i = end
	}
	return append(text, '}'), cursor
}

// appendJournal appends a value as JSON.
func appendJournal(dst, value []byte) []byte {
	const hex = "0123456789abcdef"
	switch {
	case value == nil:
		return append(dst, "null"...)
	case !utf8.Valid(value):
		dst = append(dst, '[')
		for i, c := range value {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = strconv.AppendUint(dst, uint64(c), 10)
		}
		return append(dst, ']')
	}
	dst = append(dst, '"')
	for _, c := range value {
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c < 0x20:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}
