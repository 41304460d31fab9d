// SPDX-License-Identifier: Apache-2.0

// Package pipeline takes records from inputs and answers when their events are
// recorded, or says why they are not.
//
//	input → Batch → normalize → redact → cut → enrich → stamp → dedup → record → Result
//	                                                                  (journal: durable)
//
// Guarantees:
//
//   - Ingest returns after every accepted event is durable. A record that is not
//     in Result as rejected and came back without an error is recorded exactly
//     once, or was recorded before (a duplicate by its sender's own id).
//   - One bad record rejects itself, with its index and the reason. Of a record
//     that gives several events, all are recorded or none.
//   - A duplicate of something that is still on its way is answered after the
//     first has been committed; when the first fails, the second is tried itself.
//     When it is open whether the first was recorded, the second is refused
//     until that is known.
//   - Memory is bounded: the bytes on their way are counted against one budget,
//     large batches go through in parts, and what does not fit is refused
//     (ErrBusy) before anything costly was done.
//
// The stages are functions that the application joins (Options); this package
// knows no format, no secret and no disk. All methods are safe for concurrent
// use; the package starts no goroutine.
package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// Defaults of Options.
const (
	// DefaultMaxInFlight is the budget for what is on its way, in bytes.
	DefaultMaxInFlight = 128 << 20
	// DefaultMaxIDs is how many origin ids are remembered.
	DefaultMaxIDs = 4_000_000
)

// chunkItems is how many records of a batch go through the stages together, chunkBytes
// how many bytes of them, since one record can become many events, and eventCost what
// a record is counted for beside its own bytes: all bound the memory of a batch, whatever
// its size.
const (
	chunkItems = 2048
	chunkBytes = 4 << 20
	eventCost  = 2 << 10
)

// Hint is what an input knows about the records of a batch beside their bytes.
type Hint struct {
	// Source is the source of records that name none, "" when unknown.
	Source string
	// Peer is the sender's network address without port, "" when there is none.
	Peer string
	// Zone is where times without a zone belong, nil when the input does not say.
	Zone *time.Location
	// Around is what stands around all records of the batch.
	Around Around
	// Received is the time of receipt in nanoseconds since 1970.
	Received int64
}

// Decode reads one record and appends its events, one or more. An error rejects
// the record; it names the field or the offset. The events may share the bytes
// of raw, which nobody changes afterwards. It is called from one goroutine.
type Decode func(raw []byte, out []*event.Event) ([]*event.Event, error)

// Options are what a Pipeline is made of. Normalize and Record are required.
type Options struct {
	// Normalize opens the format of that name for one batch; false when there
	// is no such format. It is called concurrently.
	Normalize func(format string, h Hint) (Decode, bool)
	// Redact takes secrets and personal data out, in place. Called concurrently.
	Redact func(events []*event.Event)
	// Scrub takes them out of a text for people: the reason why a record was rejected,
	// and the excerpt of it. Called concurrently. nil leaves texts as they are.
	Scrub func(text string) string
	// Enrich adds geography, assets and indicators, in place. Called
	// concurrently. Beside geography it adds only attributes that Added names.
	Enrich func(events []*event.Event)
	// Added tells which attributes Enrich may add: they are no part of what a source
	// said, so that a repeat is known as one though they have changed. nil is none.
	Added func(key string) bool
	// Late tells whether an event comes too late to be counted by detections.
	// It is called concurrently, once an event, after time and id are set.
	Late func(e *event.Event) bool
	// Record makes events durable, sets their Place and returns what sequence
	// numbers they got. It may keep the events and the slice. Called concurrently,
	// with a context that the sender's leaving does not end.
	Record func(ctx context.Context, events []*event.Event) ([]event.Range, error)
	// Durable tells up to which Place.Ord everything is recorded. An event that
	// Record gave a place and then refused counts as recorded once Durable has
	// reached it. Without Durable a refused event is taken to be lost.
	Durable func() uint64
	// LookUp finds the recorded event of that sender, source and origin id when
	// the event's own time lies before everything that is remembered; nil when
	// there is none. Without LookUp such an event counts as new.
	LookUp func(ctx context.Context, e *event.Event) (*event.Event, error)
	// Sources are the sources' policies by name; nil means DefaultSources.
	Sources map[string]Source
	// MaxInFlight bounds the bytes on their way; 0 means DefaultMaxInFlight.
	MaxInFlight int64
	// MaxIDs bounds the remembered origin ids; 0 means DefaultMaxIDs.
	MaxIDs int
	Logger *slog.Logger
}

// Pipeline is the way in. Make it with New.
type Pipeline struct {
	opt      Options
	room     *semaphore.Weighted
	capacity int64
	stamper  stamper
	classes  classes
	counters counters
	flows    *flows

	scratches *sync.Pool // of *scratch, for hashing

	idsMu      sync.Mutex // guards what follows
	ids        *idTable
	inFlight   map[uint64]*flight // by the hash of a key
	flights    map[*flight]struct{}
	doubts     map[uint64]doubt // by the hash of a key
	settled    uint64           // how far the record was when doubts were settled
	remembered uint64           // the highest ord whose id is in ids
}

