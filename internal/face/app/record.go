// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
	"github.com/tocsin-siem/tocsin/internal/record/search"
	"github.com/tocsin-siem/tocsin/internal/record/state"
)

// recording is the floor on which everything is kept.
type recording struct {
	keys      *keyring.Ring
	journal   *journal.Journal
	witnesses witnessing
	search    *search.Searcher
	state     *state.State
	cases     *state.Watch
}

func (s *server) openFolder(context.Context) (err error) {
	if s.host, err = os.Hostname(); err != nil {
		return fmt.Errorf("host name: %w", err)
	}
	s.folder, err = openFolder(s.opt.DataDir)
	return err
}

func (s *server) openRecord(ctx context.Context) (err error) {
	s.face.vitals.suspect = make(chan struct{}, 1)
	s.record.keys, err = keyring.Open(keyring.Options{
		Dir: s.folder.keys(), Name: s.host, Existing: s.folder.hasJournal(),
		Secret: s.opt.SigningSecret.Reveal(), PreviousSecret: s.opt.PreviousSecret.Reveal(),
		Logger: s.logger.With("part", "keys"),
	})
	if err != nil {
		return err
	}
	if err := s.openWitnesses(ctx); err != nil {
		return err
	}
	s.record.journal, err = journal.Open(ctx, journal.Options{
		Dir: s.folder.journal(), Keys: s.record.keys, Logger: s.logger.With("part", "journal"),
		Damaged: s.damaged, Archived: s.opt.archived,
	})
	if err != nil {
		return err
	}
	s.cleanup.add("journal", s.record.journal.Close)
	if reason, err := s.folder.meetMark(s.record.journal); err != nil {
		return err
	} else if reason != "" {
		s.logger.ErrorContext(ctx, "a witness has known another history of the journal, and nobody has looked since: it signs nothing, and nothing of it is destroyed", "reason", reason)
	}
	if err := s.record.keys.Current(); err != nil { // only the journal's lock keeps them as they are
		return err
	}
	s.record.search, err = search.New(search.Options{Snapshot: s.record.journal.Snapshot, Damaged: s.damaged})
	return err
}

// retireEvery is how often it is looked for signing keys whose overlap is over.
const retireEvery = 24 * time.Hour

// runKeys wipes signing keys whose time is over in a server that runs for months.
func (s *server) runKeys(ctx context.Context) error {
	ticker := time.NewTicker(retireEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		if err := s.record.keys.Retire(); err != nil {
			s.logger.WarnContext(ctx, "retired signing keys are not wiped yet", "error", err)
		}
	}
}

func (s *server) openState(ctx context.Context) (err error) {
	s.record.state, err = state.Open(ctx, s.folder.state(), s.logger.With("part", "state"))
	if err != nil {
		return err
	}
	s.cleanup.add("state", s.record.state.Close)
	s.record.cases = state.NewWatch(s.record.state)
	return nil
}
