// SPDX-License-Identifier: Apache-2.0

package input

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// The bounds of what is remembered for acknowledgements.
const (
	// maxChannels is how many channels there are at once, and channelIdle how long one
	// is kept that nobody uses.
	maxChannels = 10_000
	channelIdle = 5 * time.Minute
	// maxSpans is how many runs of ids of a channel are open. A sender that asks for
	// what it sent has one; of one that leaves holes the oldest run is forgotten, and
	// its ids are then answered false, so that they are sent again.
	maxSpans = 256
)

// ackKey is a channel of a sender: nobody sees another's.
type ackKey struct{ sender, channel string }

// ackKeyOf finds the channel of a request, in its header or in the query. ok is false
// when it is no GUID.
func ackKeyOf(r *http.Request, sender Sender) (key ackKey, given, ok bool) {
	channel := r.Header.Get("X-Splunk-Request-Channel")
	if channel == "" {
		channel = r.URL.Query().Get("channel")
	}
	if channel == "" {
		return ackKey{}, false, true
	}
	if len(channel) != 36 {
		return ackKey{}, true, false
	}
	for i := range len(channel) {
		c := channel[i]
		dash := i == 8 || i == 13 || i == 18 || i == 23
		hex := c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f'
		if dash != (c == '-') || !dash && !hex {
			return ackKey{}, true, false
		}
	}
	return ackKey{sender.ID, strings.ToLower(channel)}, true, true
}

// ackBook remembers which requests of a channel are recorded. Since an answer comes
// only when they are, that is each one with an id; what is kept is which have not been
// asked for. It is safe for concurrent use.
type ackBook struct {
	now func() time.Time

	mu       sync.Mutex // guards what follows
	channels map[ackKey]*ackChannel
	swept    time.Time
}

// ackChannel has the ids from 0 to next. open are those that nobody has asked for, in
// runs from first to last, in order.
type ackChannel struct {
	next uint64
	open []ackSpan
	used time.Time
}

type ackSpan struct{ first, last uint64 }

func newAckBook() *ackBook {
	return &ackBook{now: time.Now, channels: map[ackKey]*ackChannel{}}
}

// open makes a channel where there is none; false when there are too many.
func (b *ackBook) open(key ackKey) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sweep()
	if b.channels[key] == nil && len(b.channels) >= maxChannels {
		return false
	}
	b.touch(key)
	return true
}

// touch returns a channel, which is new where it has been idle for too long.
func (b *ackBook) touch(key ackKey) *ackChannel {
	c := b.channels[key]
	if c == nil {
		c = &ackChannel{}
		b.channels[key] = c
	}
	c.used = b.now()
	return c
}

// sweep forgets idle channels, now and then.
func (b *ackBook) sweep() {
	now := b.now()
	if now.Sub(b.swept) < channelIdle/10 {
		return
	}
	b.swept = now
	for key, c := range b.channels {
		if now.Sub(c.used) > channelIdle {
			delete(b.channels, key)
		}
	}
}

// give returns the id of a request that is recorded.
func (b *ackBook) give(key ackKey) uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.touch(key)
	id := c.next
	c.next++
	if n := len(c.open); n > 0 && c.open[n-1].last+1 == id {
		c.open[n-1].last = id
	} else {
		c.open = append(c.open, ackSpan{id, id})
		c.bound()
	}
	return id
}

// ask tells for each id whether its request is recorded, and forgets those that are.
func (b *ackBook) ask(key ackKey, ids []uint64) map[uint64]bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sweep()
	answer := make(map[uint64]bool, len(ids))
	c := b.channels[key]
	if c != nil {
		c.used = b.now()
	}
	for _, id := range ids {
		if !answer[id] { // twice in one question is one
			answer[id] = c != nil && c.take(id)
		}
	}
	return answer
}

// take removes an id; false when it is not open.
func (c *ackChannel) take(id uint64) bool {
	i, found := slices.BinarySearchFunc(c.open, id, func(s ackSpan, id uint64) int {
		switch {
		case s.last < id:
			return -1
		case s.first > id:
			return 1
		default:
			return 0
		}
	})
	if !found {
		return false
	}
	s := c.open[i]
	switch {
	case s.first == s.last:
		c.open = slices.Delete(c.open, i, i+1)
	case s.first == id:
		c.open[i].first++
	case s.last == id:
		c.open[i].last--
	default:
		c.open[i].last = id - 1
		c.open = slices.Insert(c.open, i+1, ackSpan{id + 1, s.last})
		c.bound()
	}
	return true
}

// bound forgets the oldest run where there are too many.
func (c *ackChannel) bound() {
	if len(c.open) > maxSpans {
		c.open = slices.Delete(c.open, 0, 1)
	}
}
