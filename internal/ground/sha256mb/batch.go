// SPDX-License-Identifier: Apache-2.0

package sha256mb

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
)

const (
	lanes     = 16
	blockSize = sha256.BlockSize
	// fewest is how many messages of one length are worth a pass of sixteen lanes.
	fewest = 6
)

// Hash is a SHA-256 value.
type Hash = [sha256.Size]byte

// Batch is a number of messages to be hashed together. The zero value is an empty
// batch; it keeps its room when it is Reset, so that a batch which is used again
// does not allocate. Not safe for concurrent use.
type Batch struct {
	after *Prefix // nil for none
	alone bool    // never sixteen at once

	room []byte    // the messages, each with its padding
	list []message // in their order
	next []int32   // the messages' numbers, by their blocks
	many [lanes]Hash
	at   [lanes]int
	one  []byte // a message after its prefix
}

// message is a message's place in the room.
type message struct{ at, size, blocks int }

// Reset empties the batch. The messages that follow are those of prefix first, nil
// for none, which must not change meanwhile.
func (b *Batch) Reset(prefix *Prefix) {
	b.after, b.room, b.list = prefix, b.room[:0], b.list[:0]
}

// Room is where the next message is appended; Add takes it back.
func (b *Batch) Room() []byte { return b.room }

// Add ends a message: all of room that came after the last one.
func (b *Batch) Add(room []byte) {
	at := 0
	if n := len(b.list); n > 0 {
		at = b.list[n-1].at + b.list[n-1].blocks*blockSize
	}
	size := len(room) - at
	total := (size + 1 + 8 + blockSize - 1) / blockSize
	var pad [blockSize + 9]byte
	pad[0] = 0x80
	room = append(room, pad[:total*blockSize-size]...)
	bits := uint64(size)
	if b.after != nil {
		bits += blockSize
	}
	binary.BigEndian.PutUint64(room[len(room)-8:], bits*8)
	b.room = room
	b.list = append(b.list, message{at, size, total})
}

// Len is how many messages there are.
func (b *Batch) Len() int { return len(b.list) }

// Message is the n-th message, without its prefix.
func (b *Batch) Message(n int) []byte { return b.room[b.list[n].at:][:b.list[n].size] }

// Sum computes the messages' digests, in their order; dst has room for Len.
func (b *Batch) Sum(dst []Hash) {
	dst = dst[:len(b.list)]
	if b.alone || len(b.list) < fewest || !sideBySide() {
		for i := range b.list {
			b.single(&dst[i], i)
		}
		return
	}
	b.order()
	for rest := b.next; len(rest) > 0; {
		n, of := 1, b.list[rest[0]].blocks
		for n < min(len(rest), lanes) && b.list[rest[n]].blocks == of {
			n++
		}
		if n < fewest {
			for _, i := range rest[:n] {
				b.single(&dst[i], int(i))
			}
		} else {
			b.together(dst, rest[:n], of)
		}
		rest = rest[n:]
	}
}

// order sorts the messages' numbers by their blocks.
func (b *Batch) order() {
	b.next = slices.Grow(b.next[:0], len(b.list))
	same, of := true, b.list[0].blocks
	for i := range b.list {
		b.next = append(b.next, int32(i))
		same = same && b.list[i].blocks == of
	}
	if !same {
		slices.SortFunc(b.next, func(x, y int32) int { return b.list[x].blocks - b.list[y].blocks })
	}
}

// together hashes up to sixteen messages of one number of blocks.
func (b *Batch) together(dst []Hash, which []int32, n int) {
	for lane := range b.at {
		// a lane without a message does the first one's work again
		i := which[0]
		if lane < len(which) {
			i = which[lane]
		}
		b.at[lane] = b.list[i].at
	}
	first := initial()
	if b.after != nil {
		first = b.after.words
	}
	sums(&b.many, &first, &b.room[0], &b.at, n)
	for lane, i := range which {
		dst[i] = b.many[lane]
	}
}

// single hashes one message on its own.
func (b *Batch) single(dst *Hash, i int) {
	if b.after == nil {
		*dst = sha256.Sum256(b.Message(i))
		return
	}
	b.one = append(append(b.one[:0], b.after.block[:]...), b.Message(i)...)
	*dst = sha256.Sum256(b.one)
	clear(b.one[:blockSize]) // the prefix may be a secret, and the room is kept
}
