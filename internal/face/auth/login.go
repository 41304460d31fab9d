// SPDX-License-Identifier: Apache-2.0

package auth

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tocsin-siem/tocsin/internal/core/secret"
)

const (
	issuer   = "tocsin"
	maxName  = 256
	maxPass  = 1024
	maxAgent = 512
	maxJWT   = 2048
)

// Login is the outcome of a successful login.
type Login struct {
	Token     string // the JWT
	Principal Principal
}

// Login checks name and password. ErrCredentials and *ThrottledError are refusals;
// both have been given to Audit as login_failed (and rate_limit_blocked besides,
// when it was throttled). A name or password that is too long is ErrCredentials.
func (a *Auth) Login(ctx context.Context, name string, password secret.Text, from Peer) (Login, error) {
	from.UserAgent = cut(from.UserAgent, maxAgent)
	account, peer := cut(name, maxName), network(from.IP)
	now := time.Now()
	if wait, ok := a.peers.take(peer, now); !ok {
		return Login{}, a.throttled(ctx, account, from, "address", wait)
	}
	here := account + "\x00" + peer
	if wait, ok := a.accounts.take(here, now); !ok {
		return Login{}, a.throttled(ctx, account, from, "account", wait)
	}
	known := a.accounts.good(here, now)
	if wait, ok := a.anywhere.take(account, now); !ok && !known {
		return Login{}, a.throttled(ctx, account, from, "everywhere", wait)
	}
	user, err := a.checkPassword(ctx, name, password.Reveal())
	switch {
	case errors.Is(err, errBusy):
		return Login{}, a.throttled(ctx, account, from, "busy", time.Second)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		// Hanging up while waiting must not hide an attempt.
		return Login{}, a.throttled(ctx, account, from, "aborted", time.Second)
	case errors.Is(err, ErrCredentials):
		a.audit(ctx, Activity{
			Category: LoginFailed, Time: now.UTC(), Failed: true,
			User: account, IP: from.IP, UserAgent: from.UserAgent, Reason: "credentials",
		})
		return Login{}, ErrCredentials
	case err != nil:
		return Login{}, fmt.Errorf("login: %w", err)
	}
	a.peers.giveBack(peer, now)
	a.accounts.giveBack(here, now)
	a.anywhere.giveBack(account, now)
	return a.open(ctx, user, from, now)
}

func (a *Auth) throttled(ctx context.Context, account string, from Peer, by string, wait time.Duration) error {
	did := Activity{
		Category: LoginFailed, Time: time.Now().UTC(), Failed: true,
		User: account, IP: from.IP, UserAgent: from.UserAgent, Reason: "throttled_" + by,
	}
	a.audit(ctx, did)
	did.Category = RateLimitBlocked
	a.audit(ctx, did)
	return &ThrottledError{By: by, RetryAfter: wait}
}

// checkPassword returns the user, or ErrCredentials after the same work whether the
// user is unknown, disabled or the password wrong.
func (a *Auth) checkPassword(ctx context.Context, name, password string) (User, error) {
	if len(name) > maxName || len(password) > maxPass {
		name, password = "", ""
	}
	user, err := a.opts.Store.UserByName(ctx, name)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return User{}, err
	}
	if err != nil || !user.Disabled.IsZero() {
		user.PasswordHash = ""
	}
	ok, err := a.hasher.check(ctx, user.PasswordHash, password)
	if err != nil {
		return User{}, err
	}
	if !ok {
		return User{}, ErrCredentials
	}
	return user, nil
}

