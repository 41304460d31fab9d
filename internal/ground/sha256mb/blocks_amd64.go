// SPDX-License-Identifier: Apache-2.0

//go:build !purego

package sha256mb

import "golang.org/x/sys/cpu"

// sideBySide tells whether this processor, and its system, can do sixteen at once.
func sideBySide() bool { return cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW }

// sums writes the digests of sixteen messages of n blocks each, n at least 1, which
// begin at the offsets at after base; first is the state before the first block.
//
//go:noescape
func sums(dst *[lanes][32]byte, first *[8]uint32, base *byte, at *[lanes]int, n int)
