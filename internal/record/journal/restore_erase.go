// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// parseErasures reads a file of erasures; an error names the line.
func parseErasures(raw []byte) (all []listedErasure, err error) {
	s := bufio.NewScanner(bytes.NewReader(raw))
	s.Buffer(nil, 1<<20)
	for n := 1; s.Scan(); n++ {
		var l listedErasure
		if err := json.Unmarshal(s.Bytes(), &l); err != nil || l.ID == "" || l.Origin == "" || !proof.ValidStream(l.Stream) {
			return nil, fmt.Errorf("file of erasures, line %d: malformed", n)
		}
		for _, runs := range [...][]proof.SeqRun{l.Slot0, l.Slot1} {
			for i, r := range runs {
				if r.First == 0 || r.Last < r.First || r.Last > math.MaxInt64 || i > 0 && r.First <= runs[i-1].Last {
					return nil, fmt.Errorf("file of erasures, line %d: sequence numbers that cannot be, or do not rise", n)
				}
			}
		}
		all = append(all, l)
	}
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("file of erasures: %w", err)
	}
	return all, nil
}

// CheckErasures tells whether a file of erasures can be read.
func CheckErasures(raw []byte) error {
	_, err := parseErasures(raw)
	return err
}

// tombstone notes what an unsealed entry of the journal's own says is erased.
func (b *beginning) tombstone(e *event.Event) error {
	if e.Place.Stream != SystemStream {
		return nil
	}
	t, ok, err := proof.ParseTombstone(e)
	if !ok {
		t, ok, err = proof.ParseArchiveTombstone(e)
	}
	if !ok || err != nil || !t.Erased {
		return nil //nolint:nilerr // what cannot be read names nothing
	}
	if t.Origin == "" {
		t.Origin = b.a.origin
	}
	b.again = append(b.again, t)
	return nil
}

// erase takes slots out of the archives again: those that the file of erasures names,
// under new tombstones; and those that a tombstone of the archives names, for an
// erasure may have been under way when the backup was made.
func (b *beginning) erase(ctx context.Context, lines []listedErasure, raw []byte) error {
	known := map[string]bool{}
	for _, a := range b.j.archives {
		known[a.origin] = true
	}
	tombs := b.again
	for i := range lines {
		l := &lines[i]
		if !known[l.Origin] {
			b.out.OtherErasures++
			continue
		}
		tombs = append(tombs, proof.Tombstone{
			Erased: true, ID: l.ID, Origin: l.Origin, Stream: l.Stream, Actor: l.Actor, Slots: [2][]proof.SeqRun{l.Slot0, l.Slot1},
		})
	}
	for i := range tombs {
		b.want(&tombs[i])
	}
	if err := b.wantTombstones(); err != nil {
		return err
	}
	hits, err := b.hits()
	if err != nil {
		return err
	}
	made, err := b.entomb(ctx, tombs, hits)
	if err == nil {
		err = b.keepErasures(append(raw, made...))
	}
	if err != nil {
		return err
	}
	for i := range hits {
		b.out.Erased += int64(len(hits[i].hits))
		if err := b.j.eraseAgain(ctx, &hits[i]); err != nil {
			return fmt.Errorf("stream %s: %w", hits[i].stream, err)
		}
	}
	return nil
}

// keepErasures puts the file of erasures into the new journal, with the lines of the
// tombstones that were made: older backups are restored with it.
func (b *beginning) keepErasures(raw []byte) error {
	if len(raw) == 0 {
		return nil
	}
	if err := replaceFile(b.j.opts.disk, b.j.path(erasuresName), raw); err != nil {
		return fmt.Errorf("file of erasures: %w", err)
	}
	return nil
}

// want adds the slots that a tombstone names.
func (b *beginning) want(t *proof.Tombstone) {
	name := streamName{t.Origin, t.Stream}
	s := b.erasures[name]
	if s == nil {
		s = &[2][]proof.SeqRun{}
		b.erasures[name] = s
	}
	for slot := range s {
		s[slot], _ = joinRuns(append(s[slot], t.Slots[slot]...))
	}
}

// wantTombstones adds what the sealed tombstones in the archives name.
func (b *beginning) wantTombstones() error {
	for _, f := range b.j.view.all() {
		if f.home == nil || f.stream != SystemStream || f.file == nil {
			continue
		}
		rows := segment.NewRows(f.file)
		var e event.Event
		for row := range f.file.Rows() {
			if err := rows.Event(row, &e); err != nil {
				return fmt.Errorf("look for tombstones: %w", err)
			}
			t, ok, err := proof.ParseTombstone(&e)
			if ok {
				t.Origin = f.home.origin
			} else {
				t, ok, err = proof.ParseArchiveTombstone(&e)
			}
			if ok && err == nil && t.Erased {
				b.want(&t)
			}
		}
	}
	return nil
}

// hits are the slots to be erased that are still there.
func (b *beginning) hits() (all []streamHits, err error) {
	for _, files := range b.j.byClass() {
		f := files[0]
		gone := b.erasures[streamName{f.home.foreign(), f.stream}]
		if f.home == nil || gone == nil {
			continue
		}
		h := streamHits{home: f.home, stream: f.stream, last: files[len(files)-1].last}
		for _, f := range files {
			hits, err := f.opened(gone)
			if err != nil {
				return nil, err
			}
			h.hits = append(h.hits, hits...)
		}
		if len(h.hits) > 0 {
			all = append(all, h)
		}
	}
	return all, nil
}

// opened are the entries of a file with one of these slots still in it.
func (f *sealedFile) opened(gone *[2][]proof.SeqRun) (hits []slotHit, err error) {
	if f.file == nil {
		return nil, nil // nothing of it can be read
	}
	m, err := decodeMeta(f.file.Meta())
	if err != nil {
		return nil, err
	}
	for i := range m {
		r := &m[i]
		erased := erasedOf(r)
		for n := range r.Header.Count {
			hit := slotHit{seq: r.Header.First + uint64(n)}
			for slot := range hit.slot {
				hit.slot[slot] = inRuns(gone[slot], hit.seq) && erased.at(n, uint8(slot)) == nil
			}
			if _, lost := slices.BinarySearch(r.Lost, n); !lost && hit.slot != [2]bool{} {
				hits = append(hits, hit)
			}
		}
	}
	return hits, nil
}

// entomb records tombstones, of those given, as far as they name slots that are
// erased now, and returns their lines for the file of erasures.
func (b *beginning) entomb(ctx context.Context, tombs []proof.Tombstone, hits []streamHits) (lines []byte, err error) {
	var events []*event.Event
	for i := range tombs {
		t := &tombs[i]
		var named []streamHits
		for _, h := range hits {
			if h.home.foreign() != t.Origin || h.stream != t.Stream {
				continue
			}
			n := streamHits{home: h.home, stream: h.stream}
			for _, hit := range h.hits {
				for slot := range hit.slot {
					hit.slot[slot] = hit.slot[slot] && inRuns(t.Slots[slot], hit.seq)
				}
				if hit.slot != [2]bool{} {
					n.hits = append(n.hits, hit)
				}
			}
			named = append(named, n)
		}
		for _, made := range tombstonesOf(&Erasure{ID: t.ID, Actor: t.Actor}, named) {
			e := ownEvent(proof.CategoryArchiveErased, "slots of entries erased again")
			made.Event(e)
			events = append(events, e)
			line, err := erasureLine(made.Origin, &made, time.Unix(0, e.Received))
			if err != nil {
				return nil, err
			}
			lines = append(lines, line...)
		}
	}
	if len(events) == 0 {
		return nil, nil
	}
	return lines, b.j.note(ctx, events...)
}
