// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"bytes"
	"unicode/utf8"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// members walks over the members at the top of an object: an envelope is read by
// them, while what it carries is handed on as it stands.
type members struct {
	scanner
	begun bool
}

// next returns a member's name and its value's bytes; done after the last. Values are
// told apart by strings and brackets alone: whether one is right is for its reader to
// say.
func (m *members) next() (name string, value []byte, done bool, err error) {
	if !m.begun {
		m.begun = true
		if m.peek() != '{' {
			return "", nil, false, m.fail("no object")
		}
		m.i++
		if m.peek() == '}' {
			return "", nil, true, m.end()
		}
	} else {
		switch m.peek() {
		case ',':
			m.i++
		case '}':
			return "", nil, true, m.end()
		default:
			return "", nil, false, m.fail("no comma or end of object")
		}
	}
	if m.peek() != '"' {
		return "", nil, false, m.fail("no member name")
	}
	if name, err = m.str(); err != nil {
		return "", nil, false, err
	}
	if m.peek() != ':' {
		return "", nil, false, m.fail("no colon")
	}
	m.i++
	m.peek()
	start := m.i
	if m.over(); m.i == start {
		return "", nil, false, m.fail("no value")
	}
	return name, m.b[start:m.i], false, nil
}

// end reads the end of the object; nothing may follow it.
func (m *members) end() error {
	m.i++
	if m.peek(); m.i < len(m.b) {
		return m.fail("text after the object")
	}
	return nil
}

// over goes to the end of the value that begins here, or of the text.
func (m *members) over() {
	depth := 0
	for ; m.i < len(m.b); m.i++ {
		switch m.b[m.i] {
		case '"':
			for m.i++; m.i < len(m.b) && m.b[m.i] != '"'; m.i++ {
				if m.b[m.i] == '\\' {
					m.i++
				}
			}
			if depth == 0 {
				m.i = min(m.i+1, len(m.b))
				return
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return
			}
			if depth--; depth == 0 {
				m.i++
				return
			}
		case ',', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return
			}
		}
	}
	m.i = len(m.b)
}

// anyValue reads one value; what cannot be read is kept as its text.
func anyValue(raw []byte) event.Value {
	r := reader{scanner: scanner{b: raw}}
	v, err := r.value(r.peek(), 1)
	if r.peek(); err == nil && r.i == len(raw) {
		return v
	}
	return event.Text(string(bytes.ToValidUTF8(raw, []byte("\ufffd"))))
}

// wordOf is the text of a member that is a text, a number or a bool; "" for others.
func wordOf(raw []byte) string {
	if len(raw) == 0 || raw[0] == '{' || raw[0] == '[' || raw[0] == 'n' {
		return ""
	}
	return anyValue(raw).String()
}

// attrName is a sender's name as the key of an attribute; one that is too long is cut.
func attrName(name string) string {
	if name == "" {
		return "_"
	}
	if len(name) <= event.MaxKeyBytes {
		return name
	}
	n := event.MaxKeyBytes
	for n > 0 && !utf8.RuneStart(name[n]) {
		n--
	}
	return name[:n]
}
