// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/core/event/eventtest"
)

func TestDuplicates(t *testing.T) {
	t.Parallel()
	type sent struct {
		sender, source, record string
		duplicate, conflict    bool
	}
	for _, c := range []struct {
		name string
		sent []sent
	}{
		{"a retry", []sent{{record: `{"id":"a","message":"x"}`}, {record: `{"id":"a","message":"x"}`, duplicate: true}}},
		{"another order and another white space", []sent{
			{record: `{"id":"a","message":"x","user":"u"}`},
			{record: `{ "user": "u", "message": "x", "id": "a" }`, duplicate: true},
		}},
		{"no id", []sent{{record: `{"message":"x"}`}, {record: `{"message":"x"}`}}},
		{"another sender", []sent{{sender: "t1", record: `{"id":"a"}`}, {sender: "t2", record: `{"id":"a"}`}}},
		{"another source", []sent{{source: "s1", record: `{"id":"a"}`}, {source: "s2", record: `{"id":"a"}`}}},
		{"lengths do not run together", []sent{{sender: "t", source: "1x", record: `{"id":"a"}`}, {sender: "t1", source: "x", record: `{"id":"a"}`}}},
		{"same id, other content", []sent{
			{record: `{"id":"a","message":"x"}`},
			{record: `{"id":"a","message":"y"}`, conflict: true},
			{record: `{"id":"a","message":"x"}`, duplicate: true},
			{record: `{"id":"a","message":"y"}`, duplicate: true},
		}},
		{"other time", []sent{
			{record: `{"id":"a","time":"2026-01-01T00:00:00Z"}`},
			{record: `{"id":"a","time":"2026-01-01T00:00:01Z"}`, conflict: true},
		}},
		{"an id that is used for everything", []sent{
			{record: `{"id":"1","message":"1"}`},
			{record: `{"id":"1","message":"2"}`, conflict: true},
			{record: `{"id":"1","message":"3"}`, conflict: true},
			{record: `{"id":"1","message":"4"}`, conflict: true},
			{record: `{"id":"1","message":"5"}`, conflict: true}, // takes the place of the first
			{record: `{"id":"1","message":"5"}`, duplicate: true},
			{record: `{"id":"1","message":"1"}`, conflict: true},
		}},
	} {
		ways := []bool{false, true}
		if slices.ContainsFunc(c.sent, func(s sent) bool { return s.sender != c.sent[0].sender || s.source != c.sent[0].source }) {
			ways = ways[:1] // several senders or sources do not share a batch
		}
		for _, together := range ways {
			t.Run(fmt.Sprintf("%s/together=%v", c.name, together), func(t *testing.T) {
				t.Parallel()
				j := &journal{}
				p := build(t, j)
				var all Batch
				var want, conflicts int
				for n, s := range c.sent {
					b := batch(s.record)
					b.Sender, b.Source = s.sender, s.source
					if all.Input == "" || all.Sender == b.Sender && all.Source == b.Source {
						items := append(all.Items, b.Items...)
						all = b
						all.Items = items
					}
					if s.duplicate {
						want++
					}
					if s.conflict {
						conflicts++
					}
					if together {
						continue
					}
					got, err := p.Ingest(t.Context(), b)
					if err != nil || got.Accepted != 1 || (got.Duplicates == 1) != s.duplicate {
						t.Fatalf("record %d: %+v %v, want duplicate %v", n, got, err, s.duplicate)
					}
					if es := j.all(); !s.duplicate && es[len(es)-1].Marked(event.MarkOriginConflict) != s.conflict {
						t.Errorf("record %d: marks %+v", n, es[len(es)-1].Marks)
					}
				}
				if together {
					got, err := p.Ingest(t.Context(), all)
					if err != nil || got.Accepted != len(c.sent) || got.Duplicates != want {
						t.Fatalf("%+v %v, want %d duplicates", got, err, want)
					}
				}
				if n := len(j.all()); n != len(c.sent)-want {
					t.Errorf("%d recorded", n)
				}
				if s := p.Stats().Inputs[0]; s.Conflicts != uint64(conflicts) {
					t.Errorf("%d conflicts counted, want %d", s.Conflicts, conflicts)
				}
			})
		}
	}
}

