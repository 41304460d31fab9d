// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tocsin-siem/tocsin/internal/record/segment"
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
		if last := r.j.seal.last[name]; last != nil && last.header.Epoch == o.Epoch {
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
		c := &recoveredRange{hotRange: &hotRange{open: o}}
		c.key, c.broken = rangeKey(r.j.opts.Keys, name, o.Epoch, o.Ratchet)
		r.j.view.track(c.hotRange, r.j.wal.number)
		s.ranges = append(s.ranges, c)
	}
}

// adopt looks at the segment files that no manifest record names. What is still
// in the log is removed and sealed again; what is not, is taken up when it is
// whole and has its place in its stream, and put in quarantine when not.
func (r *recovery) adopt(ctx context.Context) error {
	j := r.j
	named := map[string]bool{}
	for _, s := range j.view.sealed {
		named[s.name] = true
	}
	var found []string
	root := j.path("segments")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err == nil && !named[name] {
			found = append(found, name)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("read segment folder: %w", err)
	}
	slices.Sort(found)
	for _, name := range found {
		if err := r.adoptFile(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

func (r *recovery) adoptFile(ctx context.Context, name string) error {
	j := r.j
	path := j.path("segments", name)
	if strings.HasSuffix(name, ".tmp") {
		return j.opts.disk.remove(path)
	}
	m, err := r.judge(path)
	if err == nil && r.inLog(&m.Header) {
		return j.opts.disk.remove(path)
	}
	if err == nil && (name != segmentName(m.Header.Stream, m.Header.Number) || j.view.overlaps(&m.Header)) {
		err = errors.New("its place in the stream is taken")
	}
	if err == nil {
		j.log.WarnContext(ctx, "segment file taken up that the manifest did not name", "file", name)
		rec := record{Name: name, meta: m}
		if rec.Size, rec.Sum, err = fileSum(path); err != nil {
			return err
		}
		if err := j.seal.manifest.add(rec); err != nil {
			return err
		}
		j.openSealed(&rec)
		s := r.stream(m.Header.Stream)
		s.sealed, s.next = max(s.sealed, m.Header.Number), max(s.next, m.Header.Last()+1)
		r.ord = max(r.ord, m.Header.LastOrd)
		return nil
	}
	j.log.ErrorContext(ctx, "segment file put in quarantine", "file", name, "error", err)
	return j.opts.disk.rename(path, j.path("quarantine", strings.ReplaceAll(name, string(os.PathSeparator), "-")))
}

// judge checks a segment file from its columns up to its header's MAC.
func (r *recovery) judge(path string) (meta, error) {
	f, err := segment.OpenFile(path, r.j.seal.once)
	if err != nil {
		return meta{}, fmt.Errorf("open segment: %w", err)
	}
	defer f.Close()
	m, err := decodeMeta(f.Meta())
	if err != nil {
		return meta{}, err
	}
	h := &m.Header
	if h.Origin != r.j.Origin() {
		return m, fmt.Errorf("%w: it is of %s", ErrForeign, h.Origin)
	}
	key, err := rangeKey(r.j.opts.Keys, h.Stream, h.Epoch, h.Ratchet)
	if err != nil {
		return m, err
	}
	if headerMAC(h, &key) != m.MAC {
		return m, errors.New("its header's MAC is wrong")
	}
	return m, readBack(f, &m, &key)
}

// inLog tells whether a range that is not sealed covers the header's.
func (r *recovery) inLog(h *Header) bool {
	s := r.streams[h.Stream]
	if s == nil {
		return false
	}
	for _, c := range s.ranges {
		if c.open.Number == h.Number && !c.done {
			return true
		}
	}
	return false
}

// finish hands the recovered ranges to the sealer and sets what comes next in
// every stream.
func (r *recovery) finish(ctx context.Context) {
	j := r.j
	j.order.ord = r.ord
	rows := 0
	for name, s := range r.streams {
		o := &stream{name: name, seq: s.next - 1, number: s.sealed}
		if last := j.seal.last[name]; last != nil {
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
