// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"encoding/base64"
	"slices"
	"time"
)

// The verdicts on completeness.
const (
	// Complete: no entry is lost and the journal was never silent.
	Complete = "COMPLETE"
	// Gaps: what is there is right, and something is known to be missing.
	Gaps = "GAPS"
)

const (
	// silence is how long nothing may be sealed before the journal was silent:
	// an idle one seals a heartbeat each minute.
	silence = 5 * time.Minute
	// maxSilences bounds the silences that are named, the longest.
	maxSilences = 20
)

// Completeness says what the journal itself knows to be missing.
type Completeness struct {
	Status string `json:"status"`
	// Lost entries were acknowledged and damaged before they were sealed.
	Lost int64 `json:"lost"`
	// Gone entries were recorded and are not there any more, against the rules:
	// removed, cut off, or missing with their file.
	Gone int64 `json:"gone"`
	// Ahead is how many sealed ranges a checkpoint covers, at the most, that are not
	// here: the journal is an older copy, or was cut off.
	Ahead uint64 `json:"ahead_ranges,omitempty"`
	// Dropped counts the events that were refused since the journal's start.
	Dropped uint64 `json:"dropped"`
	// Late counts sealed ranges with an event that happened more than a day
	// before it was received.
	Late int64 `json:"late_ranges"`
	// Silences are times in which nothing was sealed, not even a heartbeat: the
	// journal did not run, or could not write. The longest ones, in their order.
	Silences []Silence `json:"silences,omitempty"`
	// Omitted counts the silences that are not named.
	Omitted int `json:"omitted,omitempty"`
}

// Silence is a time without a seal.
type Silence struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

const lateAfter = int64(24 * time.Hour)

// completeness looks at the headers alone, and at what checkpoints know of them.
func (v *verifier) completeness() Completeness {
	c := Completeness{Status: Complete, Ahead: v.ahead}
	var last int64
	for i := range v.headers {
		h := &v.headers[i].Header
		c.Lost += int64(h.Lost)
		c.Dropped = max(c.Dropped, h.Dropped)
		if h.MinTime < h.MinReceived-lateAfter {
			c.Late++
		}
		if last != 0 && h.SealedAt-last > int64(silence) {
			c.Silences = append(c.Silences, Silence{time.Unix(0, last).UTC(), time.Unix(0, h.SealedAt).UTC()})
		}
		last = max(last, h.SealedAt)
	}
	if n := len(c.Silences); n > maxSilences {
		slices.SortFunc(c.Silences, func(a, b Silence) int { return int(b.To.Sub(b.From) - a.To.Sub(a.From)) })
		c.Silences, c.Omitted = c.Silences[:maxSilences], n-maxSilences
		slices.SortFunc(c.Silences, func(a, b Silence) int { return a.From.Compare(b.From) })
	}
	if c.Lost > 0 || c.Ahead > 0 || c.Dropped > 0 || len(c.Silences) > 0 {
		c.Status = Gaps
	}
	return c
}

// rootText is a root as checkpoints show it.
func rootText(h *hash) string { return base64.StdEncoding.EncodeToString(h[:]) }
