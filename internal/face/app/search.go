// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"

	"github.com/tocsin-siem/tocsin/internal/face/auth"
	"github.com/tocsin-siem/tocsin/internal/record/query"
	"github.com/tocsin-siem/tocsin/internal/record/search"
)

// SearchOptions say what is looked for in a data folder.
type SearchOptions struct {
	Options // its secrets and logger
	Filter  query.Filter
	Limit   int // the most events, 1 or more
}

// Found is how a search ended.
type Found struct {
	// Rows is how many events there were; More says that others match too.
	Rows int
	More bool
	// Incomplete is how many stored events cannot be read that may have matched.
	Incomplete int64
}

// Search looks for events in the folder of a stopped server and hands each out in its
// native JSON form, the newest first; the bytes are good until each returns. It opens
// the journal as a start would; the next start records who searched for what. An error
// of each ends it and is returned.
func Search(ctx context.Context, dataDir string, o SearchOptions, each func(native []byte) error) (found Found, err error) {
	f := folder{dataDir}
	_, j, err := f.open(ctx, &o.Options)
	if err != nil {
		return found, err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	logs, err := search.New(search.Options{Snapshot: j.Snapshot})
	if err != nil {
		return found, err
	}
	var native []byte
	for asked := o.Filter; ; {
		asked.Limit = min(query.MaxLimit, o.Limit-found.Rows)
		page, err := logs.Query(ctx, asked)
		if err != nil {
			return found, err
		}
		found.Incomplete = max(found.Incomplete, page.Incomplete)
		for i := range page.Items {
			native = page.Items[i].AppendJSONSeenFrom(native[:0], j.Origin())
			if err := each(native); err != nil {
				return found, err
			}
			found.Rows++
		}
		if found.More = page.Next != ""; !found.More || found.Rows >= o.Limit {
			break
		}
		asked.Cursor = page.Next
	}
	if o.Filter.Words() == "" { // looking at the newest events is not a search
		return found, nil
	}
	return found, f.queue(ctx, auth.DataAccess, &o.Filter, found.Rows, o.Logger)
}
