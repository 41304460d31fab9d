// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"crypto/sha256"
	"encoding/binary"
)

// cursor takes fixed-size and length-prefixed values off the front of bytes from
// disk. It never reads past the end: bad is set, and stays set, when something is
// missing, and the values are zero from there on.
type cursor struct {
	b   []byte
	bad bool
}

func (r *cursor) take(n int) []byte {
	if r.bad || n < 0 || n > len(r.b) {
		r.bad = true
		return nil
	}
	p := r.b[:n:n]
	r.b = r.b[n:]
	return p
}

func (r *cursor) u8() byte {
	if p := r.take(1); p != nil {
		return p[0]
	}
	return 0
}

func (r *cursor) u16() uint16 {
	if p := r.take(2); p != nil {
		return binary.BigEndian.Uint16(p)
	}
	return 0
}

func (r *cursor) u32() uint32 {
	if p := r.take(4); p != nil {
		return binary.BigEndian.Uint32(p)
	}
	return 0
}

func (r *cursor) u64() uint64 {
	if p := r.take(8); p != nil {
		return binary.BigEndian.Uint64(p)
	}
	return 0
}

func (r *cursor) i64() int64 { return int64(r.u64()) } //nolint:gosec // two's complement is the format

func (r *cursor) hash() (h hash) {
	copy(h[:], r.take(sha256.Size))
	return h
}

// short reads a text after its length in two bytes.
func (r *cursor) short() string { return string(r.take(int(r.u16()))) }

func (r *cursor) link() link { return link{Batch: r.u64(), Ord: r.u64(), Chain: r.hash()} }

// done tells whether everything was read and nothing was missing.
func (r *cursor) done() bool { return !r.bad && len(r.b) == 0 }
