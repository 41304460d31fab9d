// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// logReader reads the entries of a log of entries that no header covers.
type logReader struct {
	b     *beginning
	take  func(e *event.Event, again bool) error
	again bool // the log was read before
	at    map[string]*readRange
	ord   uint64
}

// readRange is the range that a stream's next entries are of.
type readRange struct {
	open rangeOpen
	next uint64
	h    hasher
	keys bool
}

// log gives the archive's entries that are not sealed, in the order in which they
// were written, and returns the highest ord that the log has given. It is read twice:
// again tells the second time, in which nothing is counted.
func (b *beginning) log(take func(e *event.Event, again bool) error) (ord uint64, err error) {
	r := logReader{b: b, take: take, at: map[string]*readRange{}, again: b.read}
	b.read = true
	dir := filepath.Join(b.a.dir, "wal")
	names, err := logNames(dir)
	if err != nil {
		return 0, err
	}
	h, _, err := readHead(b.a.dir)
	if err != nil {
		return 0, err
	}
	r.ord = h.Ord
	for i, name := range names {
		raw, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return 0, fmt.Errorf("read log: %w", err)
		}
		var next *walHeader
		if i+1 < len(names) {
			next = peekHeader(filepath.Join(dir, names[i+1]))
		}
		l, err := scanLog(raw)
		if err != nil {
			continue // nothing was written to it, or Verify has named it
		}
		for k := range l.Batches {
			if bt := &l.Batches[k]; next == nil || !bt.Ended || bt.Trailer.Batch <= next.Prev.Batch {
				if err := r.batch(bt); err != nil {
					return 0, fmt.Errorf("log %s: %w", name, err)
				}
			}
		}
	}
	return r.ord, nil
}

func (r *logReader) batch(b *scannedBatch) error {
	for i := range b.Frames {
		switch f := &b.Frames[i]; f.Kind {
		case frameOpen:
			if o, err := decodeRangeOpen(f.Body); err == nil {
				r.begin(&o)
			}
		case frameEntry:
			if err := r.entry(f.Body); err != nil {
				return err
			}
		}
	}
	if b.Ended {
		r.ord = max(r.ord, b.Trailer.Ord)
	}
	return nil
}

// begin begins a range; its second copy changes nothing.
func (r *logReader) begin(o *rangeOpen) {
	if c := r.at[o.Stream]; c != nil && (c.open == *o || o.First < c.next) {
		return
	}
	c := &readRange{open: *o, next: o.First}
	c.h.Blind.Reset(&o.Seed)
	if r.b.keys != nil {
		if key, err := rangeKey(r.b.keys, o.Stream, o.Epoch, o.Ratchet); err == nil {
			c.h.mac.reset(&key, o.Stream)
			c.keys = true
		}
	}
	r.at[o.Stream] = c
}

// entry gives an entry away. One that is not what was recorded stays behind.
func (r *logReader) entry(body []byte) error {
	e := r.decode(body)
	if e == nil {
		return nil
	}
	r.ord = max(r.ord, e.Place.Ord)
	return r.take(e, r.again)
}

// decode checks an entry against its leaf and MAC; nil when it does not fit them, is
// sealed, or was there before.
func (r *logReader) decode(body []byte) *event.Event {
	stream, seq, ok := placeOf(body)
	if !ok {
		return nil
	}
	c := r.at[string(stream)]
	en, err := decodeEntry(body)
	if err != nil || c == nil || seq < c.next || seq < r.b.a.next[string(stream)] || seq-c.open.First >= maxRangeEntries {
		return nil
	}
	e := &event.Event{}
	if event.Decode(string(en.Public), string(en.Slot0), string(en.Slot1), e) != nil || e.Place.Origin != r.b.a.origin {
		return nil
	}
	leaf := c.h.Leaf(uint32(seq-c.open.First), en.Public, en.Slot0, en.Slot1) //nolint:gosec // below maxRangeEntries
	if leaf != en.Leaf || c.keys && c.h.mac.sum(seq, &leaf) != en.MAC {
		return nil
	}
	c.next = seq + 1
	return e
}

// left counts the entries that the log had, by its head or by those that came after
// them, and that are not among what was read.
func (b *beginning) left(read map[string][]proof.SeqRun) (n int64, err error) {
	h, _, err := readHead(b.a.dir)
	if err != nil {
		return 0, err
	}
	end := map[string]uint64{}
	for i := range h.Next {
		end[h.Next[i].Stream] = h.Next[i].Seq
	}
	for stream, runs := range read {
		end[stream] = max(end[stream], runs[len(runs)-1].Last+1)
	}
	for stream, next := range end {
		first := max(b.a.next[stream], 1)
		if next > first {
			_, have := joinRuns(slices.Clone(read[stream]))
			n += int64(next-first) - have //nolint:gosec // a count
		}
	}
	return n, nil
}

// carry appends events that have an ord already, and keep it. The events of a stream
// come in the order of their ords.
func (j *Journal) carry(ctx context.Context, events []*event.Event) error {
	var requests []*request
	var err error
	for rest := events; len(rest) > 0 && err == nil; {
		var r *request
		if r, rest, err = j.cut(rest); err != nil {
			break
		}
		r.kept = true
		if err = j.submit(ctx, r); err == nil {
			requests = append(requests, r)
			err = r.rest
		}
	}
	for _, r := range requests {
		err = errors.Join(err, j.await(ctx, r))
	}
	return err
}

// inRuns tells whether a number is in one of the rising runs.
func inRuns(runs []proof.SeqRun, seq uint64) bool {
	i := sort.Search(len(runs), func(i int) bool { return runs[i].Last >= seq })
	return i < len(runs) && runs[i].First <= seq
}
