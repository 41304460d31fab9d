// SPDX-License-Identifier: Apache-2.0

package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pressly/goose/v3"

	"github.com/tocsin-siem/tocsin/internal/face/auth"
)

// Copy writes the database of dir, as it is at one moment, to the file path, which
// must not be there; other processes may be writing it meanwhile. Schema and content
// stay what they are. The file is durable when it returns, and there is none after an
// error. fs.ErrNotExist when dir holds no database.
func Copy(ctx context.Context, dir, path string) (err error) {
	from := filepath.Join(dir, fileName)
	if _, err := os.Stat(from); err != nil {
		return fmt.Errorf("copy state: %w", err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("copy state: %s: %w", path, fs.ErrExist)
	}
	db, err := sql.Open("sqlite", location(from, fmt.Sprintf("mode=ro&_pragma=busy_timeout(%d)", busyTimeout.Milliseconds())))
	if err != nil {
		return fmt.Errorf("copy state: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	defer func() {
		if err != nil {
			_ = os.Remove(path)
		}
	}()
	if _, err = db.ExecContext(ctx, "VACUUM INTO ?", path); err != nil {
		return fmt.Errorf("copy state: %w", damaged(unavailable(err)))
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("copy state: %w", err)
	}
	if err = errors.Join(f.Chmod(0o600), f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("copy state: %w", err)
	}
	return nil
}

// Check looks through the database file of a backup. ErrDamaged when it is not whole,
// ErrNewerSchema when this program could not open it.
func Check(ctx context.Context, path string) (err error) {
	db, err := sql.Open("sqlite", location(path, "mode=ro&immutable=1"))
	if err != nil {
		return fmt.Errorf("check state: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var verdict string
	if err := db.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&verdict); err != nil {
		return fmt.Errorf("check state: %w", damaged(err))
	}
	if verdict != "ok" {
		return fmt.Errorf("check state: %w: %s", ErrDamaged, strings.Join(strings.Fields(verdict), " "))
	}
	var current int64
	if err := db.QueryRowContext(ctx, "SELECT coalesce(max(version_id), 0) FROM "+goose.DefaultTablename).Scan(&current); err != nil {
		return fmt.Errorf("check state: schema version: %w", damaged(err))
	}
	_, known, err := schema(db)
	if err != nil {
		return err
	}
	if current > known {
		return fmt.Errorf("check state: %w: its schema is version %d, this program knows versions up to %d", ErrNewerSchema, current, known)
	}
	return nil
}

// EndSessions revokes every session, as after a restore: whoever was logged in when
// the backup was made logs in again.
func (s *State) EndSessions(ctx context.Context, at time.Time) error {
	if err := s.exec(ctx, "UPDATE sessions SET revoked_at = ? WHERE revoked_at IS NULL", at.UnixNano()); err != nil {
		return fmt.Errorf("end sessions: %w", err)
	}
	return nil
}

// Leave queues an activity in the database of dir, as QueueActivity does, and changes
// nothing else of it: a schema that is older than the program's stays so.
func Leave(ctx context.Context, dir string, did auth.Activity) (err error) {
	path := filepath.Join(dir, fileName)
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("queue activity: %w", err)
	}
	db, err := sql.Open("sqlite", source(path, "_txlock=immediate"))
	if err != nil {
		return fmt.Errorf("queue activity: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	return (&State{write: db}).QueueActivity(ctx, did)
}

// location names a database file with parameters.
func location(path, query string) string {
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: query}).String()
}
