// SPDX-License-Identifier: Apache-2.0

package proof

import "github.com/tocsin-siem/tocsin/internal/ground/sha256mb"

// GroupEntries is how many leaves of a range lie under one kept node: a proof of
// an entry hashes that many rows again, not the whole range.
const GroupEntries = 256

// RangeTree is the RFC 9162 tree over a range's leaves. Beside the root it keeps
// the root of each group of GroupEntries leaves; the last group may be smaller.
// A group is hashed when it is full. The zero value is an empty tree. Not safe for
// concurrent use, reading included.
type RangeTree struct {
	group  []Hash // the leaves that fill no group yet
	groups []Hash
	upper  Tree // over groups
	level  []Hash
	nodes  sha256mb.Batch
}

// Add appends a leaf hash.
func (t *RangeTree) Add(leaf Hash) {
	if t.group == nil {
		t.group = make([]Hash, 0, GroupEntries)
	}
	t.group = append(t.group, leaf)
	if len(t.group) == GroupEntries {
		root := t.open()
		t.groups = append(t.groups, root)
		t.upper.Add(root)
		t.group = t.group[:0]
	}
}

// open is the root of the leaves that fill no group yet.
func (t *RangeTree) open() Hash {
	t.level = append(t.level[:0], t.group...)
	return groupRoot(t.level, &t.nodes)
}

// Size is the number of leaves.
func (t *RangeTree) Size() uint64 { return uint64(len(t.groups))*GroupEntries + uint64(len(t.group)) }

// Root is the Merkle tree hash of all leaves: with more than one group it is that
// over the groups' roots, for every split of RFC 9162, 2.1.1, falls between groups.
func (t *RangeTree) Root() Hash {
	if len(t.group) == 0 && len(t.groups) > 0 {
		return t.upper.Root()
	}
	if len(t.groups) == 0 {
		return t.open()
	}
	all := Tree{size: t.upper.size, nodes: append([]Hash(nil), t.upper.nodes...)}
	all.Add(t.open())
	return all.Root()
}

// Groups are the groups' roots, in order; the result is the caller's.
func (t *RangeTree) Groups() []Hash {
	out := append([]Hash(nil), t.groups...)
	if len(t.group) > 0 {
		out = append(out, t.open())
	}
	return out
}
