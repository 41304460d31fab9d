// SPDX-License-Identifier: Apache-2.0

package proof

// GroupEntries is how many leaves of a range lie under one kept node: a proof of
// an entry hashes that many rows again, not the whole range.
const GroupEntries = 256

// RangeTree is the RFC 9162 tree over a range's leaves. Beside the root it keeps
// the root of each group of GroupEntries leaves; the last group may be smaller.
// The zero value is an empty tree.
type RangeTree struct {
	group  Tree // of the leaves that fill no group yet
	groups []Hash
	upper  Tree // over groups
}

// Add appends a leaf hash.
func (t *RangeTree) Add(leaf Hash) {
	t.group.Add(leaf)
	if t.group.Size() == GroupEntries {
		root := t.group.Root()
		t.groups = append(t.groups, root)
		t.upper.Add(root)
		t.group = Tree{nodes: t.group.nodes[:0]}
	}
}

// Size is the number of leaves.
func (t *RangeTree) Size() uint64 { return uint64(len(t.groups))*GroupEntries + t.group.Size() }

// Root is the Merkle tree hash of all leaves: with more than one group it is that
// over the groups' roots, for every split of RFC 9162, 2.1.1, falls between groups.
func (t *RangeTree) Root() Hash {
	if t.group.Size() == 0 && len(t.groups) > 0 {
		return t.upper.Root()
	}
	if len(t.groups) == 0 {
		return t.group.Root()
	}
	all := Tree{size: t.upper.size, nodes: append([]Hash(nil), t.upper.nodes...)}
	all.Add(t.group.Root())
	return all.Root()
}

// Groups are the groups' roots, in order; the result is the caller's.
func (t *RangeTree) Groups() []Hash {
	out := append([]Hash(nil), t.groups...)
	if t.group.Size() > 0 {
		out = append(out, t.group.Root())
	}
	return out
}
