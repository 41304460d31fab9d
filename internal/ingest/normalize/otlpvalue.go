// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// The members of AnyValue (opentelemetry/proto/common/v1).
const (
	anyNone   protowire.Number = 0
	anyText   protowire.Number = 1
	anyBool   protowire.Number = 2
	anyInt    protowire.Number = 3
	anyDouble protowire.Number = 4
	anyArray  protowire.Number = 5
	anyMap    protowire.Number = 6
	anyBytes  protowire.Number = 7
)

var errTooDeep = fmt.Errorf("more than %d levels deep", event.MaxDepth)

// oneOf reads an AnyValue: which member it has, the last one where there are
// several, and its bytes or number.
func oneOf(raw []byte) (num protowire.Number, b []byte, n uint64, err error) {
	w := wire{b: raw}
	for w.next() {
		want := protowire.BytesType
		switch w.num {
		case anyBool, anyInt:
			want = protowire.VarintType
		case anyDouble:
			want = protowire.Fixed64Type
		case anyText, anyArray, anyMap, anyBytes:
		default:
			continue
		}
		if w.typ == want {
			num, b, n = w.num, w.bytes, w.n
		}
	}
	return num, b, n, w.err
}

// keyValue reads a KeyValue message into the attributes; before stands before its key.
func (o *otlp) keyValue(before string, raw []byte, depth int, from otlpPlace) error {
	key, value, err := o.pair(raw)
	switch {
	case err != nil:
		return err
	case key == "":
		return errors.New("empty name")
	case len(before)+len(key) > event.MaxKeyBytes:
		return fmt.Errorf("%s%.40s…: name of %d bytes, at most %d are allowed", before, key, len(before)+len(key), event.MaxKeyBytes)
	case depth > event.MaxDepth:
		return fmt.Errorf("%s%s: %w", before, key, errTooDeep)
	}
	if before != "" {
		var room [event.MaxKeyBytes]byte
		key = o.mem.intern(append(append(room[:0], before...), key...))
	}
	num, b, n, err := oneOf(value)
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	if num == anyMap {
		return o.pairs(key+".", b, depth+1, from)
	}
	v, err := o.value(num, b, n, depth)
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	o.add(key, v, from)
	return nil
}

// pair reads the key and the value of a KeyValue message.
func (o *otlp) pair(raw []byte) (key string, value []byte, err error) {
	w := wire{b: raw}
	for w.next() {
		switch {
		case w.is(1, protowire.BytesType):
			key = o.text(w.bytes, "attrs")
		case w.is(2, protowire.BytesType):
			value = w.bytes
		}
	}
	return key, value, w.err
}

// pairs reads the members of a KeyValueList into the attributes.
func (o *otlp) pairs(before string, raw []byte, depth int, from otlpPlace) error {
	w := wire{b: raw}
	for w.next() {
		if !w.is(1, protowire.BytesType) {
			continue
		}
		if err := o.keyValue(before, w.bytes, depth, from); err != nil {
			return err
		}
	}
	return w.err
}

// value makes the value of what oneOf found. A map in a list is kept as JSON text.
func (o *otlp) value(num protowire.Number, b []byte, n uint64, depth int) (event.Value, error) {
	switch num {
	case anyText:
		return event.Text(o.text(b, "attrs")), nil
	case anyBool:
		return event.Bool(n != 0), nil
	case anyInt:
		return event.Int(int64(n)), nil //nolint:gosec // the wire has it so
	case anyDouble:
		f := math.Float64frombits(n)
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return event.Text(strconv.FormatFloat(f, 'g', -1, 64)), nil
		}
		return event.Float(f), nil
	case anyBytes:
		return event.Text(base64.StdEncoding.EncodeToString(b)), nil
	case anyArray:
		return o.list(b, depth+1)
	case anyMap:
		text, err := o.appendMap(nil, b, depth+1)
		return event.Text(alias(text)), err
	default:
		return event.Null(), nil
	}
}

// list reads an ArrayValue.
func (o *otlp) list(raw []byte, depth int) (event.Value, error) {
	v := event.Value{Kind: event.KindList}
	if depth > event.MaxDepth {
		return v, errTooDeep
	}
	w := wire{b: raw}
	for w.next() {
		if !w.is(1, protowire.BytesType) {
			continue
		}
		num, b, n, err := oneOf(w.bytes)
		if err != nil {
			return v, err
		}
		m, err := o.value(num, b, n, depth)
		if err != nil {
			return v, err
		}
		v.List = append(v.List, m)
	}
	return v, w.err
}

// appendMap writes a KeyValueList as JSON.
func (o *otlp) appendMap(dst, raw []byte, depth int) ([]byte, error) {
	if depth > event.MaxDepth {
		return dst, errTooDeep
	}
	dst = append(dst, '{')
	start := len(dst)
	w := wire{b: raw}
	for w.next() {
		if !w.is(1, protowire.BytesType) {
			continue
		}
		key, value, err := o.pair(w.bytes)
		if err != nil {
			return dst, err
		}
		if len(dst) > start {
			dst = append(dst, ',')
		}
		dst = append(event.Text(key).AppendJSON(dst), ':')
		if dst, err = o.appendAny(dst, value, depth); err != nil {
			return dst, err
		}
	}
	return append(dst, '}'), w.err
}

// appendAny writes an AnyValue as JSON.
func (o *otlp) appendAny(dst, raw []byte, depth int) ([]byte, error) {
	num, b, n, err := oneOf(raw)
	switch {
	case err != nil:
		return dst, err
	case num == anyMap:
		return o.appendMap(dst, b, depth+1)
	case num == anyArray:
		return o.appendList(dst, b, depth+1)
	}
	v, err := o.value(num, b, n, depth)
	return v.AppendJSON(dst), err
}

// appendList writes an ArrayValue as JSON.
func (o *otlp) appendList(dst, raw []byte, depth int) ([]byte, error) {
	if depth > event.MaxDepth {
		return dst, errTooDeep
	}
	dst = append(dst, '[')
	start := len(dst)
	w := wire{b: raw}
	for w.next() {
		if !w.is(1, protowire.BytesType) {
			continue
		}
		if len(dst) > start {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = o.appendAny(dst, w.bytes, depth); err != nil {
			return dst, err
		}
	}
	return append(dst, ']'), w.err
}