func (a *Auth) open(ctx context.Context, user User, from Peer, now time.Time) (Login, error) {
	s := Session{
		ID: rand.Text(), User: user, Created: now.UTC(), Expires: now.Add(a.opts.SessionTTL).UTC().Truncate(time.Second),
		IP: from.IP, UserAgent: from.UserAgent,
	}
	if err := a.opts.Store.CreateSession(ctx, s); err != nil {
		return Login{}, fmt.Errorf("login: %w", err)
	}
	signed, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.RegisteredClaims{
		Issuer: issuer, Subject: user.Name, ID: s.ID,
		IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(s.Expires),
	}).SignedString(a.opts.Key)
	if err != nil {
		return Login{}, fmt.Errorf("login: sign: %w", err)
	}
	a.audit(ctx, Activity{
		Category: LoginSuccess, Time: s.Created, User: user.Name, IP: from.IP, UserAgent: from.UserAgent, Session: s.ID,
	})
	return Login{Token: signed, Principal: s.principal()}, nil
}

func (s Session) principal() Principal {
	return Principal{
		Kind: KindUser, ID: s.User.ID, Name: s.User.Name, Owner: s.User.Name, Role: string(s.User.Role), Session: s.ID, Expires: s.Expires,
	}
}

// session tells whose JWT it is: signed by us with HS256 and nothing else, not
// over, and its session still there.
func (a *Auth) session(ctx context.Context, signed string) (Principal, error) {
	if signed == "" || len(signed) > maxJWT {
		return Principal{}, ErrUnauthenticated
	}
	var claims jwt.RegisteredClaims
	_, err := jwt.ParseWithClaims(signed, &claims, func(*jwt.Token) (any, error) { return a.opts.Key, nil },
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithIssuer(issuer), jwt.WithExpirationRequired())
	if err != nil {
		return Principal{}, fmt.Errorf("%w: %w", ErrUnauthenticated, err)
	}
	s, err := a.opts.Store.Session(ctx, claims.ID)
	if errors.Is(err, ErrNotFound) {
		return Principal{}, ErrUnauthenticated
	}
	if err != nil {
		return Principal{}, fmt.Errorf("session: %w", err)
	}
	if !s.Revoked.IsZero() || !s.User.Disabled.IsZero() || !time.Now().Before(s.Expires) {
		return Principal{}, ErrUnauthenticated
	}
	return s.principal(), nil
}

// Logout revokes the caller's session; the JWT and the cookie end together. For an
// API token it does nothing.
func (a *Auth) Logout(ctx context.Context, p Principal, from Peer) error {
	if p.Kind != KindUser {
		return nil
	}
	now := time.Now().UTC()
	if err := a.opts.Store.RevokeSession(ctx, p.Session, now); err != nil {
		return fmt.Errorf("logout: %w", err)
	}
	a.audit(ctx, Activity{
		Category: Logout, Time: now, User: p.Name, IP: from.IP, UserAgent: cut(from.UserAgent, maxAgent), Session: p.Session,
	})
	return nil
}

// EnsureAdmin creates the user admin when there are no users yet. With an empty
// password it makes one up; the password that holds is returned when the user was
// created, and is empty otherwise.
func (a *Auth) EnsureAdmin(ctx context.Context, password secret.Text) (secret.Text, error) {
	has, err := a.opts.Store.HasUsers(ctx)
	if err != nil || has {
		return secret.Text{}, err
	}
	if password.IsZero() {
		password = secret.New(rand.Text())
	}
	if len(password.Reveal()) > maxPass {
		return secret.Text{}, fmt.Errorf("%w: password is longer than %d bytes", ErrInvalid, maxPass)
	}
	phc, err := a.hasher.hash(ctx, password.Reveal())
	if err != nil {
		return secret.Text{}, fmt.Errorf("create admin: %w", err)
	}
	now := time.Now().UTC()
	u := User{ID: rand.Text(), Name: "admin", PasswordHash: phc, Role: Admin, Created: now}
	if err := a.opts.Store.CreateUser(ctx, u); err != nil {
		return secret.Text{}, fmt.Errorf("create admin: %w", err)
	}
	a.audit(ctx, Activity{Category: AccountCreated, Time: now, User: u.Name, Name: u.Name, Scope: string(u.Role)})
	return password, nil
}

// cut bounds a text from outside at a byte count without splitting a character.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "")
}
