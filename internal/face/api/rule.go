// SPDX-License-Identifier: Apache-2.0

package api

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/tocsin-siem/tocsin/internal/core/alert"
	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// ListAlertRules implements GET /api/siem/alert-rules.
func (a *API) ListAlertRules(ctx context.Context, _ ListAlertRulesRequestObject) (ListAlertRulesResponseObject, error) {
	rules, err := a.opts.Cases.AlertRules(ctx)
	if err != nil {
		return nil, err
	}
	total := int64(len(rules))
	list := AlertRuleList{Items: make([]AlertRule, len(rules)), Total: &total}
	for i := range rules {
		r := &rules[i]
		list.Items[i] = AlertRule{
			Id: r.ID, Name: textOf(r.Name()), Type: AlertRuleType(r.Type), Severity: Severity(r.Severity.String()),
			Condition: AlertCondition{
				Types: notNil(r.Condition.Types), MinSeverity: Level(r.Condition.MinSeverity.String()), ConfidenceAbove: r.Condition.ConfidenceAbove,
			},
			Cooldown: int64(r.Cooldown.Seconds()), Channels: notNil(r.Channels), Enabled: r.Enabled,
		}
	}
	slices.SortFunc(list.Items, func(x, y AlertRule) int { return cmp.Compare(x.Id, y.Id) })
	return ListAlertRules200JSONResponse(list), nil
}

// AlertStatistics implements GET /api/siem/alerts/statistics.
func (a *API) AlertStatistics(ctx context.Context, _ AlertStatisticsRequestObject) (AlertStatisticsResponseObject, error) {
	s, err := a.opts.Cases.AlertStatistics(ctx)
	if err != nil {
		return nil, err
	}
	return AlertStatistics200JSONResponse(AlertStatistics{
		Total: s.Total, Active: s.ByStatus[alert.Active], Acknowledged: s.ByStatus[alert.Acknowledged], Resolved: s.ByStatus[alert.Resolved],
		BySeverity: countsOf(s.BySeverity), ByRule: ranked(s.ByRule), ByReason: ranked(s.ByReason), Suppressed: s.Suppressed,
		MeanAcknowledgeS: float64(s.MeanAcknowledge) / second, MeanResolveS: float64(s.MeanResolve) / second,
	}), nil
}

func countsOf(c alert.Counts) SeverityCounts {
	return SeverityCounts{Critical: c[event.Critical], High: c[event.High], Medium: c[event.Medium], Low: c[event.Low]}
}

// ranked lists counts, the largest first.
func ranked[K ~string](counts map[K]int64) []Count {
	out := make([]Count, 0, len(counts))
	for _, k := range slices.Sorted(maps.Keys(counts)) {
		out = append(out, Count{Value: string(k), Count: counts[k]})
	}
	slices.SortStableFunc(out, func(x, y Count) int { return cmp.Compare(y.Count, x.Count) })
	return out
}
