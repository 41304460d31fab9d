// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// Errors of Logs that callers are told of.
var (
	// ErrNoEvent: there is no event of that id.
	ErrNoEvent = errors.New("no such event")
	// ErrBadFilter: a filter or cursor is wrong; the text is `invalid: FIELD: why`.
	ErrBadFilter = errors.New("bad filter")
)

// LogFilter selects events; everything that is set must hold. From (included) and To
// (excluded) are of the event's own time, in nanoseconds since 1970 UTC; 0 is open.
type LogFilter struct {
	Source   string
	Severity *event.Severity
	Category string
	User     string
	Address  netip.Prefix // the zero prefix is any
	Text     string       // each word must be a word of the message or a text attribute
	From, To int64
}

// LogPage asks for a part of a list, newest first.
type LogPage struct {
	Limit, Offset int
	Cursor        string
}

// LogResult is one part of a list; Total is -1 where it was not counted.
type LogResult struct {
	Events []*event.Event
	Next   string
	Total  int64
}

// LogCount is how many events have a value.
type LogCount struct {
	Value string
	Count int64
}

// LogStatistics are counts of events, each list with the largest count first; ByHour
// goes by the start of the hour in nanoseconds since 1970, in its order.
type LogStatistics struct {
	Total                         int64
	BySource, ByLevel, ByCategory []LogCount
	ByHour                        []struct{ Start, Count int64 }
}

// Logs answers searches over the recorded events. Methods may be called concurrently;
// the events are only read.
type Logs interface {
	Search(ctx context.Context, f LogFilter, p LogPage) (LogResult, error)
	Statistics(ctx context.Context, f LogFilter) (LogStatistics, error)
	Event(ctx context.Context, id event.ID) (*event.Event, error)
}

const maxText = 1024

// filterOf reads the parameters that all operations on events share.
func filterOf(source *Source, level *Level, category *Category, user *UserId, address *IpAddress, text *Q) (LogFilter, error) {
	f := LogFilter{Source: value(source), Category: value(category), User: value(user), Text: strings.TrimSpace(value(text))}
	for _, s := range []struct{ field, text string }{
		{"source", f.Source}, {"category", f.Category}, {"user_id", f.User}, {"q", f.Text},
	} {
		if len(s.text) > maxText {
			return f, invalid(s.field, "may have %d bytes", maxText)
		}
	}
	if err := known("level", level); err != nil {
		return f, err
	}
	if level != nil {
		s, _ := event.ParseSeverity(string(*level))
		f.Severity = &s
	}
	if address != nil && *address != "" {
		prefix, err := prefixOf(*address)
		if err != nil {
			return f, err
		}
		f.Address = prefix
	}
	return f, nil
}

