// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"hash/maphash"
	"strings"
	"sync/atomic"
)

const (
	// maxCodes is where a dictionary stops: columns turn raw well before.
	maxCodes   = 1<<16 - 1
	arenaFirst = 1 << 10
	arenaMost  = 64 << 10
)

// dictionary gives each different text a code. The writer alone calls code and
// reads table; readers take view. Entries are appended to a slice whose length
// is its capacity, and count is published after the entry.
type dictionary struct {
	entries atomic.Pointer[[]string]
	count   atomic.Int32

	// writer's
	n     int
	table []uint16 // open addressing; 0 is free
	arena arena
	bytes int // of the texts
	size  int // of the slices
}

// view is what a reader sees: all codes of the rows it can see, perhaps more.
func (d *dictionary) view() Dict {
	n := int(d.count.Load())
	if n == 0 {
		return Dict{}
	}
	return Dict{entries: *d.entries.Load(), n: n}
}

// find returns the code of a text, or the free place of the table for it.
func (d *dictionary) find(s string, seed maphash.Seed) (code uint16, place int) {
	mask := len(d.table) - 1
	entries := *d.entries.Load()
	for place = int(maphash.String(seed, s)) & mask; ; place = (place + 1) & mask { //nolint:gosec // masked
		code = d.table[place]
		if code == 0 || entries[code] == s {
			return code, place
		}
	}
}

// code returns the code of a text, which it adds when it is new.
func (d *dictionary) code(s string, seed maphash.Seed) uint16 {
	if d.n == 0 {
		d.start()
	}
	code, place := d.find(s, seed)
	if code != 0 {
		return code
	}
	if 4*d.n >= 3*len(d.table) {
		d.rehash(seed)
		_, place = d.find(s, seed)
	}
	entries := *d.entries.Load()
	if d.n == len(entries) {
		bigger := make([]string, 2*len(entries))
		copy(bigger, entries)
		d.size += 16 * len(entries)
		d.entries.Store(&bigger)
		entries = bigger
	}
	entries[d.n] = d.arena.clone(s)
	d.bytes += len(s)
	code = uint16(d.n) //nolint:gosec // textColumn turns raw before maxCodes
	d.table[place] = code
	d.n++
	d.count.Store(int32(d.n)) //nolint:gosec // at most maxCodes
	return code
}

func (d *dictionary) start() {
	entries := make([]string, 8)
	d.entries.Store(&entries)
	d.table = make([]uint16, 16)
	d.n = int(CodeFirst)
	d.size = 16*len(entries) + 2*len(d.table)
	d.count.Store(int32(CodeFirst))
}

func (d *dictionary) rehash(seed maphash.Seed) {
	d.size += 2 * len(d.table)
	d.table = make([]uint16, 2*len(d.table))
	entries := *d.entries.Load()
	mask := len(d.table) - 1
	for code := int(CodeFirst); code < d.n; code++ {
		place := int(maphash.String(seed, entries[code])) & mask //nolint:gosec // masked
		for d.table[place] != 0 {
			place = (place + 1) & mask
		}
		d.table[place] = uint16(code)
	}
}

// memory is what the dictionary has allocated.
func (d *dictionary) memory() int { return d.size + d.arena.size }

// arena copies texts into a few large chunks, so that a dictionary keeps
// neither the request body that a text came from nor an object for each text.
type arena struct {
	chunk *strings.Builder
	next  int
	size  int
}

func (a *arena) clone(s string) string {
	if len(s) > arenaMost/4 {
		a.size += len(s)
		return strings.Clone(s)
	}
	if a.chunk == nil || a.chunk.Cap()-a.chunk.Len() < len(s) {
		a.next = min(max(2*a.next, arenaFirst), arenaMost)
		a.chunk = &strings.Builder{}
		a.chunk.Grow(max(a.next, len(s)))
		a.size += a.chunk.Cap()
	}
	at := a.chunk.Len()
	a.chunk.WriteString(s)
	return a.chunk.String()[at:]
}
