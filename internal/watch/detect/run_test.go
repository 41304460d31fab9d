// SPDX-License-Identifier: Apache-2.0

package detect_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/core/rule"
	"github.com/tocsin-siem/tocsin/internal/watch/detect"
)

// source gives events and then waits.
type source struct{ events []*event.Event }

func (s *source) Next(ctx context.Context, limit int) ([]*event.Event, error) {
	n := min(limit, len(s.events))
	if n == 0 {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	batch := s.events[:n]
	s.events = s.events[n:]
	return batch, nil
}

// store keeps batches; fail says how many commits fail first.
type store struct {
	at      detect.Position
	batches []detect.Batch
	fail    int
	times   []time.Time
	resume  error
}

func (s *store) Resume(context.Context) (detect.Position, error) { return s.at, s.resume }

func (s *store) Commit(_ context.Context, b *detect.Batch) error {
	s.times = append(s.times, time.Now())
	if s.fail > 0 {
		s.fail--
		return errors.New("disk full")
	}
	s.at.Ord = b.Ord
	if b.Snapshot != nil {
		s.at.Snapshot = b.Snapshot
	}
	kept := *b
	kept.Steps = append([]detect.Step(nil), b.Steps...)
	s.batches = append(s.batches, kept)
	return nil
}

func (s *store) findings() (ids []string) {
	for _, b := range s.batches {
		for _, step := range b.Steps {
			if step.Finding != nil && !step.Finding.Grown {
				ids = append(ids, step.Finding.ID)
			}
		}
	}
	return ids
}

func attack(n int) []*event.Event {
	var events []*event.Event
	for i := range n {
		events = append(events, &event.Event{
			ID: idOf(i + 1), Time: int64(i+1) * int64(time.Second), Received: int64(i+1) * int64(time.Second), Category: "login_failed",
			Source: "authentication", IP: "192.0.2.1", User: "root", Place: event.Place{Ord: uint64(i + 1)},
		})
	}
	return events
}

// run runs an engine until everything that it is given was taken.
func run(t *testing.T, events []*event.Event, s *store, change func(*detect.RunOptions)) error {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	o := detect.RunOptions{
		Open: func(after uint64) detect.Source {
			left := events
			for len(left) > 0 && left[0].Place.Ord <= after {
				left = left[1:]
			}
			return &source{events: left}
		},
		Store: s, Logger: slog.New(slog.DiscardHandler), CommitEvery: -1,
	}
	if change != nil {
		change(&o)
	}
	n := engine(t)
	done := make(chan error, 1)
	go func() { done <- n.Run(ctx, o) }()
	synctest.Wait()
	time.Sleep(time.Hour) // retries; in the bubble's time
	synctest.Wait()
	cancel()
	return <-done
}

// slowly gives one event every 50 ms.
type slowly struct{ source }

func (s *slowly) Next(ctx context.Context, _ int) ([]*event.Event, error) {
	if len(s.events) > 0 {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
	return s.source.Next(ctx, 1)
}

// Under a steady attack there are few commits; the first finding is stored at
// once, and the last growth soon after the last event.
func TestRunGathersCommits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &store{}
		began := time.Now()
		err := run(t, nil, s, func(o *detect.RunOptions) {
			o.CommitEvery = 0
			o.Open = func(uint64) detect.Source { return &slowly{source{attack(50)}} }
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(s.times) < 2 || s.times[0].Sub(began) != 500*time.Millisecond {
			t.Fatalf("commits at %v, want the first with the tenth event", s.times)
		}
		for i := 1; i < len(s.times)-1; i++ { // the last one is the stop's
			if d := s.times[i].Sub(s.times[i-1]); d < 200*time.Millisecond {
				t.Errorf("commits %d and %d lie %s apart", i-1, i, d)
			}
			if s.times[i].Sub(began) > 2700*time.Millisecond {
				t.Errorf("commit %d came %s after the beginning", i, s.times[i].Sub(began))
			}
		}
		last := s.batches[len(s.batches)-2]
		if last.Ord != 50 || len(last.Steps) == 0 || last.Steps[len(last.Steps)-1].Finding.Value != 50 {
			t.Errorf("the last commit before the stop reaches to %d", last.Ord)
		}
	})
}

func TestRunCommitsOnlyWhatMatters(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &store{}
		if err := run(t, attack(25), s, func(o *detect.RunOptions) { o.MaxBatch = 4 }); err != nil {
			t.Fatal(err)
		}
		// Event 10 crosses; from then on each batch of four grows it; the stop
		// leaves a snapshot.
		var ords []uint64
		for _, b := range s.batches {
			ords = append(ords, b.Ord)
		}
		if got := fmt.Sprint(ords); got != "[12 16 20 24 25 25]" {
			t.Errorf("commits at %s", got)
		}
		if last := s.batches[len(s.batches)-1]; last.Snapshot == nil || len(last.Steps) != 0 {
			t.Errorf("the last commit has snapshot %v and %d steps", last.Snapshot != nil, len(last.Steps))
		}
		if len(s.findings()) != 2 {
			t.Errorf("findings %v", s.findings())
		}
	})
}

