// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// Erasure is an order to erase one person from the journal.
type Erasure struct {
	// ID names the order in tombstones and in the certificate; it is the same when
	// the erasure is taken up again after a crash.
	ID string
	// Subject is the name by which events know the person. It is kept nowhere once
	// the erasure is done.
	Subject string
	Actor   string
	// Others erases the subject from what was derived from the journal (state,
	// snapshots, exports) and reports, by a name that is none of the subject's, how
	// much of each. It may be called again. nil is nothing to do.
	Others func(ctx context.Context, subject string) (map[string]int, error)
	// Progress is told how far it is, and must not block; nil is told nothing.
	Progress func(Progress)
	// Done gets the outcome before the order, and with it the subject, is forgotten:
	// while it fails the erasure is not done. It may be called again; nil is nothing.
	Done func(ctx context.Context, done *Erased) error
}

// Progress is how far an erasure is.
type Progress struct {
	Stage Stage
	// Done of Total steps of the stage, where these can be told.
	Done, Total int
}

// Stage is a part of an erasure.
type Stage string

// The stages, in their order.
const (
	StageSeal    Stage = "seal"
	StageSearch  Stage = "search"
	StageRecord  Stage = "record"
	StageRewrite Stage = "rewrite"
	StageDerived Stage = "derived"
	StageCertify Stage = "certify"
)

func (o *Erasure) at(stage Stage, done, total int) {
	if o.Progress != nil {
		o.Progress(Progress{stage, done, total})
	}
}

// Erased is what an erasure did, the tries that were cut off included.
type Erased struct {
	ID      string         `json:"id"`
	Entries int64          `json:"entries"` // with an erased slot
	Slots   int64          `json:"slots"`
	Files   int            `json:"files"`  // in which these entries lie now
	Others  map[string]int `json:"others"` // what was derived
	// UpTo is the journal's newest ord that was looked at.
	UpTo uint64 `json:"up_to_ord"`
	// Certificate is a signed note (proof.Certificate).
	Certificate string `json:"certificate"`
}

// ErrErasure is wrapped by the refusals of an order.
var ErrErasure = errors.New("erasure is not possible")

// streamHits are the slots of a stream to be erased, by sequence number, rising, of
// the entries up to last.
type streamHits struct {
	home   *archive // whose stream it is, nil: the journal's own
	stream string
	last   uint64
	hits   []slotHit
}

type slotHit struct {
	seq      uint64
	received int64
	slot     [2]bool
}

// Erase takes a person's data out of every entry that was there when it was called,
// the journal's own excepted, and returns once it is gone: from segment files, log,
// memory and, by Others, from what was derived. Headers, leaves and the proofs of
// all other data stay valid.
//
// The durable steps: the order; everything sealed, its log dropped; tombstones with
// sequence numbers and no name, under a checkpoint; the same list beside the
// journal; each file written anew, read back, its roots compared, and searched for
// the subject; the others; an entry that it is done. An erasure that was cut off is
// taken up by calling it again with the same order (Erasures has them).
//
// A HeldError refuses it when a legal hold keeps one of the entries, ErrDisputed when
// the journal has diverged. Run must be running.
func (j *Journal) Erase(ctx context.Context, o Erasure) (Erased, error) {
	out := Erased{ID: o.ID}
	s := newSubject(o.Subject)
	if o.ID == "" || o.Actor == "" || len(s.text) < minSubject {
		return out, fmt.Errorf("%w: it needs an id, an actor and a subject of at least %d bytes", ErrErasure, minSubject)
	}
	if err := j.mayDestroy(); err != nil {
		return out, err
	}
	j.erasing.Lock()
	defer j.erasing.Unlock()
	if err := j.saveOrder(&o); err != nil {
		return out, err
	}
	o.at(StageSeal, 0, 0)
	out.UpTo = j.Head()
	log := j.wal.current()  // what was recorded before lies in this log file, or in one before it
	j.wal.fresh.Store(true) // so that it can go
	if err := j.Seal(ctx); err != nil {
		return out, err
	}
	hits, err := j.findSubject(ctx, &o, s)
	if err == nil {
		err = j.refuseHeld(hits)
	}
	if errors.Is(err, ErrHold) {
		return out, errors.Join(err, j.refuse(ctx, &out))
	}
	if err != nil {
		return out, err
	}
	if err := j.entomb(ctx, &o, hits); err != nil {
		return out, err
	}
	for i := range hits {
		if err := j.eraseStream(ctx, &o, &hits[i], s); err != nil {
			return out, fmt.Errorf("erase from stream %s: %w", hits[i].stream, err)
		}
	}
	if err := j.mayDestroy(); err != nil {
		return out, err
	}
	j.ring.forget()
	o.at(StageDerived, 0, 0)
	if err := j.eraseOthers(ctx, &o, s, &out); err != nil {
		return out, err
	}
	o.at(StageCertify, 0, 0)
	return out, j.certify(ctx, &o, s, log, &out)
}

