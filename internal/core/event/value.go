// SPDX-License-Identifier: Apache-2.0

package event

import "strconv"

// Kind is the type of a Value. Its numbers are part of the canonical encoding.
type Kind uint8

// The kinds. KindAbsent appears only in the public part's optional fields.
const (
	KindAbsent Kind = 0
	KindNull   Kind = 1
	KindFalse  Kind = 2
	KindTrue   Kind = 3
	KindNumber Kind = 4
	KindText   Kind = 5
	KindList   Kind = 6
	KindBytes  Kind = 7
)

// Value is an attribute's value: null, bool, number, text or a list of these.
// A number keeps its source text, at most MaxNumberBytes long, so that it comes
// back as it was sent.
type Value struct {
	Kind Kind
	// Text holds a number's source text or a text's characters.
	Text string
	// List holds the members of a list.
	List []Value
}

// Text makes a text value.
func Text(s string) Value { return Value{Kind: KindText, Text: s} }

// Number makes a number of its source text, which is not checked here.
func Number(s string) Value { return Value{Kind: KindNumber, Text: s} }

// Int makes a number.
func Int(n int64) Value { return Number(strconv.FormatInt(n, 10)) }

// Float makes a number in its shortest form.
func Float(f float64) Value { return Number(strconv.FormatFloat(f, 'g', -1, 64)) }

// Bool makes a bool.
func Bool(b bool) Value {
	if b {
		return Value{Kind: KindTrue}
	}
	return Value{Kind: KindFalse}
}

// Null makes a null.
func Null() Value { return Value{Kind: KindNull} }

// List makes a list of values.
func List(vs ...Value) Value { return Value{Kind: KindList, List: vs} }

// Texts makes a list of texts.
func Texts(ss ...string) Value {
	vs := make([]Value, len(ss))
	for i, s := range ss {
		vs[i] = Text(s)
	}
	return List(vs...)
}

// String returns the value as text: a text or number as it is, true, false and
// null as words, a list as its members joined by a comma.
func (v Value) String() string {
	switch v.Kind {
	case KindText, KindNumber, KindBytes:
		return v.Text
	case KindTrue:
		return "true"
	case KindFalse:
		return "false"
	case KindNull:
		return "null"
	case KindList:
		var b []byte
		for i, m := range v.List {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(b, m.String()...)
		}
		return string(b)
	default:
		return ""
	}
}

// Float64 returns a number's value; ok is false for any other kind or a text
// that is no number.
func (v Value) Float64() (f float64, ok bool) {
	if v.Kind != KindNumber {
		return 0, false
	}
	f, err := strconv.ParseFloat(v.Text, 64)
	return f, err == nil
}

// Size is the number of bytes that the value's texts hold.
func (v Value) Size() int {
	n := len(v.Text) + 1
	for _, m := range v.List {
		n += m.Size()
	}
	return n
}

// Equal tells whether both values are of the same kind and content.
func (v Value) Equal(w Value) bool {
	if v.Kind != w.Kind || v.Text != w.Text || len(v.List) != len(w.List) {
		return false
	}
	for i := range v.List {
		if !v.List[i].Equal(w.List[i]) {
			return false
		}
	}
	return true
}
