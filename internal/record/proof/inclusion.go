// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"
)

// ErrNotProven is wrapped by the errors of proofs that do not hold.
var ErrNotProven = errors.New("not proven")

// MaxPath is the most hashes that a path can have: one for each level of a tree of
// 2^63 leaves, and one more in a consistency proof.
const MaxPath = 64

// HashReader gives the nodes of a tree. Leaves, Levels and Tiles do.
type HashReader interface {
	// Subtree is the root of the complete subtree over the leaves from n<<level up
	// to (n+1)<<level; all of them are in the tree.
	Subtree(level int, n uint64) (Hash, error)
}

// RootAt is the Merkle tree hash of the first size leaves.
func RootAt(r HashReader, size uint64) (Hash, error) {
	if size == 0 {
		return RootOf(nil), nil
	}
	return rangeRoot(r, 0, size)
}

// rangeRoot is the Merkle tree hash of the leaves from lo up to hi. lo is where a
// tree of that many leaves may begin, so that largest subtrees come first.
func rangeRoot(r HashReader, lo, hi uint64) (Hash, error) {
	level := bits.Len64(hi-lo) - 1
	left, err := r.Subtree(level, lo>>level)
	if err != nil {
		return left, fmt.Errorf("subtree %d at level %d: %w", lo>>level, level, err)
	}
	if lo += 1 << level; lo == hi {
		return left, nil
	}
	right, err := rangeRoot(r, lo, hi)
	return NodeHash(&left, &right), err
}

// split is the number of leaves left of a tree's root: the largest power of two
// below size, which is at least 2.
func split(size uint64) uint64 { return 1 << (bits.Len64(size-1) - 1) }

// Inclusion is the path from a leaf to the root of the first size leaves, from the
// leaf's sibling upwards (RFC 9162, 2.1.3.1).
func Inclusion(r HashReader, index, size uint64) ([]Hash, error) {
	if index >= size {
		return nil, fmt.Errorf("prove leaf %d of %d: there is none", index, size)
	}
	var path []Hash
	for lo, hi := uint64(0), size; hi-lo > 1; {
		k := lo + split(hi-lo)
		otherLo, otherHi := k, hi
		if index >= k {
			otherLo, otherHi = lo, k
			lo = k
		} else {
			hi = k
		}
		root, err := rangeRoot(r, otherLo, otherHi)
		if err != nil {
			return nil, fmt.Errorf("prove leaf %d of %d: %w", index, size, err)
		}
		path = append(path, root)
	}
	slices.Reverse(path)
	return path, nil
}

// CheckInclusion tells whether path proves that the tree of size leaves under root
// has that leaf at index (RFC 9162, 2.1.3.2). The error wraps ErrNotProven.
func CheckInclusion(leaf Hash, index, size uint64, path []Hash, root Hash) error {
	if index >= size {
		return fmt.Errorf("leaf %d of %d: %w", index, size, ErrNotProven)
	}
	fn, sn, r := index, size-1, leaf
	for i := range path {
		switch {
		case sn == 0:
			return fmt.Errorf("leaf %d of %d: a path of %d hashes is too long: %w", index, size, len(path), ErrNotProven)
		case fn&1 == 1 || fn == sn:
			r = NodeHash(&path[i], &r)
			for fn&1 == 0 && fn != 0 {
				fn, sn = fn>>1, sn>>1
			}
		default:
			r = NodeHash(&r, &path[i])
		}
		fn, sn = fn>>1, sn>>1
	}
	if sn != 0 || r != root {
		return fmt.Errorf("leaf %d of %d leads to another root: %w", index, size, ErrNotProven)
	}
	return nil
}

// Consistency proves that the tree of the first size leaves continues that of the
// first old ones (RFC 9162, 2.1.4.1). Nothing is to prove when either old is 0 or
// both are equal.
func Consistency(r HashReader, old, size uint64) ([]Hash, error) {
	if old > size {
		return nil, fmt.Errorf("prove that %d leaves continue %d: they are fewer", size, old)
	}
	if old == 0 || old == size {
		return nil, nil
	}
	var path []Hash
	add := func(lo, hi uint64) error {
		root, err := rangeRoot(r, lo, hi)
		if err != nil {
			return fmt.Errorf("prove that %d leaves continue %d: %w", size, old, err)
		}
		path = append(path, root)
		return nil
	}
	lo, hi := uint64(0), size
	for old != hi {
		k := lo + split(hi-lo)
		var err error
		if old <= k {
			err = add(k, hi)
			hi = k
		} else {
			err = add(lo, k)
			lo = k
		}
		if err != nil {
			return nil, err
		}
	}
	if lo > 0 { // else this is the old tree itself, whose root the verifier has
		if err := add(lo, hi); err != nil {
			return nil, err
		}
	}
	slices.Reverse(path)
	return path, nil
}

// CheckConsistency tells whether path proves that the tree of size leaves under
// root continues that of old leaves under oldRoot (RFC 9162, 2.1.4.2). Every tree
// continues the empty one, whose root is not looked at. The error wraps ErrNotProven.
func CheckConsistency(old, size uint64, oldRoot, root Hash, path []Hash) error {
	bad := func(why string) error {
		return fmt.Errorf("%d leaves continue %d: %s: %w", size, old, why, ErrNotProven)
	}
	switch {
	case old > size:
		return bad("they are fewer")
	case old == 0 || old == size:
		if len(path) != 0 {
			return bad("there is nothing to prove")
		}
		if old == size && oldRoot != root {
			return bad("another root")
		}
		return nil
	case len(path) == 0:
		return bad("no path")
	}
	fn, sn := old-1, size-1
	for fn&1 == 1 {
		fn, sn = fn>>1, sn>>1
	}
	fr := path[0]
	if old&(old-1) == 0 { // a complete subtree is not repeated in the path
		fr = oldRoot
	} else {
		path = path[1:]
	}
	sr := fr
	for i := range path {
		switch {
		case sn == 0:
			return bad("the path is too long")
		case fn&1 == 1 || fn == sn:
			fr, sr = NodeHash(&path[i], &fr), NodeHash(&path[i], &sr)
			for fn&1 == 0 && fn != 0 {
				fn, sn = fn>>1, sn>>1
			}
		default:
			sr = NodeHash(&sr, &path[i])
		}
		fn, sn = fn>>1, sn>>1
	}
	if sn != 0 || fr != oldRoot || sr != root {
		return bad("another root")
	}
	return nil
}
