// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"fmt"
	"hash/maphash"
	"sync/atomic"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// Block is a columnar block in memory to which one goroutine appends while any
// number read. It copies what it keeps: nothing of an event is retained.
type Block struct {
	rows  atomic.Int32 // published after everything of the row
	bytes atomic.Int64

	// set before the first row is published
	origin, stream string

	fixed [maxPages]atomic.Pointer[fixedPage]
	texts [numTexts]textColumn
	attrs attrTable

	// writer's
	tally  tally
	rest   restWriter
	bounds Bounds // of the page that is being filled
	filled int    // bytes of text in that page
}

// fixedPage holds a page of the columns whose rows have a fixed width.
type fixedPage struct {
	ints     [numInts][PageRows]int64
	severity [PageRows]byte
	outcome  [PageRows]byte
	id       [16 * PageRows]byte
	leaf8    [8 * PageRows]byte
	mac16    [16 * PageRows]byte
	bounds   Bounds // valid once the page is full
}

const fixedPageSize = PageRows*(8*numInts+1+1+16+8+16) + 80

// NewBlock returns an empty block. It takes its origin and stream from the
// first event.
func NewBlock() *Block {
	b := &Block{tally: tally{memory: blockSize}}
	seed := maphash.MakeSeed()
	for i := range b.texts {
		b.texts[i].init(seed, &b.tally)
	}
	b.attrs.init(seed, &b.tally)
	b.rest.dict = &b.texts[ColRest-ColSource].dict
	b.bytes.Store(int64(blockSize))
	return b
}

// Len is the number of rows.
func (b *Block) Len() int { return int(b.rows.Load()) }

// Bytes is the memory that the block has allocated.
func (b *Block) Bytes() int64 { return b.bytes.Load() }

// Append adds one event with the first bytes of its leaf hash and its MAC. The
// row is visible to readers that are taken afterwards. ErrFull says that the
// block takes no more and the event was not added; any other error is about the
// event, which was not added either and fits no block. One goroutine at a time.
func (b *Block) Append(e *event.Event, leaf8 [8]byte, mac16 [16]byte) error {
	rows := int(b.rows.Load())
	if rows == MaxRows {
		return ErrFull
	}
	if rows == 0 {
		b.origin, b.stream = e.Place.Origin, e.Place.Stream
	}
	page, i := rows/PageRows, rows%PageRows
	defer b.attrs.clear()
	if err := b.attrs.plan(e.Attrs); err != nil {
		return fmt.Errorf("append to segment: %w", err)
	}
	rest, err := b.rest.encode(e, b.attrs.over, e.Place.Origin != b.origin || e.Place.Stream != b.stream)
	if err != nil {
		return fmt.Errorf("append to segment: %w", err)
	}
	if i == 0 {
		b.filled = 0
	}
	size := len(rest) + len(b.attrs.texts)
	for f := event.FieldSource; f <= event.FieldSender; f++ {
		size += len(*coreRef(e, f))
	}
	if b.filled+size > maxPageBytes || b.tally.words+size > maxPageBytes {
		if rows == 0 {
			return fmt.Errorf("append to segment: event of %d bytes, at most %d are possible", size, maxPageBytes)
		}
		return ErrFull
	}
	b.filled += size
	b.addTexts(e, page, i)
	b.attrs.write(page, i)
	if len(rest) > 0 {
		appendRaw(&b.texts[ColRest-ColSource], page, i, rest, Present)
	}
	b.addFixed(e, page, i, leaf8, mac16)
	b.bytes.Store(int64(b.tally.memory + cap(b.rest.buf) + cap(b.attrs.texts)))
	b.rows.Store(int32(rows + 1)) //nolint:gosec // at most MaxRows
	return nil
}

func (b *Block) addTexts(e *event.Event, page, i int) {
	for f := event.FieldSource; f <= event.FieldSender; f++ {
		c := &b.texts[f-event.FieldSource]
		switch s := *coreRef(e, f); {
		case s != "":
			addText(c, page, i, s, Present)
		case e.Blank.Has(f):
			addText(c, page, i, "", Blank)
		case e.Null.Has(f):
			addText(c, page, i, "", Null)
		}
	}
}

func (b *Block) addFixed(e *event.Event, page, i int, leaf8 [8]byte, mac16 [16]byte) {
	p := b.fixed[page].Load()
	if p == nil {
		p = &fixedPage{}
		b.tally.memory += fixedPageSize
		b.fixed[page].Store(p)
	}
	p.ints[ColTime][i] = e.Time
	p.ints[ColReceived][i] = e.Received
	p.ints[ColOrd][i] = int64(e.Place.Ord) //nolint:gosec // two's complement, and back
	p.ints[ColSeq][i] = int64(e.Place.Seq) //nolint:gosec // two's complement, and back
	p.severity[i] = byte(e.Severity)
	p.outcome[i] = byte(e.Outcome)
	copy(p.id[16*i:], e.ID[:])
	copy(p.leaf8[8*i:], leaf8[:])
	copy(p.mac16[16*i:], mac16[:])
	b.bounds.add(e.Time, e.Received, e.ID.Millis(), e.Place.Ord, e.Place.Seq, i == 0)
	if i == PageRows-1 {
		p.bounds = b.bounds
	}
}

// blockSize is the size of an empty block, page tables included.
const blockSize = 8*maxPages + numTexts*(8*maxPages+240) + 8*maxAttrs + 512