// refuse forgets an order that a hold refuses, unless it was begun before the hold
// came: then it waits.
func (j *Journal) refuse(ctx context.Context, out *Erased) error {
	if err := j.sumUp(ctx, out); err != nil || out.Entries > 0 {
		return err
	}
	return j.dropOrder(out.ID)
}

// findSubject looks through every sealed file but those of the system stream: its
// entries name who decided, and without its tombstones whatever is gone would be
// missing.
func (j *Journal) findSubject(ctx context.Context, o *Erasure, s subject) ([]streamHits, error) {
	var all []streamHits
	files, release := j.view.pin(func(f *sealedFile) bool { return f.stream != SystemStream })
	defer release()
	slices.SortFunc(files, func(a, b *sealedFile) int {
		return cmp.Or(cmp.Compare(a.home.place(), b.home.place()), cmp.Compare(a.stream, b.stream), cmp.Compare(a.firstNumber, b.firstNumber))
	})
	for i, f := range files {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("look for the subject: %w", err)
		}
		o.at(StageSearch, i, len(files))
		if f.Name == "" {
			continue
		}
		if f.file == nil {
			return nil, fmt.Errorf("%w: the segment file %s cannot be read, so that nobody can tell whom it is about", ErrErasure, f.Name)
		}
		hits, err := fileHitsOf(f, s)
		if err != nil {
			return nil, fmt.Errorf("%w: the segment file %s cannot be read whole: %w", ErrErasure, f.Name, err)
		}
		if k := len(all) - 1; k < 0 || all[k].stream != f.stream || all[k].home != f.home {
			all = append(all, streamHits{home: f.home, stream: f.stream})
		}
		found := &all[len(all)-1]
		found.last, found.hits = f.last, append(found.hits, hits...)
	}
	return slices.DeleteFunc(all, func(h streamHits) bool { return len(h.hits) == 0 }), nil
}

func fileHitsOf(f *sealedFile, s subject) (hits []slotHit, err error) {
	rows := segment.NewScan(f.file)
	var e event.Event
	for row := range f.file.Rows() {
		if err := rows.Event(row, &e); err != nil {
			return nil, err
		}
		if hit := s.slots(&e); hit[0] || hit[1] {
			hits = append(hits, slotHit{e.Place.Seq, e.Received, hit})
		}
	}
	return hits, nil
}

// entomb records, under a checkpoint, which slots are going, and adds the list to
// the file that restores of older backups need.
func (j *Journal) entomb(ctx context.Context, o *Erasure, hits []streamHits) error {
	o.at(StageRecord, 0, 0)
	var lines [][]byte
	var events []*event.Event
	for _, t := range tombstonesOf(o, hits) {
		e := ownEvent(proof.CategoryErased, "slots of entries erased")
		t.Event(e)
		events = append(events, e)
		line, err := erasureLine(cmp.Or(t.Origin, j.Origin()), &t, time.Unix(0, e.Received))
		if err != nil {
			return err
		}
		lines = append(lines, line)
	}
	if len(events) == 0 {
		return nil
	}
	if err := j.note(ctx, events...); err != nil {
		return err
	}
	return j.addErasures(lines)
}

// tombstonesOf cuts the slots of each stream into tombstones of bounded size.
func tombstonesOf(o *Erasure, hits []streamHits) (all []proof.Tombstone) {
	const maxRuns = 2000 // of at most 41 bytes each, so that they fit a field
	var t *proof.Tombstone
	for _, f := range hits {
		for _, h := range f.hits {
			if t == nil || t.Stream != f.stream || t.Origin != f.home.foreign() || len(t.Slots[0]) >= maxRuns/2 || len(t.Slots[1]) >= maxRuns/2 {
				all = append(all, proof.Tombstone{Erased: true, ID: o.ID, Origin: f.home.foreign(), Stream: f.stream, Actor: o.Actor})
				t = &all[len(all)-1]
			}
			for slot, on := range h.slot {
				if !on {
					continue
				}
				runs := &t.Slots[slot]
				if n := len(*runs); n > 0 && (*runs)[n-1].Last+1 == h.seq {
					(*runs)[n-1].Last = h.seq
					continue
				}
				*runs = append(*runs, proof.SeqRun{First: h.seq, Last: h.seq})
			}
		}
	}
	return all
}

// eraseOthers erases what was derived from the journal.
func (j *Journal) eraseOthers(ctx context.Context, o *Erasure, s subject, out *Erased) error {
	out.Others = map[string]int{}
	if o.Others == nil {
		return nil
	}
	others, err := o.Others(ctx, s.text)
	if err != nil {
		return fmt.Errorf("erase what was derived: %w", err)
	}
	maps.Copy(out.Others, others)
	return nil
}
