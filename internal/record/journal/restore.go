// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// ErrBegun says that a journal has entries already, so that nothing can be its
// beginning any more.
var ErrBegun = errors.New("the journal has begun already")

// Restoration says how a journal begins whose newest archive has just come out of a
// backup.
type Restoration struct {
	// Backup is when the backup was made, Actor who puts it back.
	Backup time.Time
	Actor  string
	// Erasures is the file of erasures that was kept apart from the backup; nil is
	// none. Its lines about the archives are carried out again.
	Erasures []byte
}

// Restored is what BeginRestored did.
type Restored struct {
	// Origin is the journal's own, Before that of its newest archive.
	Origin string `json:"origin"`
	Before string `json:"before"`
	// Carried counts the entries that were not sealed and are entries of this journal
	// now, Unreadable those that are not what was recorded, and stay behind.
	Carried    int64 `json:"carried"`
	Unreadable int64 `json:"unreadable"`
	// Erased counts the entries of which slots were erased again, OtherErasures the
	// lines of the file that are about none of the archives.
	Erased        int64 `json:"erased"`
	OtherErasures int   `json:"other_erasures"`
}

// BeginRestored makes the first entries of a journal without any, which stands on
// archives: the entry that names the newest of them, with its log; those of the legal
// holds in force; tombstones for what the file of erasures names, and what the
// archives' own tombstones name and is still there, and then its removal; and the
// entries that lie in the archive's log of entries, under no header: each is checked
// against its leaf and MAC and becomes a new entry of this journal, with its own id,
// times, ord and content. Everything is sealed and under a checkpoint when it returns;
// the archive's log is removed.
//
// A call that was cut off is not taken up: restore into an empty folder again. Run
// must be running, with a SealAge in which no heartbeat comes; before the journal is
// read it is closed and opened again.
func (j *Journal) BeginRestored(ctx context.Context, r Restoration) (out Restored, err error) {
	if len(j.archives) == 0 || j.begun() {
		return out, ErrBegun
	}
	a := j.archives[len(j.archives)-1]
	b := beginning{j: j, a: a, out: &out, erasures: map[streamName]*[2][]proof.SeqRun{}}
	if j.opts.Archived != nil {
		b.keys = j.opts.Archived(a.dir).Keys
	}
	if b.keys != nil {
		a.origin = b.keys.Origin()
	}
	if a.origin == "" {
		return out, errors.New("nobody can tell whose journal the archive is: it has no headers, and its keys cannot be read")
	}
	out.Origin, out.Before = j.Origin(), a.origin
	lines, err := parseErasures(r.Erasures)
	if err != nil {
		return out, err
	}
	carried := map[string][]proof.SeqRun{}
	last, err := b.log(func(e *event.Event, _ bool) error {
		addSeq(carried, e.Place.Stream, e.Place.Seq)
		if e.Place.Stream == SystemStream && repeated(e) {
			b.decided = append(b.decided, e)
		}
		return b.tombstone(e)
	})
	if err != nil {
		return out, err
	}
	if out.Unreadable, err = b.left(carried); err != nil {
		return out, err
	}
	j.order.mu.Lock()
	j.order.ord = max(j.order.ord, last)
	last = j.order.ord
	j.order.mu.Unlock()
	f, err := b.founding(&r, carried, last)
	if err != nil {
		return out, err
	}
	e := ownEvent(proof.CategoryOrigin, "the journal stands on an archive, which came out of a backup")
	f.Event(e)
	if err := j.note(ctx, e); err != nil {
		return out, err
	}
	if err := b.hold(ctx); err != nil {
		return out, fmt.Errorf("put legal holds in force: %w", err)
	}
	if err := b.erase(ctx, lines, r.Erasures); err != nil {
		return out, fmt.Errorf("erase again: %w", err)
	}
	if err := b.carry(ctx); err != nil {
		return out, fmt.Errorf("carry over what was not sealed: %w", err)
	}
	if err := j.Seal(ctx); err != nil {
		return out, err
	}
	return out, errors.Join(os.RemoveAll(filepath.Join(a.dir, "wal")), os.RemoveAll(filepath.Join(a.dir, "head")), j.opts.disk.syncDir(a.dir))
}

