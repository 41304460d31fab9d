// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"fmt"
	"sort"
	"sync"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// ring keeps the events that were committed last, in ord order, so that readers
// who keep up decode nothing. The oldest go when it is over its limit.
type ring struct {
	mu     sync.Mutex
	limit  int64
	bytes  int64
	parts  []ringPart
	base   uint64 // every event after this ord is in the ring
	last   uint64 // the newest ord
	wakeup chan struct{}
	waits  bool // somebody waits for wakeup
	closed bool
}

// ringPart is a request's events.
type ringPart struct {
	events []*event.Event
	weight int64
}

// start sets where the journal ends at its opening.
func (g *ring) start(limit int64, last uint64) {
	g.limit, g.base, g.last = limit, last, last
}

// head is the newest ord that can be read.
func (g *ring) head() uint64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.last
}

// push adds committed requests and wakes the readers.
func (g *ring) push(requests []*request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, r := range requests {
		if len(r.events) == 0 || r.events[0].Place.Stream == SystemStream || r.kept {
			continue // the journal's own entries are for nobody else; kept ords do not rise
		}
		g.parts = append(g.parts, ringPart{r.events, r.weight})
		g.bytes += r.weight
		g.last = r.ord
	}
	n := 0
	for ; g.bytes > g.limit && n < len(g.parts); n++ {
		p := &g.parts[n]
		g.bytes -= p.weight
		g.base = p.events[len(p.events)-1].Place.Ord
		*p = ringPart{}
	}
	g.parts = g.parts[n:]
	if g.waits {
		close(g.wakeup)
		g.wakeup, g.waits = make(chan struct{}), false
	}
}

// after appends to dst at most n events that follow ord. hit is false when some
// of them are no longer in the ring; upto is then the ord up to which they must
// be read elsewhere.
func (g *ring) after(ord uint64, n int, dst []*event.Event) (events []*event.Event, hit bool, upto uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if ord < g.base {
		return dst, false, g.base
	}
	i := sort.Search(len(g.parts), func(i int) bool {
		e := g.parts[i].events
		return e[len(e)-1].Place.Ord > ord
	})
	for ; i < len(g.parts) && n > 0; i++ {
		e := g.parts[i].events
		if e[0].Place.Ord <= ord {
			e = e[sort.Search(len(e), func(k int) bool { return e[k].Place.Ord > ord }):]
		}
		e = e[:min(n, len(e))]
		dst = append(dst, e...)
		n -= len(e)
	}
	return dst, true, 0
}

// wait blocks until there is something after ord.
func (g *ring) wait(ctx context.Context, ord uint64) error {
	for {
		g.mu.Lock()
		if g.last > ord {
			g.mu.Unlock()
			return nil
		}
		if g.closed {
			g.mu.Unlock()
			return ErrClosed
		}
		ch := g.wakeup
		g.waits = true
		g.mu.Unlock()
		select {
		case <-ch:
		case <-ctx.Done():
			return fmt.Errorf("wait for events: %w", ctx.Err())
		}
	}
}

// forget drops the events of the ring; readers who want them read their ranges.
func (g *ring) forget() {
	g.mu.Lock()
	defer g.mu.Unlock()
	clear(g.parts)
	g.parts, g.bytes, g.base = nil, 0, g.last
}

// close wakes every reader for good.
func (g *ring) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.closed {
		g.closed = true
		close(g.wakeup)
	}
}
