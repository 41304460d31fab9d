// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/zstd"
)

// Cache keeps decoded pages of files up to a budget of bytes. Of two pages, taken at
// random, the one that was used less recently goes: unlike strict order that keeps a
// part of what is read again and again but does not fit. What serves all pages of a
// file (dictionaries, rollups) goes only when pages have no more than a
// quarter of the budget: else a scan of pages that come once would push out what each
// of them needs. One cache serves any number of files, and owns the decoder that they
// share. It is safe for concurrent use.
type Cache struct {
	decoder *zstd.Decoder
	files   atomic.Uint64
	buffers sync.Pool // *[]byte, compressed bodies

	mu     sync.Mutex
	budget int64
	pages  map[pageKey]*cachedPage
	// of pages, and of what serves all pages of a file
	single, shared pool
	random         *rand.Rand
	uses           uint64

	hits, misses int64
}

// pool is what has to go when there is no room for more of it.
type pool struct {
	pages []*cachedPage
	used  int64
}

// leastPages is the part of the budget that pages do not give away.
const leastPages = 4

func (c *Cache) pool(key pageKey) *pool {
	if key.page < 0 {
		return &c.shared
	}
	return &c.single
}

type pageKey struct {
	file   uint64
	column Column
	page   int16 // or dictPage, rollupPage; maxPages × (1 + i) more for part i of it
}

const (
	dictPage   int16 = -1
	rollupPage int16 = -2
)

// cachedPage is a decoded body: one of its fields is set.
type cachedPage struct {
	ints   []int64
	bytes  []byte
	texts  Texts
	dict   Dict
	rollup *Rollup

	key  pageKey
	size int64
	at   int    // in its pool
	last uint64 // use
}

// CacheStats says how a cache does.
type CacheStats struct {
	// Bytes and Pages are in the cache now.
	Bytes int64
	Pages int
	// Hits and Misses count since the start.
	Hits, Misses int64
}

// NewCache returns a cache of at most budget bytes; with 0 it keeps nothing.
func NewCache(budget int64) (*Cache, error) {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxBody),
		zstd.WithDecodeAllCapLimit(true), zstd.IgnoreChecksum(true))
	if err != nil {
		return nil, fmt.Errorf("page cache: %w", err)
	}
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // nothing secret
	return &Cache{decoder: d, budget: budget, pages: map[pageKey]*cachedPage{}, random: random}, nil
}

// Stats returns the cache's figures.
func (c *Cache) Stats() CacheStats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return CacheStats{Bytes: c.single.used + c.shared.used, Pages: len(c.pages), Hits: c.hits, Misses: c.misses}
}

func (c *Cache) get(key pageKey) *cachedPage {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.pages[key]
	if p == nil {
		c.misses++
		return nil
	}
	c.hits++
	c.use(p)
	return p
}

// peek is get of what is asked for only because it might be there.
func (c *Cache) peek(key pageKey) *cachedPage {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.pages[key]
	if p != nil {
		c.hits++
		c.use(p)
	}
	return p
}

func (c *Cache) use(p *cachedPage) {
	c.uses++
	p.last = c.uses
}

// put keeps a page unless it is too large for the budget.
func (c *Cache) put(key pageKey, p *cachedPage) {
	p.key, p.size = key, p.measure()
	c.mu.Lock()
	defer c.mu.Unlock()
	if p.size > c.budget || c.pages[key] != nil {
		return
	}
	for c.single.used+c.shared.used+p.size > c.budget {
		c.remove(c.idle())
	}
	c.pages[key] = p
	c.use(p)
	of := c.pool(key)
	p.at = len(of.pages)
	of.pages = append(of.pages, p)
	of.used += p.size
}

// idle is what goes next. One of the pools has something.
func (c *Cache) idle() *cachedPage {
	of := &c.shared
	if of.used == 0 || c.single.used > c.budget/leastPages {
		of = &c.single
	}
	a, b := of.pages[c.random.IntN(len(of.pages))], of.pages[c.random.IntN(len(of.pages))]
	if a.last < b.last {
		return a
	}
	return b
}

// drop forgets all pages of a file.
func (c *Cache) drop(file uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, p := range c.pages {
		if key.file == file {
			c.remove(p)
		}
	}
}

func (c *Cache) remove(p *cachedPage) {
	of := c.pool(p.key)
	end := len(of.pages) - 1
	of.pages[p.at] = of.pages[end]
	of.pages[p.at].at = p.at
	of.pages[end] = nil
	of.pages = of.pages[:end]
	of.used -= p.size
	delete(c.pages, p.key)
}

// measure is the memory that the page holds, its own struct included.
func (p *cachedPage) measure() int64 {
	n := 320 + 8*cap(p.ints) + cap(p.bytes) + cap(p.texts.codes8) + 2*cap(p.texts.codes16) +
		4*cap(p.texts.ends) + cap(p.texts.data) + 4*cap(p.dict.ends) + len(p.dict.text)
	if r := p.rollup; r != nil {
		n += 160 + 24*cap(r.Buckets) + 16*(cap(r.Hours)+cap(r.Sources)+cap(r.Categories)+cap(r.Severities))
	}
	return int64(n)
}

// buffer lends a buffer of n bytes; give takes it back.
func (c *Cache) buffer(n int) *[]byte {
	b, ok := c.buffers.Get().(*[]byte)
	if !ok {
		b = new([]byte)
	}
	if cap(*b) < n {
		*b = make([]byte, n)
	}
	*b = (*b)[:n]
	return b
}

func (c *Cache) give(b *[]byte) {
	if cap(*b) <= 4<<20 {
		c.buffers.Put(b)
	}
}
