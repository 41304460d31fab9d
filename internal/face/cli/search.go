// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/sheet"
	"github.com/tocsin-siem/tocsin/internal/face/app"
	"github.com/tocsin-siem/tocsin/internal/record/query"
)

const (
	// maxFound is the most events of one search, maxRows the most rows of a table.
	maxFound = 1_000_000
	maxRows  = 10_000
)

type searchCommand struct {
	origin
	From   time.Time `help:"Events of this time and later (RFC 3339)." placeholder:"TIME"`
	To     time.Time `help:"Events before this time (RFC 3339)." placeholder:"TIME"`
	Limit  int       `help:"The most events, the newest; or the most rows of a table." default:"100"`
	Format string    `help:"table for people, json for one event or row in each line, csv for a spreadsheet." enum:"table,json,csv" default:"table"`
	Fields string    `help:"The columns of csv, separated by commas (default: those of relational audit logs); not for tables, which say their own." placeholder:"NAME,…"`

	Query []string `arg:"" optional:"" help:"A hunt (docs/search.md): words, \"phrases\", field=value and the like, then stages behind pipes, best in single quotes. Everything without."`
}

// Run finds events and prints them, the newest first, or the table that is made of them.
func (c *searchCommand) Run(ctx context.Context, env *Env) error {
	h, err := query.Parse(strings.Join(c.Query, " "))
	if err != nil {
		return &exitError{ExitUsage, err}
	}
	o := app.SearchOptions{Hunt: h, Limit: c.Limit}
	if o.From, o.To, err = timeBounds(c.From, c.To); err != nil {
		return &exitError{ExitUsage, err}
	}
	most := maxFound
	if len(h.Stages) > 0 {
		most = maxRows
	}
	switch {
	case c.Limit < 1 || c.Limit > most:
		return &exitError{ExitUsage, fmt.Errorf("--limit: want 1 to %d", most)}
	case c.Fields != "" && c.Format != "csv":
		return &exitError{ExitUsage, errors.New("--fields goes with --format csv")}
	case c.Fields != "" && len(h.Stages) > 0:
		return &exitError{ExitUsage, errors.New("--fields goes without stages; | table names columns")}
	}
	columns, err := sheet.ParseColumns(c.Fields)
	if err != nil {
		return &exitError{ExitUsage, fmt.Errorf("--fields: %w", err)}
	}
	if err := c.choose(env); err != nil {
		return err
	}
	out := &foundRows{env: env, format: c.Format, events: newRows(env, c.Format, columns)}
	var found app.Found
	if c.Data != "" {
		o.Options = env.offline(nil)
		found, err = app.Search(ctx, c.Data, o, out.events.event)
	} else {
		found, err = c.hunt(ctx, &o, out)
	}
	if err = out.end(found.Table, len(h.Stages) > 0, err); err != nil {
		return fmt.Errorf("search: %w", err)
	}
	switch {
	case found.More && len(h.Stages) > 0:
		_, _ = fmt.Fprintf(env.Stderr, "tocsin: these are the first %d rows; there are more (--limit)\n", found.Rows)
	case found.More:
		_, _ = fmt.Fprintf(env.Stderr, "tocsin: these are the newest %d; more events match (--limit)\n", found.Rows)
	}
	if found.Incomplete > 0 {
		_, _ = fmt.Fprintf(env.Stderr, "tocsin: %d stored events cannot be read; some of them may have belonged here\n", found.Incomplete)
	}
	return nil
}

// timeBounds are times in nanoseconds, 0 for none.
func timeBounds(from, to time.Time) (begin, end int64, err error) {
	f, err := wordsFilter(nil, from, to)
	return f.From, f.To, err
}

// wordsFilter is what words and times ask for.
func wordsFilter(words []string, from, to time.Time) (query.Filter, error) {
	f, err := query.ParseWords(strings.Join(words, " "))
	if err != nil {
		return f, err
	}
	bounds := url.Values{}
	for name, t := range map[string]time.Time{"from": from, "to": to} {
		if !t.IsZero() {
			bounds.Set(name, t.Format(time.RFC3339Nano))
		}
	}
	b, err := query.ParseFilter(bounds)
	if err != nil {
		return f, err
	}
	f.From, f.To = b.From, b.To
	return f, f.Validate()
}
