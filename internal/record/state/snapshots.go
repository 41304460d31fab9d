// SPDX-License-Identifier: Apache-2.0

package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/tocsin-siem/tocsin/internal/core/alert"
	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/watch/detect"
)

// Resume implements detect.Store.
func (w *Watch) Resume(ctx context.Context) (detect.Position, error) {
	rules, err := w.AlertRules(ctx)
	if err != nil {
		return detect.Position{}, err
	}
	w.keepAlerting(rules)
	p, err := position(ctx, w.s.read)
	if err != nil {
		return p, fmt.Errorf("resume detection: %w", err)
	}
	return p, nil
}

// Rewind forgets where detection stands, so that it reads the journal from the
// beginning. What it has found stays: the same findings have the same ids.
func (w *Watch) Rewind(ctx context.Context) error {
	err := w.s.inTx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM detect_state")
		return err
	})
	if err != nil {
		return fmt.Errorf("rewind detection: %w", err)
	}
	return nil
}

func position(ctx context.Context, q queryer) (p detect.Position, err error) {
	var ord int64
	err = q.QueryRowContext(ctx, "SELECT ord, snapshot FROM detect_state WHERE id = 1").Scan(&ord, &p.Snapshot)
	if errors.Is(err, sql.ErrNoRows) {
		return p, nil
	}
	p.Ord = uint64(ord) //nolint:gosec // what Commit wrote
	return p, err
}

func committed(ctx context.Context, tx *sql.Tx) (uint64, error) {
	var ord int64
	err := tx.QueryRowContext(ctx, "SELECT ord FROM detect_state WHERE id = 1").Scan(&ord)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, err
	}
	return uint64(ord), nil //nolint:gosec // what Commit wrote
}

// Commit implements detect.Store: findings, anomalies, alerts, position and
// snapshot in one transaction. A batch that was committed before is left alone.
func (w *Watch) Commit(ctx context.Context, b *detect.Batch) error {
	var change alert.Change
	err := w.s.inTx(ctx, func(tx *sql.Tx) error {
		change = alert.Change{}
		done, err := committed(ctx, tx)
		if err != nil {
			return err
		}
		if b.Ord < done {
			return nil
		}
		if b.Ord > done {
			if change, err = fold(ctx, tx, b.Steps); err != nil {
				return err
			}
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO detect_state (id, ord, snapshot) VALUES (1, ?, ?)
			ON CONFLICT (id) DO UPDATE SET ord = excluded.ord, snapshot = coalesce(excluded.snapshot, snapshot)`,
			int64(b.Ord), sql.Null[[]byte]{V: b.Snapshot, Valid: b.Snapshot != nil}) //nolint:gosec // journal positions stay far below 2^63
		return err
	})
	if err != nil {
		return fmt.Errorf("commit detections up to %d: %w", b.Ord, err)
	}
	w.tell(change)
	return nil
}

// fold applies the steps to anomalies and alerts and writes what changed. A
// growth is in its anomaly only: a finding stays what it was at its step, so that
// its table does not depend on how events were cut into batches.
func fold(ctx context.Context, plain *sql.Tx, steps []detect.Step) (change alert.Change, err error) {
	if len(steps) == 0 {
		return change, nil
	}
	tx := &repeating{tx: plain, prepared: map[string]*sql.Stmt{}}
	defer func() { err = errors.Join(err, tx.close()) }()
	rules, err := alertRules(ctx, tx)
	if err != nil {
		return change, err
	}
	book := alert.NewBook(shelf{ctx, tx}, rules)
	anomalies := make([]string, len(steps)) // by step
	for i, s := range steps {
		if s.Event != nil {
			err = book.Event(s.Event)
		} else {
			var a *alert.Anomaly
			if a, err = book.Finding(s.Finding); err == nil {
				anomalies[i] = a.ID
			}
		}
		if err != nil {
			return change, err
		}
	}
	for _, a := range book.Anomalies() {
		if err := putAnomaly(ctx, tx, a); err != nil {
			return change, err
		}
		change.Anomalies = append(change.Anomalies, *a)
	}
	for i, s := range steps {
		if s.Finding == nil || s.Finding.Grown {
			continue
		}
		if err := putFinding(ctx, tx, s.Finding, anomalies[i]); err != nil {
			return change, err
		}
	}
	for run, id := range book.Runs() {
		if err := putRun(ctx, tx, run, id); err != nil {
			return change, err
		}
	}
	for _, a := range book.Alerts() {
		if err := putAlert(ctx, tx, a); err != nil {
			return change, err
		}
		change.Alerts = append(change.Alerts, *a)
	}
	return change, nil
}

func (w *Watch) keepAlerting(rules []alert.Rule) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.alerting = nil
	for _, r := range rules {
		if r.Type == alert.OnEvent && r.Enabled {
			w.alerting = append(w.alerting, r)
		}
	}
}

// Alerting tells whether an alert rule on events wants the event; Resume must have
// been called. It is detect's RunOptions.Alerting.
func (w *Watch) Alerting(e *event.Event) bool {
	w.mu.RLock()
	defer w.mu.RUnlock()
	for i := range w.alerting {
		if w.alerting[i].MatchesEvent(e) {
			return true
		}
	}
	return false
}
