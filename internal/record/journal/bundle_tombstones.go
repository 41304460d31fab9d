// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"slices"
	"sort"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// findTombstones looks for the tombstones that excuse what is gone among the wanted
// entries, and wants them as well. Where nothing is gone, none is looked for.
func (b *bundler) findTombstones(ctx context.Context) error {
	gone := b.gone()
	if len(gone) == 0 {
		return nil
	}
	if err := b.j.readOwn(ctx, b.log.home, func(e *event.Event) {
		if t, ok, err := proof.ParseTombstone(e); err == nil && ok && excusesSome(&t, gone[t.Stream]) {
			b.tombs = append(b.tombs, seenTombstone{t, e.Place.Seq})
		}
	}); err != nil {
		return err
	}
	if err := b.findLater(ctx, gone); err != nil {
		return err
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

// findLater looks for what the journals after an archive say about it.
func (b *bundler) findLater(ctx context.Context, gone map[string][]event.Range) error {
	if b.log.home == nil {
		return nil
	}
	homes := []*archive{nil}
	for _, a := range b.j.archives {
		if a.number > b.log.home.number {
			homes = append(homes, a)
		}
	}
	for _, home := range homes {
		err := b.j.readOwn(ctx, home, func(e *event.Event) {
			t, ok, err := proof.ParseArchiveTombstone(e)
			if err == nil && ok && t.Origin == b.log.origin && excusesSome(&t, gone[t.Stream]) {
				b.later = append(b.later, t)
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// gone are the wanted entries that may be pruned, or have an erased slot.
func (b *bundler) gone() map[string][]event.Range {
	files := slices.DeleteFunc(b.j.view.all(), func(f *sealedFile) bool { return f.home != b.log.home })
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

// prunedLater tells whether a later journal says that the range is pruned.
func (b *bundler) prunedLater(h *Header) bool {
	return slices.ContainsFunc(b.later, func(t proof.Tombstone) bool {
		return !t.Erased && t.Stream == h.Stream && t.FirstRange <= h.Number && h.Number <= t.LastRange
	})
}

// erased finds the tombstone that names a slot of an entry; 0 is one of a later
// journal, which nothing in this log proves.
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
		return 0, b.erasedLater(stream, seq, slot)
	}
}

func (b *bundler) erasedLater(stream string, seq uint64, slot int) bool {
	return slices.ContainsFunc(b.later, func(t proof.Tombstone) bool {
		return t.Erased && t.Stream == stream && inRuns(t.Slots[slot], seq)
	})
}
