// SPDX-License-Identifier: Apache-2.0

package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// ErrDamaged means that the database's file is not as SQLite left it. The journal
// is not touched by that.
var ErrDamaged = errors.New("the state database is damaged")

// advice is what to do about ErrDamaged.
const advice = "put the folder's files back from a backup, or move them away: then users, API tokens and the work on alerts begin anew, " +
	"and anomalies and alerts are found again from the journal"

// maxCheckBytes is the largest file that is looked through at each opening; it
// takes about a second.
const maxCheckBytes = 256 << 20

// checkWhole looks through the database's pages and says what is wrong with them.
func checkWhole(ctx context.Context, path string, db *sql.DB) error {
	if info, err := os.Stat(path); err != nil || info.Size() > maxCheckBytes {
		return err
	}
	var verdict string
	err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict)
	switch {
	case err != nil:
		return damaged(err)
	case verdict != "ok":
		return fmt.Errorf("%w: %s; %s", ErrDamaged, strings.Join(strings.Fields(verdict), " "), advice)
	default:
		return nil
	}
}

// damaged turns SQLite's errors about a damaged file into ErrDamaged.
func damaged(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) || errors.Is(err, ErrDamaged) {
		return err
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("%w: %w; %s", ErrDamaged, err, advice)
	default:
		return err
	}
}
