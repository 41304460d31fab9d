// SPDX-License-Identifier: Apache-2.0

package input

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// errProtobuf is a body that is no ExportLogsServiceRequest.
var errProtobuf = errors.New("no ExportLogsServiceRequest in protobuf")

// otlpWire is the protobuf encoding. An ExportLogsServiceRequest
// (opentelemetry/proto/collector/logs/v1) is cut into ResourceLogs messages. The bytes
// of resource, scope and record are copied as they are; what is in them is for the
// format to say.
func otlpWire() otlpForm {
	inner := func(scope, record []byte) int {
		return len(scope) + protowire.SizeTag(2) + protowire.SizeBytes(len(record))
	}
	return otlpForm{
		cut: cutOTLP,
		size: func(resource, scope, record []byte) int {
			return len(resource) + protowire.SizeTag(2) + protowire.SizeBytes(inner(scope, record))
		},
		write: func(dst, resource, scope, record []byte) []byte {
			dst = append(dst, resource...)
			dst = protowire.AppendTag(dst, 2, protowire.BytesType)
			dst = protowire.AppendVarint(dst, uint64(inner(scope, record))) //nolint:gosec // a length
			dst = append(dst, scope...)
			dst = protowire.AppendTag(dst, 2, protowire.BytesType)
			return protowire.AppendBytes(dst, record)
		},
	}
}

func cutOTLP(body []byte, take otlpTake) error {
	return eachBytes(body, 1, func(logs []byte) error {
		resource, err := without(logs, 2)
		if err != nil {
			return err
		}
		return eachBytes(logs, 2, func(scoped []byte) error {
			scope, err := without(scoped, 2)
			if err != nil {
				return err
			}
			return eachBytes(scoped, 2, func(record []byte) error { return take(resource, scope, record) })
		})
	})
}

// eachBytes calls f with each value of a field of type bytes of a message.
func eachBytes(message []byte, num protowire.Number, f func(value []byte) error) error {
	for len(message) > 0 {
		have, typ, tag, size, err := field(message)
		if err != nil {
			return err
		}
		if have == num && typ == protowire.BytesType {
			value, _ := protowire.ConsumeBytes(message[tag:])
			if err := f(value); err != nil {
				return err
			}
		}
		message = message[size:]
	}
	return nil
}

// without returns the fields of a message but those of that number.
func without(message []byte, num protowire.Number) (dst []byte, err error) {
	for len(message) > 0 {
		have, _, _, size, err := field(message)
		if err != nil {
			return dst, err
		}
		if have != num {
			dst = append(dst, message[:size]...)
		}
		message = message[size:]
	}
	return dst, nil
}

// field returns the first field of a message: its number and type, and how long its
// tag and all of it are.
func field(message []byte) (num protowire.Number, typ protowire.Type, tag, size int, err error) {
	num, typ, tag = protowire.ConsumeTag(message)
	if tag < 0 {
		return 0, 0, 0, 0, fmt.Errorf("%w: %w: %w", errShape, errProtobuf, protowire.ParseError(tag))
	}
	n := protowire.ConsumeFieldValue(num, typ, message[tag:])
	if n < 0 {
		return 0, 0, 0, 0, fmt.Errorf("%w: %w: %w", errShape, errProtobuf, protowire.ParseError(n))
	}
	return num, typ, tag, tag + n, nil
}
