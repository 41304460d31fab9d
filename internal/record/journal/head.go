// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"

	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// The head file remembers, apart from the log, how far the log was durable: it is
// written after each sync, in two places by turns, and not synced itself. It can
// be behind the log, never ahead of it: when it knows more, the log was cut.
const (
	headMagic = "TCSNHEAD"
	headSlot  = 8 << 10
	// maxStreams bounds the streams of a journal, so that they fit a head.
	maxStreams = 100
)

// head is what the head file says.
type head struct {
	link
	Boot uint64
	// File and End are where the last whole batch ends.
	File uint64
	End  int64
	// Next are the streams' next sequence numbers, in the streams' order.
	Next []streamNext
}

// streamNext is the sequence number that a stream gives next.
type streamNext struct {
	Stream string
	Seq    uint64
}

func (h *head) append(b []byte) []byte {
	start := len(b)
	b = append(b, headMagic...)
	b = appendLink(b, &h.link)
	b = binary.BigEndian.AppendUint64(b, h.Boot)
	b = binary.BigEndian.AppendUint64(b, h.File)
	b = binary.BigEndian.AppendUint64(b, uint64(h.End))       //nolint:gosec // an offset
	b = binary.BigEndian.AppendUint16(b, uint16(len(h.Next))) //nolint:gosec // at most maxStreams
	for i := range h.Next {
		b = proof.AppendShort(b, h.Next[i].Stream)
		b = binary.BigEndian.AppendUint64(b, h.Next[i].Seq)
	}
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b[start:], castagnoli))
}

func decodeHead(raw []byte) (h head, ok bool) {
	r := cursor{B: raw}
	if string(r.Take(len(headMagic))) != headMagic {
		return h, false
	}
	h.link, h.Boot, h.File, h.End = readLink(&r), r.U64(), r.U64(), r.I64()
	n := int(r.U16())
	if n > maxStreams {
		return h, false
	}
	for range n {
		s := streamNext{Stream: r.Short(), Seq: r.U64()}
		if r.Bad || !proof.ValidStream(s.Stream) {
			return h, false
		}
		h.Next = append(h.Next, s)
	}
	end := len(raw) - len(r.B)
	sum := r.U32()
	return h, !r.Bad && crc32.Checksum(raw[:end], castagnoli) == sum && allZero(r.B)
}

// readHead returns the newer of the file's two places. An absent file is an empty
// head; damaged tells that a place holds something that is no head.
func readHead(dir string) (h head, damaged bool, err error) {
	raw, err := os.ReadFile(filepath.Join(dir, "head"))
	if errors.Is(err, os.ErrNotExist) {
		return head{}, false, nil
	}
	if err != nil {
		return head{}, false, fmt.Errorf("read head: %w", err)
	}
	for at := 0; at < 2*headSlot && at < len(raw); at += headSlot {
		part := raw[at:min(at+headSlot, len(raw))]
		if c, ok := decodeHead(part); !ok {
			damaged = damaged || !allZero(part)
		} else if c.Batch > h.Batch {
			h = c
		}
	}
	return h, damaged || len(raw) != 2*headSlot, nil
}

func allZero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// headWriter writes the head file.
type headWriter struct {
	f     file
	buf   []byte
	whole [2]bool // the place is zero behind what was written to it
}

// openHead makes the head file when it is not there, and opens it.
func openHead(d disk, dir string) (*headWriter, error) {
	path := filepath.Join(dir, "head")
	f, err := d.open(path)
	if errors.Is(err, os.ErrNotExist) {
		if f, err = d.create(path, 2*headSlot); err == nil {
			err = d.syncDir(dir)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("open head: %w", err)
	}
	return &headWriter{f: f}, nil
}

// file is a head file that says h, in one of its places.
func (h *head) file() []byte {
	raw := make([]byte, 2*headSlot)
	if h.Batch > 0 {
		copy(raw[h.Batch%2*headSlot:], h.append(nil))
	}
	return raw
}

// mendHead writes a damaged head file anew, with what could be read of it.
func mendHead(d disk, dir string, h *head) error {
	if err := replaceFile(d, filepath.Join(dir, "head"), h.file()); err != nil {
		return fmt.Errorf("write head: %w", err)
	}
	return nil
}

// write puts h in the place whose turn it is.
func (w *headWriter) write(h *head) error {
	w.buf = h.append(w.buf[:0])
	at := h.Batch % 2
	if !w.whole[at] { // later ones are not shorter
		w.buf = append(w.buf, make([]byte, headSlot-len(w.buf))...)
		w.whole[at] = true
	}
	if _, err := w.f.WriteAt(w.buf, int64(at)*headSlot); err != nil {
		return fmt.Errorf("write head: %w", err)
	}
	return nil
}
