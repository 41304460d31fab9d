// SPDX-License-Identifier: Apache-2.0

package state

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/alert"
	"github.com/tocsin-siem/tocsin/internal/core/entity"
	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/core/rule"
	"github.com/tocsin-siem/tocsin/internal/watch/detect"
)

// shippedRules reads the rules of the repository.
func shippedRules(t *testing.T) []*rule.Rule {
	t.Helper()
	rules, err := detect.Load(os.DirFS("../../../rules"))
	if err != nil || len(rules) == 0 {
		t.Fatalf("%d rules: %v", len(rules), err)
	}
	return rules
}

// journalOf makes a seeded sequence with everything in it: attacks on and off,
// repeats, two times of the year, late and future events, critical ones.
func journalOf(n int) []*event.Event {
	rng := rand.New(rand.NewPCG(11, 5))
	start := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC).UnixNano()
	var events []*event.Event
	for i := range n {
		received := start + int64(i)*int64(20*time.Second)
		if i > n/2 {
			received += int64(40 * time.Minute) // a quiet window
		}
		e := &event.Event{
			Received: received, Time: received - rng.Int64N(int64(5*time.Minute)), Input: "http", Source: "authentication",
			Category: "login_failed", IP: fmt.Sprintf("192.0.2.%d", rng.IntN(2)), User: fmt.Sprint("user", rng.IntN(9)),
			Place: event.Place{Ord: uint64(3*i + 1)},
		}
		binary.BigEndian.PutUint64(e.ID[8:], uint64(i+1))
		switch rng.IntN(8) {
		case 0:
			e.Category, e.Source, e.Severity = "injection_detected", "llm", event.High
			e.SetAttr("confidence", event.Float(.75+rng.Float64()/4))
		case 1:
			e.Category, e.Source = "content_blocked", "llm"
		case 2:
			e.Input, e.Time = "file", e.Time-int64(2000*time.Hour)
		case 3:
			e.SetAttr("repeat", event.Int(5))
		case 4:
			e.Severity = event.Critical
		case 5:
			e.Marks = []event.Mark{{Kind: event.MarkLate}}
		}
		events = append(events, e)
	}
	return events
}

var errKilled = errors.New("killed")

// tape is a Source that dies after an event, or waits at the end until the
// context is done.
type tape struct {
	events []*event.Event
	dies   uint64 // after this ord; 0 = never
	done   context.CancelFunc
}

func (p *tape) Next(ctx context.Context, limit int) ([]*event.Event, error) {
	batch := p.events[:min(limit, len(p.events))]
	for i, e := range batch {
		if p.dies != 0 && e.Place.Ord > p.dies {
			batch = batch[:i]
			break
		}
	}
	if len(batch) == 0 {
		if p.dies != 0 {
			return nil, errKilled
		}
		p.done()
		<-ctx.Done()
		return nil, ctx.Err()
	}
	p.events = p.events[len(batch):]
	return batch, nil
}

// mortal is a Store that dies at a commit: before it, or after it succeeded.
type mortal struct {
	detect.Store
	left  int // commits until death; negative = never
	after bool
	die   context.CancelFunc
}

func (m *mortal) Commit(ctx context.Context, b *detect.Batch) error {
	if m.left--; m.left != 0 {
		return m.Store.Commit(ctx, b)
	}
	if m.after {
		if err := m.Store.Commit(ctx, b); err != nil {
			return err
		}
	}
	m.die()
	return errKilled
}

type runSettings struct {
	batch, snapshot int
	dies            uint64
	commits         int
	after           bool
}

// runOnce is one life of the process.
func runOnce(t *testing.T, rules []*rule.Rule, events []*event.Event, store detect.Store, alerting func(*event.Event) bool, s runSettings) {
	t.Helper()
	engine, err := detect.New(rules, detect.Options{MaxKeys: 100})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	err = engine.Run(ctx, detect.RunOptions{
		Open: func(after uint64) detect.Source {
			i, _ := slices.BinarySearchFunc(events, after+1, func(e *event.Event, ord uint64) int { return int(e.Place.Ord) - int(ord) })
			return &tape{events: events[i:], dies: s.dies, done: cancel}
		},
		Store: &mortal{Store: store, left: s.commits, after: s.after, die: cancel}, Alerting: alerting,
		Logger: slog.New(slog.DiscardHandler), MaxBatch: s.batch, SnapshotEvery: s.snapshot, CommitEvery: -1,
	})
	if killed := s.dies != 0 || s.commits != 0; killed != errors.Is(err, errKilled) && (killed || err != nil) {
		if s.commits != 0 && err == nil {
			return // it ended before that commit
		}
		t.Fatalf("%+v: %v", s, err)
	}
}

