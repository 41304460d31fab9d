// SPDX-License-Identifier: Apache-2.0

// Package state keeps what people did and what must be found again without
// reading the journal: users, sessions, tokens, anomalies, alerts and cursors, in
// one SQLite file. It implements the Store interfaces that other packages declare.
//
//	auth, alert, detect declare a Store → state implements it → app joins them
//
// Guarantees: a method that returned nil is durable (synchronous=FULL); a change
// of several rows is one transaction; the schema is versioned, brought forward at
// Open and never read when it is newer than the program; an error that has the
// method Unavailable is the machine's and passes. Other processes may use
// the file at the same time (the CLI beside a server): SQLite's locks and a busy
// timeout order them.
//
// Concurrency: all methods may be called at the same time. Writes go through one
// connection, one after another; reads have a pool of their own and never wait for
// a write (WAL).
package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the database/sql driver "sqlite"
)

const (
	fileName    = "state.db"
	busyTimeout = 10 * time.Second
	readers     = 4
)

// State is the open database. Make one with Open.
type State struct {
	write  *sql.DB // one connection: SQLite has one writer
	read   *sql.DB
	logger *slog.Logger
	close  func() error
}

// Open opens or creates the database in dir, which is created (mode 0700) when it
// is missing, and brings its schema forward. A schema newer than the program's is
// refused with an error that is ErrNewerSchema, a damaged file with ErrDamaged;
// nothing is changed then.
func Open(ctx context.Context, dir string, logger *slog.Logger) (*State, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open state: %w", err)
	}
	path := filepath.Join(dir, fileName)
	// SQLite would create the file with the process's umask; its companions
	// (-wal, -shm) take over the mode of the main file.
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open state: %w", err)
	}
	if err := f.Close(); err != nil {
		return nil, fmt.Errorf("open state: %w", err)
	}
	write, err := sql.Open("sqlite", source(path, "_txlock=immediate"))
	if err != nil {
		return nil, fmt.Errorf("open state %s: %w", path, err)
	}
	write.SetMaxOpenConns(1)
	if err = checkWhole(ctx, path, write); err == nil {
		err = damaged(migrate(ctx, dir, write, logger))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open state %s: %w", path, err), write.Close())
	}
	read, err := sql.Open("sqlite", source(path, "_pragma=query_only(1)"))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open state %s: %w", path, err), write.Close())
	}
	read.SetMaxOpenConns(readers)
	read.SetMaxIdleConns(readers)
	s := &State{write: write, read: read, logger: logger}
	s.close = sync.OnceValue(func() error { return errors.Join(read.Close(), write.Close()) })
	return s, nil
}

// Close ends both pools. It may be called more than once.
func (s *State) Close() error { return s.close() }

func source(path, extra string) string {
	q := fmt.Sprintf("_pragma=busy_timeout(%d)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_pragma=secure_delete(1)&%s",
		busyTimeout.Milliseconds(), extra)
	return location(path, q)
}

// inTx runs do in one write transaction: all of it is kept, or nothing.
func (s *State) inTx(ctx context.Context, do func(tx *sql.Tx) error) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", unavailable(err))
	}
	if err := do(tx); err != nil {
		if rollback := tx.Rollback(); rollback != nil && !errors.Is(rollback, sql.ErrTxDone) {
			return errors.Join(unavailable(err), fmt.Errorf("roll back: %w", rollback))
		}
		return unavailable(interrupted(ctx, err))
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", unavailable(interrupted(ctx, err)))
	}
	return nil
}

// interrupted says of an error that it came with the end of the context. The
// database may only say that its transaction or a statement of it is gone.
func interrupted(ctx context.Context, err error) error {
	if end := ctx.Err(); end != nil && !errors.Is(err, end) {
		return fmt.Errorf("%w: %w", end, err)
	}
	return err
}

// nanos turns an optional time into a column value.
func nanos(t time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: t.UnixNano(), Valid: !t.IsZero()}
}

// moment turns a column value back into a time in UTC, the zero time for NULL.
func moment(n sql.NullInt64) time.Time {
	if !n.Valid {
		return time.Time{}
	}
	return time.Unix(0, n.Int64).UTC()
}
