// SPDX-License-Identifier: Apache-2.0

//go:build !amd64 || purego

package sha256mb

// sideBySide is never possible here: each message is hashed on its own.
func sideBySide() bool { return false }

func sums(*[lanes][32]byte, *[8]uint32, *byte, *[lanes]int, int) {}
