// SPDX-License-Identifier: Apache-2.0

package window

import (
	"encoding/binary"
	"errors"
	"math"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// ErrSnapshot means that the bytes are no snapshot of this version, or damaged.
var ErrSnapshot = errors.New("damaged or foreign window snapshot")

// reader reads the varints and byte strings of a snapshot; after the first
// damage everything is zero and err is set.
type reader struct {
	b   []byte
	err error
}

func (r *reader) fail() { r.err, r.b = ErrSnapshot, nil }

func (r *reader) uint() uint64 {
	n, size := binary.Uvarint(r.b)
	if size <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[size:]
	return n
}

func (r *reader) int() int64 {
	n, size := binary.Varint(r.b)
	if size <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[size:]
	return n
}

// count reads a number of things of which each takes at least size bytes, so
// that a damaged number cannot make anybody allocate more than the snapshot.
func (r *reader) count(size int) int {
	n := r.uint()
	if n > uint64(len(r.b)/size) { //nolint:gosec // a length is not negative
		r.fail()
		return 0
	}
	return int(n) //nolint:gosec // bounded by the length
}

func (r *reader) text() string {
	n := r.count(1)
	s := string(r.b[:n])
	r.b = r.b[n:]
	return s
}

func (r *reader) id() (id event.ID) {
	if len(r.b) < len(id) {
		r.fail()
		return id
	}
	copy(id[:], r.b)
	r.b = r.b[len(id):]
	return id
}

func (r *reader) float() float64 { return math.Float64frombits(r.uint()) }

func appendText(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

func appendIDs(dst []byte, ids []event.ID) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(ids)))
	for i := range ids {
		dst = append(dst, ids[i][:]...)
	}
	return dst
}

func (r *reader) ids(most int) []event.ID {
	n := r.count(len(event.ID{}))
	if n > most {
		r.fail()
		return nil
	}
	if n == 0 {
		return nil
	}
	ids := make([]event.ID, 0, n)
	for range n {
		ids = append(ids, r.id())
	}
	return ids
}
