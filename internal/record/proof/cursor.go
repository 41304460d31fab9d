// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"crypto/sha256"
	"encoding/binary"
)

// Cursor takes fixed-size and length-prefixed values off the front of bytes from
// disk. It never reads past the end: Bad is set, and stays set, when something is
// missing, and the values are zero from there on.
type Cursor struct {
	B   []byte
	Bad bool
}

// Take takes the next n bytes, nil when there are not as many.
func (r *Cursor) Take(n int) []byte {
	if r.Bad || n < 0 || n > len(r.B) {
		r.Bad = true
		return nil
	}
	p := r.B[:n:n]
	r.B = r.B[n:]
	return p
}

// U8 takes a byte.
func (r *Cursor) U8() byte {
	if p := r.Take(1); p != nil {
		return p[0]
	}
	return 0
}

// U16 takes two bytes, big-endian.
func (r *Cursor) U16() uint16 {
	if p := r.Take(2); p != nil {
		return binary.BigEndian.Uint16(p)
	}
	return 0
}

// U32 takes four bytes, big-endian.
func (r *Cursor) U32() uint32 {
	if p := r.Take(4); p != nil {
		return binary.BigEndian.Uint32(p)
	}
	return 0
}

// U64 takes eight bytes, big-endian.
func (r *Cursor) U64() uint64 {
	if p := r.Take(8); p != nil {
		return binary.BigEndian.Uint64(p)
	}
	return 0
}

// I64 takes eight bytes in two's complement.
func (r *Cursor) I64() int64 { return int64(r.U64()) } //nolint:gosec // two's complement is the format

// Hash takes a hash.
func (r *Cursor) Hash() (h Hash) {
	copy(h[:], r.Take(sha256.Size))
	return h
}

// Short reads a text after its length in two bytes.
func (r *Cursor) Short() string { return string(r.Take(int(r.U16()))) }

// Done tells whether everything was read and nothing was missing.
func (r *Cursor) Done() bool { return !r.Bad && len(r.B) == 0 }
