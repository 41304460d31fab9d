// SPDX-License-Identifier: Apache-2.0

package auth_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/secret"
	"github.com/tocsin-siem/tocsin/internal/face/auth"
)

func issue(t *testing.T, h *house, scope auth.Scope, expires time.Time) (auth.Token, string) {
	t.Helper()
	token, plain, err := h.IssueToken(t.Context(), "shop", scope, expires, "admin", peer)
	if err != nil {
		t.Fatal(err)
	}
	return token, plain.Reveal()
}

func TestPermissionTable(t *testing.T) {
	t.Parallel()
	all := []auth.Permission{auth.ViewAudit, auth.Manage, auth.Ingest}
	for _, c := range []struct {
		kind auth.Kind
		role string
		may  []bool // view, manage, ingest
	}{
		{auth.KindUser, "viewer", []bool{true, false, false}},
		{auth.KindUser, "analyst", []bool{true, true, false}},
		{auth.KindUser, "admin", []bool{true, true, true}},
		{auth.KindToken, "read", []bool{true, false, false}},
		{auth.KindToken, "manage", []bool{true, true, false}},
		{auth.KindToken, "ingest", []bool{false, false, true}},
		{auth.KindUser, "manage", []bool{false, false, false}}, // a scope is no role
		{auth.KindToken, "admin", []bool{false, false, false}},
		{auth.KindNone, "admin", []bool{false, false, false}},
		{auth.KindUser, "", []bool{false, false, false}},
	} {
		for i, p := range all {
			if got := (auth.Principal{Kind: c.kind, Role: c.role}).May(p); got != c.may[i] {
				t.Errorf("kind %d %s may %s = %v, want %v", c.kind, c.role, p, got, c.may[i])
			}
		}
	}
}

func TestTokenLife(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	for _, scope := range auth.Scopes() {
		token, plain := issue(t, h, scope, time.Time{})
		if want := "tocsin_" + string(scope[:1]) + "_"; !strings.HasPrefix(plain, want) {
			t.Errorf("token %q, want prefix %q", plain, want)
		}
		p, err := h.Authenticate(t.Context(), plain)
		if err != nil || p.Kind != auth.KindToken || p.ID != token.ID || p.Role != string(scope) || p.Name != "shop" {
			t.Errorf("%s: principal %+v, %v", scope, p, err)
		}
		if err := h.RevokeToken(t.Context(), token.ID, "admin", peer); err != nil {
			t.Error(err)
		}
		if _, err := h.Authenticate(t.Context(), plain); !errors.Is(err, auth.ErrUnauthenticated) {
			t.Errorf("%s revoked: %v, want ErrUnauthenticated", scope, err)
		}
		if err := h.RevokeToken(t.Context(), token.ID, "admin", peer); !errors.Is(err, auth.ErrNotFound) {
			t.Errorf("revoked twice: %v, want ErrNotFound", err)
		}
	}
	if i, r := h.count(auth.TokenIssued), h.count(auth.TokenRevoked); i != 3 || r != 3 {
		t.Errorf("recorded %d issued, %d revoked, want 3 and 3", i, r)
	}
	for _, a := range h.did {
		if a.User != "admin" || a.Name != "shop" || a.Token == "" || a.Scope == "" || a.IP != peer.IP {
			t.Errorf("recorded %+v", a)
		}
	}
}

func TestIssueTokenRefuses(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	for field, c := range map[string]struct {
		name    string
		scope   auth.Scope
		expires time.Time
	}{
		"name": {" ", auth.ScopeRead, time.Time{}}, "scope": {"n", "root", time.Time{}}, "expires_at": {"n", auth.ScopeRead, time.Now().Add(-time.Second)},
	} {
		if _, _, err := h.IssueToken(t.Context(), c.name, c.scope, c.expires, "admin", peer); !errors.Is(err, auth.ErrInvalid) || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v, want ErrInvalid with the field", field, err)
		}
	}
}

func TestVerifiedTokenIsBelievedForAShortTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, nil)
		token, plain := issue(t, h, auth.ScopeIngest, time.Now().Add(time.Minute))
		use := func() error { _, err := h.Authenticate(t.Context(), plain); return err }
		for range 1000 {
			if err := use(); err != nil {
				t.Fatal(err)
			}
		}
		if h.store.Reads != 1 {
			t.Errorf("reads of the store = %d for 1,000 requests, want 1", h.store.Reads)
		}
		// Another process revokes it: the store knows, this Auth learns it in time.
		if _, err := h.store.RevokeToken(t.Context(), token.ID, time.Now()); err != nil {
			t.Fatal(err)
		}
		if err := use(); err != nil {
			t.Errorf("within the cache's time: %v", err)
		}
		time.Sleep(auth.DefaultTokenCache)
		if err := use(); !errors.Is(err, auth.ErrUnauthenticated) {
			t.Errorf("after the cache's time: %v, want ErrUnauthenticated", err)
		}
	})
}

func TestExpiredTokenIsNotBelievedFromTheCache(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, func(o *auth.Options) { o.TokenCache = time.Hour })
		_, plain := issue(t, h, auth.ScopeRead, time.Now().Add(time.Minute))
		if _, err := h.Authenticate(t.Context(), plain); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if _, err := h.Authenticate(t.Context(), plain); !errors.Is(err, auth.ErrUnauthenticated) {
			t.Errorf("expired token: %v, want ErrUnauthenticated", err)
		}
	})
}

func TestSessionEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, func(o *auth.Options) { o.SessionTTL = time.Hour })
		in, err := h.Login(t.Context(), "admin", secret.New(password), peer)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour - 2*time.Second)
		if _, err := h.Authenticate(t.Context(), in.Token); err != nil {
			t.Errorf("before the end: %v", err)
		}
		time.Sleep(2 * time.Second)
		if _, err := h.Authenticate(t.Context(), in.Token); !errors.Is(err, auth.ErrUnauthenticated) {
			t.Errorf("after the end: %v, want ErrUnauthenticated", err)
		}
	})
}

func BenchmarkAuthenticateToken(b *testing.B) {
	h := &house{}
	h.Auth = openBench(b, h)
	_, plain, err := h.IssueToken(b.Context(), "shop", auth.ScopeIngest, time.Time{}, "admin", peer)
	if err != nil {
		b.Fatal(err)
	}
	text := plain.Reveal()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := h.Authenticate(b.Context(), text); err != nil {
			b.Fatal(err)
		}
	}
}
