// SPDX-License-Identifier: Apache-2.0

// Package proof is what a stranger checks: the bytes and hashes of the journal's
// evidence, without a folder, a secret or a network.
//
//	entry (public part, two slots) ─ Hasher ─▶ leaf ─ Tree ─▶ root of its range
//	                                                            │
//	header of the range (has the root) ─ Leaf ─▶ log of headers ┘─ Tree ─▶ root in a checkpoint
//
// On top of that lie what goes out and is checked elsewhere:
//
//   - Checkpoint, Cosigner, KeyStatement and KeyChain: who says which root, since
//     when, and who else has seen it;
//   - Inclusion and Consistency over Leaves, Levels or Tiles: paths;
//   - ReceiptBody and Receipt: what the journal promised to who sent events;
//   - Tombstone and Blinding: what is gone by decision, and that it cannot come back;
//   - BundleWriter and CheckBundle: all of it in one file that stands for itself.
//
// The journal writes with it, `tocsin verify` reads with it, and
// docs/journal-format.md has every byte well enough for a second implementation:
// test/verifier is one, and the tests compare both.
//
// The package opens nothing (it reads and writes what it is given) and starts no
// goroutine. Values may be read by any number at once, writers, readers, hashers
// and blinders by one. Decoding bounds what it holds, never believes a
// length and never panics; its errors say what is malformed. Trees, proofs and
// their hashes are those of RFC 9162.
package proof
