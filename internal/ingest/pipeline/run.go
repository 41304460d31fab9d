// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// run carries one batch through the stages, part by part. It is used by one
// goroutine.
type run struct {
	pipeline *Pipeline
	counter  *inputCounter
	result   Result

	input, sender string
	received      int64
	numbered      bool
	first         int
	waits         bool
	// origins of the part's records, nil when the batch has none.
	origins []Origin

	// events of the part, and for each the record of the part that it is of.
	events []*event.Event
	item   []int32
	// fate of each record of the part.
	fate []fate
	keys []originKey
	// items are the bytes of the part's records, nil where there are none.
	items   [][]byte
	samples []Sample
	private bool
	sources []sourceCount
}

// fate is what became of a record.
type fate struct {
	events, duplicates int32
	rejected           bool
}

// ingest takes a part of a batch through all stages. from is the index of the
// part's first record in the batch.
func (r *run) ingest(ctx context.Context, decode Decode, items [][]byte, from int) error {
	r.reset(len(items))
	r.items = items
	start := time.Now()
	bytesIn := 0
	for i := 0; i < len(items); {
		i = r.decode(decode, items, i, from)
	}
	for _, it := range items {
		bytesIn += len(it)
	}
	r.counter.bytes.Add(uint64(bytesIn))
	r.pipeline.counters.spend(StageNormalize, start, len(r.events))
	return r.finish(ctx, from)
}

// submit takes events that need no format through the other stages.
func (r *run) submit(ctx context.Context, events []*event.Event, from int) error {
	r.reset(len(events))
	for i, e := range events {
		r.events = append(r.events, e)
		r.item = append(r.item, int32(i))
		r.fate[i].events = 1
	}
	return r.finish(ctx, from)
}

func (r *run) reset(records int) {
	if cap(r.fate) < records {
		r.fate = make([]fate, records)
		r.item = make([]int32, 0, records)
	}
	r.fate = r.fate[:records]
	clear(r.fate)
	r.items, r.samples = nil, r.samples[:0]
	r.item = r.item[:0]
	r.events = make([]*event.Event, 0, records) // Record has kept the part's before
}

// decode reads records from i on and returns where to go on. It comes back
// before the end only when a format panicked on a record, which is rejected.
func (r *run) decode(decode Decode, items [][]byte, i, from int) (next int) {
	before := len(r.events)
	defer func() {
		if cause := recover(); cause != nil {
			r.pipeline.opt.Logger.Error("format panicked on a record, which is rejected",
				"input", r.input, "index", r.first+from+i, "panic", clip(r.scrub(fmt.Sprint(cause))))
			r.events, r.item = r.events[:before], r.item[:before]
			r.reject(i, from, "this record cannot be read")
			next = i + 1
		}
	}()
	for ; i < len(items); i++ {
		raw := items[i]
		if len(raw) == 0 {
			continue
		}
		before = len(r.events)
		if len(raw) > event.MaxEventBytes {
			r.reject(i, from, fmt.Sprintf("record of %d bytes, at most %d are allowed", len(raw), event.MaxEventBytes))
			continue
		}
		events, err := decode(raw, r.events)
		if err == nil && len(events) <= before {
			err = errNothing
		}
		if err != nil {
			r.reject(i, from, err.Error())
			continue
		}
		r.events = events
		if r.origins != nil {
			r.origins[i].mark(events[before:])
		}
		for range r.events[before:] {
			r.item = append(r.item, int32(i)) //nolint:gosec // below chunkItems
		}
		r.fate[i].events = int32(len(r.events) - before) //nolint:gosec // bounded by the record's size
	}
	return i
}

// reject counts record i of the part as rejected. No secret that its reason quotes
// reaches the sender, who may be a program that writes answers to a log.
func (r *run) reject(i, from int, reason string) {
	if r.fate[i].rejected {
		return
	}
	r.fate[i].rejected = true
	index := r.first + from + i
	reason = r.scrub(reason)
	if r.numbered {
		reason = "line " + strconv.Itoa(index+1) + ": " + reason
	}
	r.result.Reject(index, reason)
	if r.items != nil && !r.private {
		r.sample(r.items[i], clip(reason))
	} else {
		r.sample(nil, clip(reason))
	}
}

// finish takes the part's events from redaction to the journal and counts.
func (r *run) finish(ctx context.Context, from int) error {
	p, start := r.pipeline, time.Now()
	if p.opt.Redact != nil {
		p.opt.Redact(r.events)
		start = p.counters.spend(StageRedact, start, len(r.events))
	}
	for _, e := range r.events {
		e.CutLong()
	}
	start = p.counters.spend(StageCut, start, len(r.events))
	if p.opt.Enrich != nil {
		p.opt.Enrich(r.events)
		start = p.counters.spend(StageEnrich, start, len(r.events))
	}
	r.stamp(from)
	start = p.counters.spend(StageStamp, start, len(r.events))
	r.hashOrigins()
	p.counters.spend(StageDedup, start, len(r.events))
	err := r.record(ctx)
	r.settle(err)
	return err
}

// stamp sets what the pipeline itself says about the events, and rejects the
// records of those that are not valid.
func (r *run) stamp(from int) {
	p, spoiled := r.pipeline, false
	for i, e := range r.events {
		e.Received, e.Input, e.Sender = r.received, r.input, r.sender
		p.classes.set(e)
		p.markTime(e)
		if err := e.Validate(); err != nil {
			r.reject(int(r.item[i]), from, err.Error())
			spoiled = true
		}
	}
	if spoiled {
		r.dropRejected()
	}
	p.stamper.identify(r.events, r.received)
	if p.opt.Late == nil {
		return
	}
	for _, e := range r.events {
		if p.opt.Late(e) && !e.Marked(event.MarkLate) {
			e.Marks = append(e.Marks, event.Mark{Kind: event.MarkLate, Field: "time"})
			r.counter.late.Add(1)
		}
	}
}

// dropRejected takes out all events of rejected records.
func (r *run) dropRejected() {
	n := 0
	for i, e := range r.events {
		if !r.fate[r.item[i]].rejected {
			r.events[n], r.item[n] = e, r.item[i]
			n++
		}
	}
	clear(r.events[n:])
	r.events, r.item = r.events[:n], r.item[:n]
}

// settle counts the part's records. After an error nothing of the part counts
// as accepted.
func (r *run) settle(err error) {
	rejected, accepted, duplicates := 0, 0, 0
	for i := range r.fate {
		switch f := &r.fate[i]; {
		case f.rejected:
			rejected++
		case f.events == 0: // a blank line
		case err != nil:
		default:
			accepted++
			if f.duplicates == f.events {
				duplicates++
			}
		}
	}
	r.result.Accepted += accepted
	r.result.Duplicates += duplicates
	r.counter.accepted.Add(uint64(accepted))
	r.counter.duplicates.Add(uint64(duplicates))
	r.counter.rejected.Add(uint64(rejected))
	r.flowed(accepted, rejected, err == nil)
}
