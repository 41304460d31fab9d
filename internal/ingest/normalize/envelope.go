// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// envelope is what stands around a record: the header of a line, or the members of
// an object that carries the record in one of them.
type envelope struct {
	// time, host and service are told where the record tells none; 0 and "" are
	// nothing.
	time          int64
	host, service string
	// severity counts where stated is set and the record names none.
	severity event.Severity
	stated   bool
	// attrs are the envelope's own, in any order. Where the record has one of the same
	// name, the envelope's is kept as envelope.<name>; so is its level beside a severity
	// of the record.
	attrs []event.Attr
}

// Around adds to the events of a record what stands around all records of a batch.
func Around(events []*event.Event, host string, attrs []event.Attr) {
	v := envelope{host: host, attrs: attrs}
	for _, e := range events {
		v.around(e, false)
	}
}

// around adds to the event of a record what only its envelope tells. own says that
// the record names a severity.
func (v *envelope) around(e *event.Event, own bool) {
	if e.Time == 0 {
		e.Time = v.time
	}
	if e.Host == "" && v.host != "" {
		e.SetCore(event.FieldHost, v.host)
	}
	if e.Service == "" && v.service != "" {
		e.SetCore(event.FieldService, v.service)
	}
	if v.stated && !own {
		e.Severity = v.severity
	}
	for _, a := range v.attrs {
		key := a.Key
		if _, taken := e.Attr(key); taken || own && key == "level" {
			if key = "envelope." + key; len(key) > event.MaxKeyBytes {
				continue
			}
		}
		e.SetAttr(key, a.Value)
	}
}
