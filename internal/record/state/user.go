// SPDX-License-Identifier: Apache-2.0

package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/tocsin-siem/tocsin/internal/face/auth"
)

// HasUsers implements auth.UserStore.
func (s *State) HasUsers(ctx context.Context) (bool, error) {
	var has bool
	if err := s.read.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM users)").Scan(&has); err != nil {
		return false, fmt.Errorf("users: %w", err)
	}
	return has, nil
}

// UserByName implements auth.UserStore.
func (s *State) UserByName(ctx context.Context, name string) (auth.User, error) {
	u := auth.User{Name: name}
	var created int64
	var disabled sql.NullInt64
	err := s.read.QueryRowContext(ctx, "SELECT id, password_hash, role, created_at, disabled_at FROM users WHERE name = ?", name).
		Scan(&u.ID, &u.PasswordHash, &u.Role, &created, &disabled)
	if errors.Is(err, sql.ErrNoRows) {
		return auth.User{}, auth.ErrNotFound
	}
	if err != nil {
		return auth.User{}, fmt.Errorf("user: %w", err)
	}
	u.Created, u.Disabled = time.Unix(0, created).UTC(), moment(disabled)
	return u, nil
}

// CreateUser implements auth.UserStore.
func (s *State) CreateUser(ctx context.Context, u auth.User) error {
	err := s.exec(ctx, "INSERT INTO users (id, name, password_hash, role, created_at, disabled_at) VALUES (?, ?, ?, ?, ?, ?)",
		u.ID, u.Name, u.PasswordHash, string(u.Role), u.Created.UnixNano(), nanos(u.Disabled))
	if err != nil {
		return fmt.Errorf("create user: %w", err)
	}
	return nil
}

// CreateSession implements auth.SessionStore.
func (s *State) CreateSession(ctx context.Context, n auth.Session) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM sessions WHERE expires_at < ?", n.Created.UnixNano()); err != nil {
			return fmt.Errorf("drop old sessions: %w", err)
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO sessions (id, user_id, created_at, expires_at, ip, user_agent) VALUES (?, ?, ?, ?, ?, ?)",
			n.ID, n.User.ID, n.Created.UnixNano(), n.Expires.UnixNano(), n.IP, n.UserAgent)
		if err != nil {
			return fmt.Errorf("create session: %w", err)
		}
		return nil
	})
}

// Session implements auth.SessionStore.
func (s *State) Session(ctx context.Context, id string) (auth.Session, error) {
	found := auth.Session{ID: id}
	var created, expires, userCreated int64
	var revoked, disabled sql.NullInt64
	err := s.read.QueryRowContext(ctx, `
		SELECT s.created_at, s.expires_at, s.revoked_at, s.ip, s.user_agent,
		       u.id, u.name, u.password_hash, u.role, u.created_at, u.disabled_at
		FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = ?`, id).
		Scan(&created, &expires, &revoked, &found.IP, &found.UserAgent,
			&found.User.ID, &found.User.Name, &found.User.PasswordHash, &found.User.Role, &userCreated, &disabled)
	if errors.Is(err, sql.ErrNoRows) {
		return auth.Session{}, auth.ErrNotFound
	}
	if err != nil {
		return auth.Session{}, fmt.Errorf("session: %w", err)
	}
	found.Created, found.Expires, found.Revoked = time.Unix(0, created).UTC(), time.Unix(0, expires).UTC(), moment(revoked)
	found.User.Created, found.User.Disabled = time.Unix(0, userCreated).UTC(), moment(disabled)
	return found, nil
}

// RevokeSession implements auth.SessionStore.
func (s *State) RevokeSession(ctx context.Context, id string, at time.Time) error {
	err := s.exec(ctx, "UPDATE sessions SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL", at.UnixNano(), id)
	if err != nil {
		return fmt.Errorf("revoke session: %w", err)
	}
	return nil
}

var _ auth.Store = (*State)(nil)
