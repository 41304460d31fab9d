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
	byStream := map[string][]*sealedFile{}
	for _, f := range j.view.files() {
		if _, ok := classDays(f.stream); ok {
			byStream[f.stream] = append(byStream[f.stream], f)
		}
	}
	all := make([]Due, 0, len(byStream))
	for stream, files := range byStream {
		slices.SortFunc(files, func(a, b *sealedFile) int { return cmp.Compare(a.firstNumber, b.firstNumber) })
		days, _ := classDays(stream)
		d := Due{Stream: stream, Days: days}
		before := r.Now.Add(-time.Duration(days) * 24 * time.Hour)
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
				hold, held := j.held(stream, f.minReceived, f.maxReceived)
				d.Hold = hold.ID
				d.Lagging = !held && r.Needed > 0 && f.rows > 0 && f.maxOrd >= r.Needed
				if !held && !d.Lagging {
					continue
				}
			}
			d.Kept++
		}
		all = append(all, d)
	}
	slices.SortFunc(all, func(a, b Due) int { return cmp.Or(cmp.Compare(a.Days, b.Days), cmp.Compare(a.Stream, b.Stream)) })
	return all
}
