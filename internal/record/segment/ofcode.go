// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"fmt"
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// OfCode overwrites dst with an event that has nothing but the field of a text column, of
// that canonical name, as rows with a code of the column's dictionary have it. Its strings
// are parts of the dictionary; its attributes are valid until the next call with dst.
func OfCode(c Column, field string, d Dict, code uint16, dst *event.Event) error {
	attrs := dst.Attrs[:0]
	*dst = event.Event{}
	text, state := d.Text(code), StateOf(code)
	key, attr := strings.CutPrefix(field, attrPrefix)
	switch {
	case state == Absent:
	case attr:
		value, ok := AttrValue(text, state)
		if !ok {
			return fmt.Errorf("column %s%.60s, code %d: %w", attrPrefix, key, code, ErrCorrupt)
		}
		dst.Attrs = append(attrs, event.Attr{Key: key, Value: value})
	case state == Blank:
		dst.Blank = dst.Blank.With(coreOf(c))
	case state == Null:
		dst.Null = dst.Null.With(coreOf(c))
	default:
		*coreRef(dst, coreOf(c)) = text
	}
	return nil
}

// coreOf is the core field of a text column.
func coreOf(c Column) event.Field { return event.FieldSource + event.Field(c-ColSource) } //nolint:gosec // one of the core columns
