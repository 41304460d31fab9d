// SPDX-License-Identifier: Apache-2.0

// Package witness remembers other people's logs, so that a log cannot be cut off,
// rolled back or told differently to different people without somebody noticing.
// It speaks c2sp.org/tlog-witness, on both sides:
//
//	Follower (beside a log) ─ Client ─▶ POST /add-checkpoint ─▶ Handler ─▶ Witness
//	                                                                         │ signed by a known key of the log?
//	                                                                         │ old size = what I remember?
//	                                                                         │ does it follow from that?
//	   keeps the cosignature  ◀──────────── cosignature/v1 ◀──── durable? ◀──┘
//
// Guarantees of the Witness:
//
//   - Two checkpoints of one log that are not in accord are never both co-signed,
//     nor is a smaller one after a larger one, also across crashes: checking and
//     storing is one step for each log, and a cosignature is given only after what
//     it says is durable.
//   - What it remembers of a log is a file with a checksum and its own cosignature
//     in it. A file that is damaged, missing, or of another key refuses that log;
//     it never begins again from nothing.
//   - Two signed roots for one size are kept as a file: they convict the log.
//   - A request costs bounded memory, and nothing is read of what no known key
//     signed but the sizes.
//
// Guarantees of the Follower: a cosignature is believed only after it was checked
// with the configured key. The log is told to stop (Diverged) when a witness knows
// more of it than it has itself, or knows it differently.
//
// The goroutines of Follower.Run, one for each witness, end with its context, those
// of Follower.Ahead with the call; the package starts no others. A Witness, a Client
// and a Follower may be used by many at once.
package witness