// begun tells whether the journal has an entry.
func (j *Journal) begun() bool {
	j.order.mu.Lock()
	defer j.order.mu.Unlock()
	return len(j.order.streams) > 0
}

// beginning is one BeginRestored.
type beginning struct {
	j    *Journal
	a    *archive      // the newest
	keys *keyring.Ring // of it; nil when they cannot be read
	out  *Restored
	// erasures are the slots that must not be there, of every archive.
	erasures map[streamName]*[2][]proof.SeqRun
	// again are tombstones that lie in the archive's log, under no header: they are
	// made again.
	again []proof.Tombstone
	read  bool // the log was read once
	// decided are entries of the journal's own in the archive's log.
	decided decisions
}

// addSeq adds a number, which is above all others of its stream.
func addSeq(runs map[string][]proof.SeqRun, stream string, seq uint64) {
	if n := len(runs[stream]); n > 0 && runs[stream][n-1].Last+1 == seq {
		runs[stream][n-1].Last = seq
		return
	}
	runs[stream] = append(runs[stream], proof.SeqRun{First: seq, Last: seq})
}

// founding is the journal's first entry.
func (b *beginning) founding(r *Restoration, carried map[string][]proof.SeqRun, last uint64) (*proof.Founding, error) {
	signed, err := os.ReadFile(filepath.Join(b.a.dir, checkpointName))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("read checkpoint of the archive: %w", err)
	}
	f := &proof.Founding{
		Origin: b.a.origin, Headers: uint64(len(b.a.leaves)), Root: proof.RootOf(b.a.leaves), Checkpoint: proof.CutNote(string(signed)),
		Ord: last, Streams: map[string]uint64{}, Carried: carried, Backup: r.Backup, Actor: r.Actor,
	}
	for stream, next := range b.a.next {
		f.Streams[stream] = next - 1
	}
	return f, nil
}

// carry appends the entries of the archive's log. Those of the journal's own keep
// nothing but what they say: what they decided was about another journal.
func (b *beginning) carry(ctx context.Context) error {
	var events []*event.Event
	flush := func() error {
		err := b.j.carry(ctx, events)
		b.out.Carried += int64(len(events))
		events = events[:0]
		return err
	}
	_, err := b.log(func(e *event.Event, again bool) error {
		if again = again && e.Place.Stream != SystemStream; !again {
			return b.carryOwn(ctx, e)
		}
		gone, erased := b.erasures[streamName{b.a.origin, e.Place.Stream}], int64(0)
		for slot := range 2 {
			if gone != nil && inRuns(gone[slot], e.Place.Seq) {
				clearSlot(e, slot)
				erased = 1
			}
		}
		b.out.Erased += erased
		events = append(events, e)
		if len(events) < maxRequestEvents {
			return nil
		}
		return flush()
	})
	return errors.Join(err, flush())
}

// carryOwn records what an entry of the earlier journal's own says.
func (b *beginning) carryOwn(ctx context.Context, e *event.Event) error {
	switch e.Category {
	case categoryHeartbeat, proof.CategoryPruned, proof.CategoryErased, proof.CategoryArchivePruned, proof.CategoryArchiveErased, proof.CategoryOrigin:
		return nil // no news, or made again (erase)
	}
	c := ownEvent(categoryCarried, e.Message, e.Attrs...)
	c.Time, c.Received, c.ID = e.Time, e.Received, e.ID
	c.SetAttr("carried.category", event.Text(e.Category))
	c.SetAttr("carried.origin", event.Text(e.Place.Origin))
	c.SetAttr("carried.seq", event.Number(strconv.FormatUint(e.Place.Seq, 10)))
	b.out.Carried++
	_, err := b.j.Append(ctx, []*event.Event{c})
	return err
}
