// SPDX-License-Identifier: Apache-2.0

package segment

import "github.com/tocsin-siem/tocsin/internal/core/event"

// What of an event's texts is in a filter: docs/segment-format.md, "Filters".

// text adds a text of a column.
func (b *filterBuilder) text(c Column, of uint64, text []byte) {
	switch {
	case c.isAttr():
		walkAttr(text, Present, func(kind event.Kind, text []byte) bool {
			b.value(of, kind, text)
			return true
		})
	case c == ColMessage:
		b.words(text)
	case c == ColIP:
		if a, ok := addressOf(text); ok {
			b.add(AddressHash(a))
		}
		b.words(text)
	default:
		b.value(of, event.KindText, text)
	}
}

// value adds the words of a value, and the value itself when it is not one word.
func (b *filterBuilder) value(of uint64, kind event.Kind, text []byte) {
	switch kind {
	case event.KindText, event.KindNumber:
		if b.words(text) && len(text) <= maxHashed {
			b.add(hashAll(of, text))
		}
	case event.KindTrue:
		b.add(WordHash("true"))
	case event.KindFalse:
		b.add(WordHash("false"))
	default:
	}
}

// rest adds the words of a row of ColRest and the keys of its attributes.
func (b *filterBuilder) rest(row []byte, keys Dict) {
	text := func(t []byte) bool {
		b.words(t)
		return true
	}
	walkRest(row, restWalk{text: text, attr: func(code uint16, key []byte, r *scanner[[]byte]) bool {
		if code != 0 {
			key = []byte(keys.Text(code))
		}
		b.add(hashAll(ofKey, key))
		return walkValue(r, func(kind event.Kind, t []byte) bool {
			if kind == event.KindText || kind == event.KindNumber {
				b.words(t)
			}
			return true
		}, 0)
	}})
}

// words adds each word of a text; more tells whether it is not one word.
func (b *filterBuilder) words(text []byte) (more bool) {
	if len(text) == 0 {
		return false
	}
	whole := false
	eachWord(text, func(from, to int) {
		b.add(hashFolded(ofWord, text, from, to))
		whole = to-from == len(text)
	})
	return !whole
}
