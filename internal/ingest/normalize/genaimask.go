// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"slices"
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// genAIContent returns the attribute under which the conventions keep content of people
// and models, for one that is it or lies in it; "" for every other.
func genAIContent(key string) string {
	if !strings.HasPrefix(key, "gen_ai.") || key == "gen_ai.prompt.name" || key == "gen_ai.prompt.version" {
		return ""
	}
	for _, root := range [...]string{
		"gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.system_instructions", "gen_ai.prompt", "gen_ai.completion",
		"gen_ai.tool.call.arguments", "gen_ai.tool.call.result", "gen_ai.tool.definitions", "gen_ai.content.prompt",
		"gen_ai.content.completion", "gen_ai.user.message", "gen_ai.system.message", "gen_ai.assistant.message",
		"gen_ai.tool.message", "gen_ai.choice", "gen_ai.event.content", "gen_ai.retrieval.query.text",
		"gen_ai.retrieval.documents", "gen_ai.evaluation.explanation",
	} {
		if rest, ok := strings.CutPrefix(key, root); ok && (rest == "" || rest[0] == '.') {
			return root
		}
	}
	if key == "gen_ai.input" || key == "gen_ai.output" {
		return key
	}
	return ""
}

// isGenAIMessage tells whether an event of that name has a message of the conversation
// as its body.
func isGenAIMessage(name string) bool {
	return name == "gen_ai.choice" || strings.HasPrefix(name, "gen_ai.content.") ||
		strings.HasPrefix(name, "gen_ai.") && strings.HasSuffix(name, ".message")
}

// maxQuoted bounds the texts of a conversation that other attributes are compared with,
// the longest of them.
const maxQuoted = maxTaken / 2

// maxCompared bounds the bytes that are looked through for quotations in one event. Where
// it would be more, every text of some length counts as one.
const maxCompared = 32 << 20

// genAIMask takes the content out: each root of it becomes one masked attribute, and what
// else is a prompt, or quotes one, is masked as promptMask does.
func genAIMask(d *document, name string) {
	m := promptMask{e: d.e}
	texts, masked := m.roots()
	slices.SortFunc(texts, func(a, b string) int { return len(b) - len(a) })
	m.taken = append(m.taken, texts[:min(len(texts), maxQuoted)]...)
	for i := range d.e.Attrs {
		a := &d.e.Attrs[i]
		if hasText(a.Value) && (a.Key == "arguments" || strings.HasSuffix(a.Key, ".arguments")) {
			m.take(a)
		}
	}
	quotes := func(text string) bool { return len(text) >= quoteBytes && strings.Contains(d.e.Message, text) }
	if d.e.Message != "" && !isMask(d.e.Message) && (isGenAIMessage(name) || slices.ContainsFunc(texts, quotes)) {
		m.mark("message", d.e.Message)
		if len(d.e.Message) > len(m.longest) {
			m.longest = d.e.Message
		}
		m.taken = append(m.taken, d.e.Message)
		d.e.Message = maskOf(d.e.Message)
	}
	if m.tooMuch() {
		m.taken = make([]string, maxTaken)
	}
	m.run()
	for _, a := range masked {
		d.e.SetAttr(a.Key, a.Value)
	}
	if m.longest != "" {
		describeContent(d.e, m.longest)
	}
}

// tooMuch tells whether looking for quotations would cost more than maxCompared.
func (m *promptMask) tooMuch() bool {
	size, n := 0, 0
	for _, t := range m.taken {
		size += len(t)
	}
	for i := range m.e.Attrs {
		if hasText(m.e.Attrs[i].Value) {
			n += max(1, len(m.e.Attrs[i].Value.List))
		}
	}
	return size*n > maxCompared
}

// roots takes the content out of the attributes and returns its texts, and the masked
// attributes that stand for it.
func (m *promptMask) roots() (texts []string, masked []event.Attr) {
	root, first, rest := "", 0, m.e.Attrs[:0]
	flush := func() {
		if root == "" {
			return
		}
		a := event.Attr{Key: root, Value: event.Text(strings.Join(texts[first:], "\n"))}
		if hasText(a.Value) {
			m.take(&a)
			if first+1 == len(texts) { // the same text, which take has noted
				texts = texts[:first]
			}
		} else if a.Value.Text == "" {
			a.Value = event.Null()
		}
		masked = append(masked, a)
	}
	for _, a := range m.e.Attrs { // sorted, so that what lies in a root stands together
		of := genAIContent(a.Key)
		if of != root {
			flush()
			root, first = of, len(texts)
		}
		if of == "" {
			rest = append(rest, a)
		} else if text := joined(a.Value); text != "" {
			texts = append(texts, text)
		}
	}
	flush()
	m.e.Attrs = slices.Clip(rest)
	return texts, masked
}
