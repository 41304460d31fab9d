// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"errors"
	"fmt"
)

// The kinds of an encoded Blinding.
const blindingSeed = 0

// ErrBlinding is wrapped by the errors about bytes that are no Blinding.
var ErrBlinding = errors.New("malformed blinding")

// Blinding is what gives the blinders of a range: its seed.
type Blinding struct {
	Seed Hash
}

// Append appends the encoded form: one byte of kind, and the seed.
func (b *Blinding) Append(dst []byte) []byte {
	dst = append(dst, blindingSeed)
	return append(dst, b.Seed[:]...)
}

// ParseBlinding reads what Append wrote, and nothing else.
func ParseBlinding(raw []byte) (b Blinding, err error) {
	r := Cursor{B: raw}
	if kind := r.U8(); kind != blindingSeed {
		return b, fmt.Errorf("%w: kind %d", ErrBlinding, kind)
	}
	b.Seed = r.Hash()
	if !r.Done() {
		return b, ErrBlinding
	}
	return b, nil
}

// Use starts with what is kept of a range's blinders.
func (b *Blinder) Use(k *Blinding) { b.Reset(&k.Seed) }
