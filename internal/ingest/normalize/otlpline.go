// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strings"
	"unsafe"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// readOn reads the body of a record that carries a line of another source: an agent
// read it from a file, and knows nothing about it. The line is then the event, and
// what OpenTelemetry says of it stands around it. A record of which somebody said who
// or what it is about, or that belongs to a trace, is an application's own: its text
// stays text, for there a stranger may have written it.
func (o *otlp) readOn(stated bool) bool {
	e := o.e
	if o.own || o.traced || o.eventName != "" || o.body.text == nil || e.Raw != "" {
		return false
	}
	inner := o.line(e.Message)
	if inner == nil {
		return false
	}
	_, level := inner.Attr("level")
	own := level || inner.Severity != event.Info
	e.Message = ""
	if inner.Service != "" {
		o.service = 0
	}
	if inner.Host != "" {
		o.host = 0
	}
	o.serviceAndHost()
	o.sorted()
	around := envelope{
		time: e.Time, host: e.Host, service: e.Service, attrs: e.Attrs, severity: e.Severity, stated: stated,
	}
	around.around(inner, own)
	inner.OriginID, inner.Marks = e.OriginID, append(e.Marks, inner.Marks...)
	*e = *inner
	o.source()
	return true
}

// line reads a text by its look; nil where it is not of a kind that is known. A line
// without a priority counts only when its program is known.
func (o *otlp) line(text string) *event.Event {
	bare := false
	switch {
	case len(text) > 2 && text[0] == '<' && isDigit(text[1]):
	case bodyLike(text) != nil:
	case len(text) > 16 && (monthOf(text) > 0 && text[3] == ' ' || isDigit(text[0]) && text[4] == '-'):
		bare = true
	default:
		return nil
	}
	h := Hint{Source: o.h.Source, Received: o.h.Received, Zone: o.h.Zone, mem: o.mem}
	var room [1]*event.Event
	// Formats never write to the bytes that they read.
	events, err := normalizeAuto(unsafe.Slice(unsafe.StringData(text), len(text)), &h, room[:0]) //nolint:gosec // G103: as above
	if err != nil || len(events) != 1 {
		return nil
	}
	e := events[0]
	if e.Category == categoryLine && (bare || e.Service == "") && !strings.HasPrefix(text, "{") {
		return nil
	}
	return e
}