func TestRunRepeatsAFailingCommit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &store{fail: 9}
		var log bytes.Buffer
		if err := run(t, attack(10), s, func(o *detect.RunOptions) { o.Logger = slog.New(slog.NewTextHandler(&log, nil)) }); err != nil {
			t.Fatal(err)
		}
		if len(s.findings()) != 1 {
			t.Errorf("findings %v", s.findings())
		}
		if first, tenth := s.times[0], s.times[9]; tenth.Sub(first) < 30*time.Second || tenth.Sub(first) > 2*time.Minute {
			t.Errorf("ten tries within %v", tenth.Sub(first))
		}
		if n := strings.Count(log.String(), "disk full"); n != 9 {
			t.Errorf("%d warnings", n)
		}
	})
}

func TestRunReadsAgainWithoutASnapshot(t *testing.T) {
	t.Parallel()
	f := func(name string, snapshot []byte) {
		t.Helper()
		synctest.Test(t, func(t *testing.T) {
			first := &store{}
			if err := run(t, attack(15), first, nil); err != nil {
				t.Fatal(err)
			}
			second := &store{at: detect.Position{Ord: first.at.Ord, Snapshot: snapshot}}
			if err := run(t, attack(25), second, nil); err != nil {
				t.Fatal(err)
			}
			whole := &store{}
			if err := run(t, attack(25), whole, nil); err != nil {
				t.Fatal(err)
			}
			if got, want := fmt.Sprint(append(first.findings(), second.findings()...)), fmt.Sprint(whole.findings()); got != want {
				t.Errorf("%s: findings %s, want %s", name, got, want)
			}
		})
	}
	f("none", nil)
	f("damaged", []byte("not a snapshot"))
}

func TestRunTellsWhenItCaughtUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &store{}
		called := 0
		if err := run(t, attack(10), s, func(o *detect.RunOptions) {
			o.MaxBatch = 3
			o.Head = func() uint64 { return 8 }
			o.CaughtUp = func() { called++ }
		}); err != nil || called != 1 {
			t.Errorf("called %d times, %v", called, err)
		}
	})
}

func TestRunGivesEventsToAlertRules(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &store{}
		if err := run(t, attack(3), s, func(o *detect.RunOptions) {
			o.Alerting = func(e *event.Event) bool { return e.Place.Ord == 2 }
		}); err != nil {
			t.Fatal(err)
		}
		if len(s.batches) != 2 || len(s.batches[0].Steps) != 1 || s.batches[0].Steps[0].Event.Place.Ord != 2 {
			t.Errorf("batches %+v", s.batches)
		}
	})
}

