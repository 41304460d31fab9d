// SPDX-License-Identifier: Apache-2.0

package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tocsin-siem/tocsin/internal/core/alert"
	"github.com/tocsin-siem/tocsin/internal/core/erasure"
)

func scanOrder(row scanner) (*erasure.Order, error) {
	o := new(erasure.Order)
	var body []byte
	if err := row.Scan(&body); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(body, o); err != nil {
		return nil, fmt.Errorf("decode erasure: %w", err)
	}
	return o, nil
}

func orderByID(ctx context.Context, q queryer, id string) (*erasure.Order, error) {
	o, err := scanOrder(q.QueryRowContext(ctx, "SELECT body FROM erasures WHERE id = ?", id))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("erasure %.80q: %w", id, erasure.ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("erasure %.80q: %w", id, err)
	}
	return o, nil
}

// openOrders are the orders that have no end yet, the oldest first.
func openOrders(ctx context.Context, q queryer) ([]*erasure.Order, error) {
	return all(ctx, q, scanOrder, "SELECT body FROM erasures WHERE status IN ('pending', 'approved', 'running') ORDER BY seq")
}

// AddErasure keeps a new order. refuse sees the open ones in the same transaction,
// and its error is returned.
func (s *State) AddErasure(ctx context.Context, o erasure.Order, refuse func(open []*erasure.Order) error) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		open, err := openOrders(ctx, tx)
		if err != nil {
			return fmt.Errorf("open erasures: %w", err)
		}
		if err := refuse(open); err != nil {
			return err
		}
		body, err := marshal(o)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "INSERT INTO erasures (id, status, body) VALUES (?, ?, ?)", o.ID, string(o.Status), body); err != nil {
			return fmt.Errorf("store erasure %s: %w", o.ID, err)
		}
		return nil
	})
}

// ChangeErasure changes an order in one transaction; an error of change leaves it as
// it is and is returned.
func (s *State) ChangeErasure(ctx context.Context, id string, change func(*erasure.Order) error) (erasure.Order, error) {
	var o *erasure.Order
	err := s.inTx(ctx, func(tx *sql.Tx) (err error) {
		if o, err = orderByID(ctx, tx, id); err != nil {
			return err
		}
		if err := change(o); err != nil {
			return err
		}
		return putOrder(ctx, tx, o)
	})
	if err != nil {
		return erasure.Order{}, err
	}
	return *o, nil
}

func putOrder(ctx context.Context, tx *sql.Tx, o *erasure.Order) error {
	body, err := marshal(o)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "UPDATE erasures SET status = ?, body = ? WHERE id = ?", string(o.Status), body, o.ID); err != nil {
		return fmt.Errorf("store erasure %s: %w", o.ID, err)
	}
	return nil
}

// Erasure is the order of an id.
func (s *State) Erasure(ctx context.Context, id string) (erasure.Order, error) {
	o, err := orderByID(ctx, s.read, id)
	if err != nil {
		return erasure.Order{}, err
	}
	return *o, nil
}

// OpenErasures are the orders that have no end yet, the oldest first.
func (s *State) OpenErasures(ctx context.Context) ([]*erasure.Order, error) {
	open, err := openOrders(ctx, s.read)
	if err != nil {
		return nil, fmt.Errorf("open erasures: %w", err)
	}
	return open, nil
}

// Erasures is a part of the list of all orders, the newest first.
func (s *State) Erasures(ctx context.Context, part alert.Window) (alert.Page[erasure.Order], error) {
	p, err := page(ctx, s.read, func(row scanner) (n numbered[erasure.Order], err error) {
		o, err := scanOrder(scanFunc(func(dest ...any) error { return row.Scan(append([]any{&n.seq}, dest...)...) }))
		if err == nil {
			n.row = *o
		}
		return n, err
	}, "body", "erasures", &where{}, part)
	if err != nil {
		return p, fmt.Errorf("list erasures: %w", err)
	}
	return p, nil
}

// KeepRetention keeps what the last run of retention did, as JSON.
func (s *State) KeepRetention(ctx context.Context, run any) error {
	body, err := marshal(run)
	if err != nil {
		return err
	}
	if err := s.exec(ctx, "INSERT INTO retention (id, body) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body", body); err != nil {
		return fmt.Errorf("keep the run of retention: %w", err)
	}
	return nil
}

// Retention reads what KeepRetention kept; false when there is nothing.
func (s *State) Retention(ctx context.Context, into any) (bool, error) {
	var body []byte
	err := s.read.QueryRowContext(ctx, "SELECT body FROM retention WHERE id = 1").Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err == nil {
		err = json.Unmarshal(body, into)
	}
	if err != nil {
		return false, fmt.Errorf("last run of retention: %w", err)
	}
	return true, nil
}