func prefixOf(text string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(text); err == nil {
		addr = addr.Unmap().WithZone("")
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	if prefix, err := netip.ParsePrefix(text); err == nil {
		return prefix.Masked(), nil
	}
	return netip.Prefix{}, invalid("ip_address", "is neither an address nor a network")
}

// span adds the times to a filter.
func (f *LogFilter) span(from, to *time.Time) error {
	for _, p := range []struct {
		field string
		at    *time.Time
		ns    *int64
	}{{"from", from, &f.From}, {"to", to, &f.To}} {
		if p.at == nil {
			continue
		}
		if y := p.at.Year(); y < 1970 || y > 2261 {
			return invalid(p.field, "lies outside of the years 1970 to 2261")
		}
		*p.ns = p.at.UnixNano()
	}
	if f.From != 0 && f.To != 0 && f.From > f.To {
		return invalid("to", "lies before from")
	}
	return nil
}

// ListLogs implements GET /api/siem/logs.
func (a *API) ListLogs(ctx context.Context, request ListLogsRequestObject) (ListLogsResponseObject, error) {
	p := request.Params
	f, err := filterOf(p.Source, p.Level, p.Category, p.UserId, p.IpAddress, p.Q)
	if err != nil {
		return nil, err
	}
	if err := f.span(p.From, p.To); err != nil {
		return nil, err
	}
	w, err := windowOf(p.Limit, p.Cursor, p.Offset)
	if err != nil {
		return nil, err
	}
	if err := known("fields", p.Fields); err != nil {
		return nil, err
	}
	a.recordSearch(ctx, &f)
	found, err := a.opts.Logs.Search(ctx, f, LogPage{Limit: w.limit, Offset: w.offset, Cursor: w.cursor})
	if err != nil {
		return nil, err
	}
	return logList{LogResult: found, b: value(p.Fields) == ListLogsParamsFieldsB}, nil
}

// recordSearch records who looked for what; looking at the newest events is not a
// search, and the same search soon after is the same one.
func (a *API) recordSearch(ctx context.Context, f *LogFilter) {
	var address, severity string
	if f.Address.IsValid() {
		address = f.Address.String()
	}
	if f.Severity != nil {
		severity = f.Severity.String()
	}
	asked := []event.Attr{
		{Key: "filter.category", Value: event.Text(f.Category)}, {Key: "filter.ip", Value: event.Text(address)},
		{Key: "filter.severity", Value: event.Text(severity)}, {Key: "filter.source", Value: event.Text(f.Source)},
		{Key: "filter.text", Value: event.Text(f.Text)}, {Key: "filter.user", Value: event.Text(f.User)},
	}
	c := who(ctx)
	key := c.ID
	for _, attr := range asked {
		key += "\x00" + attr.Value.Text
	}
	if strings.Trim(key[len(c.ID):], "\x00") == "" || !a.searches.fresh(key, time.Now()) {
		return
	}
	a.record(ctx, dataAccess, event.Success, c.Name+" searched events", asked...)
}

// logList writes a page of events without building the rows first.
type logList struct {
	LogResult
	b bool
}

// VisitListLogsResponse implements ListLogsResponseObject.
func (l logList) VisitListLogsResponse(w http.ResponseWriter) error {
	out := make([]byte, 0, 1024*(len(l.Events)+1))
	out = append(out, `{"items":[`...)
	for i, e := range l.Events {
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
		out = e.AppendJSON(out)
	}
	out = append(out, `],"next":`...)
	if l.Next == "" {
		out = append(out, "null"...)
	} else {
		out = strconv.AppendQuote(out, l.Next) // cursors are plain ASCII
	}
	out = append(out, `,"total":`...)
	if l.Total < 0 {
		out = append(out, "null"...)
	} else {
		out = strconv.AppendInt(out, l.Total, 10)
	}
	out = append(out, "}\n"...)
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
	e, err := a.opts.Logs.Event(ctx, id)
	if err != nil {
		return nil, err
	}
	return GetLog200JSONResponse(e.AppendJSON(nil)), nil
}

// LogStatistics implements GET /api/siem/statistics.
func (a *API) LogStatistics(ctx context.Context, request LogStatisticsRequestObject) (LogStatisticsResponseObject, error) {
	p := request.Params
	f, err := filterOf(p.Source, p.Level, p.Category, p.UserId, p.IpAddress, p.Q)
	if err != nil {
		return nil, err
	}
	if err := f.span(p.From, p.To); err != nil {
		return nil, err
	}
	s, err := a.opts.Logs.Statistics(ctx, f)
	if err != nil {
		return nil, err
	}
	out := Statistics{
		Total: s.Total, BySource: tally(s.BySource), ByLevel: tally(s.ByLevel), ByCategory: tally(s.ByCategory),
		ByHour: make([]HourCount, len(s.ByHour)),
	}
	for i, h := range s.ByHour {
		out.ByHour[i] = HourCount{Hour: moment(h.Start), Count: h.Count}
	}
	return LogStatistics200JSONResponse(out), nil
}

func tally(list []LogCount) []Count {
	out := make([]Count, len(list))
	for i, c := range list {
		out[i] = Count{Value: c.Value, Count: c.Count}
	}
	return out
}
