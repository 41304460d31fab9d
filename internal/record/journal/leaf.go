// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
)

// hash is a SHA-256 value: a leaf, a node, a root, a commitment, a chain value.
type hash = [sha256.Size]byte

const (
	prefixLeaf   = 0x00 // RFC 9162, 2.1.1
	prefixNode   = 0x01 // RFC 9162, 2.1.1
	prefixCommit = 0x02
	macBytes     = 16
	tagPublic    = "tocsin-pub-1"
	tagMAC       = "evt1"
	tagLost      = "tocsin-lost-1"
)

// publicHash is P = H("tocsin-pub-1" ‖ public bytes). scratch is reused room.
func publicHash(public, scratch []byte) (hash, []byte) {
	scratch = append(scratch[:0], tagPublic...)
	scratch = append(scratch, public...)
	return sha256.Sum256(scratch), scratch
}

// commitment is C_s = H(0x02 ‖ s ‖ r ‖ bytes of slot s).
func commitment(slot int, r *hash, body, scratch []byte) (hash, []byte) {
	scratch = append(scratch[:0], prefixCommit, byte(slot)) //nolint:gosec // 0 or 1
	scratch = append(scratch, r[:]...)
	scratch = append(scratch, body...)
	return sha256.Sum256(scratch), scratch
}

// leafHash is H(0x00 ‖ P ‖ C_0 ‖ C_1): the RFC 9162 leaf hash of 96 bytes.
func leafHash(p, c0, c1 *hash) hash {
	var b [1 + 3*sha256.Size]byte
	b[0] = prefixLeaf
	copy(b[1:], p[:])
	copy(b[1+sha256.Size:], c0[:])
	copy(b[1+2*sha256.Size:], c1[:])
	return sha256.Sum256(b[:])
}

// lostLeaf stands in the tree for an entry that was damaged before its range was
// sealed: H(0x00 ‖ "tocsin-lost-1" ‖ stream ‖ seq).
func lostLeaf(stream string, seq uint64) hash {
	b := make([]byte, 0, 64)
	b = append(b, prefixLeaf)
	b = append(b, tagLost...)
	b = appendShort(b, stream)
	b = binary.BigEndian.AppendUint64(b, seq)
	return sha256.Sum256(b)
}

// hasher makes leaves and MACs of the entries of one range at a time. It keeps
// its room between entries, so that the hot path does not allocate. Not safe for
// concurrent use.
type hasher struct {
	blind   blinder
	scratch []byte
	mac     macState
}

// leaf computes the leaf of entry i of a range from its canonical bytes.
func (h *hasher) leaf(i uint32, public, slot0, slot1 []byte) hash {
	var p, c0, c1 hash
	p, h.scratch = publicHash(public, h.scratch)
	r := h.blind.at(i, 0)
	c0, h.scratch = commitment(0, &r, slot0, h.scratch)
	r = h.blind.at(i, 1)
	c1, h.scratch = commitment(1, &r, slot1, h.scratch)
	return leafHash(&p, &c0, &c1)
}

// leafOf computes the leaf of an event that was read back. room is reused.
func (h *hasher) leafOf(i uint32, e *event.Event, room []byte) (hash, []byte) {
	room = e.AppendPublic(room[:0])
	a := len(room)
	room = e.AppendSlot(room, 0)
	b := len(room)
	room = e.AppendSlot(room, 1)
	return h.leaf(i, room[:a], room[a:b], room[b:]), room
}

// macState is HMAC-SHA-256 over short messages without allocation: both padded
// keys lie in front of their message's place.
type macState struct {
	inner [64 + 256]byte
	outer [64 + sha256.Size]byte
	head  int // where seq begins in inner
}

// reset takes a range's key and stream; a stream's name has at most 64 bytes.
func (m *macState) reset(key *[keyring.KeyBytes]byte, stream string) {
	for i := range 64 {
		var k byte
		if i < len(key) {
			k = key[i]
		}
		m.inner[i], m.outer[i] = k^0x36, k^0x5c
	}
	b := append(m.inner[:64], tagMAC...)
	b = appendShort(b, stream)
	m.head = len(b)
}

// sum is the first 16 bytes of HMAC-SHA-256(K_j, "evt1" ‖ stream ‖ seq ‖ leaf).
func (m *macState) sum(seq uint64, leaf *hash) (mac [macBytes]byte) {
	b := binary.BigEndian.AppendUint64(m.inner[:m.head], seq)
	b = append(b, leaf[:]...)
	in := sha256.Sum256(b)
	copy(m.outer[64:], in[:])
	out := sha256.Sum256(m.outer[:])
	copy(mac[:], out[:])
	return mac
}

// appendShort appends a name after its length in two bytes.
func appendShort(dst []byte, s string) []byte {
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(s))) //nolint:gosec // names are bounded by maxStreamBytes and the keyring
	return append(dst, s...)
}
