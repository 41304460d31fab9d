// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
	"github.com/tocsin-siem/tocsin/internal/record/query"
)

// How many entries one bundle has.
const (
	DefaultBundle = 10_000
	MaxBundle     = 100_000
)

// ErrNothing says that there is nothing to make a bundle of.
var ErrNothing = errors.New("no event matches")

// Choice is what a bundle is to hold.
type Choice struct {
	journal.BundleRequest
	// Count is how many entries there are, Incomplete how many stored events that may
	// belong to them cannot be read.
	Count      int
	Incomplete int64
}

// Choose finds the entries of an evidence bundle: those that match, or for a complete
// one everything from the first to the last entry of each stream that happened in the
// filter's time. Whether others match is to be seen from the bundle. There are no more
// than limit, or a *query.FieldError says that there would be; ErrNothing when there
// are none. A bundle is of one journal: origin names it where the entries may be of
// more, the present one and those before a restore.
func Choose(ctx context.Context, logs query.Source, f query.Filter, origin string, limit int, complete bool) (c Choice, err error) {
	c.Query, c.From, c.To, c.Origin = f.Words(), timeOf(f.From), timeOf(f.To), origin
	if complete {
		f = query.Filter{From: f.From, To: f.To}
	}
	places, err := c.gather(ctx, logs, f, limit)
	if err != nil {
		return c, err
	}
	for _, stream := range slices.Sorted(maps.Keys(places)) {
		seqs := places[stream]
		slices.Sort(seqs)
		if complete {
			g := event.Range{Stream: stream, First: seqs[0], Last: seqs[len(seqs)-1]}
			c.Complete = append(c.Complete, g)
			c.Count += int(min(g.Last-g.First+1, MaxBundle+1))
			continue
		}
		c.Count += len(seqs)
		for _, seq := range seqs {
			if n := len(c.Entries); n > 0 && c.Entries[n-1].Stream == stream && c.Entries[n-1].Last+1 == seq {
				c.Entries[n-1].Last = seq
				continue
			}
			c.Entries = append(c.Entries, event.Range{Stream: stream, First: seq, Last: seq})
		}
	}
	switch {
	case c.Count == 0:
		return c, ErrNothing
	case c.Count > limit:
		return c, tooMany(limit)
	}
	return c, nil
}

// tooMany refuses a bundle that would lack entries.
func tooMany(limit int) error {
	return &query.FieldError{
		Field: "limit", Reason: fmt.Sprintf("there are more than %d entries; narrow the time or the filter, or raise the limit (at most %d)", limit, MaxBundle),
	}
}

// severalOrigins refuses a bundle of entries of more than one journal.
func severalOrigins(origins []string) error {
	return &query.FieldError{
		Field: "origin", Reason: "the entries are of more than one journal, for there was a restore; ask for each by its name: " + strings.Join(origins, " or "),
	}
}

// gather finds the places of all events that match, at most limit, by stream.
func (c *Choice) gather(ctx context.Context, logs query.Source, f query.Filter, limit int) (places map[string][]uint64, err error) {
	places = map[string][]uint64{}
	f.Limit = query.MaxLimit
	var origins []string
	for found := 0; ; {
		page, err := logs.Query(ctx, f)
		if err != nil {
			return nil, err
		}
		c.Incomplete = max(c.Incomplete, page.Incomplete)
		for i := range page.Items {
			at := &page.Items[i].Place
			if c.Origin != "" && at.Origin != c.Origin {
				continue
			}
			if !slices.Contains(origins, at.Origin) {
				origins = append(origins, at.Origin)
			}
			found++
			places[at.Stream] = append(places[at.Stream], at.Seq)
		}
		switch {
		case len(origins) > 1:
			return nil, severalOrigins(origins)
		case found > limit:
			return nil, tooMany(limit)
		case page.Next == "":
			if len(origins) == 1 {
				c.Origin = origins[0]
			}
			return places, nil
		}
		f.Cursor = page.Next
	}
}
