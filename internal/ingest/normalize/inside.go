// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"bytes"
	"strings"
	"unsafe"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// within is the hint for a record that an envelope carries: the sender's address is
// the envelope's to tell.
func (h *Hint) within() Hint {
	return Hint{Source: h.Source, Received: h.Received, Zone: h.Zone, mem: h.arena()}
}

// readInside reads what an envelope carries: an object in the form of its product, any
// other text as auto does. What cannot be read is kept as the message, and marked with
// field: an envelope that is in order is never refused for it.
func readInside(raw []byte, field string, h *Hint, out []*event.Event) []*event.Event {
	inner := h.within()
	read := normalizeJSON
	switch {
	case Detect(raw) != "json":
		read = normalizeSyslog
	case likeResk(raw):
		read = normalizeResk
	}
	more, err := read(raw, &inner, out)
	if err == nil {
		return more
	}
	return append(out, unread(raw, field, err, &inner))
}

// unread is the event of a record that cannot be read: its text, but of a client that
// sends prompts along only what is known of it.
func unread(raw []byte, field string, why error, h *Hint) *event.Event {
	e := h.arena().event()
	e.Category, e.Source = categoryLine, h.Source
	if e.Source == "" {
		e.Source = "application"
	}
	text := lineText(e, raw)
	if e.SetCore(event.FieldMessage, text); likeResk(raw) {
		mask := promptMask{e: e}
		mask.mark("message", text)
		e.SetCore(event.FieldMessage, maskOf(text))
		e.Raw = ""
	}
	e.Marks = append(e.Marks, event.Mark{Kind: event.MarkInvalid, Field: field, Detail: clip(why.Error())})
	return e
}

// readInsideText is readInside for a text that was taken out of its quotes.
func readInsideText(text, field string, h *Hint, out []*event.Event) []*event.Event {
	// Formats never write to the bytes that they read.
	return readInside(unsafe.Slice(unsafe.StringData(text), len(text)), field, h, out) //nolint:gosec // G103: as above
}

// likeResk tells whether an object is an event of the resk-llm-ts client: it has the
// client's id, and a type that is one of LLM guards or a source of that client. One that
// is broken is taken for it by the names alone.
func likeResk(raw []byte) bool {
	if !bytes.Contains(raw, []byte(`"eventType"`)) || !bytes.Contains(raw, []byte(`"eventId"`)) {
		return false
	}
	id, kind := false, false
	m := members{scanner: scanner{b: raw}}
	for {
		name, value, done, err := m.next()
		switch {
		case err != nil:
			return true
		case done:
			return id && kind
		case name == "eventId":
			id = true
		case name == "eventType":
			kind = kind || sourceOf(wordOf(value)) == "llm"
		case name == "source":
			word := wordOf(value)
			kind = kind || word == "frontend" || word == "security_filter" || strings.HasPrefix(word, "resk-llm")
		}
	}
}
