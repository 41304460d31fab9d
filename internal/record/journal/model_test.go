// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// model is what a journal must hold: a list of entries in memory, what was done to
// them, and every checkpoint that was ever seen. What is found to be wrong is noted,
// so that a control can ask for it.
type model struct {
	problems []string
	entries  map[place]*modelEntry
	holds    map[string]Hold
	unsure   map[string]bool   // holds of which a crash has left unknown whether they are in force
	doubted  map[string]bool   // holds that were unsure once
	erasing  map[string]cutOff // orders of erasures that were cut off, by their id
	cursor   uint64            // what a consumer has read up to
	read     map[uint64]place
	signed   map[uint64]proof.Hash // roots by size, of all that was ever signed
	kept     [][]byte              // those that were published
	tried    int                   // events that were given to Append
	carried  int                   // entries that a restore has recorded again
}

// modelEntry is an entry and what became of it.
type modelEntry struct {
	e     event.Event // as it must be read now
	acked bool
	gone  bool
}

func newModel() *model {
	return &model{
		entries: map[place]*modelEntry{}, holds: map[string]Hold{}, unsure: map[string]bool{}, doubted: map[string]bool{}, erasing: map[string]cutOff{},
		read: map[uint64]place{}, signed: map[uint64]proof.Hash{},
	}
}

func (m *model) wrong(format string, args ...any) {
	m.problems = append(m.problems, fmt.Sprintf(format, args...))
}

// appended notes events that Append was given and that it gave a place.
func (m *model) appended(events []*event.Event, err error) {
	for _, e := range events {
		m.tried++
		p := place{e.Place.Stream, e.Place.Seq}
		if p.seq == 0 {
			continue
		}
		if old := m.entries[p]; old != nil && old.acked {
			m.wrong("entry %d of %s is given twice", p.seq, p.stream)
		}
		m.entries[p] = &modelEntry{e: *e, acked: err == nil}
	}
}

// present reads all entries of a journal.
func (m *model) present(ctx context.Context, j *Journal) map[place]string {
	readers, release, err := j.snapshot(ctx, func(string) bool { return true })
	if err != nil {
		m.wrong("snapshot: %v", err)
		return nil
	}
	defer release()
	found := map[place]string{}
	for _, r := range readers {
		for i := range r.Rows() {
			e := &event.Event{}
			if err := r.Event(i, e); err != nil {
				m.wrong("row %d of stream %s: %v", i, r.Stream(), err)
				continue
			}
			p := place{e.Place.Stream, e.Place.Seq}
			if e.Place.Origin != j.Origin() {
				p = archivedPlace(e.Place.Origin, p)
			}
			if _, twice := found[p]; twice {
				m.wrong("entry %d of %s is there twice", p.seq, p.stream)
			}
			found[p] = canonical(e)
		}
	}
	return found
}

// compare holds a journal against the model. Entries that were not acknowledged, and
// are there, must stay from now on.
func (m *model) compare(ctx context.Context, j *Journal) {
	found := m.present(ctx, j)
	for p, x := range m.entries {
		got, ok := found[p]
		switch {
		case !ok && !x.acked: // it may turn up later, as long as the journal is open
		case !ok && !x.gone && !m.mayGo(x):
			m.wrong("acknowledged entry %d of %s is lost", p.seq, p.stream)
		case !ok:
			x.gone = true
		case x.gone:
			m.wrong("entry %d of %s was dropped, and is there again", p.seq, p.stream)
		case !slices.Contains(m.forms(x), got):
			m.wrong("entry %d of %s is not what it was", p.seq, p.stream)
		default:
			x.acked = true
		}
	}
	m.noGaps(found)
	m.checkpoints(j)
}

// mayGo tells whether retention may drop an entry.
func (m *model) mayGo(x *modelEntry) bool {
	days, ok := classDays(x.e.Place.Stream)
	if !ok || time.Since(time.Unix(0, x.e.Received)) < time.Duration(days)*24*time.Hour {
		return false
	}
	for id, h := range m.holds {
		if !m.unsure[id] && h.keeps(x.e.Place.Stream, x.e.Received, x.e.Received) {
			return false
		}
	}
	return true
}

// forms are the bytes that an entry may have: as it was, and without the slots that an
// erasure which was cut off may have taken.
func (m *model) forms(x *modelEntry) []string {
	all := []string{canonical(&x.e)}
	for _, o := range m.erasing {
		if e := x.e; e.Place.Ord <= o.upTo && m.strike(&e, o.subject) {
			all = append(all, canonical(&e))
		}
	}
	return all
}

