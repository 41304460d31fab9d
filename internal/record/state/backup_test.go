// SPDX-License-Identifier: Apache-2.0

package state

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/tocsin-siem/tocsin/internal/face/auth"
)

// queued reads the queued activities of a database.
func queued(t *testing.T, path string) (names []string) {
	t.Helper()
	db, err := sql.Open("sqlite", location(path, ""))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), "SELECT activity ->> 'name' FROM pending_audit ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return names
}

// TestCopyIsOfOneMoment copies while somebody writes: what was there before is in
// the copy, and nothing with a gap.
func TestCopyIsOfOneMoment(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openState(t, dir)
	var writing sync.WaitGroup
	ctx, stop := context.WithCancel(t.Context())
	begun := make(chan struct{})
	writing.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			if err := s.QueueActivity(context.WithoutCancel(ctx), auth.Activity{Name: strconv.Itoa(i)}); err != nil {
				t.Errorf("write beside the copy: %v", err)
			}
			if i == 20 {
				close(begun)
			}
		}
	})
	<-begun
	for i := range 5 {
		path := filepath.Join(t.TempDir(), "copy "+strconv.Itoa(i)+"?.db")
		if err := Copy(t.Context(), dir, path); err != nil {
			t.Fatal(err)
		}
		if err := Check(t.Context(), path); err != nil {
			t.Fatal(err)
		}
		names := queued(t, path)
		if len(names) < 20 {
			t.Errorf("%d activities in the copy", len(names))
		}
		for i, name := range names {
			if name != strconv.Itoa(i) {
				t.Fatalf("activity %d is %s", i, name)
			}
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("mode %v, %v", info.Mode(), err)
		}
		if err := Copy(t.Context(), dir, path); !errors.Is(err, fs.ErrExist) {
			t.Errorf("over a file: %v", err)
		}
	}
	stop()
	writing.Wait()
	if err := Copy(t.Context(), t.TempDir(), filepath.Join(t.TempDir(), "x")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("of nothing: %v", err)
	}
}

func TestCheckRefusesDamage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openState(t, dir)
	for i := range 2000 {
		if err := s.QueueActivity(t.Context(), auth.Activity{Name: strconv.Itoa(i)}); err != nil {
			t.Fatal(err)
		}
	}
	good := filepath.Join(t.TempDir(), "good")
	if err := Copy(t.Context(), dir, good); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	try := func(what string, change func(path string), want error) {
		t.Helper()
		path := filepath.Join(t.TempDir(), "bad")
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		change(path)
		if err := Check(t.Context(), path); !errors.Is(err, want) {
			t.Errorf("%s: %v", what, err)
		}
	}
	try("unchanged", func(string) {}, nil)
	try("cut off", func(path string) { _ = os.Truncate(path, int64(len(raw)/2)) }, ErrDamaged)
	try("other bytes", func(path string) {
		_ = os.WriteFile(path, []byte("no database at all, but long enough to look at"), 0o600)
	}, ErrDamaged)
	try("a page of zeros", func(path string) {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err == nil {
			_, err = f.WriteAt(make([]byte, 4096), int64(len(raw)-3*4096))
			err = errors.Join(err, f.Close())
		}
		if err != nil {
			t.Error(err)
		}
	}, ErrDamaged)
	try("of a newer program", func(path string) {
		db, err := sql.Open("sqlite", location(path, ""))
		if err == nil {
			_, err = db.ExecContext(t.Context(), "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)")
			err = errors.Join(err, db.Close())
		}
		if err != nil {
			t.Error(err)
		}
	}, ErrNewerSchema)
}

// TestLeaveBringsNothingForward: a command of a newer program beside an older server
// leaves its schema alone.
func TestLeaveBringsNothingForward(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openState(t, dir)
	version := func() (n int64) {
		t.Helper()
		if err := s.read.QueryRowContext(t.Context(), "SELECT max(version_id) FROM goose_db_version").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if err := s.exec(t.Context(), "DELETE FROM goose_db_version WHERE version_id > 1"); err != nil {
		t.Fatal(err)
	}
	before := version()
	if err := Leave(t.Context(), dir, auth.Activity{Name: "backup"}); err != nil {
		t.Fatal(err)
	}
	if names := queued(t, filepath.Join(dir, fileName)); len(names) != 1 || version() != before {
		t.Errorf("queued %v, version %d, before %d", names, version(), before)
	}
	if err := Leave(t.Context(), t.TempDir(), auth.Activity{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without a database: %v", err)
	}
}

func TestEndSessions(t *testing.T) {
	t.Parallel()
	s := openState(t, t.TempDir())
	for _, q := range []string{
		"INSERT INTO users VALUES ('u', 'ana', 'x', 'admin', 1, NULL)",
		"INSERT INTO sessions VALUES ('a', 'u', 1, 9, NULL, '', ''), ('b', 'u', 1, 9, 5, '', '')",
	} {
		if err := s.exec(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.EndSessions(t.Context(), time.Unix(0, 7)); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]int64{"a": 7, "b": 5} {
		var at int64
		if err := s.read.QueryRowContext(t.Context(), "SELECT revoked_at FROM sessions WHERE id = ?", id).Scan(&at); err != nil || at != want {
			t.Errorf("session %s ended at %d, want %d: %v", id, at, want, err)
		}
	}
}
