// SPDX-License-Identifier: Apache-2.0

package authtest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/face/auth"
)

// TestStore runs the tests of auth.Store; open returns a new empty store.
func TestStore(t *testing.T, open func(t *testing.T) auth.Store) {
	t.Helper()
	t.Run("users", func(t *testing.T) { testUsers(t, open(t)) })
	t.Run("sessions", func(t *testing.T) { testSessions(t, open(t)) })
	t.Run("tokens", func(t *testing.T) { testTokens(t, open(t)) })
	t.Run("pages", func(t *testing.T) { testPages(t, open(t)) })
}

func at(minute int) time.Time {
	return time.Date(2026, 11, 20, 10, minute, 0, 123456789, time.UTC)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func testUsers(t *testing.T, s auth.Store) {
	has, err := s.HasUsers(t.Context())
	if must(t, err); has {
		t.Error("a new store has users")
	}
	want := auth.User{ID: "u1", Name: "ana", PasswordHash: "$argon2id$…", Role: auth.Analyst, Created: at(0), Disabled: at(1)}
	must(t, s.CreateUser(t.Context(), want))
	got, err := s.UserByName(t.Context(), "ana")
	must(t, err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("user (-want +got):\n%s", diff)
	}
	if _, err := s.UserByName(t.Context(), "Ana"); !errors.Is(err, auth.ErrNotFound) {
		t.Errorf("unknown user: %v, want ErrNotFound", err)
	}
	if err := s.CreateUser(t.Context(), auth.User{ID: "u2", Name: "ana", Role: auth.Viewer, Created: at(2)}); err == nil {
		t.Error("two users of one name")
	}
	if has, err = s.HasUsers(t.Context()); err != nil || !has {
		t.Errorf("HasUsers = %v, %v after CreateUser", has, err)
	}
}

func testSessions(t *testing.T, s auth.Store) {
	u := auth.User{ID: "u1", Name: "ana", PasswordHash: "x", Role: auth.Viewer, Created: at(0)}
	must(t, s.CreateUser(t.Context(), u))
	want := auth.Session{ID: "s1", User: u, Created: at(1), Expires: at(5), IP: "192.0.2.1", UserAgent: "test"}
	must(t, s.CreateSession(t.Context(), want))
	got, err := s.Session(t.Context(), "s1")
	must(t, err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("session (-want +got):\n%s", diff)
	}
	must(t, s.RevokeSession(t.Context(), "s1", at(2)))
	must(t, s.RevokeSession(t.Context(), "s1", at(3)))
	must(t, s.RevokeSession(t.Context(), "nobody's", at(3)))
	got, err = s.Session(t.Context(), "s1")
	if must(t, err); !got.Revoked.Equal(at(2)) {
		t.Errorf("revoked at %v, want the first time %v", got.Revoked, at(2))
	}
	must(t, s.CreateSession(t.Context(), auth.Session{ID: "s2", User: u, Created: at(6), Expires: at(9)}))
	if _, err := s.Session(t.Context(), "s1"); !errors.Is(err, auth.ErrNotFound) {
		t.Errorf("an expired session outlived the next login: %v", err)
	}
}

func testTokens(t *testing.T, s auth.Store) {
	want := auth.Token{
		ID: "t1", Name: "shop", Scope: auth.ScopeIngest, Hash: [32]byte{1, 2, 31: 9}, Created: at(0), CreatedBy: "admin", Expires: at(50),
	}
	must(t, s.CreateToken(t.Context(), want))
	must(t, s.TouchToken(t.Context(), "t1", at(1)))
	want.LastUsed = at(1)
	got, err := s.TokenByHash(t.Context(), want.Hash)
	must(t, err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("token (-want +got):\n%s", diff)
	}
	if _, err := s.TokenByHash(t.Context(), [32]byte{1, 2}); !errors.Is(err, auth.ErrNotFound) {
		t.Errorf("unknown hash: %v, want ErrNotFound", err)
	}
	want.Revoked = at(2)
	got, err = s.RevokeToken(t.Context(), "t1", at(2))
	must(t, err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("revoked token (-want +got):\n%s", diff)
	}
	for _, id := range []string{"t1", "t2"} {
		if _, err := s.RevokeToken(t.Context(), id, at(3)); !errors.Is(err, auth.ErrNotFound) {
			t.Errorf("RevokeToken(%s) = %v, want ErrNotFound", id, err)
		}
	}
	if got, err = s.TokenByHash(t.Context(), want.Hash); err != nil || !got.Revoked.Equal(at(2)) {
		t.Errorf("TokenByHash of a revoked token = %+v, %v", got, err)
	}
}

func testPages(t *testing.T, s auth.Store) {
	for i := range 7 { // pairs share a time, so that the id decides
		must(t, s.CreateToken(t.Context(), auth.Token{
			ID: fmt.Sprint("t", i), Name: "n", Scope: auth.ScopeRead, Hash: [32]byte{byte(i + 1)}, Created: at(i / 2), CreatedBy: "admin",
		}))
	}
	if _, err := s.RevokeToken(t.Context(), "t3", at(9)); err != nil {
		t.Fatal(err)
	}
	var ids []string
	page := auth.Page{Limit: 4}
	for range 3 {
		tokens, next, total, err := s.Tokens(t.Context(), page)
		if must(t, err); total != 6 {
			t.Errorf("total = %d, want 6", total)
		}
		for _, token := range tokens {
			ids = append(ids, token.ID)
		}
		if page.Cursor = next; next == "" {
			break
		}
	}
	if diff := cmp.Diff([]string{"t6", "t5", "t4", "t2", "t1", "t0"}, ids); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
	tokens, next, _, err := s.Tokens(t.Context(), auth.Page{Limit: 2, Offset: 4})
	if must(t, err); len(tokens) != 2 || tokens[0].ID != "t1" || next != "" {
		t.Errorf("offset 4 = %v, next %q", tokens, next)
	}
	for _, cursor := range []string{"x", ".", "1!", "-1", "zz"} {
		if _, _, _, err := s.Tokens(t.Context(), auth.Page{Limit: 2, Cursor: cursor}); !errors.Is(err, auth.ErrInvalid) {
			t.Errorf("cursor %q: %v, want ErrInvalid", cursor, err)
		}
	}
}
