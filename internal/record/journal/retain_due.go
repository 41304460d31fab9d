// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"cmp"
	"slices"
	"time"
)

// Due is what retention makes of a stream at a moment.
type Due struct {
	Stream string
	// Days is how long the stream's class keeps an entry.
	Days int
	// Oldest is when the oldest entry that is there was received; zero without one.
	Oldest time.Time
	// Files and Entries are over their time, Kept of these files stay: for the
	// hold of that id, or for a consumer that has not read them.
	Files   int
	Entries int64
	Kept    int
	Hold    string
	Lagging bool
}

// Due tells, stream by stream, what Retain would find: of the files that are over
// their time it drops those before the first that is kept. It changes nothing, and
// does not look at the clock's history.
func (j *Journal) Due(r Retention) []Due {
	byStream := map[string]*Due{}
	for _, files := range j.byClass() {
		d := j.dueOf(files, &r)
		have := byStream[d.Stream]
		if have == nil {
			byStream[d.Stream] = &d
			continue
		}
		have.add(&d) // of an archive and of the journal itself
	}
	all := make([]Due, 0, len(byStream))
	for _, d := range byStream {
		all = append(all, *d)
	}
	slices.SortFunc(all, func(a, b Due) int { return cmp.Or(cmp.Compare(a.Days, b.Days), cmp.Compare(a.Stream, b.Stream)) })
	return all
}

// dueOf is Due of the files of one stream.
func (j *Journal) dueOf(files []*sealedFile, r *Retention) Due {
	d := Due{Stream: files[0].stream}
	d.Days, _ = classDays(d.Stream)
	before := r.Now.Add(-time.Duration(d.Days) * 24 * time.Hour)
	over := true // all files so far
	for _, f := range files {
		if f.rows > 0 && (d.Oldest.IsZero() || f.minReceived < d.Oldest.UnixNano()) {
			d.Oldest = time.Unix(0, f.minReceived).UTC()
		}
		if over = over && (f.rows == 0 || f.maxReceived < before.UnixNano()); !over {
			continue
		}
		d.Files++
		d.Entries += int64(f.last-f.first) + 1 //nolint:gosec // a count
		if d.Kept == 0 {
			hold, held := j.held(d.Stream, f.minReceived, f.maxReceived)
			d.Hold = hold.ID
			d.Lagging = !held && r.Needed > 0 && f.rows > 0 && f.maxOrd >= r.Needed
			if !held && !d.Lagging {
				continue
			}
		}
		d.Kept++
	}
	return d
}

// add adds what lies elsewhere of the same stream.
func (d *Due) add(o *Due) {
	if d.Oldest.IsZero() || !o.Oldest.IsZero() && o.Oldest.Before(d.Oldest) {
		d.Oldest = o.Oldest
	}
	d.Files, d.Entries, d.Kept = d.Files+o.Files, d.Entries+o.Entries, d.Kept+o.Kept
	d.Hold, d.Lagging = cmp.Or(d.Hold, o.Hold), d.Lagging || o.Lagging
}
