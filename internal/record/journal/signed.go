// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"

	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// signed is a checkpoint that this journal's keys have signed; c is set when it can
// be read.
type signed struct {
	what string
	raw  []byte
	c    *proof.Checkpoint
}

// meetCheckpoints compares the log with the checkpoint that was signed last, as the
// journal has it, and as it is kept beside the keys: there it stays when the journal
// alone is put back or emptied.
func (j *Journal) meetCheckpoints(ctx context.Context) error {
	raw, err := os.ReadFile(j.path(checkpointName))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("read checkpoint: %w", err)
	}
	own := j.ownCheckpoint(ctx, "the checkpoint file", raw)
	if raw, err = j.opts.Keys.Remembered(); err != nil {
		j.log.ErrorContext(ctx, "what the keys have signed is not known; the next checkpoint is kept beside them again", "error", err)
	}
	kept := j.ownCheckpoint(ctx, "the checkpoint that is kept beside the keys", raw)
	v := &j.evidence
	for _, s := range []signed{own, kept} {
		if s.c == nil {
			continue // the next seal signs one
		}
		if s.c.Origin != j.Origin() {
			return fmt.Errorf("%w: %s is of %s, the keys are of %s", ErrForeign, s.what, s.c.Origin, j.Origin())
		}
		if v.diverged == nil {
			v.diverged = v.continues(s)
		}
	}
	if v.diverged != nil {
		j.log.ErrorContext(ctx, "journal was rolled back or rewritten: no checkpoint is signed any more", "error", v.diverged)
		return nil //nolint:nilerr // it is in sight as Diverged, and no reason not to start
	}
	if own.c == nil {
		return nil
	}
	v.note, v.size = own.raw, own.c.Size
	if info, err := os.Stat(j.path(checkpointName)); err == nil {
		v.at = info.ModTime()
	}
	if kept.c == nil || kept.c.Size < own.c.Size {
		if err := j.opts.Keys.Remember(own.raw); err != nil {
			j.log.WarnContext(ctx, "the checkpoint is not kept beside the keys yet", "error", err)
		}
	}
	return nil
}

// continues is why the log is not that of a checkpoint, nil when it continues it.
func (v *evidence) continues(s signed) error {
	switch size := v.log.size(); {
	case s.c.Size > size:
		return fmt.Errorf("%w: %s covers %d headers, the log has %d", ErrDiverged, s.what, s.c.Size, size)
	case s.c.Root != v.log.root(s.c.Size):
		return fmt.Errorf("%w: %s has another root over %d headers", ErrDiverged, s.what, s.c.Size)
	}
	return nil
}

// ownCheckpoint opens a checkpoint that this journal has signed.
func (j *Journal) ownCheckpoint(ctx context.Context, what string, raw []byte) signed {
	s := signed{what: what, raw: raw}
	if len(raw) == 0 {
		return s
	}
	c, _, err := proof.OpenCheckpoint(raw, verifiers(j.opts.Keys))
	if err == nil && !strictNote(raw) {
		err = errLooseNote
	}
	if err != nil {
		j.log.ErrorContext(ctx, "a checkpoint is damaged or not of this journal's keys", "which", what, "error", err)
		return s
	}
	s.c = &c
	return s
}

var errLooseNote = errors.New("a signature is not written as it was made")

// strictNote tells whether each signature of a note has the one form that its bytes
// have in base64: four forms are read alike.
func strictNote(raw []byte) bool {
	for line := range bytes.Lines(raw) {
		if text, ok := bytes.CutPrefix(line, []byte("\u2014 ")); ok {
			text = bytes.TrimSuffix(text, []byte("\n"))
			if _, err := base64.StdEncoding.Strict().DecodeString(string(text[bytes.LastIndexByte(text, ' ')+1:])); err != nil {
				return false
			}
		}
	}
	return true
}
