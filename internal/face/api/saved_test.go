// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tocsin-siem/tocsin/internal/face/api"
	"github.com/tocsin-siem/tocsin/internal/record/query"
)

// fakeSaved keeps saved searches in memory.
type fakeSaved struct {
	mu   sync.Mutex
	list []*query.Saved
}

func newSaved() *fakeSaved {
	at := time.Date(2026, 11, 26, 17, 0, 0, 0, time.UTC)
	return &fakeSaved{list: []*query.Saved{
		{ID: "s1", Name: "Failed logins", Text: "category:login_failed | stats count by ip", Span: "24h", By: "ana", Owner: "ana", Created: at, Updated: at},
	}}
}

func (f *fakeSaved) SavedSearches(context.Context) ([]*query.Saved, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.list), nil
}

func (f *fakeSaved) SaveSearch(_ context.Context, s *query.Saved) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if slices.ContainsFunc(f.list, func(o *query.Saved) bool { return o.Key() == s.Key() }) {
		return query.ErrSavedName
	}
	f.list = append(f.list, s)
	return nil
}

func (f *fakeSaved) ChangeSearch(_ context.Context, id string, change func(*query.Saved) error) (*query.Saved, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.list {
		if s.ID == id {
			return s, change(s)
		}
	}
	return nil, query.ErrNoSaved
}

func (f *fakeSaved) RemoveSearch(_ context.Context, id string, allow func(*query.Saved) error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, s := range f.list {
		if s.ID == id {
			f.list = slices.Delete(f.list, i, i+1)
			return allow(s)
		}
	}
	return query.ErrNoSaved
}

// savedSearches are the operations on them.
func savedSearches() []endpoint {
	const all = "/api/siem/searches"
	return []endpoint{
		{"GET", all, "", "read", 200, []string{`"name":"Failed logins"`, `"span":"24h"`, `"created_by":"ana"`, `"created_at":"2026-11-26T17:00:00Z"`}, []string{"columns", "owner"}, ""},
		{"POST", all, `{"name":" Denied ","q":"outcome:failure","columns":["time","user"]}`, "manage", 201, []string{`"name":"Denied"`, `"columns":["time","user"]`, `"created_by":"manage token"`}, nil, "search_saved"},
		{"POST", all, `{"name":"FAILED LOGINS","q":"*"}`, "manage", 409, []string{`"code":"conflict"`}, nil, ""},
		{"POST", all, `{"name":"x","q":"user:"}`, "manage", 400, []string{`"code":"invalid_query"`, `"field":"q"`, `"column":6`}, nil, ""},
		{"POST", all, `{"name":"x","q":"*","span":"1 day"}`, "manage", 400, []string{`"field":"span"`}, nil, ""},
		{"POST", all, `{"name":"","q":"*"}`, "manage", 400, []string{`"field":"name"`}, nil, ""},
		{"PUT", all + "/s1", `{"name":"Failed logins","q":"category:login_failed"}`, "manage", 200, []string{`"id":"s1"`, `"q":"category:login_failed"`, `"created_by":"ana"`}, []string{"span"}, "search_changed"},
		{"PUT", all + "/none", `{"name":"x","q":"*"}`, "manage", 404, []string{"not_found"}, nil, ""},
		{"DELETE", all + "/s1", "", "manage", 204, nil, nil, "search_removed"},
	}
}

// TestWhoMayChangeASavedSearch: whoever saved it, and who manages; another reader, and
// a token of the same person, may not.
func TestWhoMayChangeASavedSearch(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		owner  string
		token  func(t *testing.T, h *house) string
		status int
	}{
		"a manager, of somebody else's": {"ana", func(t *testing.T, h *house) string { t.Helper(); return h.login(t) }, 204},
		"a token that reads":            {"admin", func(_ *testing.T, h *house) string { return h.tokens["read"] }, 403},
		"a token that manages":          {"ana", func(_ *testing.T, h *house) string { return h.tokens["manage"] }, 204},
	} {
		saved := newSaved()
		saved.list[0].Owner = c.owner
		h := newHouse(t, func(o *api.Options) { o.Saved = saved })
		token := c.token(t, h)
		h.forget()
		w := h.do(t, call{method: "DELETE", url: "/api/siem/searches/s1", token: token})
		if w.Code != c.status {
			t.Errorf("%s: %d, want %d: %s", name, w.Code, c.status, w.Body)
		}
		if got := h.categories(); c.status == 403 && got != "permission_denied" || c.status == 204 && !strings.HasSuffix(got, "search_removed") {
			t.Errorf("%s: recorded %q", name, got)
		}
	}
}
