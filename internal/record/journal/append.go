// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	stdhash "hash"
	"slices"
	"sync"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

const (
	// maxRequestEvents and maxRequestBytes cut a call of Append into requests.
	maxRequestEvents = 4096
	maxRequestBytes  = 2 << 20
	// eventOverhead is what an event weighs in the queue and the ring beside its
	// texts.
	eventOverhead = 512
)

// request is what one call, or part of a call, of Append wants committed.
type request struct {
	events []*event.Event
	sizes  []int32
	weight int64
	rest   error // why the call's later events were not taken
	kept   bool  // its events have an ord, which they keep

	runs   []run
	ord    uint64 // the last one in it or before
	frames []byte // lent by Journal.rooms until they are durable
	seals  []sealed
	ranges []event.Range // where its events lie, set with seals

	ready chan struct{} // closed when frames and seals are there
	done  chan error    // gets one error, nil when it is durable
	once  sync.Once
}

// sealed is an entry's leaf and MAC.
type sealed struct {
	leaf hash
	mac  [macBytes]byte
}

// finish tells the caller, once, how it ended.
func (r *request) finish(err error) { r.once.Do(func() { r.done <- err }) }

// Append records events: it gives each its origin, seq and ord, and returns after
// they are durable and can be read. Their Place.Stream is set and Validate has
// passed. It keeps the events, which must not be changed afterwards, whatever it
// returns; the slice stays the caller's.
//
// The answer has one range for each run of sequence numbers, with the hash of its
// leaves; a long call has more than one in a stream. While the disk is
// slow, Append waits for its turn until ctx ends. ErrUnavailable (ErrFull,
// ErrPoisoned) means that the events are not acknowledged; they may turn up
// later. ErrEvent names the first event that cannot be recorded; those before it
// may have been.
func (j *Journal) Append(ctx context.Context, events []*event.Event) ([]event.Range, error) {
	if f := j.fault.Load(); f != nil {
		return nil, f.err
	}
	var first [4]*request
	requests := first[:0]
	var err error
	for rest := events; len(rest) > 0 && err == nil; {
		var r *request
		if r, rest, err = j.cut(rest); err != nil {
			break
		}
		if err = j.submit(ctx, r); err == nil {
			requests = append(requests, r)
			err = r.rest
		}
	}
	var out []event.Range
	for _, r := range requests {
		err = errors.Join(err, j.await(ctx, r))
		out = append(out, r.ranges...)
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

// cut takes a request's worth off the front of events and weighs it.
func (j *Journal) cut(events []*event.Event) (*request, []*event.Event, error) {
	limit := min(maxRequestBytes, j.opts.QueueBytes/2)
	n := 0
	r := &request{ready: make(chan struct{}), done: make(chan error, 1), sizes: make([]int32, 0, min(len(events), maxRequestEvents))}
	for ; n < len(events) && n < maxRequestEvents && (n == 0 || r.weight < limit); n++ {
		size := events[n].Size()
		if size > event.MaxEventBytes {
			return nil, nil, fmt.Errorf("%w: %d bytes, at most %d are allowed", ErrEvent, size, event.MaxEventBytes)
		}
		r.sizes = append(r.sizes, int32(size)) //nolint:gosec // at most MaxEventBytes
		r.weight += int64(size) + eventOverhead
	}
	r.weight = min(r.weight, j.opts.QueueBytes)
	r.events = slices.Clone(events[:n]) // the ring keeps it; the caller's slice is the caller's
	return r, events[n:], nil
}

// submit waits for room, gives the events their places and encodes them.
func (j *Journal) submit(ctx context.Context, r *request) error {
	if err := j.tail.wait(ctx, j); err != nil {
		return err
	}
	if err := j.room(ctx, r.weight); err != nil {
		return err
	}
	if f := j.fault.Load(); f != nil {
		j.queue.Release(r.weight)
		return f.err
	}
	if err := j.place(r); err != nil {
		j.queue.Release(r.weight)
		return err
	}
	j.wake()
	j.encode(r)
	return nil
}

// room waits for a place in the queue.
func (j *Journal) room(ctx context.Context, weight int64) error {
	if j.queue.TryAcquire(weight) {
		return nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(j.life, cancel)() //nolint:contextcheck // the journal's own life ends the wait too
	if err := j.queue.Acquire(ctx, weight); err != nil {
		if j.life.Err() != nil {
			return ErrClosed
		}
		return fmt.Errorf("wait for the journal's queue: %w", err)
	}
	return nil
}

// await waits until a request is durable.
func (j *Journal) await(ctx context.Context, r *request) error {
	select {
	case err := <-r.done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("wait for the journal: %w", ctx.Err())
	}
}

// places are the ranges of a request's events: they have the numbers of each stream
// in one run, for they were given under one lock.
func (r *request) places() []event.Range {
	var out []event.Range
	var sums []stdhash.Hash
	for i, e := range r.events {
		p := &e.Place
		k := slices.IndexFunc(out, func(g event.Range) bool { return g.Stream == p.Stream })
		if k < 0 {
			k = len(out)
			out = append(out, event.Range{Stream: p.Stream, First: p.Seq})
			sums = append(sums, sha256.New())
		}
		out[k].Last = p.Seq
		_, _ = sums[k].Write(r.seals[i].leaf[:]) // a hash takes everything
	}
	for k := range out {
		sums[k].Sum(out[k].Leaves[:0])
	}
	return out
}

// ranges lists the runs of sequence numbers of committed events.
func ranges(events []*event.Event) []event.Range {
	var out []event.Range
	for _, e := range events {
		p := &e.Place
		found := false
		for i := range out {
			if out[i].Stream == p.Stream && out[i].Last+1 == p.Seq {
				out[i].Last, found = p.Seq, true
				break
			}
		}
		if !found {
			out = append(out, event.Range{Stream: p.Stream, First: p.Seq, Last: p.Seq})
		}
	}
	return out
}
