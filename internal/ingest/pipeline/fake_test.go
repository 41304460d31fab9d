// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// journal is a record in memory.
type journal struct {
	mu     sync.Mutex
	events []*event.Event
	seq    map[string]uint64
	calls  int
	// gate, when set, is called before each append; its error refuses.
	gate func(ctx context.Context, events []*event.Event) error
}

func (j *journal) append(ctx context.Context, events []*event.Event) ([]event.Range, error) {
	if j.gate != nil {
		if err := j.gate(ctx, events); err != nil {
			return nil, err
		}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.calls++
	if j.seq == nil {
		j.seq = map[string]uint64{}
	}
	var ranges []event.Range
	for _, e := range events {
		j.seq[e.Place.Stream]++
		e.Place.Origin, e.Place.Seq, e.Place.Ord = "test/00", j.seq[e.Place.Stream], uint64(len(j.events)+1)
		j.events = append(j.events, e)
		ranges = append(ranges, event.Range{Stream: e.Place.Stream, First: e.Place.Seq, Last: e.Place.Seq})
	}
	return ranges, nil
}

func (j *journal) all() []*event.Event {
	j.mu.Lock()
	defer j.mu.Unlock()
	return append([]*event.Event(nil), j.events...)
}

// formats stands for the catalog of formats: json, and syslog, which keeps a
// line as its message.
func formats(name string, h Hint) (Decode, bool) {
	switch name {
	case "json":
		return func(raw []byte, out []*event.Event) ([]*event.Event, error) { return decodeJSON(raw, h, out) }, true
	case "syslog", "text":
		return func(raw []byte, out []*event.Event) ([]*event.Event, error) {
			return append(out, &event.Event{Source: h.Source, Message: string(raw), Host: h.Peer}), nil
		}, true
	default:
		return nil, false
	}
}

type record struct {
	ID, Source, Category, Message, User string
	Time                                time.Time
	Severity                            string
	Parts                               int // how many events it becomes
	Retention                           int32
	Panic                               bool
}

func decodeJSON(raw []byte, h Hint, out []*event.Event) ([]*event.Event, error) {
	rec := record{Source: h.Source, Parts: 1}
	if err := json.Unmarshal(raw, &rec); err != nil {
		return out, fmt.Errorf("json: %w", err)
	}
	if rec.Panic {
		panic("a format with a fault")
	}
	for n := range rec.Parts {
		e := &event.Event{Source: rec.Source, Category: rec.Category, Message: rec.Message, User: rec.User, OriginID: rec.ID}
		if n > 0 {
			e.OriginID += fmt.Sprintf(":%d", n)
		}
		if !rec.Time.IsZero() {
			e.Time = rec.Time.UnixNano()
		}
		if rec.Severity == "wrong" {
			e.Severity = 9
		}
		e.Compliance.RetentionDays = rec.Retention
		out = append(out, e)
		if rec.Severity == "late-error" && n > 0 {
			return out, errors.New("severity: what is this")
		}
		if rec.Severity == "second-wrong" && n == 1 {
			e.Severity = 9
		}
	}
	return out, nil
}

// build makes a pipeline over j; change may alter the options.
func build(t testing.TB, j *journal, change ...func(*Options)) *Pipeline {
	t.Helper()
	opt := Options{
		Normalize: formats,
		Record:    j.append,
		MaxIDs:    10_000,
		Logger:    slog.New(slog.DiscardHandler),
	}
	for _, f := range change {
		f(&opt)
	}
	p, err := New(opt)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// batch makes a JSON batch.
func batch(records ...string) Batch {
	b := Batch{Input: "http", Sender: "token-1", Source: "shop", Format: "json", Peer: "192.0.2.1"}
	for _, r := range records {
		b.Items = append(b.Items, []byte(r))
	}
	return b
}

func messages(events []*event.Event) string {
	var s []string
	for _, e := range events {
		s = append(s, e.Message)
	}
	return strings.Join(s, " ")
}
