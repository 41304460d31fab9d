// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"net/http"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/secret"
	"github.com/tocsin-siem/tocsin/internal/face/auth"
)

// cookie is the session cookie with a token, or the one that removes it. The browser
// sends it back to this site only, and never shows it to scripts.
func cookie(c caller, token string, expires time.Time) string {
	set := http.Cookie{ //nolint:gosec // Secure as soon as there is TLS; on plain loopback browsers would drop it
		Name: cookieName, Value: token, Path: "/", Expires: expires, Secure: c.secure,
		HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
	if token == "" {
		set.MaxAge = -1
	}
	return set.String()
}

// Login implements POST /api/auth/login.
func (a *API) Login(ctx context.Context, request LoginRequestObject) (LoginResponseObject, error) {
	switch {
	case request.Body == nil || request.Body.Username == "":
		return nil, invalid("username", "is missing")
	case request.Body.Password == "":
		return nil, invalid("password", "is missing")
	}
	c := who(ctx)
	in, err := a.opts.Auth.Login(ctx, request.Body.Username, secret.New(request.Body.Password), c.peer)
	if err != nil {
		return nil, err
	}
	set := cookie(c, in.Token, in.Principal.Expires)
	return Login200JSONResponse{
		Body:    Login{Token: in.Token, ExpiresAt: in.Principal.Expires},
		Headers: Login200ResponseHeaders{SetCookie: &set},
	}, nil
}

// Logout implements POST /api/auth/logout.
func (a *API) Logout(ctx context.Context, _ LogoutRequestObject) (LogoutResponseObject, error) {
	c := who(ctx)
	if err := a.opts.Auth.Logout(ctx, c.Principal, c.peer); err != nil {
		return nil, err
	}
	if c.Kind == auth.KindUser {
		a.streams.end(c.Handle(), endRevoked)
	}
	set := cookie(c, "", time.Time{})
	return Logout204Response{Headers: Logout204ResponseHeaders{SetCookie: &set}}, nil
}

// Me implements GET /api/auth/me.
func (a *API) Me(ctx context.Context, _ MeRequestObject) (MeResponseObject, error) {
	c := who(ctx)
	me := Me{Username: c.Name, Role: c.Role, Demo: a.opts.Demo, Permissions: []Permission{}}
	if c.Kind == auth.KindToken {
		me.Role = "token"
	}
	for _, p := range c.Permissions() {
		me.Permissions = append(me.Permissions, Permission(p))
	}
	return Me200JSONResponse(me), nil
}
