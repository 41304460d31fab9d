// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"time"

	"github.com/tocsin-siem/tocsin/internal/face/auth"
)

// ListTokens implements GET /api/siem/tokens.
func (a *API) ListTokens(ctx context.Context, request ListTokensRequestObject) (ListTokensResponseObject, error) {
	w, err := windowOf(request.Params.Limit, request.Params.Cursor, request.Params.Offset)
	if err != nil {
		return nil, err
	}
	tokens, next, total, err := a.opts.Auth.Tokens(ctx, auth.Page{Limit: w.limit, Offset: w.offset, Cursor: w.cursor})
	if err != nil {
		return nil, err
	}
	list := TokenList{Items: make([]Token, len(tokens)), Next: optional(next), Total: &total}
	for i, t := range tokens {
		list.Items[i] = Token{
			Id: t.ID, Name: t.Name, Scope: Scope(t.Scope), CreatedAt: t.Created, CreatedBy: t.CreatedBy,
			ExpiresAt: optionalTime(t.Expires), LastUsedAt: optionalTime(t.LastUsed),
		}
	}
	return ListTokens200JSONResponse(list), nil
}

// CreateToken implements POST /api/siem/tokens.
func (a *API) CreateToken(ctx context.Context, request CreateTokenRequestObject) (CreateTokenResponseObject, error) {
	if request.Body == nil {
		return nil, invalid("name", "is missing")
	}
	var expires time.Time
	if request.Body.ExpiresAt != nil {
		expires = *request.Body.ExpiresAt
	}
	if err := known("scope", &request.Body.Scope); err != nil {
		return nil, err
	}
	c := who(ctx) // a token that makes another one does not become its owner: dual control is about people
	t, plain, err := a.opts.Auth.IssueToken(ctx, request.Body.Name, auth.Scope(request.Body.Scope), expires, c.Owner, c.peer)
	if err != nil {
		return nil, err
	}
	return CreateToken201JSONResponse(NewToken{
		Id: t.ID, Name: t.Name, Scope: Scope(t.Scope), Token: plain.Reveal(), CreatedAt: t.Created, ExpiresAt: optionalTime(t.Expires),
	}), nil
}

// RevokeToken implements DELETE /api/siem/tokens/{id}.
func (a *API) RevokeToken(ctx context.Context, request RevokeTokenRequestObject) (RevokeTokenResponseObject, error) {
	c := who(ctx)
	if err := a.opts.Auth.RevokeToken(ctx, request.Id, c.Name, c.peer); err != nil {
		return nil, err
	}
	a.streams.end(request.Id, endRevoked)
	return RevokeToken204Response{}, nil
}
