// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"crypto/rand"
	"fmt"
	"sync"
	"time"

	"github.com/tocsin-siem/tocsin/internal/record/proof"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
)

// order gives each event its place: stream, range, seq and ord. What is pending
// is in the order of the ords.
type order struct {
	mu      sync.Mutex
	streams map[string]*stream
	ord     uint64 // the last one given
	pending []*request
	stopped bool
}

// stream is what comes next in a stream.
type stream struct {
	name    string
	seq     uint64 // the last one given
	number  uint64 // of the last range
	epoch   uint32
	ratchet uint64 // of the next range
	key     [keyring.KeyBytes]byte
	cur     *hotRange // nil until an event opens the next range
}

// run is a number of consecutive events of a request that lie in one range.
type run struct {
	r      *hotRange
	events int
	first  uint32 // number in the range of the first of them
	opens  bool   // the range begins here
	closes bool   // and ends here
	count  uint32 // entries of the range, when it ends here
}

// place gives the request's events their places and queues it.
func (j *Journal) place(r *request) error {
	o := &j.order
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.stopped {
		return ErrClosed
	}
	var s *stream
	origin := j.Origin()
	for i, e := range r.events {
		if s == nil || s.name != e.Place.Stream {
			var err error
			if s, err = j.stream(e.Place.Stream); err != nil {
				// nothing of this event has a place yet; what has one must be
				// committed, so the request goes on without the rest
				if i == 0 {
					return err
				}
				r.rest, r.events = err, r.events[:i]
				break
			}
		}
		opens := s.cur == nil
		if opens {
			s.open(time.Now())
		}
		c := s.cur
		if n := len(r.runs); n == 0 || r.runs[n-1].r != c {
			r.runs = append(r.runs, run{r: c, first: c.count, opens: opens})
		}
		s.seq++
		ord := e.Place.Ord
		if !r.kept {
			o.ord++
			ord = o.ord
		}
		e.Place = event.Place{Origin: origin, Stream: s.name, Seq: s.seq, Ord: ord}
		c.count++
		c.size += int64(r.sizes[i])
		last := &r.runs[len(r.runs)-1]
		last.events++
		if int(c.count) >= j.opts.SealEvents || c.size >= j.opts.SealBytes {
			last.closes, last.count = true, c.count
			s.cur = nil
		}
	}
	r.ord = o.ord
	o.pending = append(o.pending, r)
	return nil
}

// stream returns a stream by name, made when it is new.
func (j *Journal) stream(name string) (*stream, error) {
	if s := j.order.streams[name]; s != nil {
		return s, nil
	}
	if !proof.ValidStream(name) {
		return nil, fmt.Errorf("stream %.80q: %w: only a-z, 0-9, '-', '_' and '.', at most %d", name, ErrEvent, proof.MaxStreamBytes)
	}
	if len(j.order.streams) >= maxStreams {
		return nil, fmt.Errorf("stream %q: %w: a journal has at most %d streams", name, ErrEvent, maxStreams)
	}
	s := &stream{name: name}
	if err := s.begin(j.opts.Keys); err != nil {
		return nil, err
	}
	j.order.streams[name] = s
	return s, nil
}

// begin sets the key of the next range: that of the ring's epoch, ratcheted on
// from the stream's last range when that was of the same epoch.
func (s *stream) begin(keys *keyring.Ring) error {
	if s.epoch > keys.Epoch() {
		return fmt.Errorf("stream %s: %w: it was written in epoch %d, and the keys end with %d; put the newer ones back", s.name, ErrForeign, s.epoch, keys.Epoch())
	}
	if s.epoch != keys.Epoch() {
		s.epoch, s.ratchet = keys.Epoch(), 0
	}
	key, err := rangeKey(keys, s.name, s.epoch, s.ratchet)
	s.key = key
	return err
}

// rangeKey is K_j of a stream.
func rangeKey(keys *keyring.Ring, stream string, epoch uint32, ratchet uint64) ([keyring.KeyBytes]byte, error) {
	key, err := keys.Key(epoch, stream, ratchet)
	if err != nil {
		return key, fmt.Errorf("key of stream %s: %w", stream, err)
	}
	return key, nil
}

// open begins the stream's next range.
func (s *stream) open(now time.Time) {
	s.number++
	c := newHotRange(rangeOpen{
		Stream: s.name, Number: s.number, First: s.seq + 1,
		Epoch: s.epoch, Ratchet: s.ratchet, Opened: now.UnixNano(),
	})
	c.key = s.key
	rand.Read(c.open.Seed[:])
	s.ratchet++
	s.key = keyring.Ratchet(s.key)
	s.cur = c
}

// closeRange ends a stream's open range and queues the frame that says so.
// The caller holds the lock.
func (o *order) closeRange(s *stream) {
	r := &request{ord: o.ord, ready: make(chan struct{}), done: make(chan error, 1)}
	r.runs = []run{{r: s.cur, closes: true, count: s.cur.count}}
	r.encodeControl()
	s.cur = nil
	o.pending = append(o.pending, r)
}

// closeAged ends the ranges that are older than SealAge, and those of another UTC
// day, so that a file is of one day.
func (j *Journal) closeAged(now time.Time) {
	const day = int64(24 * time.Hour)
	j.closeWhere(func(s *stream) bool {
		opened := s.cur.open.Opened
		return now.UnixNano()-opened >= int64(j.opts.SealAge) || opened/day != now.UnixNano()/day
	})
}

// closeOldest ends the ranges that keep too many log files alive.
func (j *Journal) closeOldest() {
	n := j.wal.count()
	if n <= j.opts.LogFiles {
		return
	}
	old := j.wal.nth(n - j.opts.LogFiles)
	j.closeWhere(func(s *stream) bool {
		f := s.cur.file.Load()
		return f != 0 && f < old
	})
}

// closeFullest ends the open range with the most events, for the hot tail is over
// its budget.
func (j *Journal) closeFullest() {
	o := &j.order
	o.mu.Lock()
	defer o.mu.Unlock()
	var full *stream
	for _, s := range o.streams {
		if s.cur != nil && (full == nil || s.cur.size > full.cur.size) {
			full = s
		}
	}
	if full == nil || o.stopped {
		return
	}
	o.closeRange(full)
	j.wake()
}

func (j *Journal) closeWhere(cond func(*stream) bool) {
	o := &j.order
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, s := range o.streams {
		if s.cur != nil && !o.stopped && cond(s) {
			o.closeRange(s)
			j.wake()
		}
	}
}

// wake tells the committer that there is something to do.
func (j *Journal) wake() {
	select {
	case j.kick <- struct{}{}:
	default:
	}
}
