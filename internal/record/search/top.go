// SPDX-License-Identifier: Apache-2.0

package search

import (
	"math"
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

// top keeps the first k hits in the order of results, in a heap whose root is
// the last of them. It is safe for concurrent use.
type top struct {
	k     int
	worst atomic.Int64 // time of the root once there are k hits

	mu   sync.Mutex
	heap []hit
}

func newTop(k int) *top {
	t := &top{k: k}
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
	for _, h := range hits {
		if len(t.heap) < t.k {
			t.heap = append(t.heap, h)
			t.up(len(t.heap) - 1)
		} else if h.key.Compare(t.heap[0].key) < 0 {
			t.heap[0] = h
			t.down(0)
		}
	}
	if len(t.heap) == t.k {
		t.worst.Store(t.heap[0].key.Time)
	}
}

func (t *top) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if t.heap[parent].key.Compare(t.heap[i].key) >= 0 {
			return
		}
		t.heap[parent], t.heap[i] = t.heap[i], t.heap[parent]
		i = parent
	}
}

func (t *top) down(i int) {
	for {
		child := 2*i + 1
		if child >= len(t.heap) {
			return
		}
		if right := child + 1; right < len(t.heap) && t.heap[right].key.Compare(t.heap[child].key) > 0 {
			child = right
		}
		if t.heap[i].key.Compare(t.heap[child].key) >= 0 {
			return
		}
		t.heap[i], t.heap[child] = t.heap[child], t.heap[i]
		i = child
	}
}

// sorted returns the hits in the order of results.
func (t *top) sorted() []hit {
	t.mu.Lock()
	defer t.mu.Unlock()
	slices.SortFunc(t.heap, func(a, b hit) int { return a.key.Compare(b.key) })
	return t.heap
}
