// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"time"

	"github.com/tocsin-siem/tocsin/internal/record/journal"
)

// How often the journal is checked in the background, and which share of the time a
// check may work: of one processor and of the disk.
const (
	scrubFirst = 20 * time.Second
	scrubEvery = time.Hour // a pass is spread over it
	// scrubAgain is how long after one check a damage that was met starts another,
	// and after the first one the next begins.
	scrubAgain = time.Minute

	firstShare   = .25 // of the pass after the start, whose result is waited for
	regularShare = .1
	urgentShare  = .5 // after damage was met
)

// errSuspect ends a pass that is to begin again at once.
var errSuspect = errors.New("damage was met")

// scrubPass says how fast one check of the whole journal goes.
type scrubPass struct {
	share  float64
	spread time.Duration // 0 goes as fast as the share allows
	urgent bool          // damage that is met meanwhile does not interrupt it
}

// runScrub checks the whole journal soon after the start, then again and again, each
// time over an hour, and at once when something in it cannot be read.
func (s *server) runScrub(ctx context.Context) error {
	s.recallCheck(ctx)
	s.meetSigned(ctx)
	timer := time.NewTimer(scrubFirst)
	defer timer.Stop()
	pass := scrubPass{share: firstShare}
	var ended time.Time
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.face.vitals.suspect:
			pass = scrubPass{share: urgentShare, urgent: true}
			timer.Reset(max(0, scrubAgain-time.Since(ended)))
			continue
		case <-timer.C:
		}
		began, wait := time.Now(), scrubAgain
		err := s.scrub(ctx, pass)
		switch {
		case errors.Is(err, errSuspect):
			s.suspect()
			continue
		case err != nil && ctx.Err() == nil:
			s.logger.ErrorContext(ctx, "the journal could not be checked", "error", err)
		}
		ended = time.Now()
		if pass.spread > 0 {
			wait = max(scrubAgain, scrubEvery-ended.Sub(began))
		}
		pass = scrubPass{share: regularShare, spread: scrubEvery}
		timer.Reset(wait)
	}
}

// suspect asks for a check at once.
func (s *server) suspect() {
	select {
	case s.face.vitals.suspect <- struct{}{}:
	default: // a check is due already
	}
}

// scrub is one pass.
func (s *server) scrub(ctx context.Context, pass scrubPass) error {
	p := pacer{pass: pass, files: s.record.journal.Stats().Segments, last: time.Now()}
	if !pass.urgent {
		p.suspect = s.face.vitals.suspect
	}
	report, err := s.verify(ctx, journal.VerifyOptions{Workers: 1, Pace: p.pace})
	if err != nil {
		return err
	}
	s.concluded(ctx, &report)
	return nil
}

// pacer makes a check wait after each file, so that it works no more than its share
// of the time and is spread over the whole of its time. One goroutine uses it.
type pacer struct {
	pass    scrubPass
	files   int // that the check is about to read
	suspect <-chan struct{}

	done int
	last time.Time // when it last began to work
}

// pace implements journal.VerifyOptions.Pace.
func (p *pacer) pace(ctx context.Context) error {
	p.done++
	if p.done >= p.files { // the result is waited for
		return ctx.Err()
	}
	worked := time.Since(p.last)
	pause := time.Duration(float64(worked) * (1/p.pass.share - 1))
	if p.pass.spread > 0 {
		pause = max(pause, p.pass.spread/time.Duration(p.files)-worked)
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-p.suspect:
		return errSuspect
	case <-timer.C:
	}
	p.last = time.Now()
	return nil
}
