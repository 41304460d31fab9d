// SPDX-License-Identifier: Apache-2.0

package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/tocsin-siem/tocsin/internal/core/alert"
	"github.com/tocsin-siem/tocsin/internal/core/entity"
	"github.com/tocsin-siem/tocsin/internal/core/rule"
)

// execer is a pool or a transaction.
type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// repeating is a transaction that compiles each statement once.
type repeating struct {
	tx       *sql.Tx
	prepared map[string]*sql.Stmt
}

func (r *repeating) stmt(ctx context.Context, query string) (*sql.Stmt, error) {
	if s, ok := r.prepared[query]; ok {
		return s, nil
	}
	s, err := r.tx.PrepareContext(ctx, query)
	if err == nil {
		r.prepared[query] = s
	}
	return s, err
}

func (r *repeating) close() error {
	var errs []error
	for _, s := range r.prepared {
		errs = append(errs, s.Close())
	}
	return errors.Join(errs...)
}

// ExecContext implements execer.
func (r *repeating) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	s, err := r.stmt(ctx, query) //nolint:sqlclosecheck // close does it for all
	if err != nil {
		return nil, err
	}
	return s.ExecContext(ctx, args...)
}

// QueryContext implements queryer.
func (r *repeating) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s, err := r.stmt(ctx, query) //nolint:sqlclosecheck // close does it for all
	if err != nil {
		return nil, err
	}
	return s.QueryContext(ctx, args...)
}

// QueryRowContext implements queryer.
func (r *repeating) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	s, err := r.stmt(ctx, query) //nolint:sqlclosecheck // close does it for all
	if err != nil {
		return r.tx.QueryRowContext(ctx, query, args...) // reports the error
	}
	return s.QueryRowContext(ctx, args...)
}

// shelf is alert.Shelf over one transaction.
type shelf struct {
	ctx context.Context //nolint:containedctx // lives as long as the transaction
	tx  *repeating
}

// AnomalyOfRun implements alert.Shelf.
func (s shelf) AnomalyOfRun(run string) (*alert.Anomaly, error) {
	a, err := scanAnomaly(s.tx.QueryRowContext(s.ctx, "SELECT "+anomalyColumns+` FROM security_anomalies
		WHERE id = (SELECT anomaly_id FROM finding_runs WHERE run = ?)`, run))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil //nolint:nilnil // the contract: nil when there is none
	}
	return a, err
}

// OpenAnomalies implements alert.Shelf.
func (s shelf) OpenAnomalies(ruleID string, about entity.Entity) ([]*alert.Anomaly, error) {
	return all(s.ctx, s.tx, scanAnomaly, "SELECT "+anomalyColumns+` FROM security_anomalies
		WHERE status = 'open' AND rule_id = ? AND entity_value = ? AND entity_type = ? ORDER BY seq`, ruleID, about.Value, about.Type)
}

// NewestAlert implements alert.Shelf.
func (s shelf) NewestAlert(ruleID string, about entity.Entity) (*alert.Alert, error) {
	a, err := scanAlert(s.tx.QueryRowContext(s.ctx, "SELECT "+alertColumns+` FROM security_alerts
		WHERE rule_id = ? AND entity_value = ? AND entity_type = ? ORDER BY seq DESC LIMIT 1`, ruleID, about.Value, about.Type))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil //nolint:nilnil // the contract: nil when there is none
	}
	return a, err
}

// putFinding stores a finding with the anomaly that it went to.
func putFinding(ctx context.Context, tx execer, f *rule.Finding, anomaly string) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO findings
		(id, run, anomaly_id, rule_id, severity, confidence, value, threshold, events, first_seen, last_seen, created_at, ord, evidence)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
		f.ID, f.Run, anomaly, f.RuleID, int64(f.Severity), f.Confidence, f.Value, f.Threshold, f.Events, f.First, f.Last,
		f.Received, int64(f.Ord), packIDs(f.Evidence)) //nolint:gosec // journal positions stay far below 2^63
	if err != nil {
		return fmt.Errorf("store finding %s: %w", f.ID, err)
	}
	return nil
}

// putRun keeps which anomaly a run of findings goes to now.
func putRun(ctx context.Context, tx execer, run, anomaly string) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO finding_runs (run, anomaly_id) VALUES (?, ?)
		ON CONFLICT (run) DO UPDATE SET anomaly_id = excluded.anomaly_id`, run, anomaly)
	if err != nil {
		return fmt.Errorf("store run %s: %w", run, err)
	}
	return nil
}
