// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/query"
)

// filterOf reads the filter from the caller's parameters; other are those that are
// none of the filter's. The error names the parameter as the route calls it.
func filterOf(ctx context.Context, other ...string) (query.Filter, error) {
	f, err := query.ParseFilter(who(ctx).query, other...)
	if err == nil {
		err = f.Validate()
	}
	if wrong, ok := errors.AsType[*query.FieldError](err); ok {
		field := wrong.Field
		switch field {
		case "ip":
			field = "ip_address"
		case "user":
			field = "user_id"
		}
		return f, invalid(field, "%s", wrong.Reason)
	}
	return f, err
}

// ListLogs implements GET /api/siem/logs.
func (a *API) ListLogs(ctx context.Context, request ListLogsRequestObject) (ListLogsResponseObject, error) {
	if err := known("fields", request.Params.Fields); err != nil {
		return nil, err
	}
	f, err := filterOf(ctx, "fields")
	if err != nil {
		return nil, err
	}
	found, err := a.opts.Logs.Query(ctx, f)
	a.recordSearch(ctx, &f, err) // afterwards, or the search would find itself
	if err != nil {
		return nil, err
	}
	return logList{Page: found, b: value(request.Params.Fields) == ListLogsParamsFieldsB, row: a.appendRow}, nil
}

// incompleteHeader says how many stored events that may belong to an answer cannot
// be read.
const incompleteHeader = "Tocsin-Incomplete"

// incomplete is the value of that header, nil when nothing is missing.
func incomplete(n int64) *int {
	if n == 0 {
		return nil
	}
	v := int(min(n, math.MaxInt32))
	return &v
}

// recordSearch records who looked for what, and whether that failed; looking at the
// newest events is not a search, and the same search soon after is the same one.
func (a *API) recordSearch(ctx context.Context, f *query.Filter, failed error) {
	levels := make([]string, len(f.Levels))
	for i, l := range f.Levels {
		levels[i] = l.String()
	}
	asked := []event.Attr{
		{Key: "filter.category", Value: event.Text(strings.Join(f.Categories, ","))},
		{Key: "filter.ip", Value: event.Text(strings.Join(f.IPs, ","))},
		{Key: "filter.severity", Value: event.Text(strings.Join(levels, ","))},
		{Key: "filter.source", Value: event.Text(strings.Join(f.Sources, ","))},
		{Key: "filter.text", Value: event.Text(f.Text)},
		{Key: "filter.user", Value: event.Text(strings.Join(f.Users, ","))},
	}
	c := who(ctx)
	words := make([]string, 0, len(asked)+1)
	for _, attr := range asked {
		words = append(words, attr.Value.Text)
	}
	key := strings.Join(words, "\x00")
	if strings.Trim(key, "\x00") == "" || !a.searches.fresh(c.ID+"\x00"+key, time.Now()) {
		return
	}
	outcome := event.Success
	if failed != nil {
		outcome = event.Failure
	}
	a.record(ctx, dataAccess, outcome, c.Name+" searched events", asked...)
}

// appendRow appends an event in its native form.
func (a *API) appendRow(dst []byte, e *event.Event) []byte {
	return e.AppendJSONSeenFrom(dst, a.opts.Origin)
}

// logList writes a page of events without building the rows first.
type logList struct {
	query.Page
	b   bool
	row func(dst []byte, e *event.Event) []byte
}

// VisitListLogsResponse implements ListLogsResponseObject.
func (l logList) VisitListLogsResponse(w http.ResponseWriter) error {
	out := make([]byte, 0, 1024*(len(l.Items)+1))
	out = append(out, `{"items":[`...)
	for i := range l.Items {
		e := &l.Items[i]
		if i > 0 {
			out = append(out, ',')
		}
		if l.b {
			row, err := rowB(e)
			if err != nil {
				return fmt.Errorf("event %s: %w", e.ID, err)
			}
			out = append(out, row...)
			continue
		}
		out = l.row(out, e)
	}
	out = append(out, `],"next":`...)
	if l.Next == "" {
		out = append(out, "null"...)
	} else {
		out = strconv.AppendQuote(out, l.Next) // cursors are plain ASCII
	}
	out = append(out, `,"total":`...)
	if l.Total == nil {
		out = append(out, "null"...)
	} else {
		out = strconv.AppendInt(out, *l.Total, 10)
	}
	out = append(out, "}\n"...)
	if n := incomplete(l.Incomplete); n != nil {
		w.Header().Set(incompleteHeader, strconv.Itoa(*n))
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(out)))
	_, err := w.Write(out)
	return err
}

// GetLog implements GET /api/siem/logs/{id}.
func (a *API) GetLog(ctx context.Context, request GetLogRequestObject) (GetLogResponseObject, error) {
	id, err := event.ParseID(request.Id)
	if err != nil {
		return nil, invalid("id", "is not the id of an event")
	}
	e, err := a.opts.Logs.ByID(ctx, id)
	if err != nil {
		return nil, err
	}
	return logRow(a.appendRow(nil, &e)), nil
}

// logRow is one event in its native form.
type logRow []byte

// VisitGetLogResponse implements GetLogResponseObject.
func (l logRow) VisitGetLogResponse(w http.ResponseWriter) error {
	w.Header().Set("Content-Type", "application/json")
	_, err := w.Write(append(l, '\n')) //nolint:gosec // JSON, and said to be (nosniff)
	return err
}

// LogStatistics implements GET /api/siem/statistics.
func (a *API) LogStatistics(ctx context.Context, _ LogStatisticsRequestObject) (LogStatisticsResponseObject, error) {
	f, err := filterOf(ctx)
	if err != nil {
		return nil, err
	}
	s, err := a.opts.Logs.Statistics(ctx, f)
	if err != nil {
		return nil, err
	}
	out := Statistics{
		Total: s.Total, BySource: tally(s.Sources), ByCategory: tally(s.Categories),
		ByLevel: make([]Count, 0, len(s.Levels)), ByHour: make([]HourCount, len(s.Hours)),
	}
	for l := event.Critical; ; l-- { // the worst first
		out.ByLevel = append(out.ByLevel, Count{Value: l.String(), Count: s.Levels[l]})
		if l == event.Info {
			break
		}
	}
	for i, h := range s.Hours {
		out.ByHour[i] = HourCount{Hour: moment(h.Hour), Count: h.Count}
	}
	return LogStatistics200JSONResponse{Body: out, Headers: LogStatistics200ResponseHeaders{TocsinIncomplete: incomplete(s.Incomplete)}}, nil
}

func tally(list []query.Count) []Count {
	out := make([]Count, len(list))
	for i, c := range list {
		out[i] = Count{Value: c.Value, Count: c.Count}
	}
	return out
}
