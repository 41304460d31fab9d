// SPDX-License-Identifier: Apache-2.0

package proof

import "fmt"

// Leaves is a tree of which the leaf hashes are held. Each node is computed when
// it is asked for: a proof costs as many hashes as there are leaves.
type Leaves []Hash

// Subtree implements HashReader.
func (l Leaves) Subtree(level int, n uint64) (Hash, error) {
	if !within(level, n, uint64(len(l))) {
		return Hash{}, errNoNode(level, n, uint64(len(l)))
	}
	return RootOf(l[n<<level : (n+1)<<level]), nil
}

// Levels is a tree of which every complete subtree's root is held, 64 bytes for
// each leaf: a proof costs a few hashes. The zero value is an empty tree. Any
// number may read while nobody adds.
type Levels struct{ levels [][]Hash }

// Add appends a leaf hash.
func (l *Levels) Add(leaf Hash) {
	for level := 0; ; level++ {
		if level == len(l.levels) {
			l.levels = append(l.levels, nil)
		}
		l.levels[level] = append(l.levels[level], leaf)
		n := len(l.levels[level])
		if n&1 == 1 {
			return
		}
		leaf = NodeHash(&l.levels[level][n-2], &l.levels[level][n-1])
	}
}

// Size is the number of leaves.
func (l *Levels) Size() uint64 {
	if len(l.levels) == 0 {
		return 0
	}
	return uint64(len(l.levels[0]))
}

// Subtree implements HashReader.
func (l *Levels) Subtree(level int, n uint64) (Hash, error) {
	if !within(level, n, l.Size()) {
		return Hash{}, errNoNode(level, n, l.Size())
	}
	return l.levels[level][n], nil
}

// within tells whether a complete subtree is in a tree of that size.
func within(level int, n, size uint64) bool {
	return level >= 0 && level < 64 && n < size>>level
}

func errNoNode(level int, n, size uint64) error {
	return fmt.Errorf("a tree of %d leaves has no node %d at level %d", size, n, level)
}

// InclusionFromSubtrees is the path of leaf index in a tree of count leaves, of
// which only the leaves of its own group (from index/GroupEntries·GroupEntries on)
// and the roots of all groups (RangeTree.Groups) are held. Their number is checked, and that the
// group's root is among them; whether they lead to the root is for the caller.
func InclusionFromSubtrees(index, count uint64, group, subtrees []Hash) ([]Hash, error) {
	bad := func(why string) error { return fmt.Errorf("prove leaf %d of %d: %s", index, count, why) }
	if index >= count {
		return nil, bad("there is none")
	}
	at := index / GroupEntries
	if uint64(len(subtrees)) != (count-1)/GroupEntries+1 {
		return nil, bad(fmt.Sprintf("%d subtree roots", len(subtrees)))
	}
	if uint64(len(group)) != min(GroupEntries, count-at*GroupEntries) {
		return nil, bad(fmt.Sprintf("%d leaves in its group", len(group)))
	}
	if RootOf(group) != subtrees[at] {
		return nil, bad("its group has another root")
	}
	low, err := Inclusion(Leaves(group), index%GroupEntries, uint64(len(group)))
	if err != nil {
		return nil, err
	}
	// Groups are aligned, so above them the tree is that of their roots.
	high, err := Inclusion(Leaves(subtrees), at, uint64(len(subtrees)))
	if err != nil {
		return nil, err
	}
	return append(low, high...), nil
}
