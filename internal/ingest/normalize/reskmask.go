// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

const (
	// proseBlanks is the number of blanks from which a text under a name that is not
	// known counts as prose, and proseBytes the length.
	proseBlanks = 3
	proseBytes  = 128
	// quoteBytes is the length from which a text that is part of a prompt, or has one
	// in it, is a quotation.
	quoteBytes = 8
	// maxTaken bounds the prompts that are compared with; where there are more, every
	// text of some length counts as a quotation. It bounds the marks, too.
	maxTaken = 64
)

// promptMask takes prompts, answers and parts of them out of an event's
// attributes: by the name of the attribute, else by the look of the text, else
// because the text quotes one that was taken out. Each leaves a mark with length
// and SHA-256.
type promptMask struct {
	e       *event.Event
	taken   []string
	longest string
}

func (m *promptMask) run() {
	for i := range m.e.Attrs {
		a := &m.e.Attrs[i]
		if hasText(a.Value) && m.suspect(a) {
			m.take(a)
		}
	}
	for i := range m.e.Attrs { // now that all prompts are known
		a := &m.e.Attrs[i]
		if hasText(a.Value) && m.quotes(a.Value) {
			m.take(a)
		}
	}
	if m.e.Raw != "" {
		m.mark("raw", m.e.Raw)
		m.e.Raw = ""
	}
	if m.quotes(event.Text(m.e.Message)) {
		m.mark("message", m.e.Message)
		m.e.Message = maskOf(m.e.Message)
	}
}

func hasText(v event.Value) bool {
	switch v.Kind {
	case event.KindText:
		return v.Text != "" && !isMask(v.Text)
	case event.KindList:
		return slices.ContainsFunc(v.List, hasText)
	default:
	}
	return false
}

// suspect tells whether an attribute is a prompt by its name or by its look.
func (m *promptMask) suspect(a *event.Attr) bool {
	switch judgeName(a.Key) {
	case namePrompt:
		return true
	case nameSafe:
		return false
	default:
		return isProse(a.Value)
	}
}

func isProse(v event.Value) bool {
	if v.Kind == event.KindList {
		return slices.ContainsFunc(v.List, isProse)
	}
	return v.Kind == event.KindText && (len(v.Text) > proseBytes || strings.Count(v.Text, " ") >= proseBlanks)
}

type nameVerdict uint8

const (
	nameOpen nameVerdict = iota
	namePrompt
	nameSafe
)

// judgeName looks at the last word-like part of a dotted key.
func judgeName(key string) nameVerdict {
	parts := strings.Split(key, ".")
	for len(parts) > 1 && isDigits(parts[len(parts)-1]) {
		parts = parts[:len(parts)-1]
	}
	words := strings.Split(snakeCase(parts[len(parts)-1]), "_")
	switch words[len(words)-1] {
	case "length", "hash", "type", "types", "count", "id", "ids", "name", "level", "tokens", "format", "language",
		"model", "severity", "category", "categories", "role", "encoding", "techniques",
		"pattern", "patterns", "rules", "reason", "reasons", "warning", "warnings", "error", "errors",
		"suggestions", "recommendations", "description", "agent":
		return nameSafe
	}
	for _, w := range words {
		switch w {
		case "prompt", "prompts", "content", "contents", "text", "texts", "input", "inputs", "output", "outputs",
			"message", "messages", "completion", "completions", "sample", "samples", "match", "matches", "matched",
			"words", "word", "query", "question", "answer", "body", "snippet", "excerpt", "document", "documents",
			"transcript", "conversation", "history", "payload", "original", "sanitized", "processed", "reply":
			return namePrompt
		}
	}
	return nameOpen
}

// quotes tells whether a text has a masked one in it, or is part of one.
func (m *promptMask) quotes(v event.Value) bool {
	if slices.ContainsFunc(v.List, m.quotes) {
		return true
	}
	if v.Kind != event.KindText || len(v.Text) < quoteBytes {
		return false
	}
	if len(m.taken) >= maxTaken {
		return true
	}
	for _, t := range m.taken {
		if len(t) >= quoteBytes && (strings.Contains(v.Text, t) || strings.Contains(t, v.Text)) {
			return true
		}
	}
	return false
}

func (m *promptMask) take(a *event.Attr) {
	whole := joined(a.Value)
	m.mark("attrs."+a.Key, whole)
	if a.Value.Kind == event.KindList {
		a.Value = event.Text(fmt.Sprintf("[redacted %d values]", len(a.Value.List)))
	} else {
		if len(whole) > len(m.longest) {
			m.longest = whole
		}
		a.Value = event.Text(maskOf(whole))
	}
	if len(m.taken) < maxTaken {
		m.taken = append(m.taken, whole)
	}
}

// joined is what length and hash of a value are of: a text itself, the texts of a
// list by lines.
func joined(v event.Value) string {
	if v.Kind != event.KindList {
		return v.Text
	}
	texts := make([]string, len(v.List))
	for i, x := range v.List {
		texts[i] = x.String()
	}
	return strings.Join(texts, "\n")
}

func (m *promptMask) mark(field, text string) {
	if len(m.e.Marks) > 2*maxTaken {
		return
	}
	if len(m.e.Marks) == 2*maxTaken {
		m.e.Marks = append(m.e.Marks, event.Mark{Kind: event.MarkRedacted, Field: "attrs", Detail: "prompt"})
		return
	}
	m.e.Marks = append(m.e.Marks, event.Mark{
		Kind: event.MarkRedacted, Field: field, Length: int64(len(text)), Hash: sha256Hex(text), Detail: "prompt",
	})
}

// maskOf is what stands for a text that is not kept.
func maskOf(text string) string {
	return fmt.Sprintf("[redacted %d characters]", utf16Length(text))
}

func isMask(text string) bool {
	rest, ok := strings.CutPrefix(text, "[redacted ")
	if !ok {
		return false
	}
	n, _, ok := strings.Cut(rest, " ")
	return ok && isDigits(n) && (rest[len(n):] == " characters]" || rest[len(n):] == " values]")
}
