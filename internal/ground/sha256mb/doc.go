// SPDX-License-Identifier: Apache-2.0

// Package sha256mb computes SHA-256 of many messages at once (multi-buffer
// hashing). It exists for the journal, whose entries cost eight hashes of one to
// eight blocks each, thousands at a time: a processor works on one message as fast
// as its instructions follow each other, and on sixteen, in the lanes of AVX-512,
// more than twice as fast.
//
// A Batch collects messages in a room of its own, each padded as FIPS 180-4 wants
// it, so that nothing is copied; Sum sorts them by their number of blocks and hashes
// sixteen of a kind together. What is left over, and everything on a processor that
// cannot do this, goes through crypto/sha256: the digests are the same everywhere,
// which tests and a fuzz target hold against crypto/sha256. Build with the tag
// purego to have no assembly at all.
package sha256mb