// strike takes a person out of an entry.
func (m *model) strike(e *event.Event, subject string) (hit bool) {
	for slot, on := range newSubject(subject).slots(e) {
		if on {
			clearSlot(e, slot)
			hit = true
		}
	}
	return hit
}

// cutOff is an erasure of which it is not known whether it is done.
type cutOff struct {
	subject string
	upTo    uint64 // the ord of the last entry that was there
}

// erased notes that a person was taken out of all entries up to an ord.
func (m *model) erased(o cutOff) {
	for _, x := range m.entries {
		if x.e.Place.Ord <= o.upTo {
			m.strike(&x.e, o.subject)
		}
	}
}

// newest is the highest ord that an event was given.
func (m *model) newest() (ord uint64) {
	for _, x := range m.entries {
		ord = max(ord, x.e.Place.Ord)
	}
	return ord
}

// noGaps wants each stream's sequence numbers to follow each other: only retention
// takes some from the front.
func (m *model) noGaps(found map[place]string) {
	streams := map[string][]uint64{}
	for p := range found {
		streams[p.stream] = append(streams[p.stream], p.seq)
	}
	for stream, seqs := range streams {
		slices.Sort(seqs)
		for i, seq := range seqs {
			if i > 0 && seq != seqs[i-1]+1 {
				m.wrong("stream %s: entry %d follows %d", stream, seq, seqs[i-1])
			}
		}
		base := stream[strings.LastIndexByte(stream, ' ')+1:] // of an archive: its origin is before it
		if _, prunable := classDays(base); seqs[0] != 1 && !prunable {
			m.wrong("stream %s begins with %d", stream, seqs[0])
		}
	}
}

// sign notes a checkpoint that was signed, and never lets two have one size.
func (m *model) sign(j *Journal, raw []byte) {
	c, _, err := proof.OpenCheckpoint(raw, verifiers(j.opts.Keys))
	if err != nil {
		m.wrong("a checkpoint cannot be read: %v", err)
		return
	}
	if root, ok := m.signed[c.Size]; ok && root != c.Root {
		m.wrong("two roots were signed over %d headers", c.Size)
	}
	m.signed[c.Size] = c.Root
}

// checkpoints keeps the newest checkpoint and wants the log of headers to continue all
// that were signed.
func (m *model) checkpoints(j *Journal) {
	if raw, _, _, _ := j.Checkpoint(); raw != nil {
		m.sign(j, raw)
		m.kept = append(m.kept, raw)
	}
	if err := j.Diverged(); err != nil {
		m.wrong("%v", err)
	}
	v := &j.evidence
	v.mu.RLock()
	defer v.mu.RUnlock()
	for size, root := range m.signed {
		if size > v.log.size() || proof.RootOf(v.log.leaves[:size]) != root {
			m.wrong("the log of %d headers does not continue the one of %d", v.log.size(), size)
		}
	}
}

// consume reads what a consumer has not read yet, n events at most.
func (m *model) consume(ctx context.Context, j *Journal, n int) {
	r := j.Reader(m.cursor)
	for n > 0 && r.Position() < j.Head() {
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		events, err := r.Next(ctx, n)
		cancel()
		if err != nil {
			// what lies there may have been dropped: then there is nothing to wait for
			if !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
				m.wrong("read after %d of %d: %v", m.cursor, j.Head(), err)
			}
			return
		}
		for _, e := range events {
			p := place{e.Place.Stream, e.Place.Seq}
			if e.Place.Origin != j.Origin() {
				p = archivedPlace(e.Place.Origin, p)
			}
			if e.Place.Ord <= m.cursor {
				m.wrong("ord %d comes after %d", e.Place.Ord, m.cursor)
			}
			m.cursor = e.Place.Ord
			m.read[m.cursor] = p
		}
		n -= len(events)
	}
}

// consumed wants a consumer that has read to the end to have read every entry once.
func (m *model) consumed() {
	seen := map[place]uint64{}
	for _, ord := range slices.Sorted(maps.Keys(m.read)) {
		p := m.read[ord]
		if other, twice := seen[p]; twice {
			m.wrong("entry %d of %s was read at ord %d and %d", p.seq, p.stream, other, ord)
		}
		seen[p] = ord
		if m.entries[p] == nil {
			m.wrong("entry %d of %s was read, and is nowhere", p.seq, p.stream)
		}
	}
	for p, x := range m.entries {
		if _, ok := seen[p]; !ok && !x.gone && x.acked {
			m.wrong("entry %d of %s was never read", p.seq, p.stream)
		}
	}
}

// sorted are the model's entries in order.
func (m *model) sorted() []*modelEntry {
	return slices.SortedFunc(maps.Values(m.entries), func(a, b *modelEntry) int { return cmp.Compare(a.e.Place.Ord, b.e.Place.Ord) })
}
