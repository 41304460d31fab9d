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

// maxFound is the most events of one search.
const maxFound = 1_000_000

type searchCommand struct {
	origin
	From   time.Time `help:"Events of this time and later (RFC 3339)." placeholder:"TIME"`
	To     time.Time `help:"Events before this time (RFC 3339)." placeholder:"TIME"`
	Limit  int       `help:"The most events, the newest." default:"100"`
	Format string    `help:"table for people, json for one event in each line with all its fields, csv for a spreadsheet." enum:"table,json,csv" default:"table"`
	Fields string    `help:"The columns of csv, separated by commas (default: those of relational audit logs)." placeholder:"NAME,…"`

	Query []string `arg:"" optional:"" help:"Words, \"phrases\" and field:value pairs of source, category, severity, user and ip; all must hold. Everything without."`
}

// Run finds events and prints them, the newest first.
func (c *searchCommand) Run(ctx context.Context, env *Env) error {
	f, err := wordsFilter(c.Query, c.From, c.To)
	if err != nil {
		return &exitError{ExitUsage, err}
	}
	if c.Limit < 1 || c.Limit > maxFound {
		return &exitError{ExitUsage, fmt.Errorf("--limit: want 1 to %d", maxFound)}
	}
	if c.Fields != "" && c.Format != "csv" {
		return &exitError{ExitUsage, errors.New("--fields goes with --format csv")}
	}
	columns, err := sheet.ParseColumns(c.Fields)
	if err != nil {
		return &exitError{ExitUsage, fmt.Errorf("--fields: %w", err)}
	}
	if err := c.choose(env); err != nil {
		return err
	}
	out := newRows(env, c.Format, columns)
	var found app.Found
	if c.Data != "" {
		found, err = app.Search(ctx, c.Data, app.SearchOptions{Options: env.offline(nil), Filter: f, Limit: c.Limit}, out.event)
	} else {
		found, err = c.list(ctx, &f, c.Limit, out.event)
	}
	if err = errors.Join(err, out.end(err == nil)); err != nil {
		return fmt.Errorf("search: %w", err)
	}
	if found.More {
		_, _ = fmt.Fprintf(env.Stderr, "tocsin: these are the newest %d; more events match (--limit)\n", found.Rows)
	}
	if found.Incomplete > 0 {
		_, _ = fmt.Fprintf(env.Stderr, "tocsin: %d stored events cannot be read; some of them may have belonged here\n", found.Incomplete)
	}
	return nil
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
