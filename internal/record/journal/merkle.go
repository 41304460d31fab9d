// SPDX-License-Identifier: Apache-2.0

package journal

import "crypto/sha256"

// tree is the frontier of an RFC 9162 Merkle tree: the roots of its complete
// subtrees, largest first. It takes leaves in order and needs 32 bytes for each
// bit of their number. The zero value is an empty tree.
type tree struct {
	size  uint64
	nodes []hash
}

// add appends a leaf hash.
func (t *tree) add(leaf hash) {
	t.nodes = append(t.nodes, leaf)
	for n := t.size; n&1 == 1; n >>= 1 {
		last := len(t.nodes) - 1
		t.nodes[last-1] = nodeHash(&t.nodes[last-1], &t.nodes[last])
		t.nodes = t.nodes[:last]
	}
	t.size++
}

// root is the Merkle tree hash (RFC 9162, 2.1.1); of no leaves it is H("").
func (t *tree) root() hash {
	if len(t.nodes) == 0 {
		return sha256.Sum256(nil)
	}
	r := t.nodes[len(t.nodes)-1]
	for i := len(t.nodes) - 2; i >= 0; i-- {
		r = nodeHash(&t.nodes[i], &r)
	}
	return r
}

// rootOf is the Merkle tree hash of all leaves.
func rootOf(leaves []hash) hash {
	var t tree
	for i := range leaves {
		t.add(leaves[i])
	}
	return t.root()
}

// nodeHash is H(0x01 ‖ left ‖ right).
func nodeHash(left, right *hash) hash {
	var b [1 + 2*sha256.Size]byte
	b[0] = prefixNode
	copy(b[1:], left[:])
	copy(b[1+sha256.Size:], right[:])
	return sha256.Sum256(b[:])
}
