// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/tocsin-siem/tocsin/internal/face/app"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
	"github.com/tocsin-siem/tocsin/internal/record/query"
)

type exportCommand struct {
	origin
	Proof    bool      `xor:"form" help:"Export as an evidence bundle, which verify --key checks with the public key alone."`
	Parquet  string    `xor:"form" help:"Export as one Apache Parquet file, a new one, for DuckDB, pandas, Spark and the like." placeholder:"FILE"`
	Complete bool      `help:"Prove too that nothing is left out between --from and --to: everything then is in the bundle, whether it matches or not."`
	From     time.Time `help:"Events of this time and later (RFC 3339)." placeholder:"TIME"`
	To       time.Time `help:"Events before this time (RFC 3339)." placeholder:"TIME"`
	Origin   string    `help:"The journal that the bundle is of, by its name: after a restore the events may be of more than one, and a bundle has one." placeholder:"NAME"`
	Limit    *int      `help:"The most entries. Where there are more, no bundle is written (10000 without, at most 100000), and a Parquet file has the newest and says so (100000 without, at most 1000000)." placeholder:"N"`
	Key      []string  `help:"The journal's public key, or a file with such keys, that the bundle is checked with (default: what the server or the folder says)." sep:"none" placeholder:"PUB"`
	Out      string    `short:"o" help:"The file for the bundle, a new one." placeholder:"BUNDLE"`

	Query []string `arg:"" optional:"" help:"For a bundle words, \"phrases\" and field:value pairs of source, category, severity, user and ip, which all must hold; for Parquet a hunt without stages (docs/search.md). Everything without."`
}

var errExport = errors.New("the bundle does not prove what it holds, and is not kept")

// Run writes one of the two forms.
func (c *exportCommand) Run(ctx context.Context, env *Env) error {
	switch {
	case c.Parquet != "":
		return c.parquet(ctx, env)
	case c.Proof:
		return c.bundle(ctx, env)
	default:
		return &exitError{ExitUsage, errors.New("want --proof or --parquet FILE")}
	}
}

// limit is the one that was given, or the one without.
func (c *exportCommand) limit(without int) int {
	if c.Limit == nil {
		return without
	}
	return *c.Limit
}

// bundle writes an evidence bundle. It is checked as a stranger would check it before it
// appears under its name.
func (c *exportCommand) bundle(ctx context.Context, env *Env) error {
	f, err := wordsFilter(c.Query, c.From, c.To)
	limit := c.limit(app.DefaultBundle)
	switch {
	case err != nil:
		return &exitError{ExitUsage, err}
	case c.Out == "":
		return &exitError{ExitUsage, errors.New("--out: want the file for the bundle")}
	case limit < 1 || limit > app.MaxBundle:
		return &exitError{ExitUsage, fmt.Errorf("--limit: want 1 to %d", app.MaxBundle)}
	}
	if err := c.choose(env); err != nil {
		return err
	}
	trusted, err := publicKeys(c.Key)
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	var report proof.BundleReport
	err = writeNew(c.Out, func(w *newFile) error {
		own, err := c.fill(ctx, env, &f, limit, w)
		if err != nil {
			return err
		}
		if len(trusted) == 0 {
			trusted = own
		}
		if _, err := w.Seek(0, io.SeekStart); err != nil {
			return err
		}
		if report, err = proof.CheckBundle(w, trusted, proof.BundleOptions{}); err != nil {
			return err
		}
		if !report.OK() {
			return errors.Join(printBundle(env.Stderr, &report, nil), &exitError{ExitInvalid, errExport})
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	return printBundle(env.Stdout, &report, nil)
}

// fill writes the bundle, and returns the keys that it is to be checked with as its
// origin tells them.
func (c *exportCommand) fill(ctx context.Context, env *Env, f *query.Filter, limit int, w io.Writer) (keys []string, err error) {
	var missing int64
	if c.Data != "" {
		out, err := app.Export(ctx, c.Data, app.ExportOptions{
			Options: env.offline(nil), Filter: *f, Complete: c.Complete, Origin: c.Origin, Limit: limit,
		}, w)
		if err != nil {
			return nil, err
		}
		keys, missing = out.Keys, out.Incomplete
	} else if keys, missing, err = c.download(ctx, f, limit, w); err != nil {
		return nil, err
	}
	if missing > 0 {
		_, _ = fmt.Fprintf(env.Stderr, "tocsin: %d stored events cannot be read; some of them may have belonged here\n", missing)
	}
	return keys, nil
}

// download takes the bundle from a server.
func (c *exportCommand) download(ctx context.Context, f *query.Filter, limit int, w io.Writer) (keys []string, missing int64, err error) {
	raw, err := c.read(ctx, "/api/siem/journal/keys")
	if err != nil {
		return nil, 0, err
	}
	type signing struct {
		Keys []struct{ Key, Purpose string }
	}
	var known struct {
		signing
		Archives []signing
	}
	if err := json.Unmarshal(raw, &known); err != nil {
		return nil, 0, fmt.Errorf("keys of the server: %w", err)
	}
	for _, s := range append(known.Archives, known.signing) {
		for _, k := range s.Keys {
			if k.Purpose == proof.PurposeCheckpoint {
				keys = append(keys, k.Key)
			}
		}
	}
	params := f.Values()
	params.Set("limit", strconv.Itoa(limit))
	if c.Origin != "" {
		params.Set("origin", c.Origin)
	}
	if c.Complete {
		params.Set("complete", "true")
	}
	body, header, err := c.open(ctx, "/api/siem/journal/bundle", params)
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = body.Close() }()
	if n, err := strconv.ParseInt(header.Get("Tocsin-Incomplete"), 10, 64); err == nil {
		missing = n
	}
	if _, err := io.Copy(w, body); err != nil {
		return nil, 0, fmt.Errorf("the transfer broke off: %w", err)
	}
	return keys, missing, nil
}
