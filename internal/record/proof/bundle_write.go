// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"bufio"
	"fmt"
	"io"

	"github.com/go-json-experiment/json"
)

// BundleWriter writes an evidence bundle, line by line. It holds one line at a
// time, and refuses an order that no reader takes; whether everything is proven is
// not checked. Not safe for concurrent use.
type BundleWriter struct {
	w     *bufio.Writer
	order bundleOrder
	err   error // the first; it stays
}

// NewBundleWriter writes the head.
func NewBundleWriter(w io.Writer, head *BundleHead) (*BundleWriter, error) {
	if err := head.check(); err != nil {
		return nil, fmt.Errorf("write bundle: %w", err)
	}
	b := &BundleWriter{w: bufio.NewWriterSize(w, 64<<10)}
	return b, b.line(headLine{
		Bundle: bundleMagic, Origin: head.Origin, Created: head.Created.UTC(), Query: head.Query, From: head.From, To: head.To,
		Complete: head.Complete, Checkpoint: head.Checkpoint, Statements: head.Statements, Consistency: head.Consistency,
	})
}

// line writes a line.
func (b *BundleWriter) line(v any) error {
	if b.err != nil {
		return b.err
	}
	raw, err := json.Marshal(v)
	switch {
	case err != nil:
		b.err = fmt.Errorf("write bundle: %w", err)
	case len(raw) >= maxBundleLine:
		b.err = fmt.Errorf("write bundle: a line of %d bytes: %w", len(raw), ErrBundle)
	default:
		if _, err = b.w.Write(append(raw, '\n')); err != nil {
			b.err = fmt.Errorf("write bundle: %w", err)
		}
	}
	return b.err
}

// placed remembers what the order of lines says.
func (b *BundleWriter) placed(err error) error {
	if b.err == nil && err != nil {
		b.err = fmt.Errorf("write bundle: %w", err)
	}
	return b.err
}

// Header begins a range: the index of its header in the log, the header's bytes,
// and the path from its leaf to the checkpoint's root.
func (b *BundleWriter) Header(index uint64, header []byte, path []Hash) error {
	r := Cursor{B: header}
	h := ReadHeader(&r)
	if !r.Done() {
		return b.placed(fmt.Errorf("header %d: %w", index, ErrBundle))
	}
	if err := b.placed(b.order.start(&h, index)); err != nil {
		return err
	}
	return b.line(bodyLine{Header: &headerLine{Index: index, Bytes: header, Path: path}})
}

// Entry writes an entry of the range; numbers rise.
func (b *BundleWriter) Entry(e *BundleEntry) error {
	if err := b.placed(b.order.take(e.I)); err != nil {
		return err
	}
	l := &entryLine{Header: b.order.index, I: e.I, Public: e.Public, Path: e.Path}
	for i := range e.Slots {
		switch s := &e.Slots[i]; s.State {
		case SlotOpen:
			l.Slots[i] = slotLine{R: &s.Blinder, Bytes: s.Bytes}
		case SlotWithheld, SlotErased:
			l.Slots[i] = slotLine{C: &s.Commitment, State: s.State.String(), Tombstone: s.Tombstone}
		default:
			return b.placed(fmt.Errorf("state %d of slot %d: %w", s.State, i, ErrBundle))
		}
	}
	b.order.counts.Entries++
	return b.line(bodyLine{Entry: l})
}

// Lost writes an entry of the range that was damaged before it was sealed.
func (b *BundleWriter) Lost(i uint32, path []Hash) error {
	if err := b.placed(b.order.take(i)); err != nil {
		return err
	}
	b.order.counts.Lost++
	return b.line(bodyLine{Lost: &lostLine{Header: b.order.index, I: i, Path: path}})
}

// Pruned says that all entries of the range are gone, by the tombstone with that
// sequence number in SystemStream.
func (b *BundleWriter) Pruned(tombstone uint64) error {
	if err := b.placed(b.order.prune()); err != nil {
		return err
	}
	return b.line(bodyLine{Pruned: &prunedLine{Header: b.order.index, Tombstone: tombstone}})
}

// Close writes the end, without which nobody takes the bundle for whole. The
// caller closes and syncs its own writer.
func (b *BundleWriter) Close() error {
	if err := b.line(bodyLine{End: &b.order.counts}); err != nil {
		return err
	}
	if err := b.w.Flush(); err != nil {
		b.err = fmt.Errorf("write bundle: %w", err)
	}
	return b.err
}
