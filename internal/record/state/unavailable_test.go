// SPDX-License-Identifier: Apache-2.0

package state

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-siem/tocsin/internal/face/auth"
)

// TestFullDiskPasses fills the database to its last page: writes fail with an
// error that says that it passes, reads go on, and with room writes do too.
func TestFullDiskPasses(t *testing.T) {
	t.Parallel()
	s := openState(t, t.TempDir())
	user := auth.User{ID: "u1", Name: "admin", PasswordHash: "x", Role: auth.Admin, Created: time.Unix(1, 0)}
	if err := s.CreateUser(t.Context(), user); err != nil {
		t.Fatal(err)
	}
	if _, err := s.write.ExecContext(t.Context(), "PRAGMA max_page_count = 1"); err != nil { // SQLite takes the size that it has
		t.Fatal(err)
	}
	var full error
	for i := 0; i < 10_000 && full == nil; i++ {
		full = s.QueueActivity(t.Context(), auth.Activity{Category: "x", User: strings.Repeat("y", 1000)})
	}
	var passes interface{ Unavailable() bool }
	if !errors.As(full, &passes) || !passes.Unavailable() {
		t.Fatalf("on a full disk: %v, want an error that passes", full)
	}
	session := auth.Session{ID: "s1", User: user, Created: time.Unix(2, 0), Expires: time.Unix(3, 0), UserAgent: strings.Repeat("z", 8000)}
	if err := s.CreateSession(t.Context(), session); !errors.As(err, &passes) {
		t.Errorf("a transaction on a full disk: %v, want an error that passes", err)
	}
	if got, err := s.UserByName(t.Context(), "admin"); err != nil || got.ID != "u1" {
		t.Errorf("reading on a full disk: %+v, %v", got, err)
	}
	if _, err := s.write.ExecContext(t.Context(), "PRAGMA max_page_count = 100000"); err != nil {
		t.Fatal(err)
	}
	if err := s.CreateSession(t.Context(), session); err != nil {
		t.Errorf("with room again: %v", err)
	}
	err := s.CreateUser(t.Context(), user)
	if err == nil || errors.As(err, &passes) {
		t.Errorf("the same user again: %v, want an error that does not pass", err)
	}
}
