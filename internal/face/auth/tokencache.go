// SPDX-License-Identifier: Apache-2.0

package auth

import (
	"sync"
	"time"
)

// cacheSize bounds the tokens that are believed at a time.
const cacheSize = 4096

// tokenCache remembers verified tokens by the hash of their secret for a short
// time. It holds only tokens that were found, so that guessing fills nothing.
type tokenCache struct {
	ttl     time.Duration
	mu      sync.RWMutex
	entries map[[32]byte]cached
	epoch   uint64 // counts forgotten tokens
}

type cached struct {
	principal Principal
	until     time.Time
}

func newTokenCache(ttl time.Duration) *tokenCache {
	return &tokenCache{ttl: ttl, entries: map[[32]byte]cached{}}
}

// find returns the principal of a token. When it is not known, epoch is to be given
// to keep, which then refuses to remember a token that was forgotten meanwhile.
func (c *tokenCache) find(hash [32]byte, now time.Time) (p Principal, ok bool, epoch uint64) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	e, found := c.entries[hash]
	return e.principal, found && now.Before(e.until), c.epoch
}

func (c *tokenCache) keep(hash [32]byte, p Principal, now time.Time, epoch uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.epoch != epoch {
		return
	}
	if len(c.entries) >= cacheSize {
		for h, e := range c.entries {
			if !now.Before(e.until) {
				delete(c.entries, h)
			}
		}
		if len(c.entries) >= cacheSize {
			clear(c.entries)
		}
	}
	c.entries[hash] = cached{principal: p, until: now.Add(c.ttl)}
}

func (c *tokenCache) forget(hash [32]byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.epoch++
	delete(c.entries, hash)
}
