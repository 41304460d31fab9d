// SPDX-License-Identifier: Apache-2.0

package auth

import (
	"fmt"
	"math"
	"net/netip"
	"sync"
	"time"
)

// Throttle limits logins by token buckets: a burst, then one more each Every. A
// successful login gives its place back, so only failures count. There is a bucket
// for each address, for each account at an address, and for each account over all
// addresses. The last one does not hold for an address from which the account has
// logged in since the start: who guesses elsewhere, from however many addresses,
// keeps nobody out who is at work.
type Throttle struct {
	AccountBurst    int           // 0 = 10
	AccountEvery    time.Duration // 0 = 6 s
	AddressBurst    int           // 0 = 20
	AddressEvery    time.Duration // 0 = 3 s
	EverywhereBurst int           // 0 = 60
	EverywhereEvery time.Duration // 0 = 2 s
}

func (t Throttle) withDefaults() Throttle {
	t.AccountBurst, t.AccountEvery = orDefault(t.AccountBurst, 10), orDefault(t.AccountEvery, 6*time.Second)
	t.AddressBurst, t.AddressEvery = orDefault(t.AddressBurst, 20), orDefault(t.AddressEvery, 3*time.Second)
	t.EverywhereBurst, t.EverywhereEvery = orDefault(t.EverywhereBurst, 60), orDefault(t.EverywhereEvery, 2*time.Second)
	return t
}

func orDefault[T int | time.Duration](v, d T) T {
	if v <= 0 {
		return d
	}
	return v
}

// ThrottledError means that there were too many logins; answer 429.
type ThrottledError struct {
	// By is address, account (at this address), everywhere (the account at all
	// addresses), busy or aborted.
	By string
	// RetryAfter is when the next attempt may be made, at least a second.
	RetryAfter time.Duration
}

// Error says what happened.
func (e *ThrottledError) Error() string {
	return fmt.Sprintf("too many login attempts (%s), retry in %s", e.By, e.RetryAfter)
}

// generation is how many keys one generation of buckets holds.
const generation = 1 << 14

type bucket struct {
	level float64 // places left
	at    time.Time
	good  bool // a place was given back: a login has succeeded
}

// buckets are token buckets by key in bounded memory: keys live in two generations,
// a full young one becomes the old one and the old one is forgotten. A key that is
// used moves to the young one, so that only keys unused for a whole generation of
// others go.
type buckets struct {
	burst float64
	every time.Duration
	mu    sync.Mutex
	young map[string]bucket
	old   map[string]bucket
}

func newBuckets(burst int, every time.Duration) *buckets {
	return &buckets{burst: float64(burst), every: every, young: map[string]bucket{}}
}

// take uses up one place; when there is none it returns how long until the next.
func (b *buckets) take(key string, now time.Time) (wait time.Duration, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.level(key, now)
	if ok = e.level >= 1; ok {
		e.level--
	} else {
		wait = max(time.Duration(math.Ceil((1-e.level)*float64(b.every))), time.Second)
	}
	b.put(key, e)
	return wait, ok
}

// giveBack returns one place.
func (b *buckets) giveBack(key string, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.level(key, now)
	e.level, e.good = min(e.level+1, b.burst), true
	b.put(key, e)
}

// good tells whether a login has succeeded under the key, as far as is remembered.
func (b *buckets) good(key string, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.level(key, now).good
}

func (b *buckets) level(key string, now time.Time) bucket {
	e, ok := b.young[key]
	if !ok {
		if e, ok = b.old[key]; !ok {
			return bucket{level: b.burst, at: now}
		}
	}
	if passed := now.Sub(e.at); passed > 0 {
		e.level = min(e.level+float64(passed)/float64(b.every), b.burst)
		e.at = now
	}
	return e
}

func (b *buckets) put(key string, e bucket) {
	if _, ok := b.young[key]; !ok && len(b.young) >= generation {
		b.old, b.young = b.young, make(map[string]bucket, generation)
	}
	b.young[key] = e
}

// network is the key of an address: IPv4 alone, IPv6 by its /64, which one
// customer has whole.
func network(ip string) string {
	a, err := netip.ParseAddr(ip)
	if err != nil {
		return ip
	}
	a = a.Unmap().WithZone("")
	if a.Is4() {
		return a.String()
	}
	p, err := a.Prefix(64)
	if err != nil {
		return a.String()
	}
	return p.String()
}
