// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"fmt"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// statementAttr has a signed key statement, in an entry of categoryKey.
const statementAttr = "key.statement"

// upkeepLoop records the key statements that are new, and merges small files now
// and then.
func (j *Journal) upkeepLoop(ctx context.Context) {
	if err := j.noteStatements(ctx); err != nil && ctx.Err() == nil {
		j.log.WarnContext(ctx, "key statements are not recorded; the next start tries again", "error", err)
	}
	tick := time.NewTicker(j.opts.MergeEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		n, err := j.Merge(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			j.log.WarnContext(ctx, "segments not merged", "error", err)
		case n > 0:
			j.log.DebugContext(ctx, "segments merged", "files", n)
		}
	}
}

// noteStatements records the key statements that are not in the journal yet.
func (j *Journal) noteStatements(ctx context.Context) error {
	statements := j.opts.Keys.Statements()
	if len(statements) == 0 {
		return nil
	}
	noted, err := j.notedStatements(ctx)
	if err != nil {
		return err
	}
	var events []*event.Event
	for _, s := range statements {
		if !noted[string(s)] {
			events = append(events, ownEvent(categoryKey, "a key takes the place of another",
				event.Attr{Key: statementAttr, Value: event.Text(string(s))}))
		}
	}
	if len(events) == 0 {
		return nil
	}
	return j.note(ctx, events...)
}

// notedStatements are the key statements in the journal.
func (j *Journal) notedStatements(ctx context.Context) (map[string]bool, error) {
	readers, release, err := j.snapshot(ctx, func(stream string) bool { return stream == SystemStream })
	if err != nil {
		return nil, err
	}
	defer release()
	noted := map[string]bool{}
	var e event.Event
	for _, r := range readers {
		rows := segment.NewRows(r)
		for row := range r.Rows() {
			if err := rows.Event(row, &e); err != nil {
				return nil, fmt.Errorf("look for key statements: %w", err)
			}
			if v, ok := e.Attr(statementAttr); ok && e.Category == categoryKey {
				noted[v.Text] = true
			}
		}
	}
	return noted, nil
}
