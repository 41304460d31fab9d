// SPDX-License-Identifier: Apache-2.0

package query

import (
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// Field is the name of an event's field as it was written: a field of
// event.Canonical, an alias of one, or an attribute's key with or without attrs.
type Field string

// Type is what a field or column holds.
type Type string

// The types. An attribute is of any type, and so is what comes of it.
const (
	TypeAny      Type = "any"
	TypeText     Type = "text"
	TypeNumber   Type = "number"
	TypeBool     Type = "bool"
	TypeTime     Type = "time"
	TypeSeverity Type = "severity"
	TypeAddress  Type = "address"
)

const (
	attrPrefix     = "attrs."
	fieldTime      = "time"
	fieldReceived  = "received"
	fieldOutcome   = "outcome"
	severityNumber = "severity_number"
)

// Canonical returns the one name of the field; attributes begin with attrs.
func (f Field) Canonical() string {
	if c, ok := event.Canonical(string(f)); ok {
		return c
	}
	if f == severityNumber {
		return severityNumber
	}
	return attrPrefix + string(f)
}

// Type returns what the field holds.
func (f Field) Type() Type {
	switch c := f.Canonical(); c {
	case wordSeverity:
		return TypeSeverity
	case fieldTime, fieldReceived:
		return TypeTime
	case wordIP:
		return TypeAddress
	case "seq", "ord", severityNumber, "geo.lat", "geo.lon", "as.number", "compliance.retention_days":
		return TypeNumber
	case "compliance.gdpr_relevant", "compliance.pci_scope", "compliance.hipaa_protected":
		return TypeBool
	default:
		if strings.HasPrefix(c, attrPrefix) {
			return TypeAny
		}
		return TypeText
	}
}

// eventCell returns the value of a field by its canonical name.
func eventCell(e *event.Event, canonical string) Cell {
	switch canonical {
	case fieldTime:
		if e.Time != 0 {
			return timeCell(e.Time)
		}
		return Cell{}
	case fieldReceived:
		if e.Received != 0 {
			return timeCell(e.Received)
		}
		return Cell{}
	case wordSeverity:
		return Cell{Kind: CellLevel, Int: int64(e.Severity)}
	case severityNumber:
		return valueCell(event.Int(int64(e.Severity)))
	}
	v, ok := e.Lookup(canonical)
	if !ok {
		return Cell{}
	}
	return valueCell(v)
}
