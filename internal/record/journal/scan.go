// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"crypto/sha256"
	"encoding/binary"
	"hash/crc32"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// frameAt is one whole frame found in a log file.
type frameAt struct {
	Kind byte
	Off  int // of the frame in the file
	Body []byte
}

// span is a run of bytes of a file.
type span struct{ From, To int }

// scannedBatch is what lies between two trailers.
type scannedBatch struct {
	Frames []frameAt
	// Bad are bytes that are no frame, though whole frames follow.
	Bad []span
	// Whole says that the trailer is there, counts the frames right and its
	// chain value fits them.
	Whole bool
	// Ended says that a trailer is there at all; Trailer is it.
	Ended   bool
	Trailer trailer
	// From and To are the bytes that the batch takes.
	From, To int
}

// scannedLog is a log file taken apart.
type scannedLog struct {
	Header walHeader
	// Copies is how many of the header's two copies are whole.
	Copies int
	// Batches are in the file's order. The last one may be without a trailer.
	Batches []scannedBatch
	// Tail is where the zeros begin that end the file; Dirty is the first byte
	// after the last trailer that is not zero, -1 when there is none.
	Tail, Dirty int
}

// scanLog takes a log file apart. It finds every whole frame wherever it lies: a
// damaged one hides only itself. It fails only when both copies of the header
// are bad.
func scanLog(raw []byte) (scannedLog, error) {
	var l scannedLog
	var err error
	if l.Header, l.Copies, err = decodeWALHeader(raw); err != nil {
		return l, err
	}
	s := scanner{raw: raw, seed: crc32.Checksum(l.Header.Salt[:], castagnoli), end: trimZeros(raw)}
	off := headerBytes
	cur := scannedBatch{From: off}
	for off < s.end {
		f, size, ok := s.frame(off)
		if !ok {
			next := s.resync(off + 1)
			cur.Bad = append(cur.Bad, span{off, next})
			off = next
			continue
		}
		off += size
		if f.Kind != frameTrailer {
			cur.Frames = append(cur.Frames, f)
			continue
		}
		t, err := decodeTrailer(f.Body)
		if err != nil {
			cur.Bad = append(cur.Bad, span{f.Off, off})
			continue
		}
		cur.Ended, cur.Trailer, cur.To = true, t, off
		cur.Whole = s.fits(&cur)
		l.Batches = append(l.Batches, cur)
		cur = scannedBatch{From: off}
	}
	if len(cur.Frames)+len(cur.Bad) > 0 {
		cur.To = s.end
		l.Batches = append(l.Batches, cur)
	}
	l.Tail, l.Dirty = headerBytes, -1
	for i := range l.Batches {
		if l.Batches[i].Ended {
			l.Tail = l.Batches[i].To
		}
	}
	if s.end > l.Tail {
		l.Dirty = l.Tail
		for raw[l.Dirty] == 0 {
			l.Dirty++
		}
	}
	return l, nil
}

// scanner reads frames out of a file's bytes.
type scanner struct {
	raw   []byte
	seed  uint32
	end   int // behind it all is zero
	work  int // bytes whose CRC was computed
	chain chainer
}

// frame reads the frame at off; ok is false where there is none.
func (s *scanner) frame(off int) (f frameAt, size int, ok bool) {
	if len(s.raw)-off < frameHead {
		return f, 0, false
	}
	n := int(binary.BigEndian.Uint32(s.raw[off:]))
	kind := s.raw[off+8]
	if n == 0 || n > maxFrameBody || kind < frameEntry || kind > frameTrailer || len(s.raw)-off-frameHead < n {
		return f, 0, false
	}
	body := s.raw[off+frameHead : off+frameHead+n : off+frameHead+n]
	if !plausible(kind, body) {
		return f, 0, false
	}
	s.work += n
	if frameCRC(s.seed, s.raw[off:off+4], kind, body) != binary.BigEndian.Uint32(s.raw[off+4:]) {
		return f, 0, false
	}
	return frameAt{Kind: kind, Off: off, Body: body}, frameHead + n, true
}

// plausible looks at what a body of that kind must hold, before its CRC is worth
// the time: between frames it is tried at every byte.
func plausible(kind byte, body []byte) bool {
	if kind != frameEntry {
		return len(body) <= maxControlBody
	}
	if len(body) < entryHead+2 {
		return false
	}
	np := int64(binary.BigEndian.Uint32(body[sha256.Size+macBytes:]))
	n0 := int64(binary.BigEndian.Uint32(body[sha256.Size+macBytes+4:]))
	return entryHead+np+n0 < int64(len(body)) && body[entryHead] == event.EncodingVersion
}

// resync finds the next whole frame at or after off, or the end. It gives up when
// the bytes look like frames again and again, and are none.
func (s *scanner) resync(off int) int {
	for limit := s.work + 8*len(s.raw); off < s.end && s.work < limit; off++ {
		if _, _, ok := s.frame(off); ok {
			return off
		}
	}
	return s.end
}

// fits tells whether a batch's trailer is right about its frames.
func (s *scanner) fits(b *scannedBatch) bool {
	if len(b.Bad) > 0 || int(b.Trailer.Frames) != len(b.Frames) {
		return false
	}
	s.chain.reset()
	for i := range b.Frames {
		s.chain.add(b.Frames[i].Kind, b.Frames[i].Body)
	}
	return s.chain.sum(&b.Trailer) == b.Trailer.Chain
}

// trimZeros returns where the zeros begin that end the file.
func trimZeros(raw []byte) int {
	n := len(raw)
	for n >= 8 && binary.NativeEndian.Uint64(raw[n-8:n]) == 0 {
		n -= 8
	}
	for n > 0 && raw[n-1] == 0 {
		n--
	}
	return max(n, headerBytes)
}
