// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
)

const (
	headerMagic   = "TCSNRNG1"
	headerVersion = 1
	metaMagic     = "TCSNMETA"
	metaVersion   = 1
	tagHeaderMAC  = "hdr1"
)

var errMeta = errors.New("malformed segment meta")

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

	Root     hash // Merkle tree hash of the range's leaves
	Previous hash // leaf hash of the stream's previous header, zero for the first
	Epoch    uint32
	Ratchet  uint64 // j of the MAC key
	Dropped  uint64 // events that were refused since the start of the journal
	SealedAt int64
}

// Last is the seq of the range's last entry.
func (h *Header) Last() uint64 { return h.First + uint64(h.Count) - 1 }

func (h *Header) append(b []byte) []byte {
	b = append(b, headerMagic...)
	b = binary.BigEndian.AppendUint32(b, headerVersion)
	b = appendShort(b, h.Origin)
	b = appendShort(b, h.Stream)
	b = appendShort(b, h.Class)
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

// leaf is the header's RFC 9162 leaf hash.
func (h *Header) leaf() hash { return sha256.Sum256(h.append([]byte{prefixLeaf})) }

// mac is HMAC-SHA-256(K_j, "hdr1" ‖ leaf of the header), whole.
func (h *Header) mac(key *[keyring.KeyBytes]byte) (mac hash) {
	leaf := h.leaf()
	m := hmac.New(sha256.New, key[:])
	m.Write([]byte(tagHeaderMAC))
	m.Write(leaf[:])
	m.Sum(mac[:0])
	return mac
}

func readHeader(r *cursor) (h Header) {
	if string(r.take(len(headerMagic))) != headerMagic || r.u32() != headerVersion {
		r.bad = true
	}
	h.Origin, h.Stream, h.Class = r.short(), r.short(), r.short()
	h.Number, h.First, h.Count, h.Lost = r.u64(), r.u64(), r.u32(), r.u32()
	h.FirstOrd, h.LastOrd = r.u64(), r.u64()
	h.MinReceived, h.MaxReceived, h.MinTime, h.MaxTime = r.i64(), r.i64(), r.i64(), r.i64()
	h.Root, h.Previous = r.hash(), r.hash()
	h.Epoch, h.Ratchet, h.Dropped, h.SealedAt = r.u32(), r.u64(), r.u64(), r.i64()
	if !validStream(h.Stream) || h.Number == 0 || h.First == 0 || h.Count == 0 || h.Count > maxRangeEntries || h.Lost > h.Count {
		r.bad = true
	}
	return h
}

// meta is what a segment file holds beside the events of its range.
type meta struct {
	Header Header
	MAC    hash // of the header
	Seed   hash // of the blinders
	// Lost are the numbers in the range of the entries that are not there.
	Lost []uint32
}

func (m *meta) encode() []byte {
	b := append([]byte(nil), metaMagic...)
	b = binary.BigEndian.AppendUint32(b, metaVersion)
	b = m.Header.append(b)
	b = append(b, m.MAC[:]...)
	b = append(b, m.Seed[:]...)
	for _, i := range m.Lost {
		b = binary.BigEndian.AppendUint32(b, i)
	}
	return b
}

func decodeMeta(raw []byte) (m meta, err error) {
	r := cursor{b: raw}
	if string(r.take(len(metaMagic))) != metaMagic || r.u32() != metaVersion {
		return m, fmt.Errorf("%w: magic or version", errMeta)
	}
	m.Header = readHeader(&r)
	m.MAC, m.Seed = r.hash(), r.hash()
	if r.bad || len(r.b) != 4*int(m.Header.Lost) {
		return m, errMeta
	}
	for i := range m.Header.Lost {
		n := r.u32()
		if n >= m.Header.Count || i > 0 && n <= m.Lost[i-1] {
			return m, fmt.Errorf("%w: list of lost entries", errMeta)
		}
		m.Lost = append(m.Lost, n)
	}
	return m, nil
}
