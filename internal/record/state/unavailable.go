// SPDX-License-Identifier: Apache-2.0

package state

import (
	"context"
	"errors"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// unavailableError is a failed write for which the machine is the cause, not the
// call: a full disk, a disk error, another process that holds the database. The
// same call may succeed later.
type unavailableError struct{ err error }

// Error says what happened.
func (e *unavailableError) Error() string { return e.err.Error() }

// Unwrap returns the cause.
func (e *unavailableError) Unwrap() error { return e.err }

// Unavailable tells callers that know no more of this package that the same call
// may succeed later.
func (e *unavailableError) Unavailable() bool { return true }

// unavailable marks an error of SQLite's that passes (https://sqlite.org/rescode.html).
func unavailable(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code() & 0xff { // the rest of an extended code is detail
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY:
		return &unavailableError{err}
	default:
		return err
	}
}

// exec runs one statement that writes.
func (s *State) exec(ctx context.Context, query string, args ...any) error {
	_, err := s.write.ExecContext(ctx, query, args...)
	return unavailable(err)
}
