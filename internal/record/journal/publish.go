// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/tocsin-siem/tocsin/internal/record/proof"

	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// hotRange is a range that is not sealed yet.
type hotRange struct {
	open rangeOpen
	key  [keyring.KeyBytes]byte

	// under order.mu
	count uint32
	size  int64

	// set by the committer before the range's first frame is written
	file  atomic.Uint64 // no log file below it has a frame of the range
	block *segment.Block

	// the publisher's until the range is closed, then the sealer's
	tree     proof.RangeTree
	lost     []uint32
	broken   error // why it cannot be sealed
	bytes    int64 // of the block, as counted in the gate
	sealedAt int64 // the time in its header, once it was tried
	inLog    bool  // its header is in the log, at index
	index    uint64
	sealed   chan struct{} // closed once a checkpoint covers it
}

// newHotRange is a range that begins.
func newHotRange(o rangeOpen) *hotRange { return &hotRange{open: o, sealed: make(chan struct{})} }

// add appends a committed entry's leaf, and its row unless it is lost.
func (r *hotRange) add(leaf hash) { r.tree.Add(leaf) }

// loseUpTo fills the tree with entries that are lost, up to sequence number next.
func (r *hotRange) loseUpTo(next uint64) {
	for seq := r.open.First + r.tree.Size(); seq < next; seq++ {
		r.lost = append(r.lost, uint32(r.tree.Size())) //nolint:gosec // below maxRangeEntries
		r.add(proof.LostLeaf(r.open.Stream, seq))
	}
}

// publishLoop makes committed events visible, in order: in the hot block of their
// range and in the ring; then it tells their callers.
func (j *Journal) publishLoop(in <-chan committedBatch) {
	for b := range in {
		for _, r := range b.requests {
			j.publish(r)
		}
		j.ring.push(b.requests)
		for _, r := range b.requests {
			r.finish(nil)
			if r.weight > 0 {
				j.queue.Release(r.weight)
			}
			r.seals = nil
		}
		if j.tail.open() > j.opts.TailBytes {
			j.closeFullest()
		}
	}
}

func (j *Journal) publish(r *request) {
	at := 0
	for i := range r.runs {
		u := &r.runs[i]
		h := u.r
		for range u.events {
			s := &r.seals[at]
			h.add(s.leaf)
			if err := h.block.Append(r.events[at], [8]byte(s.leaf[:8]), s.mac); err != nil && h.broken == nil {
				h.broken = fmt.Errorf("stream %s, seq %d: %w", h.open.Stream, r.events[at].Place.Seq, err)
				j.log.Error("an event has no place in its segment; it stays in the log",
					"stream", h.open.Stream, "seq", r.events[at].Place.Seq, "error", err)
			}
			at++
		}
		n := h.block.Bytes()
		j.tail.add(n-h.bytes, 0)
		h.bytes = n
		if u.closes {
			j.tail.add(0, n)
			j.seal.push(h)
		}
	}
}

// gate counts the memory of the hot blocks and holds Append back while there is
// too much of it.
type gate struct {
	mu      sync.Mutex
	total   int64 // of all hot blocks
	closing int64 // of those that wait for their seal
	limit   int64
	wakeup  chan struct{}
}

func (g *gate) add(total, closing int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.total += total
	g.closing += closing
	if g.wakeup != nil && g.total <= g.limit {
		close(g.wakeup)
		g.wakeup = nil
	}
}

// open is the memory of the blocks that still grow.
func (g *gate) open() int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.total - g.closing
}

// release wakes who waits, to look again.
func (g *gate) release() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.wakeup != nil {
		close(g.wakeup)
		g.wakeup = nil
	}
}

// wait blocks while the hot blocks are over the limit.
func (g *gate) wait(ctx context.Context, j *Journal) error {
	for {
		g.mu.Lock()
		if g.total <= g.limit {
			g.mu.Unlock()
			return nil
		}
		if err := j.seal.trouble(); err != nil {
			g.mu.Unlock()
			return err
		}
		if g.wakeup == nil {
			g.wakeup = make(chan struct{})
		}
		ch := g.wakeup
		g.mu.Unlock()
		select {
		case <-ch:
		case <-j.life.Done():
			return ErrClosed
		case <-ctx.Done():
			return fmt.Errorf("wait for room in the hot tail: %w", ctx.Err())
		}
	}
}