// TestReplayAtEveryKillPoint: whatever the event or commit that the process dies
// at, with or without a snapshot, findings, anomalies and alerts end up the same.
func TestReplayAtEveryKillPoint(t *testing.T) {
	t.Parallel()
	rules, events := shippedRules(t), journalOf(160)
	straight := newMemory()
	runOnce(t, rules, events, straight, straight.alerting, runSettings{batch: 1000})
	want := straight.dump()
	for _, part := range []string{"brute_force_attack", "account_enumeration", "llm_injection", "llm_repeated_violation", alert.RuleCriticalEvent, alert.RuleBruteForce} {
		if !strings.Contains(want, part) {
			t.Fatalf("the sequence raises no %s", part)
		}
	}
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		killEverywhere(t, rules, events, 1, want, func() (detect.Store, func(*event.Event) bool, func() string) {
			m := newMemory()
			return m, m.alerting, m.dump
		})
	})
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		s := openState(t, t.TempDir())
		step := 7
		if testing.Short() {
			step = 40
		}
		killEverywhere(t, rules, events, step, want, func() (detect.Store, func(*event.Event) bool, func() string) {
			for _, table := range []string{"finding_runs", "findings", "security_anomalies", "security_alerts", "detect_state"} {
				if _, err := s.write.ExecContext(t.Context(), "DELETE FROM "+table); err != nil {
					t.Fatal(err)
				}
			}
			w := NewWatch(s)
			return w, w.Alerting, func() string { return dumpWatch(t, w) }
		})
	})
}

func killEverywhere(t *testing.T, rules []*rule.Rule, events []*event.Event, step int, want string,
	fresh func() (detect.Store, func(*event.Event) bool, func() string),
) {
	t.Helper()
	compare := func(s runSettings, got string) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%+v (-straight +killed):\n%s", s, diff)
		}
	}
	for _, s := range []runSettings{{batch: 1, snapshot: 1}, {batch: 7, snapshot: 20}, {batch: 16, snapshot: 1 << 20}} {
		for i := 0; i < len(events); i += step {
			store, alerting, dump := fresh()
			s.dies = events[i].Place.Ord
			runOnce(t, rules, events, store, alerting, s)
			runOnce(t, rules, events, store, alerting, runSettings{batch: s.batch + 4, snapshot: s.snapshot})
			compare(s, dump())
		}
	}
	for _, after := range []bool{false, true} {
		for commits := 1; commits < 40; commits += step {
			store, alerting, dump := fresh()
			s := runSettings{batch: 5, snapshot: 20, commits: commits, after: after}
			runOnce(t, rules, events, store, alerting, s)
			runOnce(t, rules, events, store, alerting, runSettings{batch: 3, snapshot: 1 << 20})
			compare(s, dump())
		}
	}
}

// memory is a detect.Store and alert.Shelf in memory.
type memory struct {
	at        detect.Position
	findings  []rule.Finding
	anomalies []*alert.Anomaly
	alerts    []*alert.Alert
	runs      map[string]string
	rules     []alert.Rule
}

func newMemory() *memory { return &memory{runs: map[string]string{}, rules: alert.DefaultRules()} }

func (m *memory) alerting(e *event.Event) bool {
	return slices.ContainsFunc(m.rules, func(r alert.Rule) bool { return r.MatchesEvent(e) })
}

func (m *memory) Resume(context.Context) (detect.Position, error) { return m.at, nil }

func (m *memory) Commit(_ context.Context, b *detect.Batch) error {
	if b.Ord < m.at.Ord {
		return nil
	}
	if b.Ord > m.at.Ord {
		book := alert.NewBook(m, m.rules)
		for _, s := range b.Steps {
			if s.Event != nil {
				if err := book.Event(s.Event); err != nil {
					return err
				}
				continue
			}
			if _, err := book.Finding(s.Finding); err != nil {
				return err
			}
			if !s.Finding.Grown && !slices.ContainsFunc(m.findings, func(f rule.Finding) bool { return f.ID == s.Finding.ID }) {
				m.findings = append(m.findings, *s.Finding)
			}
		}
		maps.Copy(m.runs, book.Runs())
		for _, a := range book.Anomalies() {
			m.anomalies = put(m.anomalies, keepAnomaly(a), func(x *alert.Anomaly) bool { return x.ID == a.ID })
		}
		for _, a := range book.Alerts() {
			m.alerts = put(m.alerts, keepAlert(a), func(x *alert.Alert) bool { return x.ID == a.ID })
		}
	}
	m.at.Ord = b.Ord
	if b.Snapshot != nil {
		m.at.Snapshot = b.Snapshot
	}
	return nil
}

