// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"encoding/binary"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// encoder makes the frames of entries: first their canonical bytes, one after the
// other, then the leaves and MACs of all of them together. Journal keeps encoders,
// for their room.
type encoder struct {
	leaves proof.LeafBatch
	macs   macBatch
	frames []entryFrame // of the entries that have no leaf yet
}

// entryFrame is where an entry's frame lies.
type entryFrame struct {
	at, end      int
	public, slot int // bytes of the public part and of slot 0
}

// encode makes the request's frames, leaves and MACs.
func (j *Journal) encode(r *request) {
	defer close(r.ready)
	x, ok := j.encoders.Get().(*encoder)
	if !ok {
		x = new(encoder)
	}
	defer func() {
		x.macs.forget() // what is kept outlives the range's key
		j.encoders.Put(x)
	}()
	total := 0
	for _, s := range r.sizes {
		total += int(s)
	}
	b := j.rooms.lend(total + len(r.events)*288 + 512)
	r.seals = make([]sealed, len(r.events))
	at := 0
	for i := range r.runs {
		u := &r.runs[i]
		if u.opens {
			b = appendOpen(b, &u.r.open)
		}
		x.begin(u.r)
		from := at
		for k := range u.events {
			b = x.appendEntry(b, u.first+uint32(k), r.events[at])
			if at++; x.leaves.Full() {
				x.seal(b, r.events[from:at], r.seals[from:at])
				from = at
			}
		}
		x.seal(b, r.events[from:at], r.seals[from:at])
		if u.closes {
			b = appendClose(b, u)
		}
	}
	r.frames = b
	r.ranges = r.places()
}

// begin sets the encoder to a range.
func (x *encoder) begin(r *hotRange) {
	x.leaves.Reset(&r.open.Seed)
	x.macs.reset(&r.key, r.open.Stream)
	x.frames = x.frames[:0]
}

// appendEntry appends the frame of entry i of the range, which is not whole before
// seal.
func (x *encoder) appendEntry(b []byte, i uint32, e *event.Event) []byte {
	at := len(b)
	b = openFrame(b, frameEntry)
	var gap [entryHead]byte
	b = append(b, gap[:]...)
	public := len(b)
	b = e.AppendPublic(b)
	slot0 := len(b)
	b = e.AppendSlot(b, 0)
	slot1 := len(b)
	b = e.AppendSlot(b, 1)
	x.leaves.AddBytes(i, b[public:slot0], b[slot0:slot1], b[slot1:])
	x.frames = append(x.frames, entryFrame{at, len(b), slot0 - public, slot1 - slot0})
	return b
}

// seal makes the leaves and MACs of the entries since begin, or the last seal, and
// puts them in their frames, which lie in b.
func (x *encoder) seal(b []byte, events []*event.Event, out []sealed) {
	for i, leaf := range x.leaves.Sum() {
		out[i].leaf = leaf
		x.macs.add(events[i].Place.Seq, &leaf)
	}
	for i, mac := range x.macs.sum() {
		s, f := &out[i], &x.frames[i]
		copy(s.mac[:], mac[:])
		frame := b[f.at:f.end]
		n := frameHead + copy(frame[frameHead:], s.leaf[:])
		n += copy(frame[n:], s.mac[:])
		binary.BigEndian.PutUint32(frame[n:], uint32(f.public)) //nolint:gosec // bounded by MaxEventBytes
		binary.BigEndian.PutUint32(frame[n+4:], uint32(f.slot)) //nolint:gosec // bounded by MaxEventBytes
		closeFrame(frame, 0)
	}
	x.frames = x.frames[:0]
}

// encodeControl makes the frames of a request without events.
func (r *request) encodeControl() {
	for i := range r.runs {
		r.frames = appendClose(r.frames, &r.runs[i])
	}
	close(r.ready)
}

// appendOpen appends a range's first frame, twice.
func appendOpen(b []byte, o *rangeOpen) []byte {
	for range 2 {
		at := len(b)
		b = openFrame(b, frameOpen)
		b = o.append(b)
		closeFrame(b, at)
	}
	return b
}

func appendClose(b []byte, u *run) []byte {
	o := &u.r.open
	at := len(b)
	b = openFrame(b, frameClose)
	b = (&rangeClose{Stream: o.Stream, Number: o.Number, First: o.First, Count: u.count}).append(b)
	closeFrame(b, at)
	return b
}
