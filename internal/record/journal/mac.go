// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
	"github.com/tocsin-siem/tocsin/internal/ground/sha256mb"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

const (
	macBytes     = 16
	tagMAC       = "evt1"
	tagHeaderMAC = "hdr1"
)

// hasher makes leaves and MACs of the entries of one range at a time. Not safe
// for concurrent use.
type hasher struct {
	proof.Hasher
	mac macState
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
	b = proof.AppendShort(b, stream)
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

// macBatch makes the MACs of many entries of one range at once, those of macState.
// Not safe for concurrent use.
type macBatch struct {
	inner, outer sha256mb.Prefix
	stream       string
	in, out      sha256mb.Batch
	sums         []hash
}

// reset takes a range's key and stream, and forgets what was added.
func (m *macBatch) reset(key *[keyring.KeyBytes]byte, stream string) {
	var inner, outer [sha256.BlockSize]byte
	for i := range inner {
		var k byte
		if i < len(key) {
			k = key[i]
		}
		inner[i], outer[i] = k^0x36, k^0x5c
	}
	m.inner.Set(&inner)
	m.outer.Set(&outer)
	m.stream = stream
	m.in.Reset(&m.inner)
}

// forget wipes the key.
func (m *macBatch) forget() { m.inner, m.outer = sha256mb.Prefix{}, sha256mb.Prefix{} }

// add takes the next entry.
func (m *macBatch) add(seq uint64, leaf *hash) {
	room := proof.AppendShort(append(m.in.Room(), tagMAC...), m.stream)
	room = binary.BigEndian.AppendUint64(room, seq)
	m.in.Add(append(room, leaf[:]...))
}

// sum returns the MACs of the entries that were added, in their order, in the first
// macBytes of each hash, and forgets them. The result is valid until the next call.
func (m *macBatch) sum() []hash {
	n := m.in.Len()
	m.sums = slices.Grow(m.sums[:0], n)[:n]
	m.in.Sum(m.sums)
	m.out.Reset(&m.outer)
	for i := range m.sums {
		m.out.Add(append(m.out.Room(), m.sums[i][:]...))
	}
	m.out.Sum(m.sums)
	m.in.Reset(&m.inner)
	return m.sums
}

// headerMAC is HMAC-SHA-256(K_j, "hdr1" ‖ leaf of the header), whole.
func headerMAC(h *Header, key *[keyring.KeyBytes]byte) (mac hash) {
	leaf := h.Leaf()
	m := hmac.New(sha256.New, key[:])
	m.Write([]byte(tagHeaderMAC))
	m.Write(leaf[:])
	m.Sum(mac[:0])
	return mac
}
