// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/face/auth"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
	"github.com/tocsin-siem/tocsin/internal/record/query"
	"github.com/tocsin-siem/tocsin/internal/record/search"
)

// SearchOptions say what is looked for in a data folder.
type SearchOptions struct {
	Options // its secrets and logger
	Hunt    *query.Hunt
	// From and To bound the events' time beside the hunt, in nanoseconds; 0 is open.
	From, To int64
	// Limit is the most events, or rows of the table, 1 or more.
	Limit int
}

// Found is how a search ended.
type Found struct {
	// Rows is how many events, or rows of the table, there were; More says that there
	// are others.
	Rows int
	More bool
	// Incomplete is how many stored events cannot be read that may have matched.
	Incomplete int64
	// Table is the answer to a hunt with stages.
	Table *query.Table
}

// Search hunts in the folder of a stopped server. Without stages it hands out each event
// in its native JSON form, the newest first; the bytes are good until each returns, and
// an error of each ends it and is returned. It opens the journal as a start would; the
// next start records who searched for what.
func Search(ctx context.Context, dataDir string, o SearchOptions, each func(native []byte) error) (found Found, err error) {
	f := folder{dataDir}
	j, logs, err := f.search(ctx, &o.Options)
	if err != nil {
		return found, err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	asked := query.HuntOptions{From: o.From, To: o.To, Limits: query.Limits{Now: time.Now()}}
	if len(o.Hunt.Stages) > 0 {
		found, err = tableOf(ctx, logs, &o, asked)
	} else {
		var native []byte
		found, _, err = eventsOf(ctx, logs, &o, asked, func(e *event.Event) error {
			native = e.AppendJSONSeenFrom(native[:0], j.Origin())
			return each(native)
		})
	}
	if err != nil || o.Hunt.At(asked.Limits.Now).Prune().Rest == nil && len(o.Hunt.Stages) == 0 { // looking at a time is not a search
		return found, err
	}
	return found, f.queue(ctx, auth.DataAccess, o.Hunt.String(), found.Rows, o.Logger)
}

// search opens the journal of a stopped server to look into it; the caller closes it.
func (f folder) search(ctx context.Context, o *Options) (*journal.Journal, *search.Searcher, error) {
	_, j, err := f.open(ctx, o)
	if err != nil {
		return nil, nil, err
	}
	logs, err := search.New(search.Options{Snapshot: j.Snapshot})
	if err != nil {
		return nil, nil, errors.Join(err, j.Close())
	}
	return j, logs, nil
}

func tableOf(ctx context.Context, logs query.Hunter, o *SearchOptions, asked query.HuntOptions) (Found, error) {
	asked.Limits.Rows = o.Limit
	a, err := logs.Hunt(ctx, o.Hunt, asked)
	if err != nil {
		return Found{}, err
	}
	return Found{Rows: len(a.Rows), More: a.Truncated, Incomplete: a.Incomplete, Table: &a.Table}, nil
}

// eventsOf hands out the events that a hunt finds, the newest first; next is the cursor of
// those behind the limit, if there are any.
func eventsOf(ctx context.Context, logs query.Hunter, o *SearchOptions, asked query.HuntOptions, each func(e *event.Event) error) (found Found, next string, err error) {
	for {
		asked.Limit = min(query.MaxLimit, o.Limit-found.Rows)
		page, err := logs.Hunt(ctx, o.Hunt, asked)
		if err != nil {
			return found, "", err
		}
		found.Incomplete = max(found.Incomplete, page.Incomplete)
		for i := range page.Rows {
			if err := each(page.Rows[i].Event); err != nil {
				return found, "", err
			}
			found.Rows++
		}
		if found.More = page.Next != ""; !found.More || found.Rows >= o.Limit {
			return found, page.Next, nil
		}
		asked.Cursor = page.Next
	}
}
