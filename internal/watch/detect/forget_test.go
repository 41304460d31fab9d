// SPDX-License-Identifier: Apache-2.0

package detect_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/watch/detect"
)

// feed is a source that a test fills while the engine runs.
type feed struct{ events chan *event.Event }

func (f *feed) Next(ctx context.Context, _ int) ([]*event.Event, error) {
	select {
	case e := <-f.events:
		return []*event.Event{e}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// live is an engine that runs over a feed, in a bubble of synctest.
type live struct {
	*detect.Engine
	feed  *feed
	store *store
	ord   uint64
	stop  func() error
}

func runLive(t *testing.T, s *store) *live {
	t.Helper()
	l := &live{Engine: engine(t), feed: &feed{make(chan *event.Event)}, store: s, ord: s.at.Ord}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- l.Run(ctx, detect.RunOptions{
			Open: func(uint64) detect.Source { return l.feed }, Store: s, Logger: slog.New(slog.DiscardHandler), CommitEvery: -1,
		})
	}()
	l.stop = func() error {
		cancel()
		return <-done
	}
	return l
}

// tell gives the engine a failed login.
func (l *live) tell(ip, user string) {
	l.ord++
	l.feed.events <- &event.Event{
		ID: idOf(int(l.ord)), Time: int64(l.ord) * int64(time.Second), Received: int64(l.ord) * int64(time.Second), Category: "login_failed",
		Source: "authentication", IP: ip, User: user, Host: user + "-laptop", Place: event.Place{Ord: l.ord},
	}
	synctest.Wait()
}

func (s *store) types() (all []string) {
	for _, b := range s.batches {
		for _, step := range b.Steps {
			if step.Finding != nil && !step.Finding.Grown {
				all = append(all, step.Finding.Type+" "+step.Finding.EntityValue)
			}
		}
	}
	return all
}

func naming(word string) func(string) bool {
	return func(s string) bool { return strings.Contains(strings.ToLower(s), word) }
}

// TestForgetLeavesOthersFigures: a person goes out of the windows and the stored
// snapshot; addresses that tried the name go on being counted.
func TestForgetLeavesOthersFigures(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &store{}
		l := runLive(t, s)
		for _, user := range []string{"ana", "ana", "bob", "eve", "dan"} { // four people
			l.tell("192.0.2.1", user)
		}
		if err := l.Settle(t.Context(), l.ord); err != nil || !bytes.Contains(s.at.Snapshot, []byte("ana")) || s.at.Ord != 5 {
			t.Fatalf("the control: the snapshot of %d has the name: %v, %v", s.at.Ord, bytes.Contains(s.at.Snapshot, []byte("ana")), err)
		}
		gone, err := l.Forget(t.Context(), l.ord, naming("ana"))
		if err != nil || gone != 2 { // as one of the address's people, and the origin of that host
			t.Errorf("%d went: %v", gone, err)
		}
		if bytes.Contains(s.at.Snapshot, []byte("ana")) || !bytes.Contains(s.at.Snapshot, []byte("bob")) {
			t.Errorf("the snapshot is %q", s.at.Snapshot)
		}
		l.tell("192.0.2.1", "fox") // the fifth
		for range 4 {
			l.tell("192.0.2.1", "bob") // the tenth failure
		}
		if got := strings.Join(s.types(), ", "); got != "account_enumeration 192.0.2.1, brute_force_attack 192.0.2.1" {
			t.Errorf("findings after the erasure: %s", got)
		}
		if err := l.stop(); err != nil {
			t.Error(err)
		}
	})
}

// TestForgetAnEntity: what was about the person is over; what comes later about the
// same name begins anew.
func TestForgetAnEntity(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &store{}
		l := runLive(t, s)
		for range 12 {
			l.tell("192.0.2.66", "bob")
			l.tell("192.0.2.7", "bob")
		}
		before := len(s.types())
		if gone, err := l.Forget(t.Context(), l.ord, naming("192.0.2.66")); err != nil || gone < 2 {
			t.Errorf("%d went: %v", gone, err)
		}
		if bytes.Contains(s.at.Snapshot, []byte("192.0.2.66")) {
			t.Errorf("the snapshot is %q", s.at.Snapshot)
		}
		for range 12 {
			l.tell("192.0.2.66", "bob")
			l.tell("192.0.2.7", "bob")
		}
		if got := strings.Join(s.types()[before:], ", "); got != "brute_force_attack 192.0.2.7, brute_force_attack 192.0.2.66" {
			t.Errorf("findings after the erasure: %s", got) // the first one grew to 20
		}
		if err := l.stop(); err != nil {
			t.Error(err)
		}
	})
}

func TestForgetWaitsForItsPosition(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &store{}
		l := runLive(t, s)
		l.tell("192.0.2.1", "ana")
		done := make(chan error, 1)
		go func() {
			_, err := l.Forget(t.Context(), 2, naming("ana"))
			done <- err
		}()
		synctest.Wait()
		select {
		case err := <-done:
			t.Fatalf("done before the second event was seen: %v", err)
		default:
		}
		l.tell("192.0.2.1", "ana") // what is forgotten includes this one
		if err := <-done; err != nil || bytes.Contains(s.at.Snapshot, []byte("ana")) || s.at.Ord != 2 {
			t.Errorf("%v, %q", err, s.at.Snapshot)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := l.Settle(ctx, 99); !errors.Is(err, context.Canceled) {
			t.Errorf("withdrawn: %v", err)
		}
		go func() { done <- l.Settle(t.Context(), 99) }()
		synctest.Wait()
		if err := l.stop(); err != nil {
			t.Error(err)
		}
		if err := <-done; !errors.Is(err, detect.ErrStopped) {
			t.Errorf("asked before the stop: %v", err)
		}
		if err := l.Settle(t.Context(), 0); !errors.Is(err, detect.ErrStopped) {
			t.Errorf("asked after the stop: %v", err)
		}
	})
}

// TestForgetWhileReadingAgain: after a crash nothing is stored before the engine is
// where it was.
func TestForgetWhileReadingAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &store{at: detect.Position{Ord: 3}}
		l := runLive(t, s)
		l.ord = 0
		done := make(chan error, 1)
		go func() {
			_, err := l.Forget(t.Context(), 0, naming("ana"))
			done <- err
		}()
		l.tell("192.0.2.1", "ana")
		l.tell("192.0.2.1", "ana")
		if len(s.batches) > 0 {
			t.Fatalf("a snapshot of %d was stored over that of 3", s.at.Ord)
		}
		l.tell("192.0.2.1", "ana")
		if err := <-done; err != nil || s.at.Ord != 3 || len(s.at.Snapshot) == 0 || bytes.Contains(s.at.Snapshot, []byte("ana")) {
			t.Errorf("%v, %+v", err, s.at)
		}
		if err := l.stop(); err != nil {
			t.Error(err)
		}
	})
}
