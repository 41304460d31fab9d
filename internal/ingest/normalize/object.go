// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strings"
	"unsafe"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// readObject reads a JSON object that is the body of a line, also behind the cookie
// @cee: of rsyslog and syslog-ng. What the object says wins over the header.
func readObject(l *line, body string) bool {
	text := strings.TrimLeft(strings.TrimPrefix(body, "@cee:"), " ")
	if !strings.HasPrefix(text, "{") {
		return false
	}
	h := Hint{Source: l.h.Source, Received: l.h.Received, Zone: l.h.Zone, mem: l.h.arena()}
	var room [1]*event.Event
	// Formats never write to the bytes that they read.
	events, err := normalizeJSON(unsafe.Slice(unsafe.StringData(text), len(text)), &h, room[:0]) //nolint:gosec // G103: as above
	if err != nil || len(events) != 1 {
		return false
	}
	inner, head := events[0], envelope{
		time: l.e.Time, host: l.e.Host, service: l.program, attrs: l.attrs, severity: l.e.Severity, stated: l.stated,
	}
	raw, marks := l.e.Raw, l.e.Marks
	head.around(inner, h.mem.reader.statedSeverity())
	*l.e = *inner
	if l.e.Raw == "" {
		l.e.Raw = raw
	}
	l.e.Marks = append(marks, l.e.Marks...)
	l.attrs = append(l.attrs[:0], inner.Attrs...)
	return true
}

// statedSeverity tells whether the object that was read last names a severity or a
// level, by our names or by those of its dialect.
func (r *reader) statedSeverity() bool {
	return r.severity.Text != "" || r.level.Text != "" || r.found
}
