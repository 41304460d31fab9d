// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// maxSpread bounds what the records of one text become when each of them is read
// with the resource and the scope that they share.
const maxSpread = 4 << 20

// normalizeOTLP reads logs of OpenTelemetry (opentelemetry/proto/logs/v1): a
// ResourceLogs message, as the input cuts it with one record each, or LogsData in
// OTLP/JSON, as the Collector writes it to files, which may hold several records.
func normalizeOTLP(raw []byte, h *Hint, out []*event.Event) ([]*event.Event, error) {
	before := len(out)
	var err error
	if len(raw) > 0 && raw[0] != '\n' && Detect(raw) == "json" { // a message begins with a tag, which may be \n
		out, err = otlpJSON(raw, h, out)
	} else {
		spread := maxSpread
		out, err = otlpResourceLogs(raw, h, out, &spread)
	}
	if err != nil {
		return out[:before], err
	}
	return out, nil
}

// otlpHead is what the records of one scope share: the encoded Resource and
// InstrumentationScope, each in as many parts as it came, and where their schemas are.
type otlpHead struct {
	resource, scope             [][]byte
	resourceSchema, scopeSchema []byte
	size                        int
}

// otlpResourceLogs reads a ResourceLogs message; spread is what is left of maxSpread.
func otlpResourceLogs(raw []byte, h *Hint, out []*event.Event, spread *int) ([]*event.Event, error) {
	var head otlpHead
	w := wire{b: raw}
	for w.next() {
		switch {
		case w.is(1, protowire.BytesType):
			head.resource = append(head.resource, w.bytes)
			head.size += len(w.bytes)
		case w.is(3, protowire.BytesType):
			head.resourceSchema = w.bytes
		}
	}
	if w.err != nil {
		return out, fmt.Errorf("resource_logs: %w", w.err)
	}
	var err error
	for w = (wire{b: raw}); w.next(); {
		if !w.is(2, protowire.BytesType) {
			continue
		}
		if out, err = otlpScopeLogs(w.bytes, head, h, out, spread); err != nil {
			return out, err
		}
	}
	return out, nil
}

// otlpScopeLogs reads a ScopeLogs message.
func otlpScopeLogs(raw []byte, head otlpHead, h *Hint, out []*event.Event, spread *int) ([]*event.Event, error) {
	w := wire{b: raw}
	for w.next() {
		switch {
		case w.is(1, protowire.BytesType):
			head.scope = append(head.scope, w.bytes)
			head.size += len(w.bytes)
		case w.is(3, protowire.BytesType):
			head.scopeSchema = w.bytes
		}
	}
	if w.err != nil {
		return out, fmt.Errorf("scope_logs: %w", w.err)
	}
	for w = (wire{b: raw}); w.next(); {
		if !w.is(2, protowire.BytesType) {
			continue
		}
		if *spread -= head.size + len(w.bytes); *spread < 0 {
			return out, fmt.Errorf("log_records: with their resource each they are more than %d bytes", maxSpread)
		}
		e, err := otlpRecord(w.bytes, &head, h)
		if err != nil {
			return out, fmt.Errorf("log_records: %w", err)
		}
		out = append(out, e)
	}
	return out, nil
}

// otlpRecord makes the event of one LogRecord.
func otlpRecord(raw []byte, head *otlpHead, h *Hint) (*event.Event, error) {
	mem := h.arena()
	o := otlp{mem: mem, h: h, e: mem.event(), attrs: mem.otlpAttrs[:0]}
	mem.otlpAttrs = nil
	err := o.read(raw)
	if err == nil {
		err = o.readHead(head)
	}
	if err == nil {
		o.settle()
	}
	mem.otlpAttrs = o.attrs[:0]
	if err != nil {
		*o.e = event.Event{}
		return nil, err
	}
	return o.e, nil
}
