// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

var errFull = errors.New("disk is full")

// fullDisk is a record that gives events their places and then refuses them,
// until there is room: then they stand where they were placed, and it goes on.
type fullDisk struct {
	mu      sync.Mutex
	full    bool
	atMost  int // of one call, before the disk is found full; 0 is none
	pending []*event.Event
	ord     uint64
	stored  []*event.Event
}

func (d *fullDisk) append(_ context.Context, events []*event.Event) ([]event.Range, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.full && len(d.pending) > 0 {
		return nil, errFull // refused at once: no place
	}
	for i, e := range events {
		if d.full && d.atMost > 0 && i >= d.atMost {
			return nil, errFull // the rest has no place
		}
		d.ord++
		e.Place.Ord, e.Place.Seq = d.ord, d.ord
		d.pending = append(d.pending, e)
	}
	if d.full {
		return nil, errFull
	}
	d.write()
	return []event.Range{{Stream: events[0].Place.Stream, First: events[0].Place.Seq, Last: d.ord}}, nil
}

func (d *fullDisk) write() {
	d.stored, d.pending = append(d.stored, d.pending...), nil
}

func (d *fullDisk) set(full bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.full = full; !full {
		d.write()
	}
}

func (d *fullDisk) durable() uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	if n := len(d.stored); n > 0 {
		return d.stored[n-1].Place.Ord
	}
	return 0
}

func (d *fullDisk) messages() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return messages(d.stored)
}

func overFullDisk(t *testing.T, d *fullDisk) *Pipeline {
	t.Helper()
	return build(t, &journal{}, func(o *Options) { o.Record, o.Durable = d.append, d.durable })
}

func TestWhatWasRefusedIsNotRecordedTwice(t *testing.T) {
	t.Parallel()
	d := &fullDisk{full: true}
	p := overFullDisk(t, d)
	b := batch(`{"id":"a","message":"a"}`, `{"id":"b","message":"b"}`)
	for try := range 3 {
		r, err := p.Ingest(t.Context(), b)
		if !errors.Is(err, ErrUnavailable) || r.Accepted != 0 || RetryAfter(err) == 0 {
			t.Fatalf("try %d on a full disk: %+v, %v, want ErrUnavailable", try, r, err)
		}
	}
	d.set(false)
	r, err := p.Ingest(t.Context(), b)
	if err != nil || r.Accepted != 2 || r.Duplicates != 2 {
		t.Errorf("after there is room: %+v, %v, want both as duplicates of what turned up", r, err)
	}
	if got := d.messages(); got != "a b" {
		t.Errorf("recorded %q, want each once", got)
	}
}

func TestWhatWasRefusedIsSettledByOthers(t *testing.T) {
	t.Parallel()
	d := &fullDisk{full: true}
	p := overFullDisk(t, d)
	if _, err := p.Ingest(t.Context(), batch(`{"id":"a","message":"a"}`)); !errors.Is(err, ErrUnavailable) {
		t.Fatal(err)
	}
	d.set(false)
	if _, err := p.Ingest(t.Context(), batch(`{"id":"c","message":"c"}`)); err != nil {
		t.Fatal(err)
	}
	if len(p.doubts) != 0 {
		t.Errorf("%d ids are still in doubt", len(p.doubts))
	}
	// What is kept for the next start knows it too.
	var saved bytes.Buffer
	if err := p.SaveIDs(&saved); err != nil {
		t.Fatal(err)
	}
	next := overFullDisk(t, d)
	if after, err := next.LoadIDs(&saved); err != nil || after != 2 {
		t.Fatalf("after %d, %v", after, err)
	}
	if r, err := next.Ingest(t.Context(), batch(`{"id":"a","message":"a"}`)); err != nil || r.Duplicates != 1 {
		t.Errorf("after a restart: %+v, %v, want a duplicate", r, err)
	}
}

func TestPartOfACallIsRefused(t *testing.T) {
	t.Parallel()
	d := &fullDisk{full: true, atMost: 1}
	p := overFullDisk(t, d)
	b := batch(`{"id":"a","message":"a"}`, `{"id":"b","message":"b"}`)
	if _, err := p.Ingest(t.Context(), b); !errors.Is(err, ErrUnavailable) {
		t.Fatal(err)
	}
	d.set(false)
	if r, err := p.Ingest(t.Context(), b); err != nil || r.Accepted != 2 || r.Duplicates != 1 {
		t.Errorf("%+v, %v, want the first as a duplicate and the second recorded", r, err)
	}
	if got := d.messages(); got != "a b" {
		t.Errorf("recorded %q, want each once", got)
	}
}

func TestInputThatWaitsRecordsOnce(t *testing.T) {
	t.Parallel()
	for _, atMost := range []int{0, 1} {
		synctest.Test(t, func(t *testing.T) {
			d := &fullDisk{full: true, atMost: atMost}
			p := overFullDisk(t, d)
			b := batch(`{"message":"no id"}`, `{"message":"either"}`)
			b.Wait = true
			go func() {
				time.Sleep(time.Minute)
				d.set(false)
			}()
			r, err := p.Ingest(t.Context(), b)
			if err != nil || r.Accepted != 2 || r.Duplicates != 0 {
				t.Errorf("%+v, %v, want both accepted", r, err)
			}
			if got := d.messages(); got != "no id either" {
				t.Errorf("recorded %q, want each once", got)
			}
			if len(r.Entries) == 0 {
				t.Error("no sequence numbers")
			}
		})
	}
}

func TestInputThatWaitsStops(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := overFullDisk(t, &fullDisk{full: true})
		b := batch(`{"message":"x"}`)
		b.Wait = true
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := p.Ingest(ctx, b); !errors.Is(err, ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v, want ErrUnavailable and why", err)
		}
	})
}
