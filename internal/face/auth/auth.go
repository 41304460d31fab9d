// SPDX-License-Identifier: Apache-2.0

// Package auth says who is calling and what they may do: users with passwords,
// sessions, API tokens, and the one table of permissions.
//
//	password ─► Login ─► session in the Store ─► JWT that names it ─┐
//	API token, made by IssueToken, kept as its SHA-256 ─────────────┴► Authenticate ─► Principal.May
//
// Guarantees:
//   - A JWT is worth nothing by itself: each use looks its session up, so that a
//     revoked session, a disabled user or a lost database ends it at once.
//   - Passwords are argon2id; an unknown user costs the same work as a wrong
//     password; few hashes run at a time, so that a flood of logins cannot take
//     the memory.
//   - Logins are limited by address and by account, in bounded memory.
//   - Each login, refused login, logout and change of a token is given to Audit.
//
// Concurrency: all methods of Auth may be called at the same time.
package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"
)

// Defaults and bounds of Options.
const (
	DefaultSessionTTL = 12 * time.Hour
	DefaultTokenCache = 5 * time.Second
	minKey            = 32
)

// Errors that callers act on.
var (
	// ErrUnauthenticated: no valid token or session; answer 401.
	ErrUnauthenticated = errors.New("no valid token or session")
	// ErrCredentials: unknown user or wrong password; answer 401 and do not say which.
	ErrCredentials = errors.New("wrong user name or password")
	// ErrNotFound: the store has no such thing.
	ErrNotFound = errors.New("not found")
	// ErrInvalid: a name, scope or time that cannot be; the text names the field.
	ErrInvalid = errors.New("invalid")
)

// Options are what Auth works with.
type Options struct {
	// Store keeps users, sessions and tokens.
	Store Store
	// Key signs JWTs (HMAC-SHA256), at least 32 random bytes that no one else knows.
	Key []byte
	// Audit is told of each activity, in the caller's goroutine, before the answer
	// goes out, with a context that is not cancelled when the caller hangs up: it
	// bounds its own time. It must not call back into Auth.
	Audit func(ctx context.Context, a Activity)
	// Logger gets what cannot be returned.
	Logger *slog.Logger
	// SessionTTL is how long a login lasts; 0 = DefaultSessionTTL.
	SessionTTL time.Duration
	// TokenCache is how long a verified API token is believed without asking the
	// store, which is also how long one that another process revoked still works;
	// 0 = DefaultTokenCache.
	TokenCache time.Duration
	// Throttle limits logins; zero fields get their defaults.
	Throttle Throttle
}

// Auth answers who is calling. Make one with New.
type Auth struct {
	opts     Options
	hasher   *hasher
	cache    *tokenCache
	accounts *buckets // by account at an address
	peers    *buckets // by address
	anywhere *buckets // by account
}

// New checks the options and builds; nothing is started.
func New(opts Options) (*Auth, error) {
	switch {
	case opts.Store == nil || opts.Audit == nil || opts.Logger == nil:
		return nil, errors.New("auth: store, audit and logger are needed")
	case len(opts.Key) < minKey:
		return nil, fmt.Errorf("auth: the key has %d bytes, at least %d are needed", len(opts.Key), minKey)
	}
	if opts.SessionTTL <= 0 {
		opts.SessionTTL = DefaultSessionTTL
	}
	if opts.TokenCache <= 0 {
		opts.TokenCache = DefaultTokenCache
	}
	opts.Throttle = opts.Throttle.withDefaults()
	h, err := newHasher()
	if err != nil {
		return nil, err
	}
	return &Auth{
		opts:     opts,
		hasher:   h,
		cache:    newTokenCache(opts.TokenCache),
		accounts: newBuckets(opts.Throttle.AccountBurst, opts.Throttle.AccountEvery),
		peers:    newBuckets(opts.Throttle.AddressBurst, opts.Throttle.AddressEvery),
		anywhere: newBuckets(opts.Throttle.EverywhereBurst, opts.Throttle.EverywhereEvery),
	}, nil
}

// Authenticate tells who a bearer token belongs to, be it an API token or the JWT
// of a login. Anything else is ErrUnauthenticated; other errors are the store's.
func (a *Auth) Authenticate(ctx context.Context, bearer string) (Principal, error) {
	if strings.HasPrefix(bearer, tokenPrefix) {
		return a.token(ctx, bearer)
	}
	return a.session(ctx, bearer)
}
