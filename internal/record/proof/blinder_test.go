// SPDX-License-Identifier: Apache-2.0

package proof_test

import (
	"testing"

	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// BenchmarkBlinder is the hot path: two blinders of each entry, in order.
func BenchmarkBlinder(b *testing.B) {
	var blind proof.Blinder
	blind.Reset(&proof.Hash{1})
	i := uint32(0)
	for b.Loop() {
		blind.At(i, 0)
		blind.At(i, 1)
		i = (i + 1) % 65536
	}
}

// BenchmarkHasher is a leaf from the canonical bytes of an event of usual size.
func BenchmarkHasher(b *testing.B) {
	var h proof.Hasher
	h.Blind.Reset(&proof.Hash{1})
	public, slot0, slot1 := make([]byte, 110), make([]byte, 90), make([]byte, 420)
	i := uint32(0)
	b.ReportAllocs()
	for b.Loop() {
		h.Leaf(i, public, slot0, slot1)
		i = (i + 1) % 65536
	}
}
