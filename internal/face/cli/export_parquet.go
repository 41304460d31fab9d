// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/face/app"
	"github.com/tocsin-siem/tocsin/internal/record/query"
)

// defaultParquet is how many events a Parquet file has when nothing is said; maxFound is
// the most.
const defaultParquet = 100_000

var errBrokenOff = errors.New("the transfer broke off")

// parquet writes a Parquet file.
func (c *exportCommand) parquet(ctx context.Context, env *Env) error {
	h, err := query.Parse(strings.Join(c.Query, " "))
	if err != nil {
		return &exitError{ExitUsage, err}
	}
	o := app.SearchOptions{Hunt: h, Limit: c.limit(defaultParquet)}
	if o.From, o.To, err = timeBounds(c.From, c.To); err != nil {
		return &exitError{ExitUsage, err}
	}
	switch {
	case o.Limit < 1 || o.Limit > maxFound:
		return &exitError{ExitUsage, fmt.Errorf("--limit: want 1 to %d", maxFound)}
	case len(h.Stages) > 0:
		return &exitError{ExitUsage, errors.New("a hunt with stages makes rows that are no events; search --format csv exports these")}
	case c.Complete || c.Origin != "" || len(c.Key) > 0 || c.Out != "":
		return &exitError{ExitUsage, errors.New("--complete, --origin, --key and --out go with --proof")}
	}
	if err := c.choose(env); err != nil {
		return err
	}
	var found app.Found
	err = writeNew(c.Parquet, func(w *newFile) (err error) {
		if c.Data != "" {
			o.Options = env.offline(nil)
			found, err = app.ExportParquet(ctx, c.Data, o, w)
			return err
		}
		found, err = c.downloadParquet(ctx, &o, w)
		return err
	})
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	if found.More {
		_, _ = fmt.Fprintf(env.Stderr, "tocsin: these are the newest %d; more events match (--limit)\n", found.Rows)
	}
	if found.Incomplete > 0 {
		_, _ = fmt.Fprintf(env.Stderr, "tocsin: %d stored events cannot be read; some of them may have belonged here\n", found.Incomplete)
	}
	_, err = fmt.Fprintf(env.Stdout, "%d events in %s\n", found.Rows, c.Parquet)
	return err
}

// downloadParquet takes the file from a server. It is whole when the answer's trailers
// came, and it ends as such a file does.
func (c *exportCommand) downloadParquet(ctx context.Context, o *app.SearchOptions, w *newFile) (found app.Found, err error) {
	params := url.Values{"format": {"parquet"}, "hunt": {o.Hunt.Text}, "limit": {strconv.Itoa(o.Limit)}}
	for name, at := range map[string]int64{"from": o.From, "to": o.To} {
		if at != 0 {
			params.Set(name, event.FormatTime(at))
		}
	}
	resp, err := c.get(ctx, "/api/siem/export", params)
	if err != nil {
		return found, err
	}
	defer func() { _ = resp.Body.Close() }()
	size, err := io.Copy(w, resp.Body)
	if err != nil {
		return found, fmt.Errorf("%w: %w", errBrokenOff, err)
	}
	if found.Rows, err = strconv.Atoi(resp.Trailer.Get("Tocsin-Rows")); err != nil {
		return found, fmt.Errorf("%w: it does not say how many events there are", errBrokenOff)
	}
	found.More = resp.Trailer.Get("Tocsin-Next") != ""
	found.Incomplete = max(missing(resp.Header), missing(resp.Trailer))
	const magic = "PAR1"
	end := make([]byte, len(magic))
	if _, err := w.ReadAt(end, max(size-int64(len(magic)), 0)); err != nil || string(end) != magic {
		return found, errors.New("what the server sent is no Parquet file")
	}
	return found, nil
}
