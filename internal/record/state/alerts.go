// SPDX-License-Identifier: Apache-2.0

package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tocsin-siem/tocsin/internal/core/alert"
	"github.com/tocsin-siem/tocsin/internal/core/event"
)

const alertColumns = "evidence, body"

func scanAlert(row scanner) (*alert.Alert, error) {
	a := new(alert.Alert)
	var evidence, body []byte
	if err := row.Scan(&evidence, &body); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(body, a); err != nil {
		return nil, fmt.Errorf("decode alert: %w", err)
	}
	a.Evidence = unpackIDs(evidence)
	return a, nil
}

func scanListedAlert(row scanner) (n numbered[alert.Alert], err error) {
	a, err := scanAlert(scanFunc(func(dest ...any) error { return row.Scan(append([]any{&n.seq}, dest...)...) }))
	if err == nil {
		n.row = *a
	}
	return n, err
}

func putAlert(ctx context.Context, tx execer, a *alert.Alert) error {
	body, err := marshal(a)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO security_alerts
		(id, rule_id, severity, status, entity_type, entity_value, count, first_seen, last_seen, created_at, acknowledged_at, resolved_at, reason, suppressed, evidence, body)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET severity = excluded.severity, status = excluded.status, count = excluded.count,
			first_seen = excluded.first_seen, last_seen = excluded.last_seen, acknowledged_at = excluded.acknowledged_at,
			resolved_at = excluded.resolved_at, reason = excluded.reason, suppressed = excluded.suppressed,
			evidence = excluded.evidence, body = excluded.body`,
		a.ID, a.RuleID, int64(a.Severity), string(a.Status), a.Entity.Type, a.Entity.Value, a.Count, a.FirstSeen, a.LastSeen,
		a.Created, a.AcknowledgedAt, a.ResolvedAt, string(a.Reason), a.Suppressed, packIDs(a.Evidence), body)
	if err != nil {
		return fmt.Errorf("store alert %s: %w", a.ID, err)
	}
	return nil
}

// Alert implements alert.Store.
func (w *Watch) Alert(ctx context.Context, id string) (alert.Alert, error) {
	a, err := alertByID(ctx, w.s.read, id)
	if err != nil {
		return alert.Alert{}, err
	}
	return *a, nil
}

func alertByID(ctx context.Context, q queryer, id string) (*alert.Alert, error) {
	a, err := scanAlert(q.QueryRowContext(ctx, "SELECT "+alertColumns+" FROM security_alerts WHERE id = ?", id))
	return a, found(err, "alert", id)
}

// Alerts implements alert.Store.
func (w *Watch) Alerts(ctx context.Context, f alert.AlertFilter) (alert.Page[alert.Alert], error) {
	var cond where
	in(&cond, "rule_id", f.Rules)
	in(&cond, "severity", f.Severities)
	in(&cond, "status", f.Statuses)
	if f.Entity != "" {
		cond.add("entity_value = ?", f.Entity)
	}
	p, err := page(ctx, w.s.read, scanListedAlert, alertColumns, "security_alerts", &cond, f.Window)
	if err != nil {
		return p, fmt.Errorf("list alerts: %w", err)
	}
	return p, nil
}

// Acknowledge implements alert.Store.
func (w *Watch) Acknowledge(ctx context.Context, id string, work alert.Work) (alert.Alert, error) {
	var a *alert.Alert
	changed := false
	err := w.s.inTx(ctx, func(tx *sql.Tx) (err error) {
		if a, err = alertByID(ctx, tx, id); err != nil {
			return err
		}
		changed = a.Status == alert.Active
		if err := a.Acknowledge(work); err != nil || !changed {
			return err
		}
		return putAlert(ctx, tx, a)
	})
	if err != nil {
		return alert.Alert{}, fmt.Errorf("acknowledge alert: %w", err)
	}
	if changed {
		w.tell(alert.Change{Alerts: []alert.Alert{*a}})
	}
	return *a, nil
}

// Resolve implements alert.Store.
func (w *Watch) Resolve(ctx context.Context, id string, r alert.Resolution) (alert.Alert, error) {
	var a *alert.Alert
	var change alert.Change
	err := w.s.inTx(ctx, func(tx *sql.Tx) (err error) {
		if a, err = alertByID(ctx, tx, id); err != nil {
			return err
		}
		if err := a.Resolve(r); err != nil {
			return err
		}
		if err := putAlert(ctx, tx, a); err != nil {
			return err
		}
		change.Alerts = []alert.Alert{*a}
		if r.KeepAnomalies {
			return nil
		}
		change.Anomalies, err = resolveMembers(ctx, tx, a, r)
		return err
	})
	if err != nil {
		return alert.Alert{}, fmt.Errorf("resolve alert: %w", err)
	}
	w.tell(change)
	return *a, nil
}

// resolveMembers resolves the alert's anomalies that are still open.
func resolveMembers(ctx context.Context, tx *sql.Tx, a *alert.Alert, r alert.Resolution) ([]alert.Anomaly, error) {
	var resolved []alert.Anomaly
	for _, m := range a.Anomalies {
		member, err := anomalyByID(ctx, tx, m.ID)
		if err != nil {
			return nil, err
		}
		if member.Status != alert.Open {
			continue
		}
		if err := member.Resolve(r); err != nil {
			return nil, err
		}
		if err := putAnomaly(ctx, tx, member); err != nil {
			return nil, err
		}
		resolved = append(resolved, *member)
	}
	return resolved, nil
}

// AlertStatistics implements alert.Store.
func (w *Watch) AlertStatistics(ctx context.Context) (alert.Statistics, error) {
	s := alert.Statistics{
		ByStatus: map[alert.Status]int64{}, BySeverity: alert.Counts{},
		ByRule: map[string]int64{}, ByReason: map[alert.Reason]int64{},
	}
	_, err := all(ctx, w.s.read, func(row scanner) (struct{}, error) {
		var status, ruleID, reason string
		var severity, n, suppressed int64
		err := row.Scan(&status, &severity, &ruleID, &reason, &n, &suppressed)
		s.Total += n
		s.Suppressed += suppressed
		s.ByStatus[alert.Status(status)] += n
		s.ByRule[ruleID] += n
		if alert.Status(status) != alert.Resolved {
			s.BySeverity[event.Severity(severity)] += n //nolint:gosec // the table checks it
		} else if reason != "" {
			s.ByReason[alert.Reason(reason)] += n
		}
		return struct{}{}, err
	}, "SELECT status, severity, rule_id, reason, count(*), sum(suppressed) FROM security_alerts GROUP BY status, severity, rule_id, reason")
	if err == nil {
		// People's clock against the time of receipt: never below zero.
		err = w.s.read.QueryRowContext(ctx, `SELECT
			CAST(coalesce(avg(CASE WHEN acknowledged_at > 0 THEN max(acknowledged_at - created_at, 0) END), 0) AS INTEGER),
			CAST(coalesce(avg(CASE WHEN resolved_at > 0 THEN max(resolved_at - created_at, 0) END), 0) AS INTEGER)
			FROM security_alerts`).Scan(&s.MeanAcknowledge, &s.MeanResolve)
	}
	if err != nil {
		return s, fmt.Errorf("alert statistics: %w", err)
	}
	return s, nil
}

// AlertRules implements alert.Store: the program's rules with what was changed.
func (w *Watch) AlertRules(ctx context.Context) ([]alert.Rule, error) {
	rules, err := alertRules(ctx, w.s.read)
	if err != nil {
		return nil, fmt.Errorf("list alert rules: %w", err)
	}
	return rules, nil
}

func alertRules(ctx context.Context, q queryer) ([]alert.Rule, error) {
	changed, err := all(ctx, q, func(row scanner) (r alert.Rule, err error) {
		var body []byte
		if err = row.Scan(&body); err == nil {
			err = json.Unmarshal(body, &r)
		}
		return r, err
	}, "SELECT body FROM alert_rules")
	if err != nil {
		return nil, err
	}
	rules := alert.DefaultRules()
	for i := range rules {
		for _, r := range changed {
			if r.ID == rules[i].ID {
				rules[i] = r
			}
		}
	}
	return rules, nil
}

// PutAlertRule implements alert.Store.
func (w *Watch) PutAlertRule(ctx context.Context, r alert.Rule) error {
	if err := r.Validate(); err != nil {
		return fmt.Errorf("alert rule: %w: %w", alert.ErrInvalid, err)
	}
	known := false
	for _, have := range alert.DefaultRules() {
		if have.ID != r.ID {
			continue
		}
		if known = true; have.Type != r.Type {
			return fmt.Errorf("alert rule: %w: type: it is %s and stays so", alert.ErrInvalid, have.Type)
		}
	}
	if !known {
		return found(sql.ErrNoRows, "alert rule", r.ID)
	}
	body, err := marshal(r)
	if err != nil {
		return err
	}
	_, err = w.s.write.ExecContext(ctx, `INSERT INTO alert_rules (id, type, severity, cooldown, enabled, body) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET severity = excluded.severity, cooldown = excluded.cooldown, enabled = excluded.enabled, body = excluded.body`,
		r.ID, string(r.Type), int64(r.Severity), int64(r.Cooldown), r.Enabled, body)
	if err != nil {
		return fmt.Errorf("store alert rule %s: %w", r.ID, err)
	}
	rules, err := w.AlertRules(ctx)
	if err != nil {
		return errors.Join(errors.New("the rule is stored, but was not read back"), err)
	}
	w.keepAlerting(rules)
	return nil
}
