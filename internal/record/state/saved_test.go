// SPDX-License-Identifier: Apache-2.0

package state

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/erasure"
	"github.com/tocsin-siem/tocsin/internal/record/query"
)

func saved(id, name, text string) *query.Saved {
	at := time.Unix(7, 0).UTC()
	return &query.Saved{ID: id, Name: name, Text: text, Span: "24h", Columns: []string{"time", "user"}, By: "ana", Owner: "ana", Created: at, Updated: at}
}

func TestSavedSearchesComeBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openState(t, dir)
	for _, one := range []*query.Saved{saved("2", "beta", "b"), saved("1", "Alpha", "a")} {
		if err := s.SaveSearch(t.Context(), one); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.SaveSearch(t.Context(), saved("3", "ALPHA", "other")); !errors.Is(err, query.ErrSavedName) {
		t.Errorf("a name that is taken: %v", err)
	}
	rename := func(name string) func(*query.Saved) error {
		return func(s *query.Saved) error { s.Name = name; return nil }
	}
	if _, err := s.ChangeSearch(t.Context(), "2", rename("alpha")); !errors.Is(err, query.ErrSavedName) {
		t.Errorf("renamed to one that is taken: %v", err)
	}
	if got, err := s.ChangeSearch(t.Context(), "2", rename("Beta")); err != nil || got.Name != "Beta" {
		t.Errorf("its own name in another letter case: %+v, %v", got, err)
	}
	no := errors.New("no")
	if _, err := s.ChangeSearch(t.Context(), "1", func(s *query.Saved) error { s.Text = "changed"; return no }); !errors.Is(err, no) {
		t.Errorf("%v", err)
	}
	if err := s.RemoveSearch(t.Context(), "1", func(*query.Saved) error { return no }); !errors.Is(err, no) {
		t.Errorf("%v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openState(t, dir)
	want := []*query.Saved{saved("1", "Alpha", "a"), saved("2", "Beta", "b")}
	if got, err := s.SavedSearches(t.Context()); err != nil || cmp.Diff(want, got) != "" {
		t.Errorf("%v (-want +got):\n%s", err, cmp.Diff(want, got))
	}
	allow := func(*query.Saved) error { return nil }
	if err := s.RemoveSearch(t.Context(), "1", allow); err != nil {
		t.Error(err)
	}
	if err := s.RemoveSearch(t.Context(), "1", allow); !errors.Is(err, query.ErrNoSaved) {
		t.Errorf("%v", err)
	}
	if _, err := s.ChangeSearch(t.Context(), "1", allow); !errors.Is(err, query.ErrNoSaved) {
		t.Errorf("%v", err)
	}
}

func TestSavedSearchesAreBounded(t *testing.T) {
	t.Parallel()
	s := openState(t, t.TempDir())
	for i := range query.MaxSaved {
		if err := s.exec(t.Context(), "INSERT INTO saved_searches VALUES (?, ?, '{}')", strconv.Itoa(i), "name "+strconv.Itoa(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.SaveSearch(t.Context(), saved("x", "one more", "*")); !errors.Is(err, query.ErrManySaved) {
		t.Errorf("%v", err)
	}
}

// TestErasureOfSavedSearches: one that asks for the person goes, and of another one
// the name of who saved it.
func TestErasureOfSavedSearches(t *testing.T) {
	t.Parallel()
	w := NewWatch(openState(t, t.TempDir()))
	others := saved("4", "others", `user:"ana"`)
	by := saved("5", "by her", "*")
	by.By, by.Owner = "zoe-marin", "zoe-marin"
	for _, one := range []*query.Saved{saved("1", "the logins of Zoe-Marin", "*"), saved("2", "two", `user:"zoe-marin" | head 5`), others, by} {
		if err := w.s.SaveSearch(t.Context(), one); err != nil {
			t.Fatal(err)
		}
	}
	gone, err := w.Erase(t.Context(), "o1", zoe)
	if err != nil || gone["saved searches"] != 3 {
		t.Fatalf("%v, %v", gone, err)
	}
	by.By, by.Owner = erasure.Word, erasure.Word
	want := []*query.Saved{by, others}
	if got, err := w.s.SavedSearches(t.Context()); err != nil || cmp.Diff(want, got) != "" {
		t.Errorf("%v (-want +got):\n%s", err, cmp.Diff(want, got))
	}
}
