// SPDX-License-Identifier: Apache-2.0

package event

import "strings"

// Canonical returns the field's own name for a name or alias that inputs,
// filters and rules may use (docs/fields.md has the table), and whether it is a
// field at all. Attributes come back as attrs.<key>; a bare name that is no
// field is not known here: whether it means an attribute is the caller's choice.
func Canonical(name string) (canonical string, ok bool) {
	switch name {
	case "id", "source", "category", "action", "outcome", "message", "host", "service", "tags", "raw",
		"time", "received", "origin_id", "severity", "user", "ip", "session", "user_agent",
		"input", "sender", "stream", "seq", "ord",
		"geo.country", "geo.lat", "geo.lon", "as.number",
		"compliance.gdpr_relevant", "compliance.pci_scope", "compliance.hipaa_protected", "compliance.retention_days":
		return name, true
	case "timestamp", "@timestamp", "ts":
		return "time", true
	case "created_at", "ingested":
		return "received", true
	case "eventId", "event_id", "log_id":
		return "origin_id", true
	case "eventType", "event_type":
		return "category", true
	case "level":
		return "severity", true
	case "userId", "user_id", "user.name", "username":
		return "user", true
	case "ipAddress", "ip_address", "source.ip", "src_ip", "client_ip", "remote_addr":
		return "ip", true
	case "sessionId", "session_id":
		return "session", true
	case "userAgent", "user_agent.original":
		return "user_agent", true
	case "compliance.gdprRelevant":
		return "compliance.gdpr_relevant", true
	case "compliance.pciScope":
		return "compliance.pci_scope", true
	case "compliance.hipaaProtected":
		return "compliance.hipaa_protected", true
	case "compliance.retentionDays":
		return "compliance.retention_days", true
	}
	for _, p := range [...]string{"attrs.", "details.", "metadata."} {
		if key, found := strings.CutPrefix(name, p); found && key != "" {
			return "attrs." + key, true
		}
	}
	return "", false
}

// CoreField returns the core text field of a canonical name, FieldNone for any
// other.
func CoreField(canonical string) Field {
	for f := FieldSource; f < fieldEnd; f++ {
		if f.String() == canonical {
			return f
		}
	}
	return FieldNone
}

// Lookup returns the value of a field by name or alias; a name that is no field
// is looked up among the attributes. Severity and outcome come as their words,
// times as RFC 3339 text. ok is false when the field is absent.
func (e *Event) Lookup(name string) (v Value, ok bool) {
	c, known := Canonical(name)
	if !known {
		return e.Attr(name)
	}
	if key, found := strings.CutPrefix(c, "attrs."); found {
		return e.Attr(key)
	}
	if f := CoreField(c); f != FieldNone {
		v = e.Core(f)
		return v, v.Kind != KindAbsent
	}
	return e.lookupTyped(c)
}

func (e *Event) lookupTyped(c string) (v Value, ok bool) {
	text := func(s string) (Value, bool) { return Text(s), s != "" }
	number := func(s string) (Value, bool) { return Number(s), s != "" }
	switch c {
	case "id":
		return Text(e.ID.String()), !e.ID.IsZero()
	case "time":
		return Text(FormatTime(e.Time)), e.Time != 0
	case "received":
		return Text(FormatTime(e.Received)), e.Received != 0
	case "severity":
		return Text(e.Severity.String()), true
	case "outcome":
		return text(e.Outcome.String())
	case "raw":
		return text(e.Raw)
	case "tags":
		return Texts(e.Tags...), e.Tags != nil
	case "stream":
		return text(e.Place.Stream)
	case "seq":
		return Int(int64(e.Place.Seq)), e.Place.Seq != 0 //nolint:gosec // counts stay far below 2^63
	case "ord":
		return Int(int64(e.Place.Ord)), e.Place.Ord != 0 //nolint:gosec // counts stay far below 2^63
	case "geo.country":
		return text(e.Geo.Country)
	case "geo.lat":
		return number(e.Geo.Lat)
	case "geo.lon":
		return number(e.Geo.Lon)
	case "as.number":
		return number(e.Geo.AS)
	case "compliance.gdpr_relevant":
		return e.Compliance.GDPR.value()
	case "compliance.pci_scope":
		return e.Compliance.PCI.value()
	case "compliance.hipaa_protected":
		return e.Compliance.HIPAA.value()
	case "compliance.retention_days":
		return Int(int64(e.Compliance.RetentionDays)), e.Compliance.RetentionDays != 0
	default:
		return Value{}, false
	}
}
