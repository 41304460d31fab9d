// SPDX-License-Identifier: Apache-2.0

package state

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// ErrNewerSchema means that a newer Tocsin has used the database: this one must
// not touch it.
var ErrNewerSchema = errors.New("the state database was written by a newer Tocsin")

// migrate brings the schema forward under a lock, so that two processes that open
// a new folder together do not run the same migration twice.
func migrate(ctx context.Context, dir string, db *sql.DB, logger *slog.Logger) error {
	unlock, err := lockSchema(dir)
	if err != nil {
		return err
	}
	defer unlock()
	provider, known, err := schema(db)
	if err != nil {
		return err
	}
	current, err := provider.GetDBVersion(ctx)
	if err != nil {
		return fmt.Errorf("schema version: %w", interrupted(ctx, err))
	}
	if current > known {
		return fmt.Errorf("%w: its schema is version %d, this program knows versions up to %d; start the newer Tocsin, or restore a backup", ErrNewerSchema, current, known)
	}
	applied, err := provider.Up(ctx)
	if err != nil {
		return fmt.Errorf("migrate schema from version %d: %w", current, interrupted(ctx, err))
	}
	if len(applied) > 0 {
		logger.InfoContext(ctx, "state schema brought forward", "from_version", current, "to_version", known)
	}
	return nil
}

// schema is what brings a database forward, and the version to which it does.
func schema(db *sql.DB) (provider *goose.Provider, known int64, err error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, 0, fmt.Errorf("migrations: %w", err)
	}
	if provider, err = goose.NewProvider(goose.DialectSQLite3, db, files); err != nil {
		return nil, 0, fmt.Errorf("migrations: %w", err)
	}
	for _, source := range provider.ListSources() {
		known = max(known, source.Version)
	}
	return provider, known, nil
}

// lockSchema takes an advisory lock on a file beside the database and waits for it.
func lockSchema(dir string) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(dir, "state.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("schema lock: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(fmt.Errorf("schema lock: %w", err), f.Close())
	}
	return func() { _ = f.Close() }, nil // closing gives up the lock
}
