// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/face/api"
	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
	"github.com/tocsin-siem/tocsin/internal/record/witness"
)

// askWithin bounds the question to the witnesses at the start, silentWitness how long
// one may not co-sign what is new before people are told.
const (
	askWithin     = 15 * time.Second
	silentWitness = 15 * time.Minute
)

// witnessing is what the server has to do with its witnesses; without any, follower is
// nil.
type witnessing struct {
	follower *witness.Follower
	trusted  []note.Verifier
	diverged chan string // gets the reason, once
	// asking is the checkpoint that the witnesses are asked with before the journal is
	// open.
	asking     []byte
	askingSize uint64
}

// openWitnesses makes the follower and asks each witness how much it knows of the
// journal, before anything in the folder is written. One that knows more than the
// folder has keeps the server from starting: the folder was rolled back.
func (s *server) openWitnesses(ctx context.Context) error {
	w := &s.record.witnesses
	clients, err := witnessClients(&s.opt.Config)
	if err != nil || len(clients) == 0 {
		return err
	}
	if w.asking, w.askingSize, err = s.folder.asking(s.record.keys); err != nil {
		return err
	}
	for _, c := range clients {
		v, err := proof.NewVerifier(c.VerifierKey())
		if err != nil {
			return err
		}
		w.trusted = append(w.trusted, v)
	}
	w.diverged = make(chan string, 1)
	w.follower, err = witness.NewFollower(witness.FollowerOptions{
		Origin: s.record.keys.Origin(), File: s.folder.cosignatures(), Clients: clients, Logger: s.logger.With("part", "witnesses"),
		Latest: s.latestCheckpoint, Consistency: func(old, size uint64) ([]proof.Hash, error) { return s.record.journal.Consistency(old, size) },
		Diverged: s.tellDiverged,
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	ahead, knows, err := w.follower.Ahead(ctx, w.askingSize)
	switch {
	case ahead && errors.Is(err, witness.ErrDiverged):
		return fmt.Errorf("nothing was written: %w", err)
	case ahead && knows > w.askingSize:
		return fmt.Errorf("nothing was written: a witness has co-signed %d sealed ranges of this journal, the folder has %d: "+
			"it is an older copy, or was cut off; put the newer folder in its place", knows, w.askingSize)
	case ahead:
		return fmt.Errorf("nothing was written: a witness has co-signed another history of this journal of the same length (%d sealed ranges)", knows)
	case err != nil: // it goes on: a witness is no way to stop a journal from recording
		s.logger.WarnContext(ctx, "not every witness could be asked how much it knows of the journal", "error", err)
	}
	return nil
}

// asking is the checkpoint of a folder that is not open: its newest, or where that
// cannot be read one over nothing, which is true of every journal.
func (f folder) asking(keys *keyring.Ring) (signed []byte, size uint64, err error) {
	raw, err := os.ReadFile(f.checkpoint())
	if err == nil {
		known, err := proof.Chain(checkpointKeys(keys), nil)
		if err != nil {
			return nil, 0, err
		}
		if c, _, err := proof.OpenCheckpoint(raw, known); err == nil && c.Origin == keys.Origin() {
			return raw, c.Size, nil
		}
	}
	signed, err = proof.SignCheckpoint(proof.Checkpoint{Origin: keys.Origin(), Root: sha256.Sum256(nil)}, keys.Signers(keyring.Checkpoint)...)
	return signed, 0, err
}

// latestCheckpoint implements witness.FollowerOptions.Latest.
func (s *server) latestCheckpoint() ([]byte, uint64) {
	if s.record.journal == nil {
		return s.record.witnesses.asking, s.record.witnesses.askingSize
	}
	signed, size, _, _ := s.record.journal.Checkpoint()
	return signed, size
}

// runWitnesses has each new checkpoint co-signed.
func (s *server) runWitnesses(ctx context.Context) error {
	w := &s.record.witnesses
	ended := make(chan error, 1)
	go func() { ended <- w.follower.Run(ctx) }()
	for {
		_, _, _, changed := s.record.journal.Checkpoint()
		select {
		case <-ctx.Done():
			return <-ended
		case <-changed:
			w.follower.Wake()
		case reason := <-w.diverged:
			s.forked(ctx, byWitness, reason)
		}
	}
}

// tellDiverged implements witness.FollowerOptions.Diverged.
func (s *server) tellDiverged(reason string) {
	s.record.journal.Diverge(reason)
	select {
	case s.record.witnesses.diverged <- reason:
	default: // it is told already
	}
}

// Who knows another history of the journal.
const (
	byWitness = "witness"
	byKeys    = "signing keys"
)

// meetSigned tells of a journal that its own keys do not know any more: it was put
// back, emptied or rewritten beside them.
func (s *server) meetSigned(ctx context.Context) {
	if err := s.record.journal.Diverged(); err != nil {
		s.forked(ctx, byKeys, err.Error())
	}
}

// forked records that another history is known, which raises an alert. The reason may
// have a witness's own words in it: those are for the log.
func (s *server) forked(ctx context.Context, by, reason string) {
	s.logger.ErrorContext(ctx, "the journal signs no checkpoints any more, and goes on recording", "reason", reason)
	c := &s.face.vitals.conclusions
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last.Integrity.Status = api.IntegrityStatusDIVERGED
	s.face.vitals.show(c.last.Integrity)
	if c.last.Known.Forked {
		return
	}
	e := s.damageEvent(&journal.Report{Status: journal.Diverged})
	e.Message = map[string]string{
		byWitness: "Tocsin: a witness knows another history of the journal: it was rolled back or rewritten, or somebody else signs with its key. It signs no checkpoints any more, and goes on recording",
		byKeys:    "Tocsin: the journal is not the one that its keys have signed last: an older copy was put in its place, or it was emptied or rewritten. It signs no checkpoints any more, and goes on recording",
	}[by]
	e.SetAttr("found_by", event.Text(by))
	if err := s.face.auditor.record(ctx, e); err != nil {
		s.logger.ErrorContext(ctx, "the divergence could not be recorded; the next check tries again", "error", err)
		return
	}
	c.last.Known.Forked = true
	if err := s.keepCheck(&c.last); err != nil {
		s.logger.WarnContext(ctx, "the outcome of the check is not kept", "error", err)
	}
}

// cosigned are the notes that the witnesses have co-signed.
func (w *witnessing) cosigned() (notes [][]byte) {
	if w.follower == nil {
		return nil
	}
	for _, c := range w.follower.Cosigned() {
		notes = append(notes, c.Note)
	}
	return notes
}

// trouble tells what is wrong with the witnesses, "" when nothing is.
func (w *witnessing) trouble(now time.Time, headers uint64) string {
	if w.follower == nil {
		return ""
	}
	for _, st := range w.follower.Status() {
		if st.Error != "" && st.Size < headers && now.Sub(st.At) > silentWitness {
			return "not every witness co-signs what is new; the log says why"
		}
	}
	return ""
}

// verify checks the journal beside the running server, with what its witnesses know.
func (s *server) verify(ctx context.Context, o journal.VerifyOptions) (journal.Report, error) {
	o.Witnesses, o.Cosigned = s.record.witnesses.trusted, s.record.witnesses.cosigned()
	r, err := s.record.journal.Verify(ctx, o)
	if err == nil && s.record.journal.Diverged() != nil {
		r.Status = journal.Diverged // whatever the folder says by itself
	}
	return r, err
}
