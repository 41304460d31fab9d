// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// The files of holds and of erasures repeat what entries of the system stream say.
// When they are damaged, or lack something, those entries tell what they must hold.

// decisions are the entries of the system stream that such a file repeats, by ord.
type decisions []*event.Event

// repeated tells whether an entry is one of them.
func repeated(e *event.Event) bool {
	return e.Category == proof.CategoryErased || e.Category == proof.CategoryArchiveErased || e.Category == categoryPolicy
}

// decides tells whether an entry of the journal's own says what is gone or held, or on
// what the journal stands.
func decides(e *event.Event) bool {
	return repeated(e) || e.Category == proof.CategoryPruned || e.Category == proof.CategoryArchivePruned ||
		e.Category == proof.CategoryOrigin && e.Place.Seq == 1
}

func (d decisions) sort() {
	slices.SortFunc(d, func(a, b *event.Event) int { return cmp.Compare(a.Place.Ord, b.Place.Ord) })
}

// holds are those that were placed and not lifted.
func (d decisions) holds() (list []Hold) {
	for _, e := range d {
		h, state, ok := holdOf(e)
		if !ok {
			continue
		}
		list = slices.DeleteFunc(list, func(o Hold) bool { return o.ID == h.ID })
		if state == holdPlaced {
			list = append(list, h)
		}
	}
	return list
}

// erasures are the lines of the file of erasures, and what they say.
func (d decisions) erasures() (lines [][]byte, tombs []proof.Tombstone, err error) {
	for _, e := range d {
		t, ok, err := proof.ParseTombstone(e)
		if !ok {
			t, ok, err = proof.ParseArchiveTombstone(e)
		}
		if err != nil || !ok || !t.Erased {
			continue
		}
		line, err := erasureLine(cmp.Or(t.Origin, e.Place.Origin), &t, time.Unix(0, e.Received))
		if err != nil {
			return nil, nil, err
		}
		lines, tombs = append(lines, line), append(tombs, t)
	}
	return lines, tombs, nil
}

// decided reads the entries that other files repeat. Files without one are told by
// their dictionary of categories.
func (j *Journal) decided(ctx context.Context) (d decisions, err error) {
	readers, release, err := j.snapshot(ctx, func(stream string) bool { return stream == SystemStream })
	if err != nil {
		return nil, err
	}
	defer release()
	for _, r := range readers {
		if has, err := hasCategory(r, proof.CategoryErased, proof.CategoryArchiveErased, categoryPolicy); err != nil || !has {
			if err != nil {
				return nil, err
			}
			continue
		}
		rows := segment.NewRows(r)
		for row := range r.Rows() {
			e := &event.Event{}
			if err := rows.Event(row, e); err != nil {
				return nil, fmt.Errorf("read the journal's own entries: %w", err)
			}
			if repeated(e) {
				d = append(d, e)
			}
		}
	}
	d.sort()
	return d, nil
}

// hasCategory tells whether a reader may have rows of one of the categories.
func hasCategory(r segment.Reader, categories ...string) (bool, error) {
	d, err := r.Dict(segment.ColCategory)
	if err != nil {
		return false, fmt.Errorf("read the journal's own entries: %w", err)
	}
	for page := range segment.Pages(r) {
		if r.Raw(segment.ColCategory, page) {
			return true, nil
		}
	}
	for code := range d.Len() {
		if slices.Contains(categories, d.Text(uint16(code))) {
			return true, nil
		}
	}
	return false, nil
}

// mendDerived writes the files of holds and of erasures anew that do not say what the
// system stream does. When that stream cannot be read whole they stay as they are, and
// everything is held if the file of holds is damaged.
func (j *Journal) mendDerived(ctx context.Context) error {
	d, err := j.decided(ctx)
	if err != nil {
		j.log.WarnContext(ctx, "the files of holds and erasures cannot be compared with the journal", "error", err)
		return nil
	}
	if err := j.mendHolds(ctx, d.holds()); err != nil {
		return err
	}
	return j.mendErasures(ctx, d)
}

func (j *Journal) mendHolds(ctx context.Context, want []Hold) error {
	h := &j.holds
	if !h.damaged && len(lackingHolds(h.list, want)) == 0 {
		return nil
	}
	list := want
	if !h.damaged {
		list = append(slices.Clone(h.list), lackingHolds(h.list, want)...)
	}
	j.log.WarnContext(ctx, "the file of legal holds is written anew from the journal's entries", "holds", len(list))
	if err := j.changeHolds(func([]Hold) ([]Hold, error) { return list, nil }); err != nil {
		return err
	}
	h.damaged = false
	return nil
}

// lackingHolds are those of want that a list has not, or not as they were placed.
func lackingHolds(list, want []Hold) (lacking []Hold) {
	for i := range want {
		if !slices.ContainsFunc(list, func(h Hold) bool { return h.same(&want[i]) }) {
			lacking = append(lacking, want[i])
		}
	}
	return lacking
}

func (j *Journal) mendErasures(ctx context.Context, d decisions) error {
	raw, err := os.ReadFile(j.path(erasuresName))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("file of erasures: %w", err)
	}
	lines, tombs, err := d.erasures()
	if err != nil {
		return err
	}
	others, good := checkErasures(raw, j.Origin(), lines, tombs)
	if good {
		return nil
	}
	j.log.WarnContext(ctx, "the file of erasures is written anew from the journal's entries", "tombstones", len(lines))
	return replaceFile(j.opts.disk, j.path(erasuresName), append(others, bytes.Join(lines, nil)...))
}

// checkErasures compares the file of erasures with the lines and tombstones that the
// system stream has: each of its lines must be one of them, and together they must
// name all that these name. others are the lines of other journals.
func checkErasures(raw []byte, origin string, lines [][]byte, tombs []proof.Tombstone) (others []byte, good bool) {
	known := map[string]int{}
	for i, l := range lines {
		known[string(l)] = i
	}
	var there []proof.Tombstone
	good = true
	for line := range bytes.Lines(raw) {
		if i, ok := known[string(line)]; ok {
			there = append(there, tombs[i])
			continue
		}
		var l listedErasure
		if json.Unmarshal(line, &l) == nil && l.Origin != origin && l.Origin != "" && line[len(line)-1] == '\n' {
			others = append(others, line...)
			continue
		}
		good = false
	}
	return others, good && maps.EqualFunc(erasedRuns(there), erasedRuns(tombs), slices.Equal)
}

// erasedRuns are the sequence numbers of each stream and slot that tombstones name.
func erasedRuns(list []proof.Tombstone) map[string][]proof.SeqRun {
	all := map[string][]proof.SeqRun{}
	for i := range list {
		for slot, runs := range list[i].Slots {
			if name := list[i].Origin + " " + list[i].Stream + "/" + strconv.Itoa(slot); len(runs) > 0 {
				all[name] = append(all[name], runs...)
			}
		}
	}
	for name, runs := range all {
		all[name], _ = joinRuns(runs)
	}
	return all
}