func TestADuplicateOnItsWayWaitsForTheFirst(t *testing.T) {
	t.Parallel()
	for _, fails := range []bool{false, true} {
		t.Run(fmt.Sprintf("first fails=%v", fails), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				hold := make(chan struct{})
				var calls atomic.Int32
				j := &journal{gate: func(context.Context, []*event.Event) error {
					if calls.Add(1) == 1 {
						<-hold
						if fails {
							return errors.New("broken disk")
						}
					}
					return nil
				}}
				p := build(t, j)
				var first, second Result
				var firstErr, secondErr error
				var secondDone atomic.Bool
				var wg sync.WaitGroup
				wg.Go(func() { first, firstErr = p.Ingest(t.Context(), batch(`{"id":"a"}`)) })
				synctest.Wait()
				wg.Go(func() {
					second, secondErr = p.Ingest(t.Context(), batch(`{"id":"b"}`, `{"id":"a"}`))
					secondDone.Store(true)
				})
				synctest.Wait()
				if secondDone.Load() {
					t.Error("the duplicate was answered before the first was durable")
				}
				if m := len(j.all()); m != 1 {
					t.Errorf("%d recorded while waiting, want b alone", m)
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				if _, err := p.Ingest(ctx, batch(`{"id":"a"}`)); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("a waiting sender that leaves: %v", err)
				}
				close(hold)
				wg.Wait()
				if secondErr != nil || second.Accepted != 2 {
					t.Errorf("second: %+v %v", second, secondErr)
				}
				if fails {
					if !errors.Is(firstErr, ErrUnavailable) || second.Duplicates != 0 {
						t.Errorf("first %v, second %+v", firstErr, second)
					}
				} else if firstErr != nil || first.Accepted != 1 || second.Duplicates != 1 {
					t.Errorf("first %+v %v, second %+v", first, firstErr, second)
				}
				if n := len(j.all()); n != 2 {
					t.Errorf("%d recorded", n)
				}
				if len(p.inFlight) != 0 || len(p.flights) != 0 {
					t.Errorf("claims left: %v %v", p.inFlight, p.flights)
				}
			})
		})
	}
}

// Many senders repeat each other's batches in other orders over a journal that
// fails now and then: every id that was acknowledged is recorded exactly once.
func TestConcurrentRetriesRecordOnce(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	j := &journal{gate: func(context.Context, []*event.Event) error {
		if n.Add(1)%5 == 0 {
			return errors.New("full for a moment")
		}
		return nil
	}}
	p := build(t, j)
	var wg sync.WaitGroup
	for c := range 8 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(c), 1))
			for range 40 {
				b := batch()
				for _, id := range r.Perm(30)[:10] {
					b.Items = append(b.Items, fmt.Appendf(nil, `{"id":"%d","message":"m"}`, id))
				}
				for tries := 0; ; tries++ {
					got, err := p.Ingest(t.Context(), b)
					if err == nil {
						if got.Accepted != 10 {
							t.Errorf("%+v", got)
						}
						break
					}
					if tries > 1000 || !errors.Is(err, ErrUnavailable) {
						t.Error(err)
						return
					}
				}
			}
		})
	}
	wg.Wait()
	seen := map[string]int{}
	for _, e := range j.all() {
		seen[e.OriginID]++
		if e.Marked(event.MarkOriginConflict) {
			t.Errorf("conflict on %s", e.OriginID)
		}
	}
	for id, times := range seen {
		if times != 1 {
			t.Errorf("id %s recorded %d times", id, times)
		}
	}
	if len(seen) != 30 {
		t.Errorf("%d ids", len(seen))
	}
}

func TestIDsSurviveARestart(t *testing.T) {
	t.Parallel()
	j := &journal{}
	p := build(t, j)
	ingest := func(p *Pipeline, id int) bool {
		t.Helper()
		got, err := p.Ingest(t.Context(), batch(fmt.Sprintf(`{"id":"%d","message":"m %d"}`, id, id)))
		if err != nil || got.Accepted != 1 {
			t.Fatalf("%+v %v", got, err)
		}
		return got.Duplicates == 1
	}
	for id := range 500 {
		ingest(p, id)
	}
	var saved bytes.Buffer
	if err := p.SaveIDs(&saved); err != nil {
		t.Fatal(err)
	}
	for id := range 100 {
		ingest(p, 500+id)
	}
	restart := func(snapshot []byte) (*Pipeline, int, error) {
		p := build(t, j)
		after, loadErr := p.LoadIDs(bytes.NewReader(snapshot))
		events := j.all()[after:]
		read, err := p.Rebuild(t.Context(), func(context.Context) ([]*event.Event, error) {
			part := events[:min(33, len(events))]
			events = events[len(part):]
			if len(part) == 0 {
				return nil, io.EOF
			}
			return part, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return p, read, loadErr
	}
	for name, c := range map[string]struct {
		snapshot []byte
		read     int
		loads    bool
	}{
		"from the snapshot": {saved.Bytes(), 100, true},
		"without one":       {nil, 600, false},
		"cut off":           {saved.Bytes()[:saved.Len()-3], 600, false},
		"one byte changed":  {flip(saved.Bytes(), 2000), 600, false},
		"of another kind":   {bytes.Repeat([]byte("x"), 4000), 600, false},
	} {
		p, read, err := restart(c.snapshot)
		if (err == nil) != c.loads || err != nil && !errors.Is(err, ErrSnapshot) || read != c.read {
			t.Errorf("%s: read %d events, load %v", name, read, err)
		}
		before := len(j.all())
		for id := range 600 {
			if !ingest(p, id) {
				t.Fatalf("%s: id %d is not known", name, id)
			}
		}
		if len(j.all()) != before {
			t.Errorf("%s: %d recorded again", name, len(j.all())-before)
		}
	}
	if _, err := p.Rebuild(t.Context(), func(context.Context) ([]*event.Event, error) { return nil, io.ErrUnexpectedEOF }); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a reader's error: %v", err)
	}
	other := build(t, j, func(o *Options) { o.MaxIDs = 20_000 })
	if _, err := other.LoadIDs(bytes.NewReader(saved.Bytes())); !errors.Is(err, ErrSnapshot) {
		t.Errorf("a snapshot for another limit: %v", err)
	}
}

func flip(b []byte, at int) []byte {
	c := bytes.Clone(b)
	c[at] ^= 0x10
	return c
}

// A snapshot that is taken while events are on their way names a position that
// lies before them.
func TestASnapshotBesideALoadMissesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hold := make(chan struct{})
		var slow atomic.Bool
		j := &journal{}
		p := build(t, j, func(o *Options) {
			o.Record = func(ctx context.Context, es []*event.Event) ([]event.Range, error) {
				ranges, err := j.append(ctx, es)
				if slow.Swap(false) {
					<-hold // durable, but not yet remembered
				}
				return ranges, err
			}
		})
		if _, err := p.Ingest(t.Context(), batch(`{"id":"1"}`)); err != nil {
			t.Fatal(err)
		}
		slow.Store(true)
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := p.Ingest(t.Context(), batch(`{"id":"2"}`)); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		if _, err := p.Ingest(t.Context(), batch(`{"id":"3"}`)); err != nil {
			t.Fatal(err)
		}
		var saved bytes.Buffer
		if err := p.SaveIDs(&saved); err != nil {
			t.Fatal(err)
		}
		close(hold)
		wg.Wait()
		after, err := build(t, j).LoadIDs(&saved)
		if err != nil || after != 1 {
			t.Errorf("ids are complete up to %d, %v; want 1, for the second was not remembered", after, err)
		}
	})
}

