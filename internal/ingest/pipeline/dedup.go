// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// errNothing rejects a record of which a format made no event.
var errNothing = errors.New("the record holds no event")

// originKey is an event's origin id with its sender and source, and what it
// says, both as hashes. The key's hash is keyed with a secret: nobody can aim at
// another sender's id.
type originKey struct {
	hash    uint64
	content uint32
	has     bool
}

// flight is a set of ids whose events are being recorded. done is closed after
// they are remembered, or given up.
type flight struct {
	done chan struct{}
	// after is the highest ord remembered when it began: its events lie behind.
	after uint64
}

// scratch is what hashing works with, used again for the next event.
type scratch struct {
	bytes []byte
	attrs []event.Attr
}

func newScratches() *sync.Pool {
	return &sync.Pool{New: func() any { return &scratch{bytes: make([]byte, 0, 4<<10)} }}
}

// keyOf returns an event's key.
func (p *Pipeline) keyOf(e *event.Event, w *scratch) originKey {
	if e.OriginID == "" {
		return originKey{}
	}
	b := append(w.bytes[:0], p.ids.secret[:]...)
	for _, s := range [...]string{e.Sender, e.Source, e.OriginID} {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	sum := sha256.Sum256(b)
	k := originKey{hash: binary.LittleEndian.Uint64(sum[:8]), has: true}
	w.attrs = p.said(e.Attrs, w.attrs[:0])
	w.bytes = appendContent(append(b[:0], p.ids.secret[:]...), e, w.attrs)
	k.content = uint32(xxhash.Sum64(w.bytes)) //nolint:gosec // the lower half is what is kept
	return k
}

// said appends to room the attributes that the source told, without those that Tocsin
// adds on the way in.
func (p *Pipeline) said(attrs, room []event.Attr) []event.Attr {
	for _, a := range attrs {
		if p.opt.Added == nil || !p.opt.Added(a.Key) {
			room = append(room, a)
		}
	}
	return room
}

// appendContent appends the canonical bytes of what the source said: without
// what Tocsin adds on the way in and without the time where the source gave none.
// attrs are the attributes that the source told.
func appendContent(dst []byte, e *event.Event, attrs []event.Attr) []byte {
	said := *e
	said.ID, said.Received, said.Place = event.ID{}, 0, event.Place{}
	said.Input, said.Geo, said.Marks = "", event.Geo{}, nil
	if e.Time == e.Received {
		said.Time = 0
	}
	for i := range e.Marks {
		if e.Marks[i].Kind == event.MarkTruncated { // its hash stands for what was cut
			said.Marks = append(said.Marks, e.Marks[i])
		}
	}
	if said.Attrs = attrs; len(attrs) == 0 {
		said.Attrs = nil
	}
	return said.AppendSlot(said.AppendSlot(said.AppendPublic(dst), 0), 1)
}

// hashOrigins computes the keys of the part's events.
func (r *run) hashOrigins() {
	r.keys = r.keys[:0]
	w, _ := r.pipeline.scratches.Get().(*scratch)
	for _, e := range r.events {
		r.keys = append(r.keys, r.pipeline.keyOf(e, w))
	}
	clear(w.attrs[:cap(w.attrs)]) // their texts may be parts of large bodies
	if cap(w.bytes) <= event.MaxEventBytes {
		r.pipeline.scratches.Put(w)
	}
}

// record makes the part's events durable, each id once. Ids that another batch
// is recording are put off until it is done; own ids are recorded first, so that
// two batches never wait for each other.
func (r *run) record(ctx context.Context) error {
	p := r.pipeline
	todo := make([]int32, len(r.events))
	for i := range todo {
		todo[i] = int32(i)
	}
	for len(todo) > 0 {
		start := time.Now()
		f := &flight{done: make(chan struct{})}
		now, later, other, err := p.claim(f, r, todo)
		p.counters.spend(StageDedup, start, 0)
		if err == nil {
			err = r.fly(ctx, f, now)
		}
		if err != nil {
			return err
		}
		if other != nil {
			select {
			case <-other.done:
			case <-ctx.Done():
				return fmt.Errorf("wait for the same event of another batch: %w", ctx.Err())
			}
		}
		todo = later
	}
	return nil
}

// claim divides events into those to be recorded now, whose ids it claims for f,
// and those to be looked at again later, with a flight of others to wait for. It
// settles duplicates and marks conflicts. While one of the ids is in doubt it
// claims nothing and fails.
func (p *Pipeline) claim(f *flight, r *run, todo []int32) (now, later []int32, other *flight, err error) {
	p.idsMu.Lock()
	defer p.idsMu.Unlock()
	if p.doubtful(r.keys, todo) {
		return nil, nil, nil, &RefusedError{Err: ErrUnavailable, Cause: errDoubt, After: unavailableRetry}
	}
	f.after = p.remembered
	p.flights[f] = struct{}{}
	now = todo[:0]
	for _, i := range todo {
		k := &r.keys[i]
		if !k.has {
			now = append(now, i)
			continue
		}
		if busy := p.inFlight[k.hash]; busy != nil {
			later = append(later, i)
			if busy != f {
				other = busy
			}
			continue
		}
		switch p.ids.find(k.hash, k.content) {
		case sameContent:
			r.fate[r.item[i]].duplicates++
			continue
		case otherContent:
			r.conflict(i)
		case unknownID:
		}
		p.inFlight[k.hash] = f
		now = append(now, i)
	}
	return now, later, other, nil
}

// conflict marks an event whose id was used before for another content.
func (r *run) conflict(i int32) {
	e := r.events[i]
	if !e.Marked(event.MarkOriginConflict) {
		e.Marks = append(e.Marks, event.Mark{Kind: event.MarkOriginConflict, Field: "origin_id"})
	}
	r.counter.conflicts.Add(1)
}

// fly records claimed events and gives the claims back, whatever happens.
func (r *run) fly(ctx context.Context, f *flight, claimed []int32) error {
	p := r.pipeline
	var recorded, refused []int32
	defer func() { p.land(f, r, claimed, recorded, refused) }()
	fresh, err := r.lookUpOld(ctx, claimed)
	if err != nil {
		return err
	}
	if len(fresh) == 0 {
		return nil
	}
	start := time.Now()
	events := r.events
	if len(fresh) != len(r.events) {
		events = make([]*event.Event, len(fresh))
		for n, i := range fresh {
			events[n] = r.events[i]
		}
	}
	ranges, err := r.keep(ctx, events)
	p.counters.spend(StageRecord, start, len(events))
	if err != nil {
		refused = fresh
		return &RefusedError{Err: ErrUnavailable, Cause: err, After: unavailableRetry}
	}
	r.result.addEntries(ranges)
	r.result.Recorded = append(r.result.Recorded, ranges...)
	recorded = fresh
	return nil
}

// land remembers what was recorded, or may be, and wakes those who wait for it.
func (p *Pipeline) land(f *flight, r *run, claimed, recorded, refused []int32) {
	start := time.Now()
	p.idsMu.Lock()
	for _, i := range recorded {
		if k := &r.keys[i]; k.has {
			p.ids.add(k.hash, k.content, r.received)
		}
		p.remembered = max(p.remembered, r.events[i].Place.Ord)
	}
	if len(recorded) > 0 && len(p.doubts) > 0 {
		p.settleDoubts(p.durable())
	}
	r.suspect(refused)
	for _, i := range claimed {
		if k := &r.keys[i]; k.has {
			delete(p.inFlight, k.hash)
		}
	}
	delete(p.flights, f)
	p.idsMu.Unlock()
	close(f.done)
	p.counters.spend(StageDedup, start, 0)
}

// lookUpOld searches the record for the ids of events whose own time lies before
// everything that is remembered, and returns the events that are new.
func (r *run) lookUpOld(ctx context.Context, claimed []int32) (fresh []int32, err error) {
	p := r.pipeline
	if p.opt.LookUp == nil {
		return claimed, nil
	}
	p.idsMu.Lock()
	since := p.ids.since()
	p.idsMu.Unlock()
	if since == 0 {
		return claimed, nil
	}
	fresh = make([]int32, 0, len(claimed))
	for _, i := range claimed {
		e, k := r.events[i], r.keys[i]
		if !k.has || e.Time >= since || r.origins != nil && r.origins[r.item[i]].gave(e) {
			fresh = append(fresh, i)
			continue
		}
		old, err := p.opt.LookUp(ctx, e)
		if err != nil {
			return nil, &RefusedError{Err: ErrUnavailable, Cause: fmt.Errorf("look up an old origin id: %w", err), After: unavailableRetry}
		}
		if old != nil {
			if p.keyOf(old, &scratch{}) == k {
				r.fate[r.item[i]].duplicates++
				continue
			}
			r.conflict(i)
		}
		fresh = append(fresh, i)
	}
	return fresh, nil
}

// Rebuild remembers the ids of recorded events, as next gives them in the order
// of the journal, until it gives none or io.EOF. It returns how many events it
// read. It may run beside Ingest, but duplicates of what it has not read yet are
// not seen: run it first.
func (p *Pipeline) Rebuild(ctx context.Context, next func(ctx context.Context) ([]*event.Event, error)) (events int, err error) {
	w := &scratch{}
	for {
		batch, err := next(ctx)
		if errors.Is(err, io.EOF) || err == nil && len(batch) == 0 {
			return events, nil
		}
		if err != nil {
			return events, fmt.Errorf("rebuild origin ids after %d events: %w", events, err)
		}
		keys := make([]originKey, len(batch))
		for i, e := range batch {
			keys[i] = p.keyOf(e, w)
		}
		p.idsMu.Lock()
		for i, e := range batch {
			if keys[i].has {
				p.ids.add(keys[i].hash, keys[i].content, e.Received)
			}
			p.remembered = max(p.remembered, e.Place.Ord)
		}
		p.idsMu.Unlock()
		events += len(batch)
	}
}
