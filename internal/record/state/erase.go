// SPDX-License-Identifier: Apache-2.0

package state

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"fmt"

	"github.com/tocsin-siem/tocsin/internal/core/alert"
	"github.com/tocsin-siem/tocsin/internal/core/erasure"
)

// scanAtOnce is how many rows are decoded at a time.
const scanAtOnce = 500

// eraser takes a person out of the tables in one transaction.
type eraser struct {
	ctx context.Context //nolint:containedctx // lives as long as the transaction
	tx  *sql.Tx
	is  func(text string) bool
	// renamed are the new ids of anomalies about the person. An id is a hash over
	// the entity's name and things that are known, so that whoever guesses the name
	// could tell that it is right.
	renamed map[string]string
	gone    map[string]int
	change  alert.Change
}

// Erase takes whoever is one of those out of what is kept about anomalies, alerts,
// sessions, tokens and saved searches, and the subject out of the order of that id, in one
// transaction; then nothing of it is left in the files either. Rows stay, with their
// counts, times and evidence, and erasure.Word in the place of the name. It returns
// how many rows of what were changed, and may be called again.
func (w *Watch) Erase(ctx context.Context, order string, is func(text string) bool) (map[string]int, error) {
	var e *eraser
	err := w.s.inTx(ctx, func(tx *sql.Tx) error {
		e = &eraser{ctx: ctx, tx: tx, is: is, renamed: map[string]string{}, gone: map[string]int{}}
		if _, err := tx.ExecContext(ctx, "PRAGMA defer_foreign_keys = 1"); err != nil { // ids change on both sides
			return err
		}
		for _, part := range [...]struct {
			name string
			do   func() error
		}{
			{"anomalies", e.anomalies},
			{"alerts", e.alerts},
			{"sessions", e.sessions},
			{"tokens", e.tokens},
			{"pending activities", e.pending},
			{"saved searches", e.savedSearches},
			{"orders", func() error { return e.orders(order) }},
		} {
			if err := part.do(); err != nil {
				return fmt.Errorf("%s: %w", part.name, err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("erase from state: %w", err)
	}
	if err := w.s.Compact(ctx); err != nil {
		return nil, fmt.Errorf("erase from state: %w", err)
	}
	w.tell(e.change)
	return e.gone, nil
}

// newID is an id that says nothing.
func newID() string {
	var b [16]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

func (e *eraser) exec(query string, args ...any) error {
	_, err := e.tx.ExecContext(e.ctx, query, args...)
	return err
}

// each goes through a table by its seq, a number of rows at a time.
func each[T any](e *eraser, scan func(row scanner) (numbered[T], error), query string, do func(seq int64, row *T) error) error {
	for after := int64(0); ; {
		rows, err := all(e.ctx, e.tx, scan, query+" WHERE seq > ? ORDER BY seq LIMIT ?", after, scanAtOnce)
		if err != nil {
			return err
		}
		for i := range rows {
			if err := do(rows[i].seq, &rows[i].row); err != nil {
				return err
			}
		}
		if len(rows) < scanAtOnce {
			return nil
		}
		after = rows[len(rows)-1].seq
	}
}

// anomalies changes those that name the person; those about them get another id,
// and so do their findings.
func (e *eraser) anomalies() error {
	const query = "SELECT seq, " + anomalyColumns + " FROM security_anomalies"
	err := each(e, scanListedAnomaly, query, func(_ int64, a *alert.Anomaly) error {
		if e.is(a.Entity.Value) {
			e.renamed[a.ID] = newID()
		}
		return nil
	})
	if err != nil {
		return err
	}
	return each(e, scanListedAnomaly, query, func(seq int64, a *alert.Anomaly) error {
		about, changed := a.Erase(e.is, erasure.Word)
		if !changed {
			return nil
		}
		if about {
			old := a.ID
			a.ID, a.After = e.renamed[old], e.newID(a.After)
			if err := e.findings(old, a); err != nil {
				return err
			}
		}
		body, err := marshal(a)
		if err != nil {
			return err
		}
		e.gone["anomalies"]++
		e.change.Anomalies = append(e.change.Anomalies, *a)
		return e.exec("UPDATE security_anomalies SET id = ?, entity_value = ?, body = ? WHERE seq = ?", a.ID, a.Entity.Value, body, seq)
	})
}

// newID is the id that an anomaly has now.
func (e *eraser) newID(id string) string {
	if other, ok := e.renamed[id]; ok {
		return other
	}
	return id
}

// findings renames the runs and findings of an anomaly. No window goes on with one
// of them.
func (e *eraser) findings(old string, a *alert.Anomaly) error {
	runs := map[string]string{}
	of := func(run string) string {
		if runs[run] == "" {
			runs[run] = newID()
		}
		return runs[run]
	}
	for i := range a.Runs {
		a.Runs[i].ID = of(a.Runs[i].ID)
	}
	type finding struct{ run string }
	rows, err := all(e.ctx, e.tx, func(row scanner) (n numbered[finding], err error) {
		err = row.Scan(&n.seq, &n.row.run)
		return n, err
	}, "SELECT seq, run FROM findings WHERE anomaly_id = ?", old)
	if err != nil {
		return err
	}
	for _, f := range rows {
		if err := e.exec("UPDATE findings SET id = ?, run = ?, anomaly_id = ? WHERE seq = ?", newID(), of(f.row.run), a.ID, f.seq); err != nil {
			return err
		}
	}
	e.gone["findings"] += len(rows)
	return e.exec("DELETE FROM finding_runs WHERE anomaly_id = ?", old)
}

// alerts changes those that name the person.
func (e *eraser) alerts() error {
	return each(e, scanListedAlert, "SELECT seq, "+alertColumns+" FROM security_alerts", func(seq int64, a *alert.Alert) error {
		about, changed := a.Erase(e.is, erasure.Word)
		if about {
			a.ID = newID()
		}
		for i := range a.Anomalies {
			if id := e.newID(a.Anomalies[i].ID); id != a.Anomalies[i].ID {
				a.Anomalies[i].ID, changed = id, true
			}
		}
		if !changed {
			return nil
		}
		body, err := marshal(a)
		if err != nil {
			return err
		}
		e.gone["alerts"]++
		e.change.Alerts = append(e.change.Alerts, *a)
		return e.exec("UPDATE security_alerts SET id = ?, entity_value = ?, body = ? WHERE seq = ?", a.ID, a.Entity.Value, body, seq)
	})
}
