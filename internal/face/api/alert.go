// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"errors"
	"slices"

	"github.com/tocsin-siem/tocsin/internal/core/alert"
	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/query"
)

// detailEvents bounds the events that one alert shows.
const detailEvents = 100

// ListAlerts implements GET /api/siem/alerts.
func (a *API) ListAlerts(ctx context.Context, request ListAlertsRequestObject) (ListAlertsResponseObject, error) {
	p := request.Params
	w, err := windowOf(p.Limit, p.Cursor, p.Offset)
	if err != nil {
		return nil, err
	}
	if err := known("status", p.Status); err != nil {
		return nil, err
	}
	severities, err := severitiesOf(p.Severity)
	if err != nil {
		return nil, err
	}
	f := alert.AlertFilter{
		Severities: severities, Statuses: []alert.Status{alert.Active, alert.Acknowledged},
		Window: alert.Window{Limit: w.limit, Cursor: w.cursor, Offset: w.offset},
	}
	if p.Status != nil {
		f.Statuses = []alert.Status{alert.Status(*p.Status)}
	}
	if p.Rule != nil && *p.Rule != "" {
		f.Rules = []string{*p.Rule}
	}
	page, err := a.opts.Cases.Alerts(ctx, f)
	if err != nil {
		return nil, err
	}
	return ListAlerts200JSONResponse(AlertList{Items: alertsOf(page.Items), Next: optional(page.Next), Total: &page.Total}), nil
}

// GetAlert implements GET /api/siem/alerts/{id}.
func (a *API) GetAlert(ctx context.Context, request GetAlertRequestObject) (GetAlertResponseObject, error) {
	found, err := a.opts.Cases.Alert(ctx, request.Id)
	if err != nil {
		return nil, err
	}
	anomalies, err := a.members(ctx, &found)
	if err != nil {
		return nil, err
	}
	evidence := slices.Clone(found.Evidence)
	out := AlertDetail{Alert: alertOf(&found), Anomalies: make([]Anomaly, len(anomalies)), Findings: []Finding{}}
	for i := range anomalies {
		out.Anomalies[i] = anomalyOf(&anomalies[i])
		out.Findings = append(out.Findings, findingOf(&anomalies[i]))
		evidence = append(evidence, anomalies[i].Evidence...)
	}
	if len(anomalies) == 0 {
		out.Findings = append(out.Findings, eventFinding(&found))
	}
	var missing int64
	if out.Events, missing, err = a.evidence(ctx, evidence); err != nil {
		return nil, err
	}
	return GetAlert200JSONResponse{Body: out, Headers: GetAlert200ResponseHeaders{TocsinIncomplete: incomplete(missing)}}, nil
}

