// SPDX-License-Identifier: Apache-2.0

package sha256mb

import "encoding/binary"

// Prefix is a block that many messages begin with, hashed once: the padded key of
// an HMAC (RFC 2104). It is a secret when what it was made of is. Set it before use;
// after that any number of goroutines may use it.
type Prefix struct {
	block [blockSize]byte
	words [8]uint32 // the state after it, unless each message is hashed on its own
}

// Set takes the block.
func (p *Prefix) Set(block *[blockSize]byte) {
	p.block = *block
	if !sideBySide() {
		return
	}
	var at [lanes]int
	var out [lanes]Hash
	first := initial()
	sums(&out, &first, &p.block[0], &at, 1)
	for w := range p.words {
		p.words[w] = binary.BigEndian.Uint32(out[0][4*w:])
	}
}

// initial is the state before the first block (FIPS 180-4, 5.3.3).
func initial() [8]uint32 {
	return [8]uint32{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}
}
