// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"encoding/binary"
	"fmt"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// An attribute's value is its kind as a byte, and then: of a number, a text or
// bytes the text; of a list a count and values; of all others nothing. In a
// column of its own the text goes to the end of the row. In ColRest, and in a
// list, its length stands before it. A null and an empty text are no more than
// the state of a row in a column of its own.

const (
	// maxDepth is how deep lists may lie in each other.
	maxDepth = event.MaxDepth + 1
	// maxRow is the most bytes of a row that is taken apart into values, eight
	// times what an event may hold: it bounds what a forged row costs, as each
	// byte may be a value.
	maxRow = 8 * event.MaxEventBytes
)

// attrState is the state of a row with that value in a column of its own; only
// Present ones have bytes.
func attrState(v *event.Value) State {
	switch {
	case v.Kind == event.KindNull:
		return Null
	case v.Kind == event.KindText && v.Text == "":
		return Blank
	default:
		return Present
	}
}

// appendAttr appends a value as a row of a column of its own.
func appendAttr(b []byte, v *event.Value) ([]byte, error) {
	switch v.Kind {
	case event.KindNumber, event.KindText, event.KindBytes:
		return append(append(b, byte(v.Kind)), v.Text...), nil
	default:
		from := len(b)
		b, err := appendValue(b, v, 0)
		if err == nil && len(b)-from > maxRow {
			err = fmt.Errorf("list of %d bytes, at most %d are possible", len(b)-from, maxRow)
		}
		return b, err
	}
}

// AttrValue makes the value of a row of an attribute's column, of its text and
// state; it shares the text's memory. ok is false when no Writer wrote it; an
// absent row gives the zero Value.
func AttrValue(row string, state State) (v event.Value, ok bool) {
	switch state {
	case Blank:
		return event.Value{Kind: event.KindText}, row == ""
	case Null:
		return event.Value{Kind: event.KindNull}, row == ""
	case Absent:
		return event.Value{}, row == ""
	case Present:
	}
	if row == "" {
		return event.Value{}, false
	}
	switch k := event.Kind(row[0]); k {
	case event.KindNumber, event.KindText, event.KindBytes:
		return event.Value{Kind: k, Text: row[1:]}, true
	default:
		if len(row) > maxRow {
			return v, false
		}
		r := scanner[string]{s: row}
		decodeValue(&r, &v, 0)
		return v, !r.bad && r.s == ""
	}
}

// AttrTexts yields what a text search looks at in a row of an attribute's
// column: its text or number, or those in its list. It stops when yield returns
// false. A damaged row yields what was read.
func AttrTexts[T string | []byte](row T, yield func(T) bool) {
	walkAttr(row, Present, func(kind event.Kind, text T) bool {
		return kind != event.KindText && kind != event.KindNumber || yield(text)
	})
}

// walkAttr yields the value of a row of an attribute's column and, of a list, its
// members and those of the lists therein, each with its kind and text. It returns
// false when yield did, and then stops.
func walkAttr[T string | []byte](row T, state State, yield func(event.Kind, T) bool) bool {
	switch state {
	case Absent:
		return true
	case Blank:
		return yield(event.KindText, row[:0])
	case Null:
		return yield(event.KindNull, row[:0])
	case Present:
	}
	if len(row) == 0 {
		return true
	}
	switch k := event.Kind(row[0]); k {
	case event.KindNumber, event.KindText, event.KindBytes:
		return yield(k, row[1:])
	default:
		r := scanner[T]{s: row}
		return walkValue(&r, yield, 0)
	}
}

func appendValue(b []byte, v *event.Value, depth int) ([]byte, error) {
	b = append(b, byte(v.Kind))
	switch v.Kind {
	case event.KindNumber, event.KindText, event.KindBytes:
		return appendText(b, v.Text), nil
	case event.KindList:
		if depth >= maxDepth {
			return nil, fmt.Errorf("list more than %d levels deep", maxDepth)
		}
		b = binary.AppendUvarint(b, uint64(len(v.List)))
		for i := range v.List {
			var err error
			if b, err = appendValue(b, &v.List[i], depth+1); err != nil {
				return nil, err
			}
		}
	default:
	}
	return b, nil
}

func decodeValue(r *scanner[string], v *event.Value, depth int) {
	v.Kind = event.Kind(r.byte())
	switch v.Kind {
	case event.KindNumber, event.KindText, event.KindBytes:
		v.Text = r.text()
	case event.KindList:
		if depth >= maxDepth {
			r.bad = true
			return
		}
		n := r.count(1)
		v.List = make([]event.Value, 0, min(n, 16)) // lists in lists may claim all that is left, each of them
		for range n {
			var m event.Value
			if decodeValue(r, &m, depth+1); r.bad {
				return
			}
			v.List = append(v.List, m)
		}
	default:
	}
}

// walkValue is walkAttr of a value that r reads.
func walkValue[T string | []byte](r *scanner[T], yield func(event.Kind, T) bool, depth int) bool {
	kind := event.Kind(r.byte())
	var text T
	switch kind {
	case event.KindNumber, event.KindText, event.KindBytes:
		text = r.text()
	case event.KindList:
		n := r.count(1)
		if r.bad = r.bad || depth >= maxDepth; !r.bad && !yield(kind, text) {
			return false
		}
		for ; n > 0 && !r.bad; n-- {
			if !walkValue(r, yield, depth+1) {
				return false
			}
		}
		return true
	default:
	}
	return r.bad || yield(kind, text)
}

// kindOf is the kind of a row of an attribute's column that is present.
func kindOf[T string | []byte](row T) event.Kind {
	if len(row) == 0 {
		return event.KindAbsent
	}
	return event.Kind(row[0])
}
