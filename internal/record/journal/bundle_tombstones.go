// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"fmt"
	"slices"
	"sort"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// findTombstones looks for the tombstones that excuse what is gone among the wanted
// entries, and wants them as well. Where nothing is gone, none is looked for.
func (b *bundler) findTombstones(ctx context.Context) error {
	gone := b.gone()
	if len(gone) == 0 {
		return nil
	}
	readers, release, err := b.j.snapshot(ctx, func(stream string) bool { return stream == SystemStream })
	if err != nil {
		return err
	}
	defer release()
	for _, r := range readers {
		rows := segment.NewRows(r)
		var e event.Event
		for row := range r.Rows() {
			if err := rows.Event(row, &e); err != nil {
				return fmt.Errorf("look for tombstones: %w", err)
			}
			t, ok, err := proof.ParseTombstone(&e)
			if err == nil && ok && excusesSome(&t, gone[t.Stream]) {
				b.tombs = append(b.tombs, seenTombstone{t, e.Place.Seq})
			}
		}
	}
	slices.SortFunc(b.tombs, func(x, y seenTombstone) int { return cmpUint(x.seq, y.seq) })
	own := b.wanted[SystemStream]
	for _, t := range b.tombs {
		own = append(own, event.Range{Stream: SystemStream, First: t.seq, Last: t.seq})
	}
	if len(own) > 0 {
		b.wanted[SystemStream] = joined(own)
	}
	return nil
}

// gone are the wanted entries that may be pruned, or have an erased slot.
func (b *bundler) gone() map[string][]event.Range {
	files := b.j.view.files()
	slices.SortFunc(files, func(x, y *sealedFile) int { return cmpUint(x.first, y.first) })
	gone := map[string][]event.Range{}
	for stream, runs := range b.wanted {
		for _, g := range runs {
			next := g.First
			for _, f := range files {
				if f.stream != stream || f.file == nil || f.first > g.Last || f.last < g.First {
					continue
				}
				if f.first > next {
					gone[stream] = append(gone[stream], event.Range{First: next, Last: f.first - 1})
				}
				next = f.last + 1
				gone[stream] = append(gone[stream], f.erasedIn(g)...)
			}
			if next <= g.Last {
				gone[stream] = append(gone[stream], event.Range{First: next, Last: g.Last})
			}
		}
		if len(gone[stream]) == 0 {
			delete(gone, stream)
		}
	}
	return gone
}

// erasedIn are the entries of a run with a slot that was erased.
func (f *sealedFile) erasedIn(g event.Range) (runs []event.Range) {
	m, err := decodeMeta(f.file.Meta())
	if err != nil {
		return []event.Range{g}
	}
	for i := range m {
		for k := range m[i].Erased {
			if seq := m[i].Header.First + uint64(m[i].Erased[k].I); g.First <= seq && seq <= g.Last {
				runs = append(runs, event.Range{First: seq, Last: seq})
			}
		}
	}
	return runs
}

// excusesSome tells whether a tombstone names one of some entries.
func excusesSome(t *proof.Tombstone, gone []event.Range) bool {
	for _, g := range gone {
		if !t.Erased && t.First <= g.Last && g.First <= t.Last {
			return true
		}
		for _, runs := range t.Slots {
			i := sort.Search(len(runs), func(i int) bool { return runs[i].Last >= g.First })
			if i < len(runs) && runs[i].First <= g.Last {
				return true
			}
		}
	}
	return false
}

// pruned is the tombstone that names a range.
func (b *bundler) pruned(h *Header) (seq uint64, ok bool) {
	for _, t := range b.tombs {
		if !t.Erased && t.Stream == h.Stream && t.FirstRange <= h.Number && h.Number <= t.LastRange {
			return t.seq, true
		}
	}
	return 0, false
}

// erased finds the tombstone that names a slot of an entry.
func (b *bundler) erased(stream string) func(seq uint64, slot int) (uint64, bool) {
	return func(seq uint64, slot int) (uint64, bool) {
		for _, t := range b.tombs {
			if !t.Erased || t.Stream != stream {
				continue
			}
			runs := t.Slots[slot]
			i := sort.Search(len(runs), func(i int) bool { return runs[i].Last >= seq })
			if i < len(runs) && runs[i].First <= seq {
				return t.seq, true
			}
		}
		return 0, false
	}
}
