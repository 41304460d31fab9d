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
// successful login gives its place back, so only failures count.
type Throttle struct {
	AccountBurst int           // 0 = 10
	AccountEvery time.Duration // 0 = 6 s
	AddressBurst int           // 0 = 20
	AddressEvery time.Duration // 0 = 3 s
}

func (t Throttle) withDefaults() Throttle {
	if t.AccountBurst <= 0 {
		t.AccountBurst = 10
	}
	if t.AccountEvery <= 0 {
		t.AccountEvery = 6 * time.Second
	}
	if t.AddressBurst <= 0 {
		t.AddressBurst = 20
	}
	if t.AddressEvery <= 0 {
		t.AddressEvery = 3 * time.Second
	}
	return t
}

// ThrottledError means that there were too many logins; answer 429.
type ThrottledError struct {
	// By is account, address, busy or aborted.
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
	e.level = min(e.level+1, b.burst)
	b.put(key, e)
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
