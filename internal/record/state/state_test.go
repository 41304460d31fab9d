// SPDX-License-Identifier: Apache-2.0

package state

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func openState(t *testing.T, dir string) *State {
	t.Helper()
	s, err := Open(t.Context(), dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestOpenIsPrivateDurableAndRepeatable(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a b%3f#c", "state")
	s := openState(t, dir)
	info, err := os.Stat(filepath.Join(dir, fileName))
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != 0o600 {
		t.Errorf("mode of the database = %o, want 600", got)
	}
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "10000"} {
		var got string
		if err := s.write.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
			t.Errorf("PRAGMA %s = %q (%v), want %q", pragma, got, err, want)
		}
	}
	if _, err := s.read.ExecContext(t.Context(), "DELETE FROM users"); err == nil {
		t.Error("the readers' pool can write")
	}
	again := openState(t, dir)
	if err := again.Close(); err != nil {
		t.Error(err)
	}
	if err := again.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
}

func TestOpenRefusesANewerSchemaAndLeavesItAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openState(t, dir)
	if _, err := s.write.ExecContext(t.Context(), "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)"); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), dir, slog.New(slog.DiscardHandler))
	if !errors.Is(err, ErrNewerSchema) || !strings.Contains(err.Error(), "9999") {
		t.Fatalf("Open = %v, want ErrNewerSchema with the version", err)
	}
	var n int
	if err := s.read.QueryRowContext(t.Context(), "SELECT count(*) FROM users").Scan(&n); err != nil {
		t.Errorf("the tables were touched: %v", err)
	}
}

func TestOpenRefusesWhatIsNoDatabase(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, fileName), []byte(strings.Repeat("not a database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), dir, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), fileName) {
		t.Errorf("Open = %v, want an error that names the file", err)
	}
}

func TestManyOpenersOfANewFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			s, err := Open(t.Context(), dir, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Errorf("Open: %v", err)
				return
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestInTxIsAllOrNothing(t *testing.T) {
	t.Parallel()
	s := openState(t, t.TempDir())
	failure := errors.New("stop")
	err := s.inTx(t.Context(), func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(t.Context(), `INSERT INTO pending_audit (activity) VALUES ('{}')`); err != nil {
			t.Error(err)
		}
		return failure
	})
	if !errors.Is(err, failure) {
		t.Errorf("inTx = %v, want %v", err, failure)
	}
	var n int
	if err := s.read.QueryRowContext(t.Context(), "SELECT count(*) FROM pending_audit").Scan(&n); err != nil || n != 0 {
		t.Errorf("rows after a failed transaction = %d (%v), want 0", n, err)
	}
}

func TestAnEndedContextIsTheReason(t *testing.T) {
	t.Parallel()
	s := openState(t, t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	err := s.inTx(ctx, func(*sql.Tx) error {
		cancel()
		return errors.New("sql: statement is closed")
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if err := s.inTx(t.Context(), func(*sql.Tx) error { return errors.New("another") }); errors.Is(err, context.Canceled) || err == nil {
		t.Errorf("%v", err)
	}
}
