// SPDX-License-Identifier: Apache-2.0

package proof

import "crypto/sha256"

// Tree is the frontier of an RFC 9162 Merkle tree: the roots of its complete
// subtrees, largest first. It takes leaves in order and needs 32 bytes for each
// bit of their number. The zero value is an empty tree.
type Tree struct {
	size  uint64
	nodes []Hash
}

// Add appends a leaf hash.
func (t *Tree) Add(leaf Hash) {
	t.nodes = append(t.nodes, leaf)
	for n := t.size; n&1 == 1; n >>= 1 {
		last := len(t.nodes) - 1
		t.nodes[last-1] = NodeHash(&t.nodes[last-1], &t.nodes[last])
		t.nodes = t.nodes[:last]
	}
	t.size++
}

// Root is the Merkle tree hash (RFC 9162, 2.1.1); of no leaves it is H("").
func (t *Tree) Root() Hash {
	if len(t.nodes) == 0 {
		return sha256.Sum256(nil)
	}
	r := t.nodes[len(t.nodes)-1]
	for i := len(t.nodes) - 2; i >= 0; i-- {
		r = NodeHash(&t.nodes[i], &r)
	}
	return r
}

// RootOf is the Merkle tree hash of all leaves.
func RootOf(leaves []Hash) Hash {
	if len(leaves) >= GroupEntries { // many nodes are hashed at once
		var t RangeTree
		for i := range leaves {
			t.Add(leaves[i])
		}
		return t.Root()
	}
	var t Tree
	for i := range leaves {
		t.Add(leaves[i])
	}
	return t.Root()
}

// Size is the number of leaves.
func (t *Tree) Size() uint64 { return t.size }
