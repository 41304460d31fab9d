// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"crypto/sha256"
	"encoding/binary"
)

// Hash is a SHA-256 value: a leaf, a node, a root, a commitment, a seed.
type Hash = [sha256.Size]byte

const (
	prefixLeaf   = 0x00 // RFC 9162, 2.1.1
	prefixNode   = 0x01 // RFC 9162, 2.1.1
	prefixCommit = 0x02

	tagPublic = "tocsin-pub-1"
	tagLost   = "tocsin-lost-1"
)

// publicHash is P = H("tocsin-pub-1" ‖ public bytes). scratch is reused room.
func publicHash(public, scratch []byte) (Hash, []byte) {
	scratch = append(scratch[:0], tagPublic...)
	scratch = append(scratch, public...)
	return sha256.Sum256(scratch), scratch
}

// commitment is C_s = H(0x02 ‖ s ‖ r ‖ bytes of slot s).
func commitment(slot int, r *Hash, body, scratch []byte) (Hash, []byte) {
	scratch = append(scratch[:0], prefixCommit, byte(slot)) //nolint:gosec // 0 or 1
	scratch = append(scratch, r[:]...)
	scratch = append(scratch, body...)
	return sha256.Sum256(scratch), scratch
}

// Commitment is C_s = H(0x02 ‖ s ‖ r ‖ canonical bytes of slot s).
func Commitment(slot int, r *Hash, body []byte) Hash {
	c, _ := commitment(slot, r, body, nil)
	return c
}

// EntryLeaf is the leaf of an entry from its public bytes and its commitments.
func EntryLeaf(public []byte, c0, c1 *Hash) Hash {
	p, _ := publicHash(public, nil)
	return leafHash(&p, c0, c1)
}

// leafHash is H(0x00 ‖ P ‖ C_0 ‖ C_1): the RFC 9162 leaf hash of 96 bytes.
func leafHash(p, c0, c1 *Hash) Hash {
	var b [1 + 3*sha256.Size]byte
	b[0] = prefixLeaf
	copy(b[1:], p[:])
	copy(b[1+sha256.Size:], c0[:])
	copy(b[1+2*sha256.Size:], c1[:])
	return sha256.Sum256(b[:])
}

// LostLeaf stands in the tree for an entry that was damaged before its range was
// sealed: H(0x00 ‖ "tocsin-lost-1" ‖ text16 stream ‖ u64 seq).
func LostLeaf(stream string, seq uint64) Hash {
	b := make([]byte, 0, 128)
	b = append(b, prefixLeaf)
	b = append(b, tagLost...)
	b = AppendShort(b, stream)
	b = binary.BigEndian.AppendUint64(b, seq)
	return sha256.Sum256(b)
}

// NodeHash is H(0x01 ‖ left ‖ right), a node of an RFC 9162 tree.
func NodeHash(left, right *Hash) Hash {
	var b [1 + 2*sha256.Size]byte
	b[0] = prefixNode
	copy(b[1:], left[:])
	copy(b[1+sha256.Size:], right[:])
	return sha256.Sum256(b[:])
}

// AppendShort appends a name after its length in two bytes.
func AppendShort(dst []byte, s string) []byte {
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(s))) //nolint:gosec // names are bounded by MaxStreamBytes and the keyring
	return append(dst, s...)
}
