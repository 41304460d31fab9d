// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

func TestIngestRecordsInOrderAndStamps(t *testing.T) {
	t.Parallel()
	j := &journal{}
	p := build(t, j)
	before := time.Now().UnixNano()
	got, err := p.Ingest(t.Context(), batch(`{"message":"a","source":"authentication"}`, `{"message":"b"}`, `{"message":"c"}`))
	if err != nil {
		t.Fatal(err)
	}
	want := Result{
		Accepted: 3, Entries: []event.Range{{Stream: "366d", First: 1, Last: 1}, {Stream: "90d", First: 1, Last: 2}},
		Recorded: []event.Range{{Stream: "366d", First: 1, Last: 1}, {Stream: "90d", First: 1, Last: 1}, {Stream: "90d", First: 2, Last: 2}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
	events := j.all()
	if m := messages(events); m != "a b c" {
		t.Errorf("recorded %q", m)
	}
	for i, e := range events {
		if e.Input != "http" || e.Sender != "token-1" || e.Received < before || e.Time != e.Received {
			t.Errorf("event %d is not stamped: %+v", i, e)
		}
		if e.ID.Millis() != e.Received/1e6 {
			t.Errorf("id of %d ms, received at %d ms", e.ID.Millis(), e.Received/1e6)
		}
		if i > 0 && e.ID.String() <= events[i-1].ID.String() {
			t.Errorf("id %s after %s", e.ID, events[i-1].ID)
		}
	}
}

func TestStagesRunInOrder(t *testing.T) {
	t.Parallel()
	j := &journal{}
	var order []string
	p := build(t, j, func(o *Options) {
		o.Redact = func(es []*event.Event) {
			order = append(order, "redact")
			for _, e := range es {
				e.Message = strings.ReplaceAll(e.Message, "hunter2", "<secret>")
			}
		}
		o.Enrich = func(es []*event.Event) {
			order = append(order, "enrich")
			if len(es[0].Message) > event.MaxFieldBytes {
				t.Error("enrich sees a field that is not cut")
			}
			es[0].Geo.Country = "RO"
		}
		o.Late = func(e *event.Event) bool {
			order = append(order, "late")
			return e.ID != event.ID{}
		}
	})
	long := strings.Repeat("x", 100_000) + "hunter2"
	if _, err := p.Ingest(t.Context(), batch(`{"message":"hunter2 `+long+`"}`)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"redact", "enrich", "late"}, order); diff != "" {
		t.Error(diff)
	}
	e := j.all()[0]
	if len(e.Message) != event.MaxFieldBytes || strings.Contains(e.Message, "hunter2") || e.Geo.Country != "RO" {
		t.Errorf("message of %d bytes, geo %+v", len(e.Message), e.Geo)
	}
	if !e.Marked(event.MarkTruncated) || !e.Marked(event.MarkLate) {
		t.Errorf("marks %+v", e.Marks)
	}
	var names []string
	for _, s := range p.Stages() {
		names = append(names, s.Name)
		if s.Events != 0 && s.Nanos <= 0 {
			t.Errorf("stage %s: %d events in %d ns", s.Name, s.Events, s.Nanos)
		}
	}
	if diff := cmp.Diff("read split normalize redact cut enrich stamp dedup record", strings.Join(names, " ")); diff != "" {
		t.Error(diff)
	}
}

func TestOneBadRecordRejectsItself(t *testing.T) {
	t.Parallel()
	future := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	for _, c := range []struct {
		name, record string
		err          string // "" accepted
		mark         string
	}{
		{"good", `{"message":"x"}`, "", ""},
		{"broken", `{"message":`, "json: unexpected end", ""},
		{"wrong type", `{"message":{}}`, "cannot unmarshal object", ""},
		{"not an object", `17`, "cannot unmarshal number", ""},
		{"300 KB", `{"message":"` + strings.Repeat("x", 300_000) + `"}`, "record of 300014 bytes, at most 262144", ""},
		{"100 KB field", `{"message":"` + strings.Repeat("x", 100_000) + `"}`, "", event.MarkTruncated},
		{"invalid after the format", `{"severity":"wrong"}`, "severity: 9 is none", ""},
		{"invalid UTF-8 that the format let through", "{\"message\":\"a\",\"user\":\"\xff\"}", "", ""}, // encoding/json mends it
		{"format panics", `{"panic":true}`, "cannot be read", ""},
		{"no event", `{"parts":0}`, "holds no event", ""},
		{"one of two events is wrong", `{"parts":2,"severity":"second-wrong"}`, "severity: 9 is none", ""},
		{"error after an event", `{"parts":2,"severity":"late-error"}`, "severity: what is this", ""},
		{"before 1970", `{"time":"1969-01-01T00:00:00Z"}`, "time: before 1970", ""},
		{"future", `{"time":"` + future + `"}`, "", event.MarkFuture},
		{"ancient", `{"time":"2001-01-01T00:00:00Z"}`, "", event.MarkAncient},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			j := &journal{}
			b := batch(`{"message":"first"}`, c.record, `{"message":"last"}`)
			b.First = 10
			got, err := build(t, j).Ingest(t.Context(), b)
			if err != nil {
				t.Fatal(err)
			}
			if c.err == "" {
				if got.Accepted != 3 || got.Rejected != 0 || len(j.all()) != 3 {
					t.Fatalf("%+v, %d recorded", got, len(j.all()))
				}
				if e := j.all()[1]; c.mark != "" && !e.Marked(c.mark) {
					t.Errorf("marks %+v, want %s", e.Marks, c.mark)
				}
				return
			}
			if got.Accepted != 2 || got.Rejected != 1 || messages(j.all()) != "first last" {
				t.Fatalf("%+v, recorded %q", got, messages(j.all()))
			}
			if e := got.Errors[0]; e.Index != 11 || !strings.Contains(e.Err, c.err) || len(e.Err) > MaxErrorBytes {
				t.Errorf("error %d %q, want 11 %q", e.Index, e.Err, c.err)
			}
		})
	}
}