// New returns a pipeline. It fails when a required option is missing or a
// source's policy makes no sense.
func New(opt Options) (*Pipeline, error) {
	if opt.Normalize == nil || opt.Record == nil || opt.Logger == nil {
		return nil, errors.New("pipeline: Normalize, Record and Logger are required")
	}
	if opt.MaxInFlight == 0 {
		opt.MaxInFlight = DefaultMaxInFlight
	}
	if opt.MaxIDs == 0 {
		opt.MaxIDs = DefaultMaxIDs
	}
	if opt.MaxInFlight < 0 || opt.MaxIDs < 0 {
		return nil, errors.New("pipeline: limits must be positive")
	}
	if opt.Sources == nil {
		opt.Sources = DefaultSources()
	}
	classes, err := newClasses(opt.Sources, opt.Logger)
	if err != nil {
		return nil, err
	}
	ids, err := newIDTable(opt.MaxIDs)
	if err != nil {
		return nil, err
	}
	stamper, err := newStamper(opt.Logger)
	if err != nil {
		return nil, err
	}
	return &Pipeline{
		opt:       opt,
		room:      semaphore.NewWeighted(opt.MaxInFlight),
		capacity:  opt.MaxInFlight,
		stamper:   stamper,
		classes:   classes,
		counters:  newCounters(),
		flows:     newFlows(),
		scratches: newScratches(),
		ids:       ids,
		inFlight:  map[uint64]*flight{},
		flights:   map[*flight]struct{}{},
		doubts:    map[uint64]doubt{},
	}, nil
}

// Ingest takes a batch of records and returns after their events are durable.
// An error means that the batch, or the rest of it, was not recorded: ErrBusy
// and ErrUnavailable carry how long to wait (RetryAfter), ErrFormat says that
// the batch's format does not exist. Result then tells what was recorded before
// the error. The records' bytes belong to the events from here on.
func (p *Pipeline) Ingest(ctx context.Context, b Batch) (Result, error) {
	c := p.counters.of(b.Input)
	leave, err := p.enter(ctx, b.weight(), b.Wait)
	if err != nil {
		c.count(err)
		return Result{}, err
	}
	defer leave()

	h := Hint{Source: b.Source, Peer: b.Peer, Zone: b.Zone, Around: b.Around, Received: p.stamper.receipt()}
	decode, ok := p.opt.Normalize(b.Format, h)
	if !ok {
		return Result{}, fmt.Errorf("%w: %.40q", ErrFormat, b.Format)
	}
	r := run{
		pipeline: p, counter: c, input: b.Input, sender: b.Sender, received: h.Received,
		numbered: b.Numbered, first: b.First, waits: b.Wait, private: b.Private,
	}
	if b.Origins != nil && len(b.Origins) != len(b.Items) {
		return Result{}, fmt.Errorf("%d origins for %d records", len(b.Origins), len(b.Items))
	}
	for from, to := 0, 0; from < len(b.Items) && err == nil; from = to {
		to = from + chunkOf(b.Items[from:])
		items := b.Items[from:to]
		if b.Origins != nil {
			r.origins = b.Origins[from : from+len(items)]
		}
		err = r.ingest(ctx, decode, items, from)
	}
	c.count(err)
	return r.result, err
}

// chunkOf is how many of the records go through the stages next: at least one, at most
// chunkItems, and no more when these have chunkBytes.
func chunkOf(items [][]byte) (n int) {
	for size := 0; n < min(len(items), chunkItems) && size < chunkBytes; n++ {
		size += len(items[n])
	}
	return n
}

// Submit records events that need no format: Tocsin's own. They take the same
// way from redaction on. The events belong to the pipeline from here on.
func (p *Pipeline) Submit(ctx context.Context, input, sender string, events []*event.Event) (Result, error) {
	c := p.counters.of(input)
	var weight int64
	for _, e := range events {
		weight += int64(e.Size()) + eventCost
	}
	leave, err := p.enter(ctx, weight, false)
	if err != nil {
		c.count(err)
		return Result{}, err
	}
	defer leave()

	r := run{pipeline: p, counter: c, input: input, sender: sender, received: p.stamper.receipt()}
	for from := 0; from < len(events) && err == nil; from += chunkItems {
		err = r.submit(ctx, events[from:min(from+chunkItems, len(events))], from)
	}
	c.count(err)
	return r.result, err
}

// enter takes room for a batch. A batch larger than the whole budget takes all
// of it.
func (p *Pipeline) enter(ctx context.Context, weight int64, wait bool) (leave func(), err error) {
	weight = min(weight, p.capacity)
	if !p.room.TryAcquire(weight) {
		if !wait {
			return nil, &RefusedError{Err: ErrBusy, After: busyRetry}
		}
		if err := p.room.Acquire(ctx, weight); err != nil {
			return nil, fmt.Errorf("wait for room: %w", err)
		}
	}
	return func() { p.room.Release(weight) }, nil
}
