// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"bytes"
	"unicode/utf8"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// categoryLine is the category of a line that is kept whole.
const categoryLine = "log_line"

// normalizeText keeps a line whole as the message.
func normalizeText(raw []byte, h *Hint, out []*event.Event) ([]*event.Event, error) {
	e := h.arena().event()
	e.SetCore(event.FieldMessage, lineText(e, raw))
	e.Category = categoryLine
	e.Source = h.Source
	if e.Source == "" {
		e.Source = "system"
	}
	e.Host = validText(h.Host)
	return append(out, e), nil
}

// lineText returns a line as text, without its line end. Invalid UTF-8 becomes
// U+FFFD, the bytes as they came go to Raw, and a mark says so.
func lineText(e *event.Event, raw []byte) string {
	line := bytes.TrimRight(raw, "\r\n")
	if utf8.Valid(line) {
		return alias(line)
	}
	e.Raw = alias(line)
	e.Marks = append(e.Marks, event.Mark{Kind: event.MarkInvalidUTF8, Field: "message", Length: int64(len(line))})
	return validUTF8(line)
}

// validUTF8 copies b as text, with U+FFFD for what is not UTF-8.
func validUTF8(b []byte) string { return string(bytes.ToValidUTF8(b, []byte("\ufffd"))) }

func validText(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return ""
}
