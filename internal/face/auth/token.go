// SPDX-License-Identifier: Apache-2.0

package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/secret"
)

const (
	tokenPrefix  = "tocsin_"
	maxToken     = 128
	maxTokenName = 100
	touchEvery   = time.Minute
)

// IssueToken makes an API token: `tocsin_`, the first letter of the scope, and 130
// random bits. The secret is returned here and nowhere else; the store keeps its
// hash. An impossible name, scope or expiry is ErrInvalid and names the field.
func (a *Auth) IssueToken(ctx context.Context, name string, scope Scope, expires time.Time, by string, from Peer) (Token, secret.Text, error) {
	now := time.Now().UTC()
	switch {
	case strings.TrimSpace(name) == "" || len(name) > maxTokenName:
		return Token{}, secret.Text{}, fmt.Errorf("%w: name: 1 to %d bytes are needed", ErrInvalid, maxTokenName)
	case granted(KindToken, string(scope)) == nil:
		return Token{}, secret.Text{}, fmt.Errorf("%w: scope: must be one of ingest, read, manage", ErrInvalid)
	case !expires.IsZero() && !expires.After(now):
		return Token{}, secret.Text{}, fmt.Errorf("%w: expires_at: lies in the past", ErrInvalid)
	}
	plain := tokenPrefix + string(scope[0]) + "_" + rand.Text()
	t := Token{
		ID: rand.Text(), Name: name, Scope: scope, Hash: sha256.Sum256([]byte(plain)),
		Created: now, CreatedBy: by, Expires: expires.UTC(),
	}
	if expires.IsZero() {
		t.Expires = time.Time{}
	}
	if err := a.opts.Store.CreateToken(ctx, t); err != nil {
		return Token{}, secret.Text{}, fmt.Errorf("create token: %w", err)
	}
	a.tokenActivity(ctx, TokenIssued, t, by, from)
	return t, secret.New(plain), nil
}

// RevokeToken ends a token: at once in this process, within Options.TokenCache in
// another. ErrNotFound when there is no such token or it was revoked before.
func (a *Auth) RevokeToken(ctx context.Context, id, by string, from Peer) error {
	t, err := a.opts.Store.RevokeToken(ctx, id, time.Now().UTC())
	if err != nil {
		return fmt.Errorf("revoke token: %w", err)
	}
	a.cache.forget(t.Hash)
	a.tokenActivity(ctx, TokenRevoked, t, by, from)
	return nil
}

func (a *Auth) tokenActivity(ctx context.Context, category string, t Token, by string, from Peer) {
	a.audit(ctx, Activity{
		Category: category, Time: time.Now().UTC(), User: by, IP: from.IP, UserAgent: cut(from.UserAgent, maxAgent),
		Token: t.ID, Name: t.Name, Scope: string(t.Scope),
	})
}

// Tokens lists the tokens that are not revoked, newest first.
func (a *Auth) Tokens(ctx context.Context, p Page) (tokens []Token, next string, total int64, err error) {
	return a.opts.Store.Tokens(ctx, p)
}

// token tells whose API token it is. A token that was verified a moment ago costs a
// hash and a map lookup, no read of the store; an unknown one is looked up each
// time, so that a token of another process works at once.
func (a *Auth) token(ctx context.Context, plain string) (Principal, error) {
	if len(plain) > maxToken {
		return Principal{}, ErrUnauthenticated
	}
	hash := sha256.Sum256([]byte(plain))
	now := time.Now()
	p, known, since := a.cache.find(hash, now)
	if known {
		if !p.Expires.IsZero() && !now.Before(p.Expires) {
			return Principal{}, ErrUnauthenticated
		}
		return p, nil
	}
	t, err := a.opts.Store.TokenByHash(ctx, hash)
	if errors.Is(err, ErrNotFound) {
		return Principal{}, ErrUnauthenticated
	}
	if err != nil {
		return Principal{}, fmt.Errorf("token: %w", err)
	}
	if subtle.ConstantTimeCompare(t.Hash[:], hash[:]) != 1 || !t.Revoked.IsZero() || (!t.Expires.IsZero() && !now.Before(t.Expires)) {
		return Principal{}, ErrUnauthenticated
	}
	if now.Sub(t.LastUsed) >= touchEvery {
		if err := a.opts.Store.TouchToken(ctx, t.ID, now.UTC()); err != nil { // the caller is who they are all the same
			a.opts.Logger.WarnContext(ctx, "last use of a token not kept", "token", t.ID, "error", err)
		}
	}
	p = Principal{Kind: KindToken, ID: t.ID, Name: t.Name, Owner: t.CreatedBy, Role: string(t.Scope), Expires: t.Expires}
	a.cache.keep(hash, p, now, since)
	return p, nil
}
