// SPDX-License-Identifier: Apache-2.0

package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tocsin-siem/tocsin/internal/core/erasure"
	"github.com/tocsin-siem/tocsin/internal/record/query"
)

func scanSaved(row scanner) (*query.Saved, error) {
	s := new(query.Saved)
	var body []byte
	if err := row.Scan(&body); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(body, s); err != nil {
		return nil, fmt.Errorf("decode saved search: %w", err)
	}
	return s, nil
}

// SavedSearches returns all saved searches by name.
func (s *State) SavedSearches(ctx context.Context) ([]*query.Saved, error) {
	list, err := all(ctx, s.read, scanSaved, "SELECT body FROM saved_searches ORDER BY name_key, id")
	if err != nil {
		return nil, fmt.Errorf("saved searches: %w", err)
	}
	return list, nil
}

// SaveSearch keeps a new saved search. query.ErrSavedName when another one has the
// name, query.ErrManySaved when there are too many.
func (s *State) SaveSearch(ctx context.Context, saved *query.Saved) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		var n int
		if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM saved_searches").Scan(&n); err != nil {
			return fmt.Errorf("count saved searches: %w", err)
		}
		if n >= query.MaxSaved {
			return query.ErrManySaved
		}
		return putSaved(ctx, tx, saved, "INSERT INTO saved_searches (name_key, body, id) VALUES (?, ?, ?)")
	})
}

// ChangeSearch changes a saved search as change says, whose error is returned and
// changes nothing. query.ErrNoSaved when there is none, query.ErrSavedName when
// another one has its new name.
func (s *State) ChangeSearch(ctx context.Context, id string, change func(saved *query.Saved) error) (*query.Saved, error) {
	var saved *query.Saved
	err := s.inTx(ctx, func(tx *sql.Tx) (err error) {
		if saved, err = savedByID(ctx, tx, id); err != nil {
			return err
		}
		if err := change(saved); err != nil {
			return err
		}
		return putSaved(ctx, tx, saved, "UPDATE saved_searches SET name_key = ?, body = ? WHERE id = ?")
	})
	return saved, err
}

// RemoveSearch removes a saved search, unless allow returns an error, which is
// returned. query.ErrNoSaved when there is none.
func (s *State) RemoveSearch(ctx context.Context, id string, allow func(saved *query.Saved) error) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		saved, err := savedByID(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := allow(saved); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM saved_searches WHERE id = ?", id); err != nil {
			return fmt.Errorf("remove saved search: %w", err)
		}
		return nil
	})
}

func savedByID(ctx context.Context, tx *sql.Tx, id string) (*query.Saved, error) {
	saved, err := scanSaved(tx.QueryRowContext(ctx, "SELECT body FROM saved_searches WHERE id = ?", id))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("saved search %.80q: %w", id, query.ErrNoSaved)
	}
	if err != nil {
		return nil, fmt.Errorf("saved search %.80q: %w", id, err)
	}
	return saved, nil
}

// putSaved writes a saved search, whose name nobody else may have.
func putSaved(ctx context.Context, tx *sql.Tx, saved *query.Saved, statement string) error {
	var other string
	err := tx.QueryRowContext(ctx, "SELECT id FROM saved_searches WHERE name_key = ?", saved.Key()).Scan(&other)
	switch {
	case err == nil && other != saved.ID:
		return query.ErrSavedName
	case err != nil && !errors.Is(err, sql.ErrNoRows):
		return fmt.Errorf("name of a saved search: %w", err)
	}
	body, err := marshal(saved)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, statement, saved.Key(), body, saved.ID); err != nil {
		return fmt.Errorf("store saved search: %w", err)
	}
	return nil
}

// savedSearches removes those that ask about the person, and takes the name of who
// saved others out of them.
func (e *eraser) savedSearches() error {
	list, err := all(e.ctx, e.tx, scanSaved, "SELECT body FROM saved_searches")
	if err != nil {
		return err
	}
	for _, s := range list {
		if s.Mentions(e.is) {
			e.gone["saved searches"]++
			if err := e.exec("DELETE FROM saved_searches WHERE id = ?", s.ID); err != nil {
				return err
			}
			continue
		}
		if changed := s.Forget(e.is, erasure.Word); !changed {
			continue
		}
		body, err := marshal(s)
		if err != nil {
			return err
		}
		e.gone["saved searches"]++
		if err := e.exec("UPDATE saved_searches SET body = ? WHERE id = ?", body, s.ID); err != nil {
			return err
		}
	}
	return nil
}
