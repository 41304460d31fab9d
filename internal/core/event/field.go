// SPDX-License-Identifier: Apache-2.0

package event

// Field is a core text field of an Event.
type Field uint8

// The core text fields.
const (
	FieldNone Field = iota
	FieldSource
	FieldCategory
	FieldAction
	FieldMessage
	FieldUser
	FieldIP
	FieldSession
	FieldUserAgent
	FieldHost
	FieldService
	FieldOriginID
	FieldInput
	FieldSender
	fieldEnd
)

// String returns the field's name on the wire.
func (f Field) String() string {
	switch f {
	case FieldSource:
		return "source"
	case FieldCategory:
		return "category"
	case FieldAction:
		return "action"
	case FieldMessage:
		return "message"
	case FieldUser:
		return "user"
	case FieldIP:
		return "ip"
	case FieldSession:
		return "session"
	case FieldUserAgent:
		return "user_agent"
	case FieldHost:
		return "host"
	case FieldService:
		return "service"
	case FieldOriginID:
		return "origin_id"
	case FieldInput:
		return "input"
	case FieldSender:
		return "sender"
	default:
		return ""
	}
}

// FieldSet is a set of core text fields.
type FieldSet uint32

// Has tells whether f is in the set.
func (s FieldSet) Has(f Field) bool { return s&(1<<f) != 0 }

// With returns the set with f.
func (s FieldSet) With(f Field) FieldSet { return s | 1<<f }

// Without returns the set without f.
func (s FieldSet) Without(f Field) FieldSet { return s &^ (1 << f) }

// ref returns the place of a core text field, nil for a field that is none.
func (e *Event) ref(f Field) *string {
	switch f {
	case FieldSource:
		return &e.Source
	case FieldCategory:
		return &e.Category
	case FieldAction:
		return &e.Action
	case FieldMessage:
		return &e.Message
	case FieldUser:
		return &e.User
	case FieldIP:
		return &e.IP
	case FieldSession:
		return &e.Session
	case FieldUserAgent:
		return &e.UserAgent
	case FieldHost:
		return &e.Host
	case FieldService:
		return &e.Service
	case FieldOriginID:
		return &e.OriginID
	case FieldInput:
		return &e.Input
	case FieldSender:
		return &e.Sender
	default:
		return nil
	}
}

// Core returns a core text field's value: KindText, KindNull or KindAbsent.
func (e *Event) Core(f Field) Value {
	p := e.ref(f)
	switch {
	case p == nil:
		return Value{}
	case *p != "" || e.Blank.Has(f):
		return Text(*p)
	case e.Null.Has(f):
		return Null()
	default:
		return Value{}
	}
}

// SetCore sets a core text field to a text, which may be empty.
func (e *Event) SetCore(f Field, s string) {
	p := e.ref(f)
	if p == nil {
		return
	}
	*p = s
	e.Null = e.Null.Without(f)
	if s == "" {
		e.Blank = e.Blank.With(f)
	} else {
		e.Blank = e.Blank.Without(f)
	}
}

// SetNull sets a core text field to null.
func (e *Event) SetNull(f Field) {
	if p := e.ref(f); p != nil {
		*p = ""
		e.Blank = e.Blank.Without(f)
		e.Null = e.Null.With(f)
	}
}

// Attr returns the attribute of that key (without the prefix attrs.).
func (e *Event) Attr(key string) (Value, bool) {
	lo, hi := 0, len(e.Attrs)
	for lo < hi {
		if m := int(uint(lo+hi) >> 1); e.Attrs[m].Key < key {
			lo = m + 1
		} else {
			hi = m
		}
	}
	if lo < len(e.Attrs) && e.Attrs[lo].Key == key {
		return e.Attrs[lo].Value, true
	}
	return Value{}, false
}

// SetAttr adds or replaces an attribute and keeps the order.
func (e *Event) SetAttr(key string, v Value) {
	i := 0
	for i < len(e.Attrs) && e.Attrs[i].Key < key {
		i++
	}
	if i < len(e.Attrs) && e.Attrs[i].Key == key {
		e.Attrs[i].Value = v
		return
	}
	e.Attrs = append(e.Attrs, Attr{})
	copy(e.Attrs[i+1:], e.Attrs[i:])
	e.Attrs[i] = Attr{Key: key, Value: v}
}
