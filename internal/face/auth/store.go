// SPDX-License-Identifier: Apache-2.0

package auth

import (
	"context"
	"time"
)

// User is a person who can log in.
type User struct {
	ID           string
	Name         string
	PasswordHash string // PHC string
	Role         Role
	Created      time.Time
	Disabled     time.Time // zero = may log in
}

// Session is one login. It counts while it is neither revoked nor over.
type Session struct {
	ID        string
	User      User // filled by Store.Session; CreateSession reads only User.ID
	Created   time.Time
	Expires   time.Time
	Revoked   time.Time // zero = not revoked
	IP        string
	UserAgent string
}

// Token is an API token without its secret.
type Token struct {
	ID        string
	Name      string
	Scope     Scope
	Hash      [32]byte // SHA-256 of the whole secret
	Created   time.Time
	CreatedBy string
	Expires   time.Time // zero = never
	LastUsed  time.Time // zero = never used
	Revoked   time.Time // zero = not revoked
}

// Page asks for a part of a list: at most Limit items (at least 1) from Offset on,
// or those after the item that the opaque Cursor names.
type Page struct {
	Limit  int
	Offset int
	Cursor string
}

// UserStore keeps users. Names are unique and compared bytewise. A missing user is
// ErrNotFound.
type UserStore interface {
	HasUsers(ctx context.Context) (bool, error)
	UserByName(ctx context.Context, name string) (User, error)
	CreateUser(ctx context.Context, u User) error
}

// SessionStore keeps sessions. Session returns revoked and expired ones too (the
// caller judges), a missing one is ErrNotFound. RevokeSession of a revoked or
// missing session does nothing. CreateSession also drops sessions that expired
// before the new one's Created.
type SessionStore interface {
	CreateSession(ctx context.Context, s Session) error
	Session(ctx context.Context, id string) (Session, error)
	RevokeSession(ctx context.Context, id string, at time.Time) error
}

// TokenStore keeps API tokens. TokenByHash returns revoked and expired ones too, a
// missing one is ErrNotFound. Tokens lists those that are not revoked, newest first,
// with the cursor of the following page ("" on the last) and the number of all; a
// cursor that it did not make is ErrInvalid. RevokeToken returns the token, and
// ErrNotFound for one that is missing or already revoked.
type TokenStore interface {
	CreateToken(ctx context.Context, t Token) error
	TokenByHash(ctx context.Context, hash [32]byte) (Token, error)
	Tokens(ctx context.Context, p Page) (tokens []Token, next string, total int64, err error)
	RevokeToken(ctx context.Context, id string, at time.Time) (Token, error)
	TouchToken(ctx context.Context, id string, at time.Time) error
}

// Store is what Auth needs. Every method may be called concurrently, and is durable
// when it has returned nil.
type Store interface {
	UserStore
	SessionStore
	TokenStore
}
