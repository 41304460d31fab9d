// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// otlp is a LogRecord while it is read. Attributes are collected as they come and
// given to the event at the end (otlpfill.go).
type otlp struct {
	mem   *arena
	h     *Hint
	e     *event.Event
	attrs []otlpAttr

	observed      int64
	number        uint64 // the severity's, 0 for none
	level         string
	eventName     string
	body          otlpBody
	traced        bool // the record belongs to a trace
	own           bool // the record's attributes say who or what
	service, host int  // where service.name and host.name of the resource are, + 1
}

// otlpBody is a body that is no map.
type otlpBody struct {
	text  []byte // of a text, or of bytes
	value event.Value
}

// otlpAttr is an attribute before it is sorted in.
type otlpAttr struct {
	event.Attr
	from   otlpPlace
	joined bool // the value is a list of the values that came under one name
}

// otlpPlace says where an attribute stood. The earlier place keeps the name where
// two have the same.
type otlpPlace uint8

const (
	otlpOwn otlpPlace = iota
	otlpScope
	otlpResource
	otlpAttribute
	otlpInBody
)

// prefix makes the name under which the later of two attributes is kept.
func (p otlpPlace) prefix() string {
	switch p {
	case otlpInBody:
		return "body."
	case otlpScope:
		return "scope."
	case otlpResource:
		return "resource."
	default:
		return "attributes."
	}
}

func (o *otlp) add(key string, v event.Value, from otlpPlace) {
	o.attrs = append(o.attrs, otlpAttr{Attr: event.Attr{Key: key, Value: v}, from: from})
}

// text returns a text; what is not UTF-8 in it becomes U+FFFD, and a mark says so.
func (o *otlp) text(b []byte, field string) string {
	if utf8.Valid(b) {
		return alias(b)
	}
	o.e.Marks = append(o.e.Marks, event.Mark{Kind: event.MarkInvalidUTF8, Field: field, Length: int64(len(b))})
	return validUTF8(b)
}

// read reads the LogRecord message.
func (o *otlp) read(raw []byte) error {
	w := wire{b: raw}
	for w.next() {
		switch {
		case w.is(1, protowire.Fixed64Type):
			o.e.Time = o.nanos(w.n, "time")
		case w.is(11, protowire.Fixed64Type):
			o.observed = o.nanos(w.n, "observed_time")
		case w.is(2, protowire.VarintType):
			o.number = w.n
		case w.is(3, protowire.BytesType):
			o.level = o.text(w.bytes, "severity")
		case w.is(5, protowire.BytesType):
			if err := o.readBody(w.bytes); err != nil {
				return err
			}
		case w.is(6, protowire.BytesType):
			if err := o.keyValue("", w.bytes, 1, otlpAttribute); err != nil {
				return fmt.Errorf("attributes: %w", err)
			}
		case w.is(7, protowire.VarintType) && w.n != 0:
			o.add("dropped_attributes_count", event.Int(int64(w.n&math.MaxUint32)), otlpOwn)
		case w.is(8, protowire.Fixed32Type) && w.n != 0:
			o.add("trace_flags", event.Int(int64(w.n)), otlpOwn) //nolint:gosec // 32 bits
		case w.is(9, protowire.BytesType) && len(w.bytes) > 0:
			o.traced = true
			o.add("trace_id", event.Text(hex.EncodeToString(w.bytes)), otlpOwn)
		case w.is(10, protowire.BytesType) && len(w.bytes) > 0:
			o.add("span_id", event.Text(hex.EncodeToString(w.bytes)), otlpOwn)
		case w.is(12, protowire.BytesType):
			o.eventName = o.text(w.bytes, "event_name")
		}
	}
	return w.err
}

// nanos checks a time; 0 is none.
func (o *otlp) nanos(n uint64, field string) int64 {
	if n <= uint64(event.MaxTime) {
		return int64(n)
	}
	text := event.Value{Kind: event.KindNumber, Text: strconv.FormatUint(n, 10)}
	o.add(field+"_text", text, otlpOwn)
	o.e.Marks = append(o.e.Marks, event.Mark{Kind: event.MarkInvalid, Field: "time", Detail: text.Text})
	return 0
}

// readBody reads the body: the members of a map are attributes.
func (o *otlp) readBody(raw []byte) error {
	num, b, n, err := oneOf(raw)
	if err != nil {
		return fmt.Errorf("body: %w", err)
	}
	o.body = otlpBody{}
	switch num {
	case anyText, anyBytes:
		o.body.text = b
	case anyMap:
		if err := o.pairs("", b, 1, otlpInBody); err != nil {
			return fmt.Errorf("body: %w", err)
		}
	case anyArray:
		text, err := o.appendList(nil, b, 2)
		if err != nil {
			return fmt.Errorf("body: %w", err)
		}
		o.body.value = event.Text(alias(text))
	default:
		if o.body.value, err = o.value(num, b, n, 1); err != nil {
			return fmt.Errorf("body: %w", err)
		}
	}
	return nil
}

// readHead reads what the record shares with others.
func (o *otlp) readHead(head *otlpHead) error {
	for _, raw := range head.scope {
		w := wire{b: raw}
		for w.next() {
			switch {
			case w.is(1, protowire.BytesType) && len(w.bytes) > 0:
				o.add("scope.name", event.Text(o.text(w.bytes, "scope.name")), otlpScope)
			case w.is(2, protowire.BytesType) && len(w.bytes) > 0:
				o.add("scope.version", event.Text(o.text(w.bytes, "scope.version")), otlpScope)
			case w.is(3, protowire.BytesType):
				if err := o.keyValue("scope.", w.bytes, 1, otlpScope); err != nil {
					return fmt.Errorf("scope: %w", err)
				}
			}
		}
		if w.err != nil {
			return fmt.Errorf("scope: %w", w.err)
		}
	}
	for _, raw := range head.resource {
		w := wire{b: raw}
		for w.next() {
			if !w.is(1, protowire.BytesType) {
				continue
			}
			if err := o.keyValue("resource.", w.bytes, 1, otlpResource); err != nil {
				return fmt.Errorf("resource: %w", err)
			}
		}
		if w.err != nil {
			return fmt.Errorf("resource: %w", w.err)
		}
	}
	if len(head.scopeSchema) > 0 {
		o.add("scope.schema_url", event.Text(o.text(head.scopeSchema, "scope.schema_url")), otlpScope)
	}
	if len(head.resourceSchema) > 0 {
		o.add("resource.schema_url", event.Text(o.text(head.resourceSchema, "resource.schema_url")), otlpResource)
	}
	return nil
}
