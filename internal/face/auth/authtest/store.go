// SPDX-License-Identifier: Apache-2.0

// Package authtest has a Store in memory and the tests that every auth.Store must
// pass.
package authtest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/tocsin-siem/tocsin/internal/face/auth"
)

// Store keeps everything in memory. The zero value is ready; Reads counts
// TokenByHash.
type Store struct {
	mu       sync.Mutex
	users    []auth.User
	sessions map[string]auth.Session
	tokens   []auth.Token
	Reads    int
}

// HasUsers implements auth.UserStore.
func (s *Store) HasUsers(context.Context) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.users) > 0, nil
}

// UserByName implements auth.UserStore.
func (s *Store) UserByName(_ context.Context, name string) (auth.User, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, u := range s.users {
		if u.Name == name {
			return u, nil
		}
	}
	return auth.User{}, auth.ErrNotFound
}

// CreateUser implements auth.UserStore.
func (s *Store) CreateUser(ctx context.Context, u auth.User) error {
	if _, err := s.UserByName(ctx, u.Name); err == nil {
		return fmt.Errorf("user %s exists", u.Name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users = append(s.users, u)
	return nil
}

// CreateSession implements auth.SessionStore.
func (s *Store) CreateSession(_ context.Context, n auth.Session) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sessions == nil {
		s.sessions = map[string]auth.Session{}
	}
	for id, old := range s.sessions {
		if old.Expires.Before(n.Created) {
			delete(s.sessions, id)
		}
	}
	s.sessions[n.ID] = n
	return nil
}

// Session implements auth.SessionStore.
func (s *Store) Session(_ context.Context, id string) (auth.Session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.sessions[id]
	if !ok {
		return auth.Session{}, auth.ErrNotFound
	}
	for _, u := range s.users {
		if u.ID == found.User.ID {
			found.User = u
		}
	}
	return found, nil
}

// RevokeSession implements auth.SessionStore.
func (s *Store) RevokeSession(_ context.Context, id string, at time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if found, ok := s.sessions[id]; ok && found.Revoked.IsZero() {
		found.Revoked = at
		s.sessions[id] = found
	}
	return nil
}

// CreateToken implements auth.TokenStore.
func (s *Store) CreateToken(_ context.Context, t auth.Token) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens = append(s.tokens, t)
	return nil
}

// TokenByHash implements auth.TokenStore.
func (s *Store) TokenByHash(_ context.Context, hash [32]byte) (auth.Token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Reads++
	for _, t := range s.tokens {
		if t.Hash == hash {
			return t, nil
		}
	}
	return auth.Token{}, auth.ErrNotFound
}

// Tokens implements auth.TokenStore.
func (s *Store) Tokens(_ context.Context, p auth.Page) (tokens []auth.Token, next string, total int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.tokens {
		if t.Revoked.IsZero() {
			tokens = append(tokens, t)
		}
	}
	slices.SortFunc(tokens, func(a, b auth.Token) int {
		return cmp.Or(b.Created.Compare(a.Created), cmp.Compare(b.ID, a.ID))
	})
	total = int64(len(tokens))
	from := p.Offset
	if p.Cursor != "" {
		after, err := strconv.Atoi(p.Cursor)
		if err != nil || after < 0 {
			return nil, "", 0, fmt.Errorf("%w: cursor: not one of this list", auth.ErrInvalid)
		}
		from += after
	}
	tokens = tokens[min(from, len(tokens)):]
	if len(tokens) > p.Limit {
		tokens, next = tokens[:p.Limit], strconv.Itoa(from+p.Limit)
	}
	return tokens, next, total, nil
}

// RevokeToken implements auth.TokenStore.
func (s *Store) RevokeToken(_ context.Context, id string, at time.Time) (auth.Token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.tokens {
		if t := &s.tokens[i]; t.ID == id && t.Revoked.IsZero() {
			t.Revoked = at
			return *t, nil
		}
	}
	return auth.Token{}, auth.ErrNotFound
}

// TouchToken implements auth.TokenStore.
func (s *Store) TouchToken(_ context.Context, id string, at time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.tokens {
		if s.tokens[i].ID == id {
			s.tokens[i].LastUsed = at
		}
	}
	return nil
}

var _ auth.Store = (*Store)(nil)
