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

// tally is what all parts of a block have allocated, and the bytes of text in
// its dictionaries.
type tally struct{ memory, words int }

// dictionary gives each different text a code. The writer alone calls code and
// reads table; readers take view. Entries are appended to a slice whose length
// is its capacity, and count is published after the entry.
type dictionary struct {
	entries atomic.Pointer[[]string]
	count   atomic.Int32

	// writer's
	seed  maphash.Seed
	tally *tally
	n     int
	table []uint16 // open addressing; 0 is free
	arena arena
}

func (d *dictionary) init(seed maphash.Seed, t *tally) {
	d.seed, d.tally, d.arena = seed, t, arena{least: arenaFirst, most: arenaMost}
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
func find[T string | []byte](d *dictionary, s T) (code uint16, place int) {
	mask := len(d.table) - 1
	entries := *d.entries.Load()
	for place = int(hashOf(d.seed, s)) & mask; ; place = (place + 1) & mask { //nolint:gosec // masked
		code = d.table[place]
		if code == 0 || entries[code] == string(s) {
			return code, place
		}
	}
}

func hashOf[T string | []byte](seed maphash.Seed, s T) uint64 {
	switch s := any(s).(type) {
	case string:
		return maphash.String(seed, s)
	case []byte:
		return maphash.Bytes(seed, s)
	}
	return 0
}

// known16 returns the code of a text, 0 when it has none.
func known16[T string | []byte](d *dictionary, s T) uint16 {
	if d.n == 0 {
		return 0
	}
	code, _ := find(d, s)
	return code
}

// code16 returns the code of a text, which it adds when it is new.
func code16[T string | []byte](d *dictionary, s T) uint16 {
	if d.n == 0 {
		d.start()
	}
	code, place := find(d, s)
	if code != 0 {
		return code
	}
	if 4*d.n >= 3*len(d.table) {
		d.rehash()
		_, place = find(d, s)
	}
	entries := *d.entries.Load()
	if d.n == len(entries) {
		bigger := make([]string, 2*len(entries))
		copy(bigger, entries)
		d.tally.memory += 16 * len(entries)
		d.entries.Store(&bigger)
		entries = bigger
	}
	size := d.arena.size
	entries[d.n] = keep(&d.arena, s)
	d.tally.memory += d.arena.size - size
	d.tally.words += len(s)
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
	d.tally.memory += 16*len(entries) + 2*len(d.table)
	d.count.Store(int32(CodeFirst))
}

func (d *dictionary) rehash() {
	d.tally.memory += 2 * len(d.table)
	d.table = make([]uint16, 2*len(d.table))
	entries := *d.entries.Load()
	mask := len(d.table) - 1
	for code := int(CodeFirst); code < d.n; code++ {
		place := int(maphash.String(d.seed, entries[code])) & mask //nolint:gosec // masked
		for d.table[place] != 0 {
			place = (place + 1) & mask
		}
		d.table[place] = uint16(code)
	}
}

// arena copies texts into a few large chunks, so that what keeps them keeps
// neither the request body or the page that a text came from, nor an object for
// each text. Chunks double from least to most bytes.
type arena struct {
	least, most int
	chunk       *strings.Builder
	next        int
	size        int // of all chunks
}

// keep returns a copy of s.
func keep[T string | []byte](a *arena, s T) string {
	if len(s) > a.most/4 {
		a.size += len(s)
		return strings.Clone(string(s))
	}
	if a.chunk == nil || a.chunk.Cap()-a.chunk.Len() < len(s) {
		a.next = min(max(2*a.next, a.least), a.most)
		a.chunk = &strings.Builder{}
		a.chunk.Grow(max(a.next, len(s)))
		a.size += a.chunk.Cap()
	}
	at := a.chunk.Len()
	switch s := any(s).(type) {
	case string:
		a.chunk.WriteString(s)
	case []byte:
		a.chunk.Write(s)
	}
	return a.chunk.String()[at:]
}
