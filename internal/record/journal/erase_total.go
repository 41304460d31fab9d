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

// streamName names a stream of the journal, or of the archive with that origin.
type streamName struct{ origin, stream string }

// sumUp counts what an erasure has taken, by its tombstones: those of a try that was
// cut off are there too, and may name the same slots again.
func (j *Journal) sumUp(ctx context.Context, out *Erased) error {
	byStream := map[streamName]*[2][]proof.SeqRun{}
	err := j.ownEntries(ctx, func(e *event.Event) {
		t, ok, err := proof.ParseTombstone(e)
		if !ok {
			t, ok, err = proof.ParseArchiveTombstone(e)
		}
		if err != nil || !ok || !t.Erased || t.ID != out.ID {
			return
		}
		name := streamName{t.Origin, t.Stream}
		s := byStream[name]
		if s == nil {
			s = &[2][]proof.SeqRun{}
			byStream[name] = s
		}
		for slot := range s {
			s[slot] = append(s[slot], t.Slots[slot]...)
		}
	})
	if err != nil {
		return fmt.Errorf("count what was erased: %w", err)
	}
	out.Entries, out.Slots, out.Files = 0, 0, 0
	files := j.view.all()
	for name, s := range byStream {
		entries, _ := joinRuns(slices.Concat(s[0], s[1]))
		_, first := joinRuns(s[0])
		_, second := joinRuns(s[1])
		out.Slots += first + second
		for _, r := range entries {
			out.Entries += int64(r.Last-r.First) + 1 //nolint:gosec // a count
		}
		for _, f := range files {
			i := sort.Search(len(entries), func(i int) bool { return entries[i].Last >= f.first })
			if f.home.foreign() == name.origin && f.stream == name.stream && i < len(entries) && entries[i].First <= f.last {
				out.Files++
			}
		}
	}
	return nil
}

// ownEntries gives the sealed entries of the system stream, in their order.
func (j *Journal) ownEntries(ctx context.Context, take func(*event.Event)) error {
	readers, release, err := j.snapshot(ctx, func(stream string) bool { return stream == SystemStream })
	if err != nil {
		return err
	}
	defer release()
	for _, r := range readers {
		rows := segment.NewRows(r)
		var e event.Event
		for row := range r.Rows() {
			if err := rows.Event(row, &e); err != nil {
				return err
			}
			take(&e)
		}
	}
	return nil
}

// joinRuns sorts runs, joins those that meet, and counts what lies in them.
func joinRuns(runs []proof.SeqRun) (joined []proof.SeqRun, n int64) {
	slices.SortFunc(runs, func(a, b proof.SeqRun) int { return cmpUint(a.First, b.First) })
	for _, r := range runs {
		if k := len(joined) - 1; k >= 0 && r.First <= joined[k].Last+1 {
			joined[k].Last = max(joined[k].Last, r.Last)
			continue
		}
		joined = append(joined, r)
	}
	for _, r := range joined {
		n += int64(r.Last-r.First) + 1 //nolint:gosec // a count
	}
	return joined, n
}
