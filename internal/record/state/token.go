// SPDX-License-Identifier: Apache-2.0

package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/tocsin-siem/tocsin/internal/face/auth"
)

const tokenColumns = "id, name, scope, hash, created_at, created_by, expires_at, last_used_at, revoked_at" //nolint:gosec // names of columns

func scanToken(row interface{ Scan(dest ...any) error }) (auth.Token, error) {
	var t auth.Token
	var hash []byte
	var created int64
	var expires, used, revoked sql.NullInt64
	if err := row.Scan(&t.ID, &t.Name, &t.Scope, &hash, &created, &t.CreatedBy, &expires, &used, &revoked); err != nil {
		return auth.Token{}, err
	}
	if copy(t.Hash[:], hash) != len(t.Hash) {
		return auth.Token{}, fmt.Errorf("token %s: hash of %d bytes", t.ID, len(hash))
	}
	t.Created, t.Expires, t.LastUsed, t.Revoked = time.Unix(0, created).UTC(), moment(expires), moment(used), moment(revoked)
	return t, nil
}

// CreateToken implements auth.TokenStore.
func (s *State) CreateToken(ctx context.Context, t auth.Token) error {
	err := s.exec(ctx, "INSERT INTO tokens ("+tokenColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
		t.ID, t.Name, string(t.Scope), t.Hash[:], t.Created.UnixNano(), t.CreatedBy, nanos(t.Expires), nanos(t.LastUsed), nanos(t.Revoked))
	if err != nil {
		return fmt.Errorf("create token: %w", err)
	}
	return nil
}

// TokenByHash implements auth.TokenStore.
func (s *State) TokenByHash(ctx context.Context, hash [32]byte) (auth.Token, error) {
	t, err := scanToken(s.read.QueryRowContext(ctx, "SELECT "+tokenColumns+" FROM tokens WHERE hash = ?", hash[:]))
	if errors.Is(err, sql.ErrNoRows) {
		return auth.Token{}, auth.ErrNotFound
	}
	if err != nil {
		return auth.Token{}, fmt.Errorf("token: %w", err)
	}
	return t, nil
}

// Tokens implements auth.TokenStore.
func (s *State) Tokens(ctx context.Context, p auth.Page) (tokens []auth.Token, next string, total int64, err error) {
	created, id := int64(math.MaxInt64), ""
	if p.Cursor != "" {
		if created, id, err = parseTokenCursor(p.Cursor); err != nil {
			return nil, "", 0, err
		}
	}
	if err := s.read.QueryRowContext(ctx, "SELECT count(*) FROM tokens WHERE revoked_at IS NULL").Scan(&total); err != nil {
		return nil, "", 0, fmt.Errorf("tokens: %w", err)
	}
	rows, err := s.read.QueryContext(ctx, "SELECT "+tokenColumns+` FROM tokens
		WHERE revoked_at IS NULL AND (created_at, id) < (?, ?) ORDER BY created_at DESC, id DESC LIMIT ? OFFSET ?`,
		created, id, p.Limit+1, p.Offset)
	if err != nil {
		return nil, "", 0, fmt.Errorf("tokens: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		t, err := scanToken(rows)
		if err != nil {
			return nil, "", 0, fmt.Errorf("tokens: %w", err)
		}
		tokens = append(tokens, t)
	}
	if err := rows.Err(); err != nil {
		return nil, "", 0, fmt.Errorf("tokens: %w", err)
	}
	if len(tokens) > p.Limit {
		tokens = tokens[:p.Limit]
		last := tokens[p.Limit-1]
		next = strconv.FormatInt(last.Created.UnixNano(), 36) + "." + last.ID
	}
	return tokens, next, total, nil
}

// parseTokenCursor reads the time and id of the last token of the page before.
func parseTokenCursor(cursor string) (created int64, id string, err error) {
	head, id, ok := strings.Cut(cursor, ".")
	created, err = strconv.ParseInt(head, 36, 64)
	if !ok || err != nil || id == "" {
		return 0, "", fmt.Errorf("%w: cursor: not one of this list", auth.ErrInvalid)
	}
	return created, id, nil
}

// RevokeToken implements auth.TokenStore.
func (s *State) RevokeToken(ctx context.Context, id string, at time.Time) (auth.Token, error) {
	t, err := scanToken(s.write.QueryRowContext(ctx,
		"UPDATE tokens SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL RETURNING "+tokenColumns, at.UnixNano(), id))
	if errors.Is(err, sql.ErrNoRows) {
		return auth.Token{}, auth.ErrNotFound
	}
	if err != nil {
		return auth.Token{}, fmt.Errorf("revoke token: %w", unavailable(err))
	}
	return t, nil
}

// TouchToken implements auth.TokenStore.
func (s *State) TouchToken(ctx context.Context, id string, at time.Time) error {
	if err := s.exec(ctx, "UPDATE tokens SET last_used_at = ? WHERE id = ?", at.UnixNano(), id); err != nil {
		return fmt.Errorf("touch token: %w", err)
	}
	return nil
}
