// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strconv"
	"time"

	"github.com/tocsin-siem/tocsin/internal/face/api"
	"github.com/tocsin-siem/tocsin/internal/face/auth"
	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
	"github.com/tocsin-siem/tocsin/internal/record/query"
	"github.com/tocsin-siem/tocsin/internal/record/search"
	"github.com/tocsin-siem/tocsin/internal/record/state"
)

// How many entries one bundle has.
const (
	DefaultBundle = api.DefaultBundle
	MaxBundle     = api.MaxBundle
)

// ExportOptions say what is exported of a data folder.
type ExportOptions struct {
	Options  // its secrets and logger
	Filter   query.Filter
	Complete bool
	// Origin is the journal that the bundle is of, where the entries may be of more
	// than one; "" otherwise.
	Origin string
	Limit  int // 1 to MaxBundle
}

// Exported is what an export had to leave out, and what it is checked with.
type Exported struct {
	// Incomplete is how many stored events cannot be read that may have matched.
	Incomplete int64
	// Keys are the folder's own public keys of checkpoints, and those of its archives.
	Keys []string
}

// Export writes an evidence bundle out of a folder whose server is stopped. It opens
// the journal as a start would, and seals what is open; the next start records who
// exported what. After an error w holds nothing that counts as whole.
func Export(ctx context.Context, dataDir string, o ExportOptions, w io.Writer) (out Exported, err error) {
	f := folder{dataDir}
	keys, j, err := f.open(ctx, &o.Options)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	out.Keys = checkpointKeys(keys)
	for _, a := range archiveKeys(j, o.archived) {
		old := api.JournalKeys{Origin: a.Origin, Keys: a.Keys}
		out.Keys = append(out.Keys, old.Trusted("")...)
	}
	running := newFloor(context.WithoutCancel(ctx))
	running.run("journal", j.Run)
	defer func() { err = errors.Join(err, running.end()) }()
	logs, err := search.New(search.Options{Snapshot: j.Snapshot})
	if err != nil {
		return out, err
	}
	chosen, err := api.Choose(ctx, logs, o.Filter, o.Origin, o.Limit, o.Complete)
	if err != nil {
		return out, err
	}
	out.Incomplete = chosen.Incomplete
	if err := f.queue(ctx, auth.DataExport, o.Filter.Words(), chosen.Count, o.Logger); err != nil {
		return out, err
	}
	return out, j.WriteBundle(ctx, w, chosen.BundleRequest)
}

// open opens the journal of a stopped server's folder as a start would.
func (f folder) open(ctx context.Context, o *Options) (keys *keyring.Ring, j *journal.Journal, err error) {
	if err := f.usable(); err != nil {
		return nil, nil, err
	}
	if !journal.Exists(f.journal()) {
		return nil, nil, fmt.Errorf("%s holds no journal", f.dir)
	}
	if keys, err = keyring.Open(o.keyring(f)); err != nil {
		return nil, nil, err
	}
	j, err = journal.Open(ctx, journal.Options{Dir: f.journal(), Keys: keys, Archived: o.archived, Logger: o.Logger})
	if errors.Is(err, journal.ErrLocked) {
		return nil, nil, fmt.Errorf("%w; ask it with --url, or stop it", err)
	}
	if err != nil {
		return nil, nil, err
	}
	if _, err = f.meetMark(j); err == nil {
		err = keys.Current()
	}
	if err != nil {
		return nil, nil, errors.Join(err, j.Close())
	}
	return keys, j, nil
}

// queue leaves an audit event of what was asked for for the next start of the server.
// A copy of a journal without its state has nobody to tell.
func (f folder) queue(ctx context.Context, category, asked string, count int, logger *slog.Logger) (err error) {
	if _, err := os.Stat(f.state()); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	db, err := state.Open(ctx, f.state(), logger)
	if err != nil {
		return fmt.Errorf("open state: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return db.QueueActivity(ctx, auth.Activity{
		Category: category, Time: time.Now(), User: operator(), Name: asked, Scope: strconv.Itoa(count),
	})
}
