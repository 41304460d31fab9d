// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// Field is a compiled field name: reading it from an event costs no lookup of the
// name. The zero Field is no field.
type Field struct {
	name string
	core event.Field
	attr string
}

// FieldOf compiles a field name or alias; a name that is no field of Tocsin's is
// an attribute.
func FieldOf(name string) Field {
	canonical, known := event.Canonical(name)
	if !known {
		canonical = "attrs." + name
	}
	if key, found := strings.CutPrefix(canonical, "attrs."); found {
		return Field{name: canonical, attr: key}
	}
	return Field{name: canonical, core: event.CoreField(canonical)}
}

// IsZero tells whether it is no field.
func (f Field) IsZero() bool { return f.name == "" }

// String is the field's own name.
func (f Field) String() string { return f.name }

// Value reads the field; ok is false when the event does not have it.
func (f Field) Value(e *event.Event) (v event.Value, ok bool) {
	switch {
	case f.core != event.FieldNone:
		v = e.Core(f.core)
		return v, v.Kind != event.KindAbsent
	case f.attr != "":
		return e.Attr(f.attr)
	default:
		return e.Lookup(f.name)
	}
}

// Text reads the field as text, "" when it is absent, null or a list of nothing.
func (f Field) Text(e *event.Event) string {
	v, _ := f.Value(e)
	if v.Kind == event.KindNull {
		return ""
	}
	return v.String()
}

// Number reads the field as a number; the severity is its rank, 0 to 4.
func (f Field) Number(e *event.Event) (n float64, ok bool) {
	switch f.name {
	case "":
		return 0, false
	case "severity":
		return float64(e.Severity), true
	}
	v, _ := f.Value(e)
	return v.Float64()
}
