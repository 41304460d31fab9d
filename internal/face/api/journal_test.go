// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/face/api"
	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
)

// liveJournal is a real journal as the API's evidence.
type liveJournal struct {
	*journal.Journal
	keys *keyring.Ring
}

func (l liveJournal) Checkpoint() ([]byte, uint64, time.Time) {
	note, size, at, _ := l.Journal.Checkpoint()
	return note, size, at
}

func (l liveJournal) Keys() api.JournalKeys {
	out := api.JournalKeys{Origin: l.keys.Origin(), Statements: []string{}}
	for _, k := range l.keys.Public() {
		out.Keys = append(out.Keys, api.JournalKey{Key: k.VKey, Purpose: api.JournalKeyPurpose(k.Purpose), State: api.Current, From: k.From})
	}
	return out
}

// openJournal opens and runs a journal in a folder, until stop.
func openJournal(dir string) (l liveJournal, stop func() error, err error) {
	if l.keys, err = keyring.Open(keyring.Options{Dir: filepath.Join(dir, "keys"), Name: "test.example"}); err != nil {
		return l, nil, err
	}
	l.Journal, err = journal.Open(context.Background(), journal.Options{Dir: filepath.Join(dir, "journal"), Keys: l.keys, SealAge: time.Hour})
	if err != nil {
		return l, nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx) }()
	return l, func() error {
		cancel()
		return errors.Join(<-ended, l.Close())
	}, nil
}

// sharedJournal holds the events of newLogs, sealed, for the tests that only read.
var sharedJournal struct {
	once sync.Once
	live liveJournal
	dir  string
	stop func() error
	err  error
}

func shared(t testing.TB) liveJournal {
	t.Helper()
	s := &sharedJournal
	s.once.Do(func() {
		if s.dir, s.err = os.MkdirTemp("", "tocsin-api-"); s.err != nil { //nolint:usetesting // it outlives the test that makes it
			return
		}
		if s.live, s.stop, s.err = openJournal(s.dir); s.err != nil {
			return
		}
		s.err = record(s.live.Journal, newLogs().events)
		if s.err == nil {
			s.err = s.live.Seal(context.Background())
		}
	})
	if s.err != nil {
		t.Fatal(s.err)
	}
	return s.live
}

// record appends copies of events, which must get the places that they say they have.
func record(j *journal.Journal, events []event.Event) error {
	batch := make([]*event.Event, len(events))
	for i := range events {
		e := events[i]
		e.Place = event.Place{Stream: events[i].Place.Stream}
		batch[i] = &e
	}
	_, err := j.Append(context.Background(), batch)
	for i, e := range batch {
		if err == nil && e.Place.Seq != events[i].Place.Seq {
			err = fmt.Errorf("event %d got seq %d", i, e.Place.Seq)
		}
	}
	return err
}

func TestMain(m *testing.M) {
	code := m.Run()
	if s := &sharedJournal; s.dir != "" {
		if s.stop != nil {
			_ = s.stop()
		}
		_ = os.RemoveAll(s.dir)
	}
	os.Exit(code)
}
