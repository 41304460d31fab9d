// SPDX-License-Identifier: Apache-2.0

package auth_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tocsin-siem/tocsin/internal/core/secret"
	"github.com/tocsin-siem/tocsin/internal/face/auth"
	"github.com/tocsin-siem/tocsin/internal/face/auth/authtest"
)

const password = "correct horse battery"

var peer = auth.Peer{IP: "192.0.2.10", UserAgent: "test/1"}

func key() []byte { return []byte("0123456789abcdef0123456789abcdef") }

// house is an Auth with a user and what it recorded.
type house struct {
	*auth.Auth
	store *authtest.Store
	mu    sync.Mutex
	did   []auth.Activity
}

func (h *house) record(_ context.Context, a auth.Activity) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.did = append(h.did, a)
}

// count tells how many activities of a category were recorded.
func (h *house) count(category string) (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, a := range h.did {
		if a.Category == category {
			n++
		}
	}
	return n
}

func open(t *testing.T, change func(*auth.Options)) *house {
	t.Helper()
	h := &house{store: &authtest.Store{}}
	opts := auth.Options{Store: h.store, Key: key(), Audit: h.record, Logger: slog.New(slog.DiscardHandler)}
	if change != nil {
		change(&opts)
	}
	a, err := auth.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	h.Auth = a
	if _, err := a.EnsureAdmin(t.Context(), secret.New(password)); err != nil {
		t.Fatal(err)
	}
	h.did = nil
	return h
}

