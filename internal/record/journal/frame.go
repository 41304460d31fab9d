// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// A log file is two copies of its header, each in 512 bytes, then frames:
//
//	u32 length of body | u32 CRC | u8 kind | body
//
// The CRC is CRC-32C over the file's salt, the length, the kind and the body. A
// batch is any number of frames ended by a trailer; what follows the last whole
// batch is zero.
const (
	walMagic     = "TCSNWAL1"
	walVersion   = 1
	headerCopy   = 512
	headerBytes  = 2 * headerCopy
	frameHead    = 4 + 4 + 1
	maxFrameBody = 4 << 20
	saltBytes    = 16
	// maxControlBody bounds the bodies of all kinds but entries.
	maxControlBody = 512
)

// The kinds of frames.
const (
	frameEntry   = 1
	frameOpen    = 2
	frameClose   = 3
	frameTrailer = 4
)

var errFrame = errors.New("malformed frame")

//nolint:gochecknoglobals // a constant table
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// link is a place in the chain of batches: what the last whole batch was.
type link struct {
	Batch uint64 // counts batches over all files, from 1
	Ord   uint64 // the last ord in it or before
	Chain hash
}

// walHeader begins a log file.
type walHeader struct {
	Number uint64 // of the file
	Boot   uint64
	Salt   [saltBytes]byte
	Prev   link // the batch that this file continues after
	Origin string
}

func (h *walHeader) encode() []byte {
	b := make([]byte, 0, headerCopy)
	b = append(b, walMagic...)
	b = binary.BigEndian.AppendUint32(b, walVersion)
	b = binary.BigEndian.AppendUint64(b, h.Number)
	b = binary.BigEndian.AppendUint64(b, h.Boot)
	b = append(b, h.Salt[:]...)
	b = appendLink(b, &h.Prev)
	b = proof.AppendShort(b, h.Origin)
	b = binary.BigEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
	b = append(b, make([]byte, headerCopy-len(b))...)
	return append(b, b...)
}

// decodeWALHeader reads the first of the two copies that is whole.
func decodeWALHeader(raw []byte) (h walHeader, whole int, err error) {
	err = fmt.Errorf("log file header: %w", errFrame)
	for i := range 2 {
		if len(raw) < headerBytes {
			break
		}
		if c, ok := decodeHeaderCopy(raw[i*headerCopy : (i+1)*headerCopy]); ok {
			if whole == 0 {
				h, err = c, nil
			}
			whole++
		}
	}
	return h, whole, err
}

func decodeHeaderCopy(raw []byte) (h walHeader, ok bool) {
	r := cursor{B: raw}
	if string(r.Take(len(walMagic))) != walMagic || r.U32() != walVersion {
		return h, false
	}
	h.Number, h.Boot = r.U64(), r.U64()
	copy(h.Salt[:], r.Take(saltBytes))
	h.Prev = readLink(&r)
	h.Origin = r.Short()
	end := len(raw) - len(r.B)
	sum := r.U32()
	if r.Bad || crc32.Checksum(raw[:end], castagnoli) != sum {
		return h, false
	}
	for _, c := range r.B {
		if c != 0 {
			return h, false
		}
	}
	return h, true
}

// rangeOpen is the first frame of a range; it is written twice, for the seed in
// it has no other copy until the range is sealed.
type rangeOpen struct {
	Stream  string
	Number  uint64 // of the range in its stream, from 1
	First   uint64 // seq of its first entry
	Epoch   uint32
	Ratchet uint64 // j: how often the epoch's key was ratcheted
	Opened  int64  // nanoseconds since 1970 UTC
	Seed    hash
}

func (o *rangeOpen) append(b []byte) []byte {
	b = proof.AppendShort(b, o.Stream)
	b = binary.BigEndian.AppendUint64(b, o.Number)
	b = binary.BigEndian.AppendUint64(b, o.First)
	b = binary.BigEndian.AppendUint32(b, o.Epoch)
	b = binary.BigEndian.AppendUint64(b, o.Ratchet)
	b = binary.BigEndian.AppendUint64(b, uint64(o.Opened)) //nolint:gosec // two's complement is the format
	return append(b, o.Seed[:]...)
}

func decodeRangeOpen(body []byte) (o rangeOpen, err error) {
	r := cursor{B: body}
	o = rangeOpen{Stream: r.Short(), Number: r.U64(), First: r.U64(), Epoch: r.U32(), Ratchet: r.U64(), Opened: r.I64(), Seed: r.Hash()}
	if !r.Done() || !proof.ValidStream(o.Stream) || o.Number == 0 || o.First == 0 || o.Epoch == 0 || o.Ratchet >= o.Number {
		return o, fmt.Errorf("range-open: %w", errFrame)
	}
	return o, nil
}

