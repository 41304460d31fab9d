// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"fmt"
)

// checkHead compares the log with the head file. When the head knows more, the
// log was cut: what is missing is entered as lost, so that no sequence number is
// ever given twice.
func (r *recovery) checkHead(ctx context.Context) error {
	if r.head.Batch > r.last.Batch {
		r.j.log.ErrorContext(ctx, "log is cut: events that were durable are missing", "ord", r.ord, "head_ord", r.head.Ord)
		r.damage++
		r.last = r.head.link
	}
	r.ord = max(r.ord, r.head.Ord)
	for i := range r.head.Next {
		n := &r.head.Next[i]
		s := r.stream(n.Stream)
		next := s.next
		if k := len(s.ranges); k > 0 && !s.ranges[k-1].done {
			next = s.ranges[k-1].open.First + s.ranges[k-1].tree.Size()
		}
		if n.Seq <= next {
			continue
		}
		if n.Seq-next > maxMissing {
			return fmt.Errorf("head file claims %d events of stream %s that are nowhere; if that is not so, remove the file head", n.Seq-next, n.Stream)
		}
		r.lose(n.Stream, s, n.Seq)
	}
	return nil
}

// lose enters the entries of a stream up to next as lost.
func (r *recovery) lose(name string, s *recovered, next uint64) {
	for {
		k := len(s.ranges) - 1
		if k >= 0 && !s.ranges[k].done {
			c := s.ranges[k]
			c.loseUpTo(min(next, c.open.First+maxRangeEntries))
			if c.open.First+c.tree.Size() >= next {
				return
			}
		}
		o := rangeOpen{Stream: name, Number: s.sealed + 1, First: s.next, Epoch: r.j.opts.Keys.Epoch()}
		if last, ok := r.j.evidence.lastOf(name); ok && last.header.Epoch == o.Epoch {
			o.Ratchet = last.header.Ratchet + 1
		}
		if k >= 0 {
			p := &s.ranges[k].open
			o.Number = max(o.Number, p.Number+1)
			o.First = max(o.First, p.First+s.ranges[k].tree.Size())
			if p.Epoch == o.Epoch {
				o.Ratchet = max(o.Ratchet, p.Ratchet+1)
			}
		}
		c := &recoveredRange{hotRange: newHotRange(o)}
		c.key, c.broken = rangeKey(r.j.opts.Keys, name, o.Epoch, o.Ratchet)
		r.j.view.track(c.hotRange, r.j.wal.number)
		s.ranges = append(s.ranges, c)
	}
}

// finish hands the recovered ranges to the sealer and sets what comes next in
// every stream.
func (r *recovery) finish(ctx context.Context) {
	j := r.j
	j.order.ord = r.ord
	rows := 0
	for name, s := range r.streams {
		o := &stream{name: name, seq: s.next - 1, number: s.sealed}
		if last, ok := j.evidence.lastOf(name); ok {
			o.epoch, o.ratchet = last.header.Epoch, last.header.Ratchet+1
		}
		for _, c := range s.ranges {
			o.seq = max(o.seq, c.open.First+c.tree.Size()-1)
			if c.tree.Size() > 0 || c.done {
				o.number = max(o.number, c.open.Number)
				o.epoch, o.ratchet = c.open.Epoch, c.open.Ratchet+1
			}
			if c.done {
				continue
			}
			if c.tree.Size() == 0 {
				j.view.untrack(c.hotRange)
				continue
			}
			rows += c.block.Len()
			n := c.block.Bytes()
			j.tail.add(n-c.bytes, n-c.bytes)
			c.bytes = n
			c.count = uint32(c.tree.Size()) //nolint:gosec // at most maxRangeEntries
			j.seal.push(c.hotRange)
		}
		j.setNext(name, o.seq+1)
		j.order.streams[name] = o
	}
	j.log.InfoContext(ctx, "journal opened", "origin", j.Origin(), "ord", r.ord,
		"segments", len(j.view.sealed), "log_files", len(j.wal.files), "unsealed_events", rows, "damage", r.damage)
}

// begin lets every stream go on and the log continue after its last batch.
func (r *recovery) begin() error {
	for _, s := range r.j.order.streams {
		if err := s.begin(r.j.opts.Keys); err != nil {
			return err
		}
	}
	r.j.wal.last = r.last
	return nil
}
