// SPDX-License-Identifier: Apache-2.0

package api

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/alert"
	"github.com/tocsin-siem/tocsin/internal/core/entity"
	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/query"
)

const (
	recentAlerts  = 10
	topEntities   = 10
	activityFresh = 10 * time.Second
	maxLastSeen   = 20
)

// Dashboard implements GET /api/siem/dashboard.
func (a *API) Dashboard(ctx context.Context, _ DashboardRequestObject) (DashboardResponseObject, error) {
	d, err := a.dashboard(ctx)
	if err != nil {
		return nil, err
	}
	return Dashboard200JSONResponse(d), nil
}

func (a *API) dashboard(ctx context.Context) (Dashboard, error) {
	open, err := a.opts.Cases.OpenAnomalies(ctx)
	if err != nil {
		return Dashboard{}, err
	}
	figures, err := a.opts.Cases.AlertStatistics(ctx)
	if err != nil {
		return Dashboard{}, err
	}
	recent, err := a.opts.Cases.Alerts(ctx, alert.AlertFilter{
		Statuses: []alert.Status{alert.Active, alert.Acknowledged}, Window: alert.Window{Limit: recentAlerts},
	})
	if err != nil {
		return Dashboard{}, err
	}
	entities, err := a.entities(ctx)
	if err != nil {
		return Dashboard{}, err
	}
	vitals, err := a.opts.Vitals(ctx)
	if err != nil {
		return Dashboard{}, err
	}
	if vitals.Sources == nil {
		if vitals.Sources, err = a.activity.sources(ctx, a.opts.Logs); err != nil {
			return Dashboard{}, err
		}
	}
	if vitals.Integrity.Status == "" {
		now := vitals.Integrity
		vitals.Integrity = a.checks.lastWhole()
		vitals.Integrity.Checkpoint, vitals.Integrity.Unreadable = now.Checkpoint, now.Unreadable
	}
	score, level := alert.Score(open)
	d := Dashboard{
		ThreatScore: score, ThreatLevel: DashboardThreatLevel(level), Anomalies: countsOf(open),
		Integrity: vitals.Integrity, Ingest: vitals.Ingest, Sources: notNil(vitals.Sources),
		TopEntities: entities, RecentAlerts: alertsOf(recent.Items), Demo: a.opts.Demo,
	}
	d.Alerts.Active, d.Alerts.Acknowledged = figures.ByStatus[alert.Active], figures.ByStatus[alert.Acknowledged]
	d.Alerts.BySeverity = countsOf(figures.BySeverity)
	return d, nil
}

// entities ranks who the open anomalies are about: by the worst of them, then by how
// many there are.
func (a *API) entities(ctx context.Context) ([]EntityActivity, error) {
	page, err := a.opts.Cases.Anomalies(ctx, alert.AnomalyFilter{Statuses: []alert.Status{alert.Open}, Window: alert.Window{Limit: alert.MaxLimit}})
	if err != nil {
		return nil, err
	}
	worst := map[entity.Entity]event.Severity{}
	count := map[entity.Entity]int64{}
	for i := range page.Items {
		x := &page.Items[i]
		worst[x.Entity] = max(worst[x.Entity], x.Severity)
		count[x.Entity]++
	}
	keys := make([]entity.Entity, 0, len(worst))
	for k := range worst {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(x, y entity.Entity) int {
		return cmp.Or(cmp.Compare(worst[y], worst[x]), cmp.Compare(count[y], count[x]), cmp.Compare(x.String(), y.String()))
	})
	out := make([]EntityActivity, 0, topEntities)
	for _, k := range keys[:min(len(keys), topEntities)] {
		out = append(out, EntityActivity{Entity: entityOf(k), Anomalies: count[k], Severity: Severity(worst[k].String())})
	}
	return out, nil
}

// lastSeen returns the time of a source's newest event, nil when it has none; events
// from the future do not count.
func lastSeen(ctx context.Context, logs query.Source, source string) (*time.Time, error) {
	page, err := logs.Query(ctx, query.Filter{Sources: []string{source}, To: time.Now().Add(time.Hour).UnixNano(), Limit: 1})
	if err != nil || len(page.Items) == 0 {
		return nil, err
	}
	at := time.Unix(0, page.Items[0].Time).UTC()
	return &at, nil
}

// activityCache keeps the counts by source of the last day for a moment: they are
// dear and change slowly.
type activityCache struct {
	mu   sync.Mutex
	at   time.Time
	list []SourceActivity
}

func (c *activityCache) sources(ctx context.Context, logs query.Source) ([]SourceActivity, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if c.list != nil && now.Sub(c.at) < activityFresh {
		return c.list, nil
	}
	s, err := logs.Statistics(ctx, query.Filter{From: now.Add(-24 * time.Hour).UnixNano()})
	if err != nil {
		return nil, err
	}
	list := make([]SourceActivity, len(s.Sources))
	for i, x := range s.Sources {
		list[i] = SourceActivity{Source: x.Value, Events: x.Count}
		if i < maxLastSeen {
			if list[i].LastSeen, err = lastSeen(ctx, logs, x.Value); err != nil {
				return nil, err
			}
		}
	}
	c.at, c.list = now, list
	return list, nil
}
