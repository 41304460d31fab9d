// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
)

// The saved form of the origin ids, integers little-endian:
//
//	magic[8] secret[32] limit[8] after[8]
//	(hash[8] generation[1] content[4])*  with hash != 0
//	0[8] inserts[8] began[256*8] crc32c[4] of everything before
//
// It is a cache of what the journal holds: a file that does not fit is refused
// and rebuilt, so that the magic's number may rise freely.
const snapshotMagic = "TOCIDS1\n"

// ErrSnapshot is wrapped by every error of LoadIDs that says that the saved form
// cannot be used; the ids are then rebuilt from the beginning of the journal.
var ErrSnapshot = errors.New("saved origin ids cannot be used")

// SaveIDs writes the remembered origin ids. It may run beside Ingest, which it
// holds up for no longer than a 256th of the ids takes to copy.
func (p *Pipeline) SaveIDs(w io.Writer) error {
	out := summedWriter{w: bufio.NewWriterSize(w, 64<<10), sum: newSum()}
	p.idsMu.Lock()
	t, after := p.ids, p.remembered
	for f := range p.flights {
		after = min(after, f.after)
	}
	p.idsMu.Unlock()

	out.text(snapshotMagic)
	out.bytes(t.secret[:])
	out.uint64(uint64(t.limit)) //nolint:gosec // positive
	out.uint64(after)
	var buf []byte
	for n := range t.shards {
		buf = buf[:0]
		p.idsMu.Lock()
		s := &t.shards[n]
		for i, v := range s.slots {
			if v != 0 && t.alive(v) {
				buf = binary.LittleEndian.AppendUint64(buf, uint64(n)<<56|v>>8)
				buf = append(buf, byte(v&0xff))
				buf = binary.LittleEndian.AppendUint32(buf, s.content[i])
			}
		}
		p.idsMu.Unlock()
		out.bytes(buf)
	}
	p.idsMu.Lock()
	inserts, began := t.inserts, t.began
	p.idsMu.Unlock()
	out.uint64(0)
	out.uint64(inserts)
	for _, b := range began {
		out.uint64(uint64(b)) //nolint:gosec // two's complement
	}
	return out.end()
}

// LoadIDs reads what SaveIDs wrote. after is the position in the journal up to
// which the ids are complete: Rebuild goes on with the events behind it. Call it
// before the first Ingest. On an error nothing is remembered.
func (p *Pipeline) LoadIDs(r io.Reader) (after uint64, err error) {
	p.idsMu.Lock()
	defer p.idsMu.Unlock()
	t, err := newIDTable(p.ids.limit)
	if err != nil {
		return 0, err
	}
	in := summedReader{r: bufio.NewReaderSize(r, 64<<10), sum: newSum()}
	if magic := in.bytes(len(snapshotMagic)); in.err != nil || string(magic) != snapshotMagic {
		return 0, fmt.Errorf("%w: not saved origin ids", ErrSnapshot)
	}
	copy(t.secret[:], in.bytes(len(t.secret)))
	if limit := in.uint64(); in.err == nil && limit != uint64(t.limit) { //nolint:gosec // positive
		return 0, fmt.Errorf("%w: made for %d ids, not for %d", ErrSnapshot, limit, t.limit)
	}
	after = in.uint64()
	if err := in.slots(t); err != nil {
		return 0, err
	}
	t.inserts = in.uint64()
	for i := range t.began {
		t.began[i] = int64(in.uint64()) //nolint:gosec // two's complement
	}
	if err := in.end(); err != nil {
		return 0, err
	}
	p.ids, p.remembered = t, after
	return after, nil
}

// ForgetIDs forgets everything that LoadIDs read: it is of another journal. Call
// it before the first Ingest.
func (p *Pipeline) ForgetIDs() error {
	p.idsMu.Lock()
	defer p.idsMu.Unlock()
	t, err := newIDTable(p.ids.limit)
	if err != nil {
		return err
	}
	p.ids, p.remembered = t, 0
	return nil
}

// slots reads the ids up to the zero that ends them.
func (in *summedReader) slots(t *idTable) error {
	for {
		h := in.uint64()
		if h == 0 { // the end, or an error, which end reports
			return nil
		}
		rest := in.bytes(5)
		s, finger := t.place(h)
		if s.used >= len(s.slots)*85/100 {
			t.grow(s)
		}
		if s.used >= len(s.slots)*97/100 {
			return fmt.Errorf("%w: more ids than fit", ErrSnapshot)
		}
		s.put(finger<<8|uint64(rest[0]), binary.LittleEndian.Uint32(rest[1:]))
	}
}

func newSum() hash.Hash32 { return crc32.New(crc32.MakeTable(crc32.Castagnoli)) }

type summedWriter struct {
	w   *bufio.Writer
	sum hash.Hash32
	err error
}

func (w *summedWriter) bytes(b []byte) {
	if w.err == nil {
		_, _ = w.sum.Write(b) // never fails
		_, w.err = w.w.Write(b)
	}
}

func (w *summedWriter) text(s string) { w.bytes([]byte(s)) }

func (w *summedWriter) uint64(v uint64) {
	w.bytes(binary.LittleEndian.AppendUint64(make([]byte, 0, 8), v))
}

func (w *summedWriter) end() error {
	w.bytes(binary.LittleEndian.AppendUint32(nil, w.sum.Sum32()))
	if w.err == nil {
		w.err = w.w.Flush()
	}
	if w.err != nil {
		return fmt.Errorf("save origin ids: %w", w.err)
	}
	return nil
}

type summedReader struct {
	r   *bufio.Reader
	sum hash.Hash32
	buf [64]byte
	err error
}

// bytes reads n bytes, at most 64, which are valid until the next call.
func (in *summedReader) bytes(n int) []byte {
	if in.err == nil {
		_, in.err = io.ReadFull(in.r, in.buf[:n])
	}
	if in.err == nil {
		_, _ = in.sum.Write(in.buf[:n]) // never fails
	}
	return in.buf[:n]
}

func (in *summedReader) uint64() uint64 {
	b := in.bytes(8)
	if in.err != nil {
		return 0
	}
	return binary.LittleEndian.Uint64(b)
}

func (in *summedReader) end() error {
	want := in.sum.Sum32()
	got := binary.LittleEndian.Uint32(in.bytes(4))
	switch {
	case in.err != nil:
		return fmt.Errorf("%w: %w", ErrSnapshot, in.err)
	case got != want:
		return fmt.Errorf("%w: checksum does not fit", ErrSnapshot)
	default:
		return nil
	}
}
