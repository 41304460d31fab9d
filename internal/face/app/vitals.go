// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"math"
	"sync"
	"time"

	"github.com/tocsin-siem/tocsin/internal/face/api"
)

// How often the rate is sampled, and over how long it is told.
const (
	rateEvery  = 5 * time.Second
	rateWindow = 12 // samples: one minute
)

// vitals gather the figures that no single part knows.
type vitals struct {
	server *server

	conclusions conclusions

	mu        sync.Mutex
	samples   []sample
	integrity api.Integrity
	noted     int           // damages that were logged
	suspect   chan struct{} // a damage was met; made when the journal is opened
}

type sample struct {
	at       time.Time
	accepted uint64
}

func (v *vitals) begin(s *server) { v.server = s }

// read implements api.Options.Vitals.
func (v *vitals) read(context.Context) (api.Vitals, error) {
	accepted, dropped := v.server.counts()
	v.mu.Lock()
	defer v.mu.Unlock()
	out := api.Vitals{
		Ingest:    api.IngestHealth{Accepted: int64(accepted), Dropped: int64(dropped), Lag: v.server.lag().Seconds()}, //nolint:gosec // counts stay far below 2^63
		Integrity: v.integrity,
	}
	if lost := max(v.server.record.journal.Stats().Lost, v.server.record.search.Lost()); lost > 0 {
		out.Integrity.Unreadable = &lost
	}
	if signed, size, at, _ := v.server.record.journal.Checkpoint(); signed != nil {
		out.Integrity.Checkpoint = &api.SignedSize{Headers: int64(size), SignedAt: at.UTC()} //nolint:gosec // counts stay far below 2^63
	}
	if n := len(v.samples); n > 0 {
		first := v.samples[0]
		if d := time.Since(first.at).Seconds(); d > 0 {
			out.Ingest.Rate = float64(accepted-first.accepted) / d
		}
	}
	return out, nil
}

// counts are the records accepted and lost since the start, over all inputs.
func (s *server) counts() (accepted, dropped uint64) {
	for _, i := range s.ingest.pipeline.Stats().Inputs {
		accepted += i.Accepted
		dropped += i.Rejected
	}
	for _, o := range s.ingest.inputs {
		st := o.in.Stats()
		dropped += st.DroppedKernel + st.DroppedQueue + st.Lost
	}
	return accepted, dropped
}

// lag is how long ago the newest event that detection has seen was received,
// while there are events that it has not seen; else 0. It is never longer than
// detection has been seen behind: after an idle hour the first event is not an
// hour late.
func (s *server) lag() time.Duration {
	if s.lagEntries() == 0 {
		s.watch.behind.Store(0)
		return 0
	}
	now := time.Now()
	if s.watch.behind.CompareAndSwap(0, now.UnixNano()) {
		return 0
	}
	return lagAt(now, s.began, s.watch.seen.Load(), s.watch.behind.Load())
}

// lagAt is the time since the latest of the server's start, the receipt of the
// newest event seen and the moment in which detection was first seen behind; both
// in nanoseconds since 1970, seen 0 when there was none.
func lagAt(now, began time.Time, seen, behind int64) time.Duration {
	if seen == 0 {
		seen = began.UnixNano()
	}
	return max(0, now.Sub(time.Unix(0, max(seen, behind))))
}

// lagEntries is how many positions of the journal detection has not seen.
func (s *server) lagEntries() uint64 {
	head, seen := s.record.journal.Head(), s.watch.engine.Stats().Ord
	if seen >= head {
		return 0
	}
	return head - seen
}

// runRates samples the accepted records.
func (s *server) runRates(ctx context.Context) error {
	v := &s.face.vitals
	tick := time.NewTicker(rateEvery)
	defer tick.Stop()
	for {
		accepted, _ := s.counts()
		s.lag() // notices when detection falls behind, also while nobody looks
		v.mu.Lock()
		v.samples = append(v.samples, sample{time.Now(), accepted})
		v.samples = v.samples[max(0, len(v.samples)-rateWindow):]
		v.mu.Unlock()
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// maxDamages is how many damages are logged one by one; a check names all.
const maxDamages = 200

// damaged takes in what readers of the journal met that they could not read, once
// for each file and reason. The journal counts as damaged from now on, and is
// checked at once.
func (s *server) damaged(file string, err error) {
	now := time.Now().UTC()
	v := &s.face.vitals
	v.mu.Lock()
	v.integrity.Status, v.integrity.CheckedAt = api.IntegrityStatusINVALID, &now
	v.noted++
	noted := v.noted
	v.mu.Unlock()
	switch {
	case noted < maxDamages:
		s.logger.Error("stored events cannot be read", "file", file, "error", err)
	case noted == maxDamages:
		s.logger.Error("stored events cannot be read; further damage is not logged one by one", "file", file, "error", err)
	}
	s.suspect()
}

// nanos is a bound in nanoseconds since 1970, 0 for none. What lies outside of those
// that can be told is brought to the nearest.
func nanos(t time.Time) int64 {
	switch s := t.Unix(); {
	case t.IsZero():
		return 0
	case s <= 0:
		return 1
	case s >= math.MaxInt64/int64(time.Second):
		return math.MaxInt64
	default:
		return t.UnixNano()
	}
}