func TestOldEventsAreLookedUp(t *testing.T) {
	t.Parallel()
	j := &journal{}
	var asked []string
	var fail error
	p := build(t, j, func(o *Options) {
		o.MaxIDs = 64
		o.LookUp = func(_ context.Context, e *event.Event) (*event.Event, error) {
			asked = append(asked, e.OriginID)
			for _, old := range j.all() {
				if old.Sender == e.Sender && old.Source == e.Source && old.OriginID == e.OriginID {
					return old, fail
				}
			}
			return nil, fail
		}
	})
	const long = "2026-01-01T00:00:00Z"
	send := func(id, text, at string) Result {
		t.Helper()
		got, err := p.Ingest(t.Context(), batch(fmt.Sprintf(`{"id":"%s","message":"%s","time":"%s"}`, id, text, at)))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	send("old", "x", long)
	if len(asked) != 0 {
		t.Fatal("looked up while everything is remembered")
	}
	for n := range 400 {
		send(fmt.Sprint("new", n), "", time.Now().Add(time.Minute).UTC().Format(time.RFC3339Nano))
	}
	if len(asked) != 0 {
		t.Fatalf("events of today were looked up: %v", asked)
	}
	if got := send("old", "x", long); got.Duplicates != 1 {
		t.Errorf("%+v", got)
	}
	if got := send("old", "y", long); got.Duplicates != 0 || !j.all()[len(j.all())-1].Marked(event.MarkOriginConflict) {
		t.Errorf("%+v", got)
	}
	send("other", "x", long)
	if diff := cmp.Diff([]string{"old", "old", "other"}, asked); diff != "" {
		t.Error(diff)
	}
	fail = errors.New("the search is down")
	if _, err := p.Ingest(t.Context(), batch(`{"id":"third","time":"`+long+`"}`)); !errors.Is(err, ErrUnavailable) || !errors.Is(err, fail) {
		t.Errorf("%v", err)
	}
}

func TestContentLeavesOutWhatTocsinAdds(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	p := build(t, &journal{}, func(o *Options) { o.Added = func(key string) bool { return key == "added.a" } })
	for range 500 {
		e := eventtest.Random(r)
		base := appendContent(nil, e, p.said(e.Attrs, nil))
		same := *e
		same.ID[3]++
		same.Place.Ord++
		same.Geo.Country = "FR"
		same.Input = "syslog"
		same.Attrs = slices.Clone(e.Attrs)
		same.SetAttr("added.a", event.Text("x"))
		same.Marks = append([]event.Mark{{Kind: event.MarkLate}}, e.Marks...)
		if !bytes.Equal(base, appendContent(nil, &same, p.said(same.Attrs, nil))) {
			t.Fatalf("the content of %+v changes with what Tocsin adds", e)
		}
		other := *e
		other.Message += "."
		if bytes.Equal(base, appendContent(nil, &other, p.said(other.Attrs, nil))) {
			t.Fatal("another message is the same content")
		}
		other = *e
		other.Attrs = slices.Clone(e.Attrs)
		other.SetAttr("said", event.Text("x"))
		if bytes.Equal(base, appendContent(nil, &other, p.said(other.Attrs, nil))) {
			t.Fatal("another attribute is the same content")
		}
		other = *e
		other.Marks = append(slices.Clip(other.Marks), event.Mark{Kind: event.MarkTruncated, Hash: "00"})
		if bytes.Equal(base, appendContent(nil, &other, p.said(other.Attrs, nil))) {
			t.Fatal("another cut tail is the same content")
		}
	}
}
