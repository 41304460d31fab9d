// SPDX-License-Identifier: Apache-2.0

package enrich

import (
	"hash/maphash"
	"strings"
	"sync/atomic"
)

// The number of answers that are kept: a few hundred bytes each.
const (
	placeSlots = 1 << 13
	agentSlots = 1 << 11
)

// cache keeps answers in a table of fixed size: each text has one place, which the
// last that came takes. It is safe for concurrent use, and never waits.
type cache[V any] struct {
	seed  maphash.Seed
	slots []atomic.Pointer[answer[V]]
}

type answer[V any] struct {
	text  string
	value V
}

// newCache returns a table of n places, a power of two.
func newCache[V any](n int) *cache[V] {
	return &cache[V]{seed: maphash.MakeSeed(), slots: make([]atomic.Pointer[answer[V]], n)}
}

// of returns the answer for a text, which find finds where the table has none.
func (c *cache[V]) of(text string, find func(text string) V) V {
	slot := &c.slots[maphash.String(c.seed, text)&uint64(len(c.slots)-1)] //nolint:gosec // a length
	if a := slot.Load(); a != nil && a.text == text {
		return a.value
	}
	a := &answer[V]{text: strings.Clone(text)} // the text may be a part of a large body
	a.value = find(a.text)
	slot.Store(a)
	return a.value
}
