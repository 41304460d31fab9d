// SPDX-License-Identifier: Apache-2.0

package search

import (
	"math"
	"math/bits"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/tocsin-siem/tocsin/internal/record/query"
)

// hit is a row that matches.
type hit struct {
	key     query.Key
	segment int32
	row     int32
}

// exactly is up to how many hits each new one is weighed at once, so that the
// floor rises with every hit; above, hits are gathered and cut in one go.
const exactly = 4096

// top keeps the first k hits in the order of results. It is safe for concurrent
// use.
type top struct {
	k     int
	worst atomic.Int64 // time of the k-th hit once there are k

	mu   sync.Mutex
	hits []hit // up to exactly: a heap with the last at its root
	cut  int   // when to cut next
}

func newTop(k int) *top {
	t := &top{k: k, cut: k}
	t.worst.Store(math.MinInt64)
	return t
}

// floor is the time before which no row is wanted any more.
func (t *top) floor() int64 { return t.worst.Load() }

// add offers hits.
func (t *top) add(hits []hit) {
	if len(hits) == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.k > exactly {
		t.gather(hits)
		return
	}
	for _, h := range hits {
		if len(t.hits) < t.k {
			t.hits = append(t.hits, h)
			t.up(len(t.hits) - 1)
		} else if h.key.Compare(t.hits[0].key) < 0 {
			t.hits[0] = h
			t.down(0)
		}
	}
	if len(t.hits) == t.k {
		t.worst.Store(t.hits[0].key.Time)
	}
}

func (t *top) gather(hits []hit) {
	if t.hits = append(t.hits, hits...); len(t.hits) < t.cut {
		return
	}
	part(t.hits, t.k)
	t.hits = t.hits[:t.k]
	worst := int64(math.MaxInt64)
	for i := range t.hits {
		worst = min(worst, t.hits[i].key.Time)
	}
	t.worst.Store(worst)
	t.cut = t.k + t.k/4
}

func (t *top) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if t.hits[parent].key.Compare(t.hits[i].key) >= 0 {
			return
		}
		t.hits[parent], t.hits[i] = t.hits[i], t.hits[parent]
		i = parent
	}
}

func (t *top) down(i int) {
	for {
		child := 2*i + 1
		if child >= len(t.hits) {
			return
		}
		if right := child + 1; right < len(t.hits) && t.hits[right].key.Compare(t.hits[child].key) > 0 {
			child = right
		}
		if t.hits[i].key.Compare(t.hits[child].key) >= 0 {
			return
		}
		t.hits[i], t.hits[child] = t.hits[child], t.hits[i]
		i = child
	}
}

// after returns, in the order of results, the first k hits without the first
// skip of them. Hits must not be added any more.
func (t *top) after(skip int) []hit {
	t.mu.Lock()
	defer t.mu.Unlock()
	part(t.hits, t.k)
	hits := t.hits[:min(t.k, len(t.hits))]
	part(hits, skip)
	hits = hits[min(skip, len(hits)):]
	slices.SortFunc(hits, compare)
	return hits
}

func compare(a, b hit) int { return a.key.Compare(b.key) }

// part moves the first k hits in the order of results to the front, in any
// order (C. A. R. Hoare, Algorithm 65: Find, 1961). When the pivots are bad too
// often it sorts, so that no choice of times makes it quadratic.
func part(hits []hit, k int) {
	for rounds := 2 * bits.Len(uint(len(hits))); k > 0 && k < len(hits); rounds-- {
		if rounds == 0 || len(hits) < 16 {
			slices.SortFunc(hits, compare)
			return
		}
		pivot := middle(hits[0], hits[len(hits)/2], hits[len(hits)-1])
		i, j := 0, len(hits)-1
		for i <= j {
			for compare(hits[i], pivot) < 0 {
				i++
			}
			for compare(hits[j], pivot) > 0 {
				j--
			}
			if i <= j {
				hits[i], hits[j] = hits[j], hits[i]
				i++
				j--
			}
		}
		switch {
		case k <= j:
			hits = hits[:j+1]
		case k > i:
			hits = hits[i:]
			k -= i
		default:
			return
		}
	}
}

func middle(a, b, c hit) hit {
	if compare(a, b) > 0 {
		a, b = b, a
	}
	if compare(b, c) <= 0 {
		return b
	}
	if compare(a, c) <= 0 {
		return c
	}
	return a
}
