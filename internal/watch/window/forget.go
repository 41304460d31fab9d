// SPDX-License-Identifier: Apache-2.0

package window

import (
	"slices"
	"strconv"
	"strings"
)

// erasedValue begins the name of a distinct value that was forgotten. No event has
// one: values from outside hold no zero byte in front (intern).
const erasedValue = "\x00erased "

// Forget removes the tracks whose key is one of those, together with what Grown
// would have told of them. A distinct value that is one of those keeps its place
// under a name that says nothing, so that the figures of the keys that stay do not
// change. It returns how many tracks and values went.
func (c *Counter) Forget(key, value func(string) bool) (gone int) {
	var tracks []*track
	for t := c.lru.next; t != &c.lru; t = t.next {
		if key(t.key) {
			tracks = append(tracks, t)
			continue
		}
		if c.distinct {
			gone += t.values.forget(value)
		}
	}
	for _, t := range tracks {
		c.remove(t)
	}
	if len(tracks) > 0 {
		c.grown = slices.DeleteFunc(c.grown, func(r *Run) bool { return key(r.Key) })
	}
	return gone + len(tracks)
}

// forget renames the values that are one of those.
func (v *values) forget(is func(string) bool) (gone int) {
	for i, name := range v.names {
		if v.held[i] == 0 || strings.HasPrefix(name, erasedValue) || !is(name) {
			continue
		}
		gone++
		for n := 1; ; n++ {
			other := erasedValue + strconv.Itoa(n)
			if _, taken := v.find(other); taken {
				continue
			}
			if v.index != nil {
				delete(v.index, name)
				v.index[other] = int32(i)
			}
			v.names[i] = other
			break
		}
	}
	return gone
}

// Forget forgets the origins of which a part (input, source, host or sender) is one
// of those, and returns how many went. What comes from such an origin later is
// judged anew.
func (w *Watermarks) Forget(is func(string) bool) (gone int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for origin, m := range w.marks {
		for part := range strings.SplitSeq(origin, "\x00") {
			if part != "" && is(part) {
				w.drop(m)
				gone++
				break
			}
		}
	}
	return gone
}
