// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
)

const (
	headerMagic   = "TCSNRNG1"
	headerVersion = 1
)

// Header describes a sealed range of a stream. It is kept for ever. Times are
// nanoseconds since 1970 UTC.
type Header struct {
	Origin   string
	Stream   string
	Class    string
	Number   uint64 // of the range in its stream, from 1
	First    uint64 // seq of the first entry; First+Count is the next range's
	Count    uint32
	Lost     uint32 // how many of Count were damaged before the seal
	FirstOrd uint64
	LastOrd  uint64

	MinReceived, MaxReceived int64
	MinTime, MaxTime         int64

	Root     Hash // Merkle tree hash of the range's leaves
	Previous Hash // leaf hash of the stream's previous header, zero for the first
	Epoch    uint32
	Ratchet  uint64 // j of the MAC key
	Dropped  uint64 // events that were refused since the start of the journal
	SealedAt int64
}

// Last is the seq of the range's last entry.
func (h *Header) Last() uint64 { return h.First + uint64(h.Count) - 1 }

// Append appends the header's bytes; docs/journal-format.md has them.
func (h *Header) Append(b []byte) []byte {
	b = append(b, headerMagic...)
	b = binary.BigEndian.AppendUint32(b, headerVersion)
	b = AppendShort(b, h.Origin)
	b = AppendShort(b, h.Stream)
	b = AppendShort(b, h.Class)
	b = binary.BigEndian.AppendUint64(b, h.Number)
	b = binary.BigEndian.AppendUint64(b, h.First)
	b = binary.BigEndian.AppendUint32(b, h.Count)
	b = binary.BigEndian.AppendUint32(b, h.Lost)
	b = binary.BigEndian.AppendUint64(b, h.FirstOrd)
	b = binary.BigEndian.AppendUint64(b, h.LastOrd)
	for _, t := range [...]int64{h.MinReceived, h.MaxReceived, h.MinTime, h.MaxTime} {
		b = binary.BigEndian.AppendUint64(b, uint64(t)) //nolint:gosec // two's complement is the format
	}
	b = append(b, h.Root[:]...)
	b = append(b, h.Previous[:]...)
	b = binary.BigEndian.AppendUint32(b, h.Epoch)
	b = binary.BigEndian.AppendUint64(b, h.Ratchet)
	b = binary.BigEndian.AppendUint64(b, h.Dropped)
	return binary.BigEndian.AppendUint64(b, uint64(h.SealedAt)) //nolint:gosec // two's complement is the format
}

// Leaf is the header's RFC 9162 leaf hash.
func (h *Header) Leaf() Hash { return sha256.Sum256(h.Append([]byte{prefixLeaf})) }

// ReadHeader takes a header off the front; r.Bad tells that there was none.
func ReadHeader(r *Cursor) (h Header) {
	if string(r.Take(len(headerMagic))) != headerMagic || r.U32() != headerVersion {
		r.Bad = true
	}
	h.Origin, h.Stream, h.Class = r.Short(), r.Short(), r.Short()
	h.Number, h.First, h.Count, h.Lost = r.U64(), r.U64(), r.U32(), r.U32()
	h.FirstOrd, h.LastOrd = r.U64(), r.U64()
	h.MinReceived, h.MaxReceived, h.MinTime, h.MaxTime = r.I64(), r.I64(), r.I64(), r.I64()
	h.Root, h.Previous = r.Hash(), r.Hash()
	h.Epoch, h.Ratchet, h.Dropped, h.SealedAt = r.U32(), r.U64(), r.U64(), r.I64()
	if !ValidStream(h.Stream) || h.Number == 0 || h.First == 0 || h.First > math.MaxInt64-MaxRangeEntries || h.Count == 0 || h.Count > MaxRangeEntries || h.Lost > h.Count ||
		h.Ratchet >= h.Number { // each range takes the next key: a larger j would only cost whoever derives it
		r.Bad = true
	}
	return h
}

// MaxStreamBytes bounds a stream's name, which is part of file names too.
const MaxStreamBytes = 64

// ValidStream tells whether a stream's name may be used: it is part of a path.
func ValidStream(s string) bool {
	if s == "" || len(s) > MaxStreamBytes {
		return false
	}
	for i, c := range []byte(s) {
		alnum := c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
		if !alnum && (i == 0 || c != '-' && c != '_' && c != '.') {
			return false
		}
	}
	return true
}
