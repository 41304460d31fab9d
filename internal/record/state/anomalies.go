// SPDX-License-Identifier: Apache-2.0

package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/tocsin-siem/tocsin/internal/core/alert"
	"github.com/tocsin-siem/tocsin/internal/core/event"
)

const anomalyColumns = "evidence, body"

func scanAnomaly(row scanner) (*alert.Anomaly, error) {
	a := new(alert.Anomaly)
	var evidence, body []byte
	if err := row.Scan(&evidence, &body); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(body, a); err != nil {
		return nil, fmt.Errorf("decode anomaly: %w", err)
	}
	a.Evidence = unpackIDs(evidence)
	return a, nil
}

func scanListedAnomaly(row scanner) (n numbered[alert.Anomaly], err error) {
	a, err := scanAnomaly(scanFunc(func(dest ...any) error { return row.Scan(append([]any{&n.seq}, dest...)...) }))
	if err == nil {
		n.row = *a
	}
	return n, err
}

type scanFunc func(dest ...any) error

func (f scanFunc) Scan(dest ...any) error { return f(dest...) }

func putAnomaly(ctx context.Context, tx execer, a *alert.Anomaly) error {
	body, err := marshal(a)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO security_anomalies
		(id, rule_id, type, severity, confidence, status, entity_type, entity_value, count, first_seen, last_seen, created_at, resolved_at, evidence, body)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET severity = excluded.severity, confidence = excluded.confidence, status = excluded.status,
			count = excluded.count, first_seen = excluded.first_seen, last_seen = excluded.last_seen,
			resolved_at = excluded.resolved_at, evidence = excluded.evidence, body = excluded.body`,
		a.ID, a.RuleID, a.Type, int64(a.Severity), a.Confidence, string(a.Status), a.Entity.Type, a.Entity.Value, a.Count,
		a.FirstSeen, a.LastSeen, a.Created, a.ResolvedAt, packIDs(a.Evidence), body)
	if err != nil {
		return fmt.Errorf("store anomaly %s: %w", a.ID, err)
	}
	return nil
}

// Anomaly implements alert.Store.
func (w *Watch) Anomaly(ctx context.Context, id string) (alert.Anomaly, error) {
	a, err := anomalyByID(ctx, w.s.read, id)
	if err != nil {
		return alert.Anomaly{}, err
	}
	return *a, nil
}

func anomalyByID(ctx context.Context, q queryer, id string) (*alert.Anomaly, error) {
	a, err := scanAnomaly(q.QueryRowContext(ctx, "SELECT "+anomalyColumns+" FROM security_anomalies WHERE id = ?", id))
	return a, found(err, "anomaly", id)
}

// Anomalies implements alert.Store.
func (w *Watch) Anomalies(ctx context.Context, f alert.AnomalyFilter) (alert.Page[alert.Anomaly], error) {
	var cond where
	in(&cond, "id", f.IDs)
	in(&cond, "type", f.Types)
	in(&cond, "severity", f.Severities)
	in(&cond, "status", f.Statuses)
	if f.Entity != "" {
		cond.add("entity_value = ?", f.Entity)
	}
	p, err := page(ctx, w.s.read, scanListedAnomaly, anomalyColumns, "security_anomalies", &cond, f.Window)
	if err != nil {
		return p, fmt.Errorf("list anomalies: %w", err)
	}
	return p, nil
}

// ResolveAnomaly implements alert.Store.
func (w *Watch) ResolveAnomaly(ctx context.Context, id string, r alert.Resolution) (alert.Anomaly, error) {
	var a *alert.Anomaly
	err := w.s.inTx(ctx, func(tx *sql.Tx) (err error) {
		if a, err = anomalyByID(ctx, tx, id); err != nil {
			return err
		}
		if err := a.Resolve(r); err != nil {
			return err
		}
		return putAnomaly(ctx, tx, a)
	})
	if err != nil {
		return alert.Anomaly{}, fmt.Errorf("resolve anomaly: %w", err)
	}
	w.tell(alert.Change{Anomalies: []alert.Anomaly{*a}})
	return *a, nil
}

// OpenAnomalies implements alert.Store.
func (w *Watch) OpenAnomalies(ctx context.Context) (alert.Counts, error) {
	counts := alert.Counts{}
	_, err := all(ctx, w.s.read, func(row scanner) (struct{}, error) {
		var severity, n int64
		err := row.Scan(&severity, &n)
		counts[event.Severity(severity)] = n //nolint:gosec // the table checks it
		return struct{}{}, err
	}, "SELECT severity, count(*) FROM security_anomalies WHERE status = 'open' GROUP BY severity")
	if err != nil {
		return nil, fmt.Errorf("count open anomalies: %w", err)
	}
	return counts, nil
}