func TestRunErrors(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("broken")
		if err := run(t, nil, &store{resume: broken}, nil); !errors.Is(err, broken) {
			t.Errorf("resume: %v", err)
		}
		if err := run(t, nil, &store{}, func(o *detect.RunOptions) {
			o.Open = func(uint64) detect.Source { return sourceFunc(func() error { return broken }) }
		}); !errors.Is(err, broken) {
			t.Errorf("read: %v", err)
		}
	})
}

type sourceFunc func() error

func (f sourceFunc) Next(context.Context, int) ([]*event.Event, error) { return nil, f() }

func TestNewRefusesUnlinkedRules(t *testing.T) {
	t.Parallel()
	rules, err := rule.Parse("t.yml", []byte("title: C\nid: c\ncorrelation: {type: event_count, rules: [x], timespan: 1m, condition: {gte: 2}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := detect.New(rules, detect.Options{}); err == nil {
		t.Error("an unlinked correlation is accepted")
	}
}

// TestSeed: the set that decides about lateness starts where the engine is.
func TestSeed(t *testing.T) {
	t.Parallel()
	n := engine(t)
	n.Observe(&event.Event{Time: int64(time.Hour), Received: int64(time.Hour), Source: "authentication"})
	marks := detect.Watermarks(detect.Options{})
	n.Seed(marks)
	if !marks.Late(&event.Event{Time: int64(40 * time.Minute), Received: int64(time.Hour), Source: "authentication"}) {
		t.Error("20 minutes behind the watermark is not late")
	}
}

func TestLongEntitiesAreCut(t *testing.T) {
	t.Parallel()
	n := engine(t)
	long := strings.Repeat("ä", 5000)
	var found []rule.Finding
	for i, e := range attack(3) {
		e.Category, e.User = "content_blocked", long
		e.ID = idOf(i)
		found = n.Observe(e)
	}
	if len(found) != 1 || len(found[0].EntityValue) > 256 || !strings.HasPrefix(found[0].EntityValue, "äää") || !strings.Contains(found[0].EntityValue, "… #") {
		t.Errorf("%+v", found)
	}
}

func FuzzRestore(f *testing.F) {
	n := engine(f)
	for _, e := range attack(30) {
		n.Observe(e)
	}
	n.Grown(nil)
	f.Add(n.Snapshot())
	f.Fuzz(func(t *testing.T, snapshot []byte) {
		n := engine(t)
		if _, err := n.Restore(snapshot); err != nil && !errors.Is(err, detect.ErrSnapshot) {
			t.Fatal(err)
		}
		for _, e := range attack(12) {
			n.Observe(e)
		}
	})
}

func BenchmarkObserve(b *testing.B) {
	base := event.Event{
		Input: "http", Source: "application", Host: "web1", Service: "shop", User: "ana", IP: "192.0.2.1", Severity: event.Info,
		Message: "GET /cart 200", Attrs: []event.Attr{{Key: "path", Value: event.Text("/cart")}, {Key: "status", Value: event.Int(200)}},
	}
	f := func(name string, category func(i int) string) {
		b.Run(name, func(b *testing.B) {
			n := engine(b)
			e := base
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				e.Category = category(i)
				e.Time = int64(i) * int64(10*time.Millisecond)
				e.Received = e.Time
				e.Place.Ord = uint64(i + 1)
				if i%10 == 0 {
					e.IP = addresses[i/10%len(addresses)]
				}
				n.Observe(&e)
				if i%1000 == 0 {
					n.Grown(nil)
				}
				i++
			}
		})
	}
	f("unused", func(int) string { return "http_request" })
	f("mixed", func(i int) string {
		if i%10 == 0 {
			return "login_failed"
		}
		return "http_request"
	})
	f("counted", func(int) string { return "login_failed" })
}

var addresses = func() []string {
	list := make([]string, 2000)
	for i := range list {
		list[i] = fmt.Sprintf("198.51.%d.%d", i/250, i%250)
	}
	return list
}()
