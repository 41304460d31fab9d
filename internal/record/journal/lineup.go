// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"slices"
	"sort"
)

// lineup is the entries of a run of sequence numbers as they lie in a file.
type lineup struct {
	stream string
	first  uint64
	seqs   []uint64
	good   []bool
	// holes are sequence numbers after which bytes came that are no entry.
	holes map[uint64]bool
}

func (l *lineup) add(seq uint64, good bool) {
	l.seqs = append(l.seqs, seq)
	l.good = append(l.good, good)
}

// hole notes that something unreadable follows what is there.
func (l *lineup) hole() {
	if l.holes == nil {
		l.holes = map[uint64]bool{}
	}
	l.holes[l.newest()] = true
}

// newest is the highest good sequence number yet, first-1 when there is none.
func (l *lineup) newest() uint64 {
	n := l.first - 1
	for i := len(l.seqs) - 1; i >= 0 && i > len(l.seqs)-64; i-- {
		if l.good[i] {
			n = max(n, l.seqs[i])
		}
	}
	return n
}

// judge compares the lineup with the entries first to last, less the lost ones,
// and returns how many are right. end is the verdict on what is missing at the
// end.
func (l *lineup) judge(r *Report, last uint64, lost map[uint64]bool, gone, end Verdict) (ok int64) {
	n := int(last - l.first + 1) //nolint:gosec // a range's entries
	const (
		absent = iota
		bad
		right
	)
	state := make([]uint8, n)
	order := make([]uint64, 0, len(l.seqs)) // good ones, once each, as they lie
	for i, seq := range l.seqs {
		if seq < l.first || seq > last || lost[seq] {
			r.find(l.stream, seq, seq, Inserted)
			continue
		}
		switch s := &state[seq-l.first]; {
		case *s == absent && l.good[i]:
			*s = right
			order = append(order, seq)
		case *s == absent:
			*s = bad
		case *s == bad && l.good[i]: // the other one was put there
			*s = right
			order = append(order, seq)
			r.find(l.stream, seq, seq, Inserted)
		case l.good[i]:
			r.find(l.stream, seq, seq, Duplicated)
		default:
			r.find(l.stream, seq, seq, Inserted)
		}
	}
	misplaced := misplacedIn(order)
	tail := last
	for tail >= l.first && state[tail-l.first] == absent && !lost[tail] {
		tail--
	}
	hole := l.holes[l.first-1]
	for i := range n {
		seq := l.first + uint64(i)
		switch {
		case lost[seq]:
			r.find(l.stream, seq, seq, Missing)
		case state[i] == bad:
			r.find(l.stream, seq, seq, Altered)
		case state[i] == absent && hole:
			r.find(l.stream, seq, seq, Altered)
		case state[i] == absent && seq > tail:
			r.find(l.stream, seq, seq, end)
		case state[i] == absent:
			r.find(l.stream, seq, seq, gone)
		case misplaced[seq]:
			r.find(l.stream, seq, seq, Reordered)
		default:
			ok++
		}
		if state[i] == right {
			hole = l.holes[seq]
		}
	}
	return ok
}

// misplacedIn tells which of some numbers, each there once, are not at their place:
// those of a pair that was swapped, else the fewest that must be moved to put all of
// them in order.
func misplacedIn(order []uint64) map[uint64]bool {
	if slices.IsSorted(order) {
		return nil
	}
	misplaced := map[uint64]bool{}
	for i, n := range slices.Sorted(slices.Values(order)) {
		if order[i] != n {
			misplaced[order[i]] = true
		}
	}
	if len(misplaced) == 2 {
		return misplaced
	}
	clear(misplaced)
	for _, n := range order {
		misplaced[n] = true
	}
	for _, n := range longestRising(order) {
		delete(misplaced, n)
	}
	return misplaced
}

// longestRising is a longest subsequence that rises (patience sorting).
func longestRising(order []uint64) []uint64 {
	ends := make([]int, 0, len(order)) // the place of the last number of the best one of each length
	before := make([]int, len(order))
	for i, n := range order {
		k := sort.Search(len(ends), func(k int) bool { return order[ends[k]] >= n })
		before[i] = -1
		if k > 0 {
			before[i] = ends[k-1]
		}
		if k == len(ends) {
			ends = append(ends, i)
		} else {
			ends[k] = i
		}
	}
	out := make([]uint64, len(ends))
	for k, i := len(ends)-1, ends[len(ends)-1]; k >= 0; k, i = k-1, before[i] {
		out[k] = order[i]
	}
	return out
}