// rangeClose says how many entries a range has in all.
type rangeClose struct {
	Stream string
	Number uint64
	First  uint64
	Count  uint32
}

func (c *rangeClose) append(b []byte) []byte {
	b = proof.AppendShort(b, c.Stream)
	b = binary.BigEndian.AppendUint64(b, c.Number)
	b = binary.BigEndian.AppendUint64(b, c.First)
	return binary.BigEndian.AppendUint32(b, c.Count)
}

func decodeRangeClose(body []byte) (c rangeClose, err error) {
	r := cursor{B: body}
	c = rangeClose{Stream: r.Short(), Number: r.U64(), First: r.U64(), Count: r.U32()}
	if !r.Done() || !proof.ValidStream(c.Stream) || c.Count > maxRangeEntries {
		return c, fmt.Errorf("range-close: %w", errFrame)
	}
	return c, nil
}

// trailer ends a batch.
type trailer struct {
	Boot   uint64
	Frames uint32 // before it in the batch
	Prev   hash   // chain value of the batch before
	link
}

func (t *trailer) append(b []byte) []byte {
	b = binary.BigEndian.AppendUint64(b, t.Boot)
	b = binary.BigEndian.AppendUint32(b, t.Frames)
	b = append(b, t.Prev[:]...)
	return appendLink(b, &t.link)
}

func decodeTrailer(body []byte) (t trailer, err error) {
	r := cursor{B: body}
	t = trailer{Boot: r.U64(), Frames: r.U32(), Prev: r.Hash(), link: readLink(&r)}
	if !r.Done() || t.Batch == 0 {
		return t, fmt.Errorf("trailer: %w", errFrame)
	}
	return t, nil
}

// chainer computes a batch's chain value:
//
//	H("tocsin-chain-1" ‖ previous ‖ boot ‖ batch ‖ last ord ‖ items)
//
// where an entry's item is its leaf and any other frame's is H(kind ‖ body).
type chainer struct{ buf []byte }

const (
	tagChain      = "tocsin-chain-1"
	chainFixed    = len(tagChain) + sha256.Size + 3*8
	chainAfterTag = len(tagChain)
)

func (c *chainer) reset() {
	c.buf = append(c.buf[:0], tagChain...)
	c.buf = append(c.buf, make([]byte, chainFixed-chainAfterTag)...)
}

func (c *chainer) add(kind byte, body []byte) {
	if kind == frameEntry && len(body) >= sha256.Size {
		c.buf = append(c.buf, body[:sha256.Size]...)
		return
	}
	h := sha256.Sum256(append([]byte{kind}, body...))
	c.buf = append(c.buf, h[:]...)
}

func (c *chainer) sum(t *trailer) hash {
	b := append(c.buf[:chainAfterTag], t.Prev[:]...)
	b = binary.BigEndian.AppendUint64(b, t.Boot)
	b = binary.BigEndian.AppendUint64(b, t.Batch)
	binary.BigEndian.AppendUint64(b, t.Ord)
	return sha256.Sum256(c.buf)
}

// entry is the body of an entry frame:
//
//	leaf | MAC | u32 length of public part | u32 length of slot 0 | parts
type entry struct {
	Leaf                 hash
	MAC                  [macBytes]byte
	Public, Slot0, Slot1 []byte // parts of the frame's body
}

const entryHead = sha256.Size + macBytes + 4 + 4

func decodeEntry(body []byte) (e entry, err error) {
	r := cursor{B: body}
	e.Leaf = r.Hash()
	copy(e.MAC[:], r.Take(macBytes))
	np, n0 := r.U32(), r.U32()
	e.Public = r.Take(int(np))
	e.Slot0 = r.Take(int(n0))
	e.Slot1 = r.B
	if r.Bad {
		return e, fmt.Errorf("entry: %w", errFrame)
	}
	return e, nil
}

// frameCRC is the checksum of a frame in a file whose salt has the CRC seed.
func frameCRC(seed uint32, length []byte, kind byte, body []byte) uint32 {
	c := crc32.Update(seed, castagnoli, length)
	c = crc32.Update(c, castagnoli, []byte{kind})
	return crc32.Update(c, castagnoli, body)
}

// openFrame begins a frame whose body is appended next; closeFrame sets its
// length. The CRC is set when the file is known (patchFrames).
func openFrame(b []byte, kind byte) []byte {
	return append(b, 0, 0, 0, 0, 0, 0, 0, 0, kind)
}

func closeFrame(b []byte, start int) {
	binary.BigEndian.PutUint32(b[start:], uint32(len(b)-start-frameHead)) //nolint:gosec // bodies are below maxFrameBody
}

func appendLink(b []byte, l *link) []byte {
	b = binary.BigEndian.AppendUint64(b, l.Batch)
	b = binary.BigEndian.AppendUint64(b, l.Ord)
	return append(b, l.Chain[:]...)
}