func put[T any](rows []*T, row *T, same func(*T) bool) []*T {
	if i := slices.IndexFunc(rows, same); i >= 0 {
		rows[i] = row
		return rows
	}
	return append(rows, row)
}

// keepAnomaly and keepAlert share nothing with the row.
func keepAnomaly(row *alert.Anomaly) *alert.Anomaly {
	kept := *row
	kept.Runs, kept.Evidence, kept.Notes = slices.Clone(row.Runs), slices.Clone(row.Evidence), slices.Clone(row.Notes)
	return &kept
}

func keepAlert(row *alert.Alert) *alert.Alert {
	kept := *row
	kept.Anomalies, kept.Evidence, kept.Notes = slices.Clone(row.Anomalies), slices.Clone(row.Evidence), slices.Clone(row.Notes)
	return &kept
}

func (m *memory) AnomalyOfRun(run string) (*alert.Anomaly, error) {
	for _, a := range m.anomalies {
		if a.ID == m.runs[run] {
			return keepAnomaly(a), nil
		}
	}
	return nil, nil
}

func (m *memory) OpenAnomalies(ruleID string, about entity.Entity) (open []*alert.Anomaly, err error) {
	for _, a := range m.anomalies {
		if a.Status == alert.Open && a.RuleID == ruleID && a.Entity == about {
			open = append(open, keepAnomaly(a))
		}
	}
	return open, nil
}

func (m *memory) NewestAlert(ruleID string, about entity.Entity) (*alert.Alert, error) {
	for _, a := range slices.Backward(m.alerts) {
		if a.RuleID == ruleID && a.Entity == about {
			return keepAlert(a), nil
		}
	}
	return nil, nil
}

func (m *memory) dump() string {
	d := dumper{}
	for i := range m.findings {
		f := &m.findings[i]
		d.line("finding", f.ID, f.Run, f.RuleID, f.Severity, f.Confidence, f.Value, f.Threshold, f.Events, f.First, f.Last, f.Received, f.Ord, f.Evidence)
	}
	for _, a := range m.anomalies {
		d.row("anomaly", a, a.Evidence)
	}
	for _, a := range m.alerts {
		d.row("alert", a, a.Evidence)
	}
	return d.String()
}

// dumper writes rows as text.
type dumper struct{ strings.Builder }

func (d *dumper) line(parts ...any) { fmt.Fprintln(&d.Builder, parts...) }

func (d *dumper) row(what string, row any, evidence []event.ID) {
	body, err := json.Marshal(row)
	d.line(what, string(body), evidence, err)
}

func dumpWatch(t *testing.T, w *Watch) string {
	t.Helper()
	d := dumper{}
	_, err := all(t.Context(), w.s.read, func(row scanner) (struct{}, error) {
		var f rule.Finding
		var severity int64
		var evidence []byte
		err := row.Scan(&f.ID, &f.Run, &f.RuleID, &severity, &f.Confidence, &f.Value, &f.Threshold, &f.Events, &f.First, &f.Last, &f.Received, &f.Ord, &evidence)
		d.line("finding", f.ID, f.Run, f.RuleID, event.Severity(severity), f.Confidence, f.Value, f.Threshold, f.Events, f.First, f.Last, f.Received, f.Ord, unpackIDs(evidence))
		return struct{}{}, err
	}, "SELECT id, run, rule_id, severity, confidence, value, threshold, events, first_seen, last_seen, created_at, ord, evidence FROM findings ORDER BY seq")
	if err != nil {
		t.Fatal(err)
	}
	anomalies, err := w.Anomalies(t.Context(), alert.AnomalyFilter{Window: alert.Window{Limit: alert.MaxLimit}})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range slices.Backward(anomalies.Items) {
		d.row("anomaly", a, a.Evidence)
	}
	alerts, err := w.Alerts(t.Context(), alert.AlertFilter{Window: alert.Window{Limit: alert.MaxLimit}})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range slices.Backward(alerts.Items) {
		d.row("alert", a, a.Evidence)
	}
	return d.String()
}
