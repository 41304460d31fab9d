// SPDX-License-Identifier: Apache-2.0

// Package proof is what a stranger checks: the bytes and hashes of the journal's
// evidence, without a folder, a secret or a network.
//
//	entry (public part, two slots) ─ Hasher ─▶ leaf ─ Tree ─▶ root of its range
//	                                                            │
//	header of the range (has the root) ─ Leaf ─▶ log of headers ┘─ Tree ─▶ root in a checkpoint
//
// The journal writes with it, `tocsin verify` reads with it, and
// docs/journal-format.md has every byte well enough for a second implementation.
//
// The package does no I/O and starts no goroutine. Decoding never believes a
// length and never panics; its errors say what is malformed. Trees, proofs and
// their hashes are those of RFC 9162.
package proof