func TestStoreInMemory(t *testing.T) {
	t.Parallel()
	authtest.TestStore(t, func(*testing.T) auth.Store { return &authtest.Store{} })
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	good := auth.Options{Store: &authtest.Store{}, Key: key(), Audit: func(context.Context, auth.Activity) {}, Logger: slog.New(slog.DiscardHandler)}
	short, silent := good, good
	short.Key, silent.Audit = key()[:31], nil
	for name, o := range map[string]auth.Options{"short key": short, "no audit": silent} {
		if _, err := auth.New(o); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestFirstAdmin(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	again, err := h.EnsureAdmin(t.Context(), secret.New("other"))
	if err != nil || !again.IsZero() {
		t.Errorf("second EnsureAdmin = %q, %v, want nothing done", again.Reveal(), err)
	}
	store := &authtest.Store{}
	a, err := auth.New(auth.Options{Store: store, Key: key(), Audit: h.record, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	made, err := a.EnsureAdmin(t.Context(), secret.Text{})
	if err != nil || len(made.Reveal()) < 20 {
		t.Fatalf("made-up password %q, %v", made.Reveal(), err)
	}
	if _, err := a.Login(t.Context(), "admin", made, peer); err != nil {
		t.Errorf("login with the made-up password: %v", err)
	}
}

func TestLoginSessionLogout(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	in, err := h.Login(t.Context(), "admin", secret.New(password), peer)
	if err != nil {
		t.Fatal(err)
	}
	p, err := h.Authenticate(t.Context(), in.Token)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(in.Principal, p); diff != "" || p.Name != "admin" || !p.May(auth.Manage) || p.Session == "" {
		t.Errorf("principal %+v (-login +token):\n%s", p, diff)
	}
	if err := h.Logout(t.Context(), p, peer); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Authenticate(t.Context(), in.Token); !errors.Is(err, auth.ErrUnauthenticated) {
		t.Errorf("revoked session: %v, want ErrUnauthenticated", err)
	}
	want := []auth.Activity{
		{Category: auth.LoginSuccess, User: "admin", IP: peer.IP, UserAgent: peer.UserAgent, Session: p.Session},
		{Category: auth.Logout, User: "admin", IP: peer.IP, UserAgent: peer.UserAgent, Session: p.Session},
	}
	if diff := cmp.Diff(want, h.did, cmpopts.IgnoreFields(auth.Activity{}, "Time")); diff != "" {
		t.Errorf("recorded (-want +got):\n%s", diff)
	}
}

func TestLoginRefusals(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	if err := h.store.CreateUser(t.Context(), auth.User{ID: "gone", Name: "gone", PasswordHash: "$", Role: auth.Viewer, Disabled: time.Now()}); err != nil {
		t.Fatal(err)
	}
	long := string(make([]byte, 5000))
	for name, c := range map[string]struct{ user, password string }{
		"wrong password": {"admin", "wrong"}, "unknown user": {"nobody", password}, "disabled user": {"gone", password},
		"empty": {"", ""}, "long password": {"admin", long}, "long name": {long, password},
	} {
		if _, err := h.Login(t.Context(), c.user, secret.New(c.password), peer); !errors.Is(err, auth.ErrCredentials) {
			t.Errorf("%s: %v, want ErrCredentials", name, err)
		}
	}
	if got := h.count(auth.LoginFailed); got != 6 {
		t.Errorf("login_failed = %d, want 6", got)
	}
	for _, a := range h.did {
		if !a.Failed || a.Reason != "credentials" || len(a.User) > 256 {
			t.Errorf("recorded %+v", a)
		}
	}
}

func TestHangingUpDoesNotHideAnAttempt(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Login(ctx, "admin", secret.New("guess"), peer); err == nil {
		t.Fatal("login succeeded")
	}
	if got := h.count(auth.LoginFailed); got != 1 {
		t.Errorf("login_failed = %d, want 1", got)
	}
}

func sign(t *testing.T, method jwt.SigningMethod, k any, claims jwt.RegisteredClaims) string {
	t.Helper()
	s, err := jwt.NewWithClaims(method, claims).SignedString(k)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestForgedJWT(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	in, err := h.Login(t.Context(), "admin", secret.New(password), peer)
	if err != nil {
		t.Fatal(err)
	}
	soon, past := jwt.NewNumericDate(time.Now().Add(time.Hour)), jwt.NewNumericDate(time.Now().Add(-time.Hour))
	good := jwt.RegisteredClaims{Issuer: "tocsin", Subject: "admin", ID: in.Principal.Session, ExpiresAt: soon}
	with := func(change func(*jwt.RegisteredClaims)) jwt.RegisteredClaims {
		c := good
		change(&c)
		return c
	}
	if _, err := h.Authenticate(t.Context(), sign(t, jwt.SigningMethodHS256, key(), good)); err != nil {
		t.Fatalf("the control is refused: %v", err)
	}
	for name, token := range map[string]string{
		"alg none":        sign(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, good),
		"another key":     sign(t, jwt.SigningMethodHS256, []byte("another key another key another!"), good),
		"HS512":           sign(t, jwt.SigningMethodHS512, key(), good),
		"over":            sign(t, jwt.SigningMethodHS256, key(), with(func(c *jwt.RegisteredClaims) { c.ExpiresAt = past })),
		"no expiry":       sign(t, jwt.SigningMethodHS256, key(), with(func(c *jwt.RegisteredClaims) { c.ExpiresAt = nil })),
		"other issuer":    sign(t, jwt.SigningMethodHS256, key(), with(func(c *jwt.RegisteredClaims) { c.Issuer = "x" })),
		"unknown session": sign(t, jwt.SigningMethodHS256, key(), with(func(c *jwt.RegisteredClaims) { c.ID = "x" })),
		"no session":      sign(t, jwt.SigningMethodHS256, key(), with(func(c *jwt.RegisteredClaims) { c.ID = "" })),
		"cut":             in.Token[:len(in.Token)-2],
		"empty":           "", "words": "let me in", "dots": "..", "huge": string(make([]byte, 1<<20)),
	} {
		if _, err := h.Authenticate(t.Context(), token); !errors.Is(err, auth.ErrUnauthenticated) {
			t.Errorf("%s: %v, want ErrUnauthenticated", name, err)
		}
	}
}
