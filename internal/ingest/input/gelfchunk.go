// SPDX-License-Identifier: Apache-2.0

package input

import (
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// The bounds of messages that come in chunks.
const (
	// gelfWindow is how long a message may take, from its first chunk on.
	gelfWindow = 5 * time.Second
	// gelfChunks is how many chunks a message may have.
	gelfChunks = 128
	// gelfHead is what stands before the data of a chunk: two bytes that mark it, an id of
	// eight, its number and how many there are.
	gelfHead = 12
	// gelfOpen is how many messages may be incomplete, gelfOpenPerPeer those of one
	// address, and gelfMemory what their chunks may take, in bytes.
	gelfOpen        = 1024
	gelfOpenPerPeer = 64
	gelfMemory      = 16 << 20
	// gelfPacked is the longest message before it is unpacked.
	gelfPacked = event.MaxEventBytes
)

// chunkKey is one message of one socket: ids of two senders may be the same.
type chunkKey struct {
	peer netip.AddrPort
	id   [8]byte
}

// chunked is a message that is not complete.
type chunked struct {
	begun time.Time
	parts [][]byte
	have  int
	size  int
}

// assembler puts the chunks of GELF messages together. It is used by one goroutine, but
// for its counts.
type assembler struct {
	messages map[chunkKey]*chunked
	peers    map[netip.Addr]int
	order    []chunkKey // by their beginning; some of them are gone
	size     int

	// incomplete are messages of which chunks were missing when their time was over,
	// refused the chunks for which there was no room, repeated those that came twice.
	incomplete, refused, repeated atomic.Uint64
	// malformed are chunks that are none.
	malformed atomic.Uint64
}

func newAssembler() *assembler {
	return &assembler{messages: map[chunkKey]*chunked{}, peers: map[netip.Addr]int{}}
}

// chunk tells whether a datagram is a chunk (magic bytes 0x1e 0x0f).
func chunk(data []byte) bool { return len(data) >= 2 && data[0] == 0x1e && data[1] == 0x0f }

// add takes a chunk and returns the message when it was the last one; the data is copied.
func (a *assembler) add(peer netip.AddrPort, data []byte, now time.Time) []byte {
	a.expire(now)
	if len(data) <= gelfHead || data[11] == 0 || data[11] > gelfChunks || data[10] >= data[11] {
		a.malformed.Add(1)
		return nil
	}
	number, count := int(data[10]), int(data[11])
	key := chunkKey{peer: peer, id: [8]byte(data[2:10])}
	data = data[gelfHead:]
	m := a.messages[key]
	switch {
	case m != nil && len(m.parts) != count:
		a.malformed.Add(1)
		return nil
	case m != nil && m.parts[number] != nil:
		a.repeated.Add(1)
		return nil
	case m == nil && (len(a.messages) >= gelfOpen || a.peers[peer.Addr()] >= gelfOpenPerPeer),
		a.size+len(data)+chunkCost > gelfMemory, m != nil && m.size+len(data) > gelfPacked:
		a.refused.Add(1)
		return nil
	case m == nil:
		m = &chunked{begun: now, parts: make([][]byte, count)}
		a.messages[key] = m
		a.peers[peer.Addr()]++
		a.order = append(a.order, key)
	}
	m.parts[number] = append(make([]byte, 0, len(data)), data...)
	m.have++
	m.size += len(data)
	a.size += len(data) + chunkCost
	if m.have < count {
		return nil
	}
	whole := make([]byte, 0, m.size)
	for _, p := range m.parts {
		whole = append(whole, p...)
	}
	a.forget(key, m)
	return whole
}

// chunkCost is what a chunk is counted for beside its bytes.
const chunkCost = 256

// expire gives up messages whose time is over.
func (a *assembler) expire(now time.Time) {
	for len(a.order) > 0 {
		key := a.order[0]
		m := a.messages[key]
		if m != nil && now.Sub(m.begun) < gelfWindow {
			if len(a.order) < 2*gelfOpen+len(a.messages) {
				return
			}
			a.compact()
			return
		}
		a.order = a.order[1:]
		if m != nil {
			a.incomplete.Add(1)
			a.forget(key, m)
		}
	}
}

// compact forgets the order of messages that are gone.
func (a *assembler) compact() {
	left := make([]chunkKey, 0, len(a.messages))
	for _, key := range a.order {
		if a.messages[key] != nil {
			left = append(left, key)
		}
	}
	a.order = left
}

// end gives up what is not complete.
func (a *assembler) end() {
	a.incomplete.Add(uint64(len(a.messages)))
	a.messages, a.peers, a.order, a.size = map[chunkKey]*chunked{}, map[netip.Addr]int{}, nil, 0
}

func (a *assembler) forget(key chunkKey, m *chunked) {
	delete(a.messages, key)
	a.size -= m.size + m.have*chunkCost
	if a.peers[key.peer.Addr()]--; a.peers[key.peer.Addr()] <= 0 {
		delete(a.peers, key.peer.Addr())
	}
}
