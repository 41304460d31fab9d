// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"fmt"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// bundleClaims follows the claims to be complete. Claims and entries come in one
// order, so that one place among the claims is enough.
type bundleClaims struct {
	list []bundleClaim
	at   int
	// hidden counts entries in claims of which not all can be read.
	hidden uint64
}

type bundleClaim struct {
	event.Range
	next   uint64 // the first that was not seen
	absent []SeqRun
}

// maxAbsent bounds the runs that are named for one claim.
const maxAbsent = 100

func (c *bundleClaims) start(claims []event.Range) {
	for _, r := range claims {
		c.list = append(c.list, bundleClaim{Range: r, next: r.First})
	}
}

// take accounts for a run of entries; open says that all of each can be read.
func (c *bundleClaims) take(stream string, first, last uint64, open bool) {
	for c.at < len(c.list) && (streamBefore(c.list[c.at].Stream, stream) || c.list[c.at].Stream == stream && c.list[c.at].Last < first) {
		c.at++
	}
	for i := c.at; i < len(c.list); i++ {
		l := &c.list[i]
		if l.Stream != stream || l.First > last {
			return
		}
		lo, hi := max(first, l.First), min(last, l.Last)
		if lo > l.next {
			l.miss(l.next, lo-1)
		}
		l.next = hi + 1
		if !open {
			c.hidden += hi - lo + 1
		}
	}
}

// miss remembers entries that are not there.
func (l *bundleClaim) miss(first, last uint64) {
	if n := len(l.absent); n >= maxAbsent {
		l.absent[n-1].Last = last
		return
	}
	l.absent = append(l.absent, SeqRun{First: first, Last: last})
}

// finish judges the claims.
func (c *bundleClaims) finish(r *BundleReport) {
	broken := 0
	for i := range c.list {
		l := &c.list[i]
		if l.next <= l.Last {
			l.miss(l.next, l.Last)
		}
		for _, run := range l.absent {
			r.find(&r.Failures, BundleFinding{
				Stream: l.Stream, First: run.First, Last: run.Last, Verdict: "MISSING", Why: "the bundle is said to have them",
			})
		}
		if len(l.absent) > 0 {
			broken++
		}
		r.Claims = append(r.Claims, BundleClaim{Range: l.Range, Proven: len(l.absent) == 0})
	}
	switch {
	case len(c.list) == 0:
		r.Complete = CompleteNotClaimed
	case broken > 0:
		r.Complete, r.Why = CompleteNotProven, fmt.Sprintf("%d of %d claims do not hold", broken, len(c.list))
	case r.Query != "" && c.hidden > 0:
		r.Complete, r.Why = CompleteNotProven, fmt.Sprintf("of %d entries not everything can be read, so that nobody can tell whether they match the query", c.hidden)
	default:
		r.Complete, r.Why = CompleteProven, ""
	}
}
