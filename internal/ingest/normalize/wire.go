// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// errWire is broken protobuf.
var errWire = errors.New("broken protobuf")

// wire reads the fields of one protobuf message (the wire format of protobuf.dev),
// each length checked. Fields that nobody knows and groups are passed over.
type wire struct {
	b   []byte
	num protowire.Number
	typ protowire.Type
	// bytes is the value of a field of type bytes, n that of a number.
	bytes []byte
	n     uint64
	err   error
}

// next goes to the next field; false at the end, and where the message is broken.
func (w *wire) next() bool {
	if len(w.b) == 0 || w.err != nil {
		return false
	}
	num, typ, used := protowire.ConsumeTag(w.b)
	if used < 0 {
		return w.fail(used)
	}
	w.b, w.num, w.typ, w.bytes, w.n = w.b[used:], num, typ, nil, 0
	switch typ {
	case protowire.VarintType:
		w.n, used = protowire.ConsumeVarint(w.b)
	case protowire.Fixed64Type:
		w.n, used = protowire.ConsumeFixed64(w.b)
	case protowire.Fixed32Type:
		var n uint32
		n, used = protowire.ConsumeFixed32(w.b)
		w.n = uint64(n)
	case protowire.BytesType:
		w.bytes, used = protowire.ConsumeBytes(w.b)
	default:
		used = protowire.ConsumeFieldValue(num, typ, w.b)
	}
	if used < 0 {
		return w.fail(used)
	}
	w.b = w.b[used:]
	return true
}

func (w *wire) fail(code int) bool {
	w.err = fmt.Errorf("%w: %w", errWire, protowire.ParseError(code))
	return false
}

// is tells whether the field is that one, of that type.
func (w *wire) is(num protowire.Number, typ protowire.Type) bool { return w.num == num && w.typ == typ }