func TestLinesAreNumberedAndBlankOnesPassedOver(t *testing.T) {
	t.Parallel()
	j := &journal{}
	b := batch(`{"message":"a"}`, "", `{"message":"b"}`, "{bad")
	b.Numbered = true
	got, err := build(t, j).Ingest(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	if got.Accepted != 2 || got.Rejected != 1 || !strings.HasPrefix(got.Errors[0].Err, "line 4: ") || got.Errors[0].Index != 3 {
		t.Errorf("%+v", got)
	}
}

func TestErrorsAreBoundedAndCountedExactly(t *testing.T) {
	t.Parallel()
	j := &journal{}
	b := batch()
	for range 3*chunkItems + 7 {
		b.Items = append(b.Items, []byte(`{"id":"`+strings.Repeat("é", 500)+`","time":"no"}`))
	}
	b.Items = append(b.Items, []byte(`{}`))
	got, err := build(t, j).Ingest(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	if got.Accepted != 1 || got.Rejected != 3*chunkItems+7 || len(got.Errors) != MaxErrors {
		t.Errorf("accepted %d rejected %d, %d errors", got.Accepted, got.Rejected, len(got.Errors))
	}
	for n, e := range got.Errors {
		if e.Index != n || len(e.Err) > MaxErrorBytes || e.Err != strings.ToValidUTF8(e.Err, "") {
			t.Fatalf("error %d: %+v", n, e)
		}
	}
	if s := p0(t, b.Input, build(t, &journal{}), b); s.Rejected != uint64(got.Rejected) || s.Accepted != 1 || s.Bytes == 0 {
		t.Errorf("stats %+v", s)
	}
}

// p0 ingests b and returns the input's counts.
func p0(t *testing.T, input string, p *Pipeline, b Batch) InputStats {
	t.Helper()
	if _, err := p.Ingest(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	for _, s := range p.Stats().Inputs {
		if s.Name == input {
			return s
		}
	}
	return InputStats{}
}

func TestOneRecordOfSeveralEventsCountsOnce(t *testing.T) {
	t.Parallel()
	j := &journal{}
	p := build(t, j)
	got, err := p.Ingest(t.Context(), batch(`{"id":"a","parts":3}`, `{"id":"b"}`))
	if err != nil || got.Accepted != 2 || len(j.all()) != 4 {
		t.Fatalf("%+v %v, %d recorded", got, err, len(j.all()))
	}
	got, err = p.Ingest(t.Context(), batch(`{"id":"a","parts":4}`, `{"id":"b"}`))
	if err != nil || got.Accepted != 2 || got.Duplicates != 1 || len(j.all()) != 5 {
		t.Fatalf("%+v %v, %d recorded: the fourth event of a is new", got, err, len(j.all()))
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	t.Run("the journal is full", func(t *testing.T) {
		t.Parallel()
		full := errors.New("no space left on device")
		j := &journal{gate: func(context.Context, []*event.Event) error { return full }}
		p := build(t, j)
		got, err := p.Ingest(t.Context(), batch(`{"id":"a"}`, `{"time":1}`))
		if !errors.Is(err, ErrUnavailable) || !errors.Is(err, full) || RetryAfter(err) != unavailableRetry {
			t.Errorf("error %v", err)
		}
		if got.Accepted != 0 || got.Rejected != 1 || p.Stats().Inputs[0].Unavailable != 1 {
			t.Errorf("%+v %+v", got, p.Stats())
		}
		j.gate = nil
		if got, err = p.Ingest(t.Context(), batch(`{"id":"a"}`)); err != nil || got.Duplicates != 0 || len(j.all()) != 1 {
			t.Errorf("after the failure: %+v %v", got, err)
		}
	})
	t.Run("unknown format", func(t *testing.T) {
		t.Parallel()
		b := batch(`{}`)
		b.Format = "morse"
		_, err := build(t, &journal{}).Ingest(t.Context(), b)
		if !errors.Is(err, ErrFormat) || RetryAfter(err) != 0 || !strings.Contains(err.Error(), "morse") {
			t.Errorf("error %v", err)
		}
	})
	t.Run("options", func(t *testing.T) {
		t.Parallel()
		if _, err := New(Options{}); err == nil {
			t.Error("no functions, no error")
		}
		for _, bad := range []func(*Options){
			func(o *Options) { o.Sources = map[string]Source{"shop": {}} },
			func(o *Options) { o.MaxInFlight = -1 },
			func(o *Options) { o.MaxIDs = 7 },
		} {
			opt := Options{Normalize: formats, Record: (&journal{}).append, Logger: build(t, &journal{}).opt.Logger}
			bad(&opt)
			if _, err := New(opt); err == nil {
				t.Errorf("no error for %+v", opt.Sources)
			}
		}
	})
}

func TestBudgetRefusesOrWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hold := make(chan struct{})
		j := &journal{gate: func(context.Context, []*event.Event) error { <-hold; return nil }}
		p := build(t, j, func(o *Options) { o.MaxInFlight = 3 * eventCost })
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := p.Ingest(t.Context(), batch(`{"message":"1"}`, `{"message":"2"}`)); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		_, err := p.Ingest(t.Context(), batch(`{"message":"3"}`))
		if !errors.Is(err, ErrBusy) || RetryAfter(err) != busyRetry || p.Stats().Inputs[0].Busy != 1 {
			t.Errorf("error %v", err)
		}
		patient := batch(`{"message":"4"}`)
		patient.Wait = true
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := p.Ingest(ctx, patient); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
		wg.Go(func() {
			if _, err := p.Ingest(t.Context(), patient); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		close(hold)
		wg.Wait()
		// A batch beyond the whole budget still goes through, alone.
		big := batch()
		for n := range 5000 {
			big.Items = append(big.Items, fmt.Appendf(nil, `{"message":"%d"}`, n))
		}
		if got, err := p.Ingest(t.Context(), big); err != nil || got.Accepted != 5000 {
			t.Errorf("%+v %v", got, err)
		}
		if n := len(j.all()); n != 5003 {
			t.Errorf("%d recorded", n)
		}
	})
}

func TestTheSendersLeavingDoesNotStopTheRecord(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	j := &journal{gate: func(ctx context.Context, _ []*event.Event) error { cancel(); return ctx.Err() }}
	if got, err := build(t, j).Ingest(ctx, batch(`{}`)); err != nil || got.Accepted != 1 {
		t.Errorf("%+v %v", got, err)
	}
}

func TestSubmit(t *testing.T) {
	t.Parallel()
	j := &journal{}
	p := build(t, j, func(o *Options) {
		o.Redact = func(es []*event.Event) { es[0].Message = "clean" }
	})
	got, err := p.Submit(t.Context(), "audit", "tocsin", []*event.Event{
		{Source: "security_audit", Category: "token_issued", Message: "secret"},
		{Source: "security_audit", Severity: 9},
	})
	if err != nil || got.Accepted != 1 || got.Rejected != 1 || got.Errors[0].Index != 1 {
		t.Fatalf("%+v %v", got, err)
	}
	if e := j.all()[0]; e.Message != "clean" || e.Place.Stream != "366d" || e.Input != "audit" || e.Sender != "tocsin" || e.ID.IsZero() {
		t.Errorf("%+v", e)
	}
}

func TestClockSetBack(t *testing.T) {
	t.Parallel()
	p := build(t, &journal{})
	ahead := time.Now().Add(5 * time.Second).UnixNano()
	p.stamper.last = ahead
	if got := p.stamper.receipt(); got != ahead {
		t.Errorf("a small step back: received %d after %d", got, ahead)
	}
	p.stamper.last = time.Now().Add(time.Hour).UnixNano()
	if got := p.stamper.receipt(); got > ahead {
		t.Errorf("a large step back is not followed")
	}
}

func TestClass(t *testing.T) {
	t.Parallel()
	for days, want := range map[int]string{
		-1: "30d", 1: "30d", 30: "30d", 31: "90d", 90: "90d", 180: "180d", 365: "366d", 366: "366d", 367: "731d",
		730: "731d", 2190: "2192d", 2555: "2557d", 36500: "2557d",
	} {
		if got := Class(days); got != want {
			t.Errorf("Class(%d) = %s, want %s", days, got, want)
		}
	}
	named := map[string]bool{}
	for days := range 4000 {
		named[Class(days)] = true
	}
	if got := slices.Sorted(maps.Keys(named)); !slices.Equal(got, slices.Sorted(slices.Values(Classes()))) {
		t.Errorf("Class returns %v, Classes %v", got, Classes())
	}
	p := build(t, &journal{}, func(o *Options) { o.Sources = map[string]Source{"shop": {RetentionDays: 400}} })
	for _, c := range []struct {
		source string
		asked  int32
		want   string
	}{
		{"", 0, "90d"},
		{"unheard-of", 0, "90d"},
		{"unheard-of", 200, "366d"},
		{"access", 0, "30d"},
		{"access", 2000, "2192d"},
		{"authentication", 10, "366d"},
		{"shop", 0, "731d"},
	} {
		e := event.Event{Source: c.source}
		e.Compliance.RetentionDays = c.asked
		if p.classes.set(&e); e.Place.Stream != c.want || e.Source == "" {
			t.Errorf("%s, %d days: %s, want %s", c.source, c.asked, e.Place.Stream, c.want)
		}
	}
	if n := p.Stats().Unclassed; n != 1 {
		t.Errorf("%d unknown sources", n)
	}
}

// TestRecordMayKeepTheSlice: the parts of a large batch do not overwrite each
// other in the hands of who keeps them.
func TestRecordMayKeepTheSlice(t *testing.T) {
	t.Parallel()
	j := &journal{}
	var kept [][]*event.Event
	p := build(t, j, func(o *Options) {
		o.Record = func(ctx context.Context, events []*event.Event) ([]event.Range, error) {
			kept = append(kept, events)
			return j.append(ctx, events)
		}
	})
	b := batch()
	for i := range 3*chunkItems + 7 {
		b.Items = append(b.Items, fmt.Appendf(nil, `{"message":"%d"}`, i))
	}
	if _, err := p.Ingest(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, part := range kept {
		for _, e := range part {
			if want := strconv.Itoa(n); e.Message != want {
				t.Fatalf("event %s is in the place of %s", e.Message, want)
			}
			n++
		}
	}
	if n != len(b.Items) {
		t.Errorf("%d events kept, want %d", n, len(b.Items))
	}
}
