// SPDX-License-Identifier: Apache-2.0

package journal

import "github.com/tocsin-siem/tocsin/internal/record/proof"

// The journal's words that a stranger knows too.
type (
	hash   = proof.Hash
	tree   = proof.Tree
	cursor = proof.Cursor
	// Header describes a sealed range.
	Header = proof.Header
)

const maxRangeEntries = proof.MaxRangeEntries

// readLink takes a place in the chain of batches.
func readLink(r *cursor) link { return link{Batch: r.U64(), Ord: r.U64(), Chain: r.Hash()} }
