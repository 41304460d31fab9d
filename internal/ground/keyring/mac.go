// SPDX-License-Identifier: Apache-2.0

package keyring

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
)

// MaxRatchet bounds j: no stream has that many ranges, and a number out of a forged
// file must not keep the processor busy for ever.
const MaxRatchet = math.MaxUint32

const (
	// maxMarks is how many keys of a chain are kept, so that a key between them is
	// not far: at most MaxRatchet/maxMarks steps, and one step from the key before.
	maxMarks = 4096
	// maxChains bounds the chains that are kept, for stream names come from files.
	maxChains = 1024
)

// Key returns K_j of a stream in an epoch, the MAC key of one range. K_0 is
// HKDF-SHA256 of the epoch's root with no salt and the info "tocsin/mac/1", then
// origin and stream, each after its length in two bytes, then the epoch in four;
// K_{j+1} is Ratchet(K_j). ErrNoAnchor when the root is not at hand, ErrAway when
// it was exported and the key is not needed here any more. Keys on the way are
// kept: the next j costs one step, any other the way from a key that is kept, and
// only the first call for a j far off is slow.
func (r *Ring) Key(epoch uint32, stream string, j uint64) ([KeyBytes]byte, error) {
	if j > MaxRatchet {
		return [KeyBytes]byte{}, fmt.Errorf("range key %d of stream %s: a number beyond %d", j, stream, uint64(MaxRatchet))
	}
	r.macs.Lock()
	defer r.macs.Unlock()
	id := chainID{epoch, stream}
	c := r.chains[id]
	if c == nil {
		at, err := r.base(epoch, stream)
		if err != nil {
			return [KeyBytes]byte{}, err
		}
		if len(r.chains) >= maxChains {
			clear(r.chains)
		}
		if r.chains == nil {
			r.chains = map[chainID]*chain{}
		}
		c = newChain(at.j, at.key)
		r.chains[id] = c
	}
	if j < c.from {
		return [KeyBytes]byte{}, fmt.Errorf("range key %d of stream %s, epoch %d: %w", j, stream, epoch, ErrAway)
	}
	return c.key(j), nil
}

// base is the lowest key of a stream that the ring has: K_0 with the root of the
// epoch, that of the ratchet without. The caller holds macs.
func (r *Ring) base(epoch uint32, stream string) (link, error) {
	if epoch == 0 || int64(epoch) > int64(len(r.roots)) {
		return link{}, fmt.Errorf("epoch %d: %w", epoch, ErrNoAnchor)
	}
	switch rt := &r.roots[epoch-1]; {
	case rt.known:
		k, err := firstKey(rt.anchor, r.origin, stream, epoch)
		return link{0, k}, err
	case rt.kind == Away:
		if at, ok := r.ratchet.next[chainID{epoch, stream}]; ok {
			return at, nil
		}
		return link{}, fmt.Errorf("stream %s, epoch %d: %w", stream, epoch, ErrAway)
	}
	return link{}, fmt.Errorf("epoch %d: %w", epoch, ErrNoAnchor)
}

// firstKey derives K_0.
func firstKey(anchor [KeyBytes]byte, origin, stream string, epoch uint32) ([KeyBytes]byte, error) {
	info := []byte("tocsin/mac/1")
	info = appendText(info, origin)
	info = appendText(info, stream)
	info = binary.BigEndian.AppendUint32(info, epoch)
	k, err := hkdf.Key(sha256.New, anchor[:], nil, string(info), KeyBytes)
	if err != nil {
		return [KeyBytes]byte{}, fmt.Errorf("derive range key: %w", err)
	}
	return [KeyBytes]byte(k), nil
}

// Ratchet returns the key of the next range: HMAC-SHA256(k, "ratchet").
func Ratchet(k [KeyBytes]byte) (next [KeyBytes]byte) {
	m := hmac.New(sha256.New, k[:])
	m.Write([]byte("ratchet"))
	m.Sum(next[:0])
	return next
}
