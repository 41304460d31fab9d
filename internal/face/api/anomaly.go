// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/alert"
	"github.com/tocsin-siem/tocsin/internal/core/entity"
	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// ListAnomalies implements GET /api/siem/anomalies.
func (a *API) ListAnomalies(ctx context.Context, request ListAnomaliesRequestObject) (ListAnomaliesResponseObject, error) {
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
	f := alert.AnomalyFilter{Severities: severities, Window: alert.Window{Limit: w.limit, Cursor: w.cursor, Offset: w.offset}}
	if p.Type != nil && *p.Type != "" {
		f.Types = []string{*p.Type}
	}
	if p.Status != nil {
		f.Statuses = []alert.Status{alert.Status(*p.Status)}
	}
	page, err := a.opts.Cases.Anomalies(ctx, f)
	if err != nil {
		return nil, err
	}
	list := AnomalyList{Items: make([]Anomaly, len(page.Items)), Next: optional(page.Next), Total: &page.Total}
	for i := range page.Items {
		list.Items[i] = anomalyOf(&page.Items[i])
	}
	return ListAnomalies200JSONResponse(list), nil
}

// GetAnomaly implements GET /api/siem/anomalies/{id}.
func (a *API) GetAnomaly(ctx context.Context, request GetAnomalyRequestObject) (GetAnomalyResponseObject, error) {
	found, err := a.opts.Cases.Anomaly(ctx, request.Id)
	if err != nil {
		return nil, err
	}
	return GetAnomaly200JSONResponse(anomalyOf(&found)), nil
}

// ResolveAnomaly implements POST /api/siem/anomalies/{id}/resolve.
func (a *API) ResolveAnomaly(ctx context.Context, request ResolveAnomalyRequestObject) (ResolveAnomalyResponseObject, error) {
	notes := ""
	if request.Body != nil {
		notes = value(request.Body.Notes)
	}
	work, err := workOf(ctx, notes)
	if err != nil {
		return nil, err
	}
	done, err := a.opts.Cases.ResolveAnomaly(ctx, request.Id, alert.Resolution{Work: work})
	if err != nil {
		return nil, err
	}
	a.record(ctx, anomalyResolved, event.Success, work.By+" resolved anomaly "+done.ID,
		event.Attr{Key: "anomaly_id", Value: event.Text(done.ID)}, event.Attr{Key: "anomaly_type", Value: event.Text(done.Type)},
		event.Attr{Key: "entity", Value: event.Text(done.Entity.String())},
		event.Attr{Key: "notes", Value: event.Text(notes)})
	a.Publish(alert.Change{Anomalies: []alert.Anomaly{done}})
	return ResolveAnomaly200JSONResponse(anomalyOf(&done)), nil
}

const maxNotes = 8192

// workOf says who does something now.
func workOf(ctx context.Context, notes string) (alert.Work, error) {
	if len(notes) > maxNotes {
		return alert.Work{}, invalid("notes", "may have %d bytes", maxNotes)
	}
	return alert.Work{By: who(ctx).Name, At: time.Now().UnixNano(), Notes: notes}, nil
}

func severitiesOf(p *Severity) ([]event.Severity, error) {
	if p == nil {
		return nil, nil
	}
	if err := known("severity", p); err != nil {
		return nil, err
	}
	s, _ := event.ParseSeverity(string(*p))
	return []event.Severity{s}, nil
}

func anomalyOf(x *alert.Anomaly) Anomaly {
	out := Anomaly{
		Id: x.ID, Type: x.Type, Severity: Severity(x.Severity.String()), Confidence: x.Confidence, Status: AnomalyStatus(x.Status),
		Entity: entityOf(x.Entity), Description: textOf(x.Description()), Evidence: idsOf(x.Evidence),
		FirstSeen: moment(x.FirstSeen), LastSeen: moment(x.LastSeen), Count: x.Count, Techniques: notNil(x.Techniques),
		ResolvedAt: optionalMoment(x.ResolvedAt), ResolvedBy: optional(x.ResolvedBy),
	}
	if n := len(x.Notes); n > 0 {
		out.Notes = &x.Notes[n-1].Text
	}
	return out
}

func entityOf(x entity.Entity) Entity { return Entity{Type: x.Type, Value: x.Value} }

func textOf(x alert.Text) Text {
	if x.Params == nil {
		x.Params = map[string]any{}
	}
	return Text{Key: x.Key, Params: x.Params}
}

func idsOf(list []event.ID) []string {
	out := make([]string, len(list))
	for i, id := range list {
		out[i] = id.String()
	}
	return out
}
