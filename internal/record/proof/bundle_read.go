// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// bundleReader reads a bundle's lines and checks their form and order, nothing
// else. It holds one line at a time.
type bundleReader struct {
	r     *bufio.Reader
	line  []byte // room for a line
	order bundleOrder
}

// bundleItem is a line behind the head: one of them is set.
type bundleItem struct {
	header bool // order.header is new
	path   []Hash
	entry  *BundleEntry
	lost   *lostLine
	pruned *prunedLine
	end    bool
}

// openBundle begins to read. The error wraps ErrNoBundle when this is no bundle.
func openBundle(r io.Reader) (*bundleReader, error) {
	const begin = `{"bundle":"` + bundleMagic + `",`
	b := &bundleReader{r: bufio.NewReaderSize(r, 64<<10)}
	switch got, err := b.r.Peek(len(begin)); {
	case err != nil && !errors.Is(err, io.EOF):
		return nil, fmt.Errorf("read bundle: %w", err)
	case string(got) != begin:
		return nil, fmt.Errorf("%w: it begins with %.40q", ErrNoBundle, got)
	}
	return b, nil
}

// head reads the first line.
func (b *bundleReader) head() (*BundleHead, error) {
	raw, err := b.next()
	if err != nil {
		return nil, err
	}
	var l headLine
	if err := strictLine(raw, &l); err != nil {
		return nil, err
	}
	h := &BundleHead{
		Origin: l.Origin, Created: l.Created, Query: l.Query, From: l.From, To: l.To,
		Complete: l.Complete, Checkpoint: l.Checkpoint, Statements: l.Statements, Consistency: l.Consistency,
	}
	return h, h.check()
}

// next reads a line without its end.
func (b *bundleReader) next() ([]byte, error) {
	b.line = b.line[:0]
	for {
		part, err := b.r.ReadSlice('\n')
		if len(b.line)+len(part) > maxBundleLine {
			return nil, fmt.Errorf("%w: a line of more than %d bytes", ErrBundle, maxBundleLine)
		}
		b.line = append(b.line, part...)
		switch {
		case err == nil:
			return bytes.TrimSuffix(b.line, []byte("\n")), nil
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF):
			return nil, fmt.Errorf("%w: it breaks off", ErrBundle)
		default:
			return nil, fmt.Errorf("read bundle: %w", err)
		}
	}
}

// strictLine reads a JSON object with known members, each once.
func strictLine(raw []byte, v any) error {
	if err := json.Unmarshal(raw, v, json.RejectUnknownMembers(true)); err != nil {
		return fmt.Errorf("%w: %w", ErrBundle, err)
	}
	return nil
}

// item reads the next line behind the head. After the end nothing may follow.
func (b *bundleReader) item() (it bundleItem, err error) {
	raw, err := b.next()
	if err != nil {
		return it, err
	}
	var l bodyLine
	if err := strictLine(raw, &l); err != nil {
		return it, err
	}
	kinds := 0
	for _, is := range [...]bool{l.Header != nil, l.Entry != nil, l.Lost != nil, l.Pruned != nil, l.End != nil} {
		if is {
			kinds++
		}
	}
	if kinds != 1 {
		return it, fmt.Errorf("%w: a line of %d kinds", ErrBundle, kinds)
	}
	switch {
	case l.Header != nil:
		r := Cursor{B: l.Header.Bytes}
		h := ReadHeader(&r)
		if !r.Done() {
			return it, fmt.Errorf("%w: header %d", ErrBundle, l.Header.Index)
		}
		it.header, it.path = true, l.Header.Path
		err = b.order.start(&h, l.Header.Index)
	case l.Entry != nil:
		if it.entry, err = readEntry(l.Entry); err == nil {
			err = b.placed(l.Entry.Header, l.Entry.I)
		}
		b.order.counts.Entries++
	case l.Lost != nil:
		it.lost = l.Lost
		err = b.placed(l.Lost.Header, l.Lost.I)
		b.order.counts.Lost++
	case l.Pruned != nil:
		it.pruned = l.Pruned
		if err = b.order.prune(); err == nil && l.Pruned.Header != b.order.index {
			err = fmt.Errorf("%w: header %d is pruned after header %d", ErrBundle, l.Pruned.Header, b.order.index)
		}
	default:
		it.end = true
		err = b.end(l.End)
	}
	return it, err
}

// placed checks the place of an entry.
func (b *bundleReader) placed(header uint64, i uint32) error {
	if err := b.order.take(i); err != nil {
		return err
	}
	if header != b.order.index {
		return fmt.Errorf("%w: an entry of header %d after header %d", ErrBundle, header, b.order.index)
	}
	return nil
}

// end checks the last line, and that it is the last.
func (b *bundleReader) end(counts *BundleCounts) error {
	if *counts != b.order.counts {
		return fmt.Errorf("%w: it ends with other numbers of lines than it has", ErrBundle)
	}
	switch _, err := b.r.ReadByte(); {
	case err == nil:
		return fmt.Errorf("%w: something follows its end", ErrBundle)
	case !errors.Is(err, io.EOF):
		return fmt.Errorf("read bundle: %w", err)
	}
	return nil
}

// readEntry checks the form of an entry.
func readEntry(l *entryLine) (*BundleEntry, error) {
	e := &BundleEntry{I: l.I, Public: l.Public, Path: l.Path}
	for i := range l.Slots {
		if !e.Slots[i].read(&l.Slots[i]) {
			return nil, fmt.Errorf("%w: slot %d of entry %d of header %d", ErrBundle, i, l.I, l.Header)
		}
	}
	return e, nil
}

func (s *BundleSlot) read(l *slotLine) bool {
	open := l.R != nil && l.Bytes != nil && l.C == nil && l.State == "" && l.Tombstone == 0
	kept := l.R == nil && l.Bytes == nil && l.C != nil
	switch {
	case open:
		*s = BundleSlot{State: SlotOpen, Blinder: *l.R, Bytes: l.Bytes}
	case kept && l.State == SlotWithheld.String() && l.Tombstone == 0:
		*s = BundleSlot{State: SlotWithheld, Commitment: *l.C}
	case kept && l.State == SlotErased.String() && l.Tombstone > 0:
		*s = BundleSlot{State: SlotErased, Commitment: *l.C, Tombstone: l.Tombstone}
	default:
		return false
	}
	return true
}

// decode reads the entry's event from its canonical bytes. A slot that is not open
// is empty in it.
func (e *BundleEntry) decode(into *event.Event) error {
	var parts [event.Slots]string
	for i := range e.Slots {
		parts[i] = string(e.Slots[i].Bytes)
		if e.Slots[i].State != SlotOpen {
			parts[i] = string((&event.Event{}).AppendSlot(nil, i))
		}
	}
	return event.Decode(string(e.Public), parts[0], parts[1], into)
}
