// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/face/auth"
	"github.com/tocsin-siem/tocsin/internal/record/query"
)

// SavedSearches keeps hunts under names. All methods may be called at the same time;
// errors are query.ErrNoSaved, query.ErrSavedName, query.ErrManySaved and those of
// change and allow, which change nothing then.
type SavedSearches interface {
	SavedSearches(ctx context.Context) ([]*query.Saved, error)
	SaveSearch(ctx context.Context, s *query.Saved) error
	ChangeSearch(ctx context.Context, id string, change func(s *query.Saved) error) (*query.Saved, error)
	RemoveSearch(ctx context.Context, id string, allow func(s *query.Saved) error) error
}

// ListSavedSearches implements GET /api/siem/searches.
func (a *API) ListSavedSearches(ctx context.Context, _ ListSavedSearchesRequestObject) (ListSavedSearchesResponseObject, error) {
	all, err := a.opts.Saved.SavedSearches(ctx)
	if err != nil {
		return nil, err
	}
	list := SavedSearchList{Items: make([]SavedSearch, len(all))}
	for i, s := range all {
		list.Items[i] = savedOf(s)
	}
	return ListSavedSearches200JSONResponse(list), nil
}

// SaveSearch implements POST /api/siem/searches.
func (a *API) SaveSearch(ctx context.Context, request SaveSearchRequestObject) (SaveSearchResponseObject, error) {
	c := who(ctx)
	if onlyReads(c) {
		return nil, a.refused(ctx, c, "POST /api/siem/searches")
	}
	now := time.Now().UTC()
	s := &query.Saved{ID: rand.Text(), By: c.Name, Owner: c.Owner, Created: now}
	if err := request.Body.into(s, now); err != nil {
		return nil, err
	}
	if err := a.opts.Saved.SaveSearch(ctx, s); err != nil {
		return nil, err
	}
	a.recordSaved(ctx, searchSaved, "saved", s)
	return SaveSearch201JSONResponse(savedOf(s)), nil
}

// ChangeSavedSearch implements PUT /api/siem/searches/{id}.
func (a *API) ChangeSavedSearch(ctx context.Context, request ChangeSavedSearchRequestObject) (ChangeSavedSearchResponseObject, error) {
	c := who(ctx)
	if onlyReads(c) {
		return nil, a.refused(ctx, c, "PUT /api/siem/searches/{id}")
	}
	s, err := a.opts.Saved.ChangeSearch(ctx, request.Id, func(s *query.Saved) error {
		if !mayChange(c, s) {
			return errNotYours
		}
		return request.Body.into(s, time.Now().UTC())
	})
	if errors.Is(err, errNotYours) {
		return nil, a.refused(ctx, c, "PUT /api/siem/searches/{id}")
	}
	if err != nil {
		return nil, err
	}
	a.recordSaved(ctx, searchChanged, "changed", s)
	return ChangeSavedSearch200JSONResponse(savedOf(s)), nil
}

// RemoveSavedSearch implements DELETE /api/siem/searches/{id}.
func (a *API) RemoveSavedSearch(ctx context.Context, request RemoveSavedSearchRequestObject) (RemoveSavedSearchResponseObject, error) {
	c := who(ctx)
	if onlyReads(c) {
		return nil, a.refused(ctx, c, "DELETE /api/siem/searches/{id}")
	}
	var gone *query.Saved
	err := a.opts.Saved.RemoveSearch(ctx, request.Id, func(s *query.Saved) error {
		if gone = s; !mayChange(c, s) {
			return errNotYours
		}
		return nil
	})
	if errors.Is(err, errNotYours) {
		return nil, a.refused(ctx, c, "DELETE /api/siem/searches/{id}")
	}
	if err != nil {
		return nil, err
	}
	a.recordSaved(ctx, searchRemoved, "removed", gone)
	return RemoveSavedSearch204Response{}, nil
}

// errNotYours means that somebody else saved it.
var errNotYours = errors.New("somebody else saved it")

// onlyReads tells whether the caller is a token that was given to read.
func onlyReads(c caller) bool { return c.Kind == auth.KindToken && !c.May(auth.Manage) }

// mayChange tells whether the caller saved it, or manages.
func mayChange(c caller, s *query.Saved) bool {
	return c.May(auth.Manage) || c.Kind == auth.KindUser && c.Owner == s.Owner
}

// refused records that a caller needs more for this than to see events.
func (a *API) refused(ctx context.Context, c caller, pattern string) error {
	a.denied(ctx, c, route{pattern: pattern, needs: needsManage})
	return problem(http.StatusForbidden, "forbidden", "this needs the permission %s", needsManage)
}

// into puts what was sent into a saved search.
func (r *SavedSearchRequest) into(s *query.Saved, at time.Time) error {
	if r == nil {
		return invalid("name", "is missing")
	}
	s.Name, s.Text, s.Span, s.Columns, s.Updated = r.Name, r.Q, value(r.Span), value(r.Columns), at
	return s.Check()
}

// recordSaved records what somebody did to a saved search.
func (a *API) recordSaved(ctx context.Context, category, did string, s *query.Saved) {
	a.record(ctx, category, event.Success, who(ctx).Name+" "+did+" the search "+s.Name,
		event.Attr{Key: "search.id", Value: event.Text(s.ID)},
		event.Attr{Key: "search.name", Value: event.Text(s.Name)},
		event.Attr{Key: "search.hunt", Value: event.Text(s.Text)})
}

func savedOf(s *query.Saved) SavedSearch {
	out := SavedSearch{
		Id: s.ID, Name: s.Name, Q: s.Text, Span: optional(s.Span), CreatedBy: s.By, CreatedAt: s.Created, UpdatedAt: s.Updated,
	}
	if len(s.Columns) > 0 {
		out.Columns = &s.Columns
	}
	return out
}

// explainSaved turns the errors of saved searches into answers; nil for others.
func explainSaved(err error) *problemError {
	switch {
	case errors.Is(err, query.ErrSavedName), errors.Is(err, query.ErrManySaved):
		return problem(http.StatusConflict, "conflict", "%v", err)
	case errors.Is(err, query.ErrNoSaved):
		return problem(http.StatusNotFound, "not_found", "there is no such thing")
	}
	return nil
}