// members returns the anomalies of an alert, the newest first; one that is no longer
// there is left out.
func (a *API) members(ctx context.Context, of *alert.Alert) ([]alert.Anomaly, error) {
	out := make([]alert.Anomaly, 0, len(of.Anomalies))
	for _, m := range of.Anomalies {
		x, err := a.opts.Cases.Anomaly(ctx, m.ID)
		if errors.Is(err, alert.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	slices.SortStableFunc(out, func(x, y alert.Anomaly) int { return int(min(max(y.LastSeen-x.LastSeen, -1), 1)) })
	return out, nil
}

// evidence reads the events of ids, in the order of their time; those that retention
// has dropped are left out. missing is how many are not there while stored events
// cannot be read.
func (a *API) evidence(ctx context.Context, ids []event.ID) (out []Event, missing int64, err error) {
	slices.SortFunc(ids, func(x, y event.ID) int { return slices.Compare(x[:], y[:]) })
	ids = slices.Compact(ids)
	ids = ids[max(0, len(ids)-detailEvents):]
	found := make([]event.Event, 0, len(ids))
	for _, id := range ids {
		e, err := a.opts.Logs.ByID(ctx, id)
		if errors.Is(err, query.ErrNotFound) {
			if gap, ok := errors.AsType[*query.MissingError](err); ok && gap.Incomplete > 0 {
				missing++
			}
			continue
		}
		if err != nil {
			return nil, 0, err
		}
		found = append(found, e)
	}
	slices.SortStableFunc(found, func(x, y event.Event) int { return int(min(max(x.Time-y.Time, -1), 1)) })
	out = make([]Event, len(found))
	for i := range found {
		out[i] = a.appendRow(nil, &found[i])
	}
	return out, missing, nil
}

// AcknowledgeAlert implements POST /api/siem/alerts/{id}/acknowledge.
func (a *API) AcknowledgeAlert(ctx context.Context, request AcknowledgeAlertRequestObject) (AcknowledgeAlertResponseObject, error) {
	work, err := workOf(ctx, "")
	if err != nil {
		return nil, err
	}
	done, err := a.opts.Cases.Acknowledge(ctx, request.Id, work)
	if err != nil {
		return nil, err
	}
	a.record(ctx, alertAcknowledged, event.Success, work.By+" acknowledged alert "+done.ID, alertAttrs(&done)...)
	a.Publish(alert.Change{Alerts: []alert.Alert{done}})
	return AcknowledgeAlert200JSONResponse(alertOf(&done)), nil
}

// ResolveAlert implements POST /api/siem/alerts/{id}/resolve.
func (a *API) ResolveAlert(ctx context.Context, request ResolveAlertRequestObject) (ResolveAlertResponseObject, error) {
	body := value(request.Body)
	if err := known("reason", body.Reason); err != nil {
		return nil, err
	}
	work, err := workOf(ctx, value(body.Notes))
	if err != nil {
		return nil, err
	}
	keep := body.ResolveAnomalies != nil && !*body.ResolveAnomalies
	done, err := a.opts.Cases.Resolve(ctx, request.Id, alert.Resolution{
		Work: work, Reason: alert.Reason(value(body.Reason)), KeepAnomalies: keep,
	})
	if err != nil {
		return nil, err
	}
	attrs := append(alertAttrs(&done), event.Attr{Key: "reason", Value: event.Text(string(done.Reason))},
		event.Attr{Key: "notes", Value: event.Text(work.Notes)})
	a.record(ctx, alertResolved, event.Success, work.By+" resolved alert "+done.ID, attrs...)
	change := alert.Change{Alerts: []alert.Alert{done}}
	if !keep {
		if change.Anomalies, err = a.members(ctx, &done); err != nil {
			a.opts.Logger.WarnContext(ctx, "anomalies of a resolved alert not announced", "alert", done.ID, "error", err)
		}
	}
	a.Publish(change)
	return ResolveAlert200JSONResponse(alertOf(&done)), nil
}

func alertAttrs(x *alert.Alert) []event.Attr {
	return []event.Attr{
		{Key: "alert_id", Value: event.Text(x.ID)},
		{Key: "alert_rule", Value: event.Text(x.RuleID)},
		{Key: "entity", Value: event.Text(x.Entity.String())},
	}
}

func alertsOf(list []alert.Alert) []Alert {
	out := make([]Alert, len(list))
	for i := range list {
		out[i] = alertOf(&list[i])
	}
	return out
}

func alertOf(x *alert.Alert) Alert {
	out := Alert{
		Id: x.ID, RuleId: x.RuleID, Severity: Severity(x.Severity.String()), Status: AlertStatus(x.Status),
		Title: textOf(x.Title()), Description: textOf(x.Description()), Entity: entityOf(x.Entity), Count: x.Count,
		FirstSeen: moment(x.FirstSeen), LastSeen: moment(x.LastSeen), Assignee: optional(x.Assignee), Notes: make([]Note, len(x.Notes)),
		AcknowledgedAt: optionalMoment(x.AcknowledgedAt), AcknowledgedBy: optional(x.AcknowledgedBy),
		ResolvedAt: optionalMoment(x.ResolvedAt), ResolvedBy: optional(x.ResolvedBy),
	}
	for i, n := range x.Notes {
		out.Notes[i] = Note{Time: moment(n.Time), Author: n.By, Text: n.Text}
	}
	if x.Reason != "" {
		reason := ResolutionReason(x.Reason)
		out.Reason = &reason
	}
	return out
}

const second = 1_000_000_000

// findingOf tells why an anomaly is one.
func findingOf(x *alert.Anomaly) Finding {
	return Finding{
		Id: x.ID, Rule: x.RuleID, Type: x.Type, Severity: Level(x.Severity.String()), Confidence: x.Confidence, Entity: entityOf(x.Entity),
		Actual: x.Value, Threshold: x.Threshold, WindowS: x.Window / second, FirstSeen: moment(x.FirstSeen), LastSeen: moment(x.LastSeen),
		Evidence: idsOf(x.Evidence), Techniques: notNil(x.Techniques),
	}
}

// eventFinding tells why an event alone raised an alert.
func eventFinding(x *alert.Alert) Finding {
	return Finding{
		Id: x.ID, Rule: x.RuleID, Type: x.Cause, Severity: Level(x.Severity.String()), Confidence: 1, Entity: entityOf(x.Entity),
		Actual: max(x.Value, 1), Threshold: max(x.Threshold, 1), WindowS: x.Window / second,
		FirstSeen: moment(x.FirstSeen), LastSeen: moment(x.LastSeen), Evidence: idsOf(x.Evidence), Techniques: notNil(x.Techniques),
	}
}
