// SPDX-License-Identifier: Apache-2.0

package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/tocsin-siem/tocsin/internal/core/alert"
	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/watch/detect"
)

// Watch keeps findings, anomalies, alerts and alert rules, and where detection
// stands. It implements alert.Store and detect.Store over an open State.
type Watch struct {
	s *State

	mu        sync.RWMutex
	listeners []func(alert.Change)
	alerting  []alert.Rule // the rules on events, as of the last change
}

var (
	_ alert.Store  = (*Watch)(nil)
	_ detect.Store = (*Watch)(nil)
)

// NewWatch makes a Watch over an open State.
func NewWatch(s *State) *Watch { return &Watch{s: s} }

// OnChange calls fn after each commit that changed an anomaly or alert, from the
// goroutine that made it: fn must not block and not change what it is given.
func (w *Watch) OnChange(fn func(alert.Change)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.listeners = append(w.listeners, fn)
}

func (w *Watch) tell(c alert.Change) {
	if len(c.Anomalies)+len(c.Alerts) == 0 {
		return
	}
	w.mu.RLock()
	listeners := w.listeners
	w.mu.RUnlock()
	for _, fn := range listeners {
		fn(c)
	}
}

// queryer is a pool or a transaction.
type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// all reads every row that a query selects.
func all[T any](ctx context.Context, q queryer, scan func(row scanner) (T, error), query string, args ...any) ([]T, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	list := []T{}
	for rows.Next() {
		row, err := scan(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, row)
	}
	return list, rows.Err()
}

type scanner interface{ Scan(dest ...any) error }

// where collects the conditions of a filter.
type where struct {
	terms []string
	args  []any
}

func (w *where) add(term string, args ...any) {
	w.terms = append(w.terms, term)
	w.args = append(w.args, args...)
}

// in adds a condition that a column has one of the values; none restricts nothing.
func in[T any](w *where, column string, values []T) {
	if len(values) == 0 {
		return
	}
	args := make([]any, 0, len(values))
	for _, v := range values {
		switch v := any(v).(type) {
		case event.Severity:
			args = append(args, int64(v))
		case alert.Status:
			args = append(args, string(v))
		default:
			args = append(args, v)
		}
	}
	w.add(column+" IN (?"+strings.Repeat(", ?", len(values)-1)+")", args...)
}

func (w *where) String() string {
	if len(w.terms) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(w.terms, " AND ")
}

// numbered is a row with its place in the list.
type numbered[T any] struct {
	seq int64
	row T
}

// page reads one part of a list, newest first. The cursor is the place of the
// last row of the page before.
func page[T any](ctx context.Context, q queryer, scan func(row scanner) (numbered[T], error), columns, table string, w *where, part alert.Window) (alert.Page[T], error) {
	var p alert.Page[T]
	limit := part.Limit
	switch {
	case limit == 0:
		limit = alert.DefaultLimit
	case limit < 0 || limit > alert.MaxLimit:
		return p, fmt.Errorf("%w: limit: %d is not between 1 and %d", alert.ErrInvalid, limit, alert.MaxLimit)
	}
	if part.Offset < 0 || part.Offset > 0 && part.Cursor != "" {
		return p, fmt.Errorf("%w: offset: negative, or together with a cursor", alert.ErrInvalid)
	}
	if err := q.QueryRowContext(ctx, "SELECT count(*) FROM "+table+w.String(), w.args...).Scan(&p.Total); err != nil {
		return p, err
	}
	if part.Cursor != "" {
		before, err := parseListCursor(part.Cursor)
		if err != nil {
			return p, err
		}
		w.add("seq < ?", before)
	}
	rows, err := all(ctx, q, scan, "SELECT seq, "+columns+" FROM "+table+w.String()+" ORDER BY seq DESC LIMIT ? OFFSET ?",
		append(slices.Clone(w.args), limit+1, part.Offset)...)
	if err != nil {
		return p, err
	}
	if len(rows) > limit {
		rows = rows[:limit]
		p.Next = strconv.FormatInt(rows[limit-1].seq, 36)
	}
	p.Items = make([]T, 0, len(rows))
	for i := range rows {
		p.Items = append(p.Items, rows[i].row)
	}
	return p, nil
}

func parseListCursor(cursor string) (int64, error) {
	seq, err := strconv.ParseInt(cursor, 36, 64)
	if err != nil || seq < 1 || strconv.FormatInt(seq, 36) != cursor {
		return 0, fmt.Errorf("%w: cursor: not one of this list", alert.ErrInvalid)
	}
	return seq, nil
}

func packIDs(ids []event.ID) []byte {
	b := make([]byte, 0, len(ids)*len(event.ID{}))
	for i := range ids {
		b = append(b, ids[i][:]...)
	}
	return b
}

func unpackIDs(b []byte) []event.ID {
	ids := make([]event.ID, len(b)/len(event.ID{}))
	for i := range ids {
		copy(ids[i][:], b[i*len(event.ID{}):])
	}
	return ids
}

// found turns a missing row into alert.ErrNotFound.
func found(err error, what, id string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("%s %.64q: %w", what, id, alert.ErrNotFound)
	}
	if err != nil {
		return fmt.Errorf("%s %.64q: %w", what, id, err)
	}
	return nil
}

func marshal(v any) (string, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("encode: %w", err)
	}
	return string(body), nil
}
