// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/query"
)

// Hunts answers the hunt language, and knows what can stand in it.
type Hunts interface {
	query.Hunter
	// Known returns what is known of the events for suggestions. Its Values may be
	// called until ctx ends.
	Known(ctx context.Context) (query.Known, error)
}

// The bounds of a search.
const (
	maxTableRows = 10_000
	maxFacets    = 16
	facetValues  = 10
	// searchWithin is how long a search may take: what looks at everything ends then.
	searchWithin = 30 * time.Second
	// maxHunts is how many run at a time: each may take its share of memory and all
	// processors. Others wait for their turn within searchWithin.
	maxHunts = 4
)

// Search implements GET /api/siem/search.
func (a *API) Search(ctx context.Context, request SearchRequestObject) (SearchResponseObject, error) {
	start := time.Now()
	h, err := query.Parse(value(request.Params.Q))
	if err != nil {
		return nil, err
	}
	s := &asked{hunt: h, params: &request.Params}
	if err := s.read(ctx, start); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, searchWithin)
	defer cancel()
	found, err := a.hunt(ctx, h, s.options)
	a.recordHunt(ctx, h, start, err) // afterwards, or the search would find itself
	if err != nil {
		return nil, err
	}
	out := s.answer(&found, a.appendRow)
	out.TookMs = float64(time.Since(start).Microseconds()) / 1000
	return Search200JSONResponse{Body: out, Headers: Search200ResponseHeaders{TocsinIncomplete: incomplete(found.Incomplete)}}, nil
}

// hunt runs a hunt when it is its turn.
func (a *API) hunt(ctx context.Context, h *query.Hunt, o query.HuntOptions) (query.Answer, error) {
	select {
	case a.hunts <- struct{}{}:
		defer func() { <-a.hunts }()
		return a.opts.Hunts.Hunt(ctx, h, o)
	case <-ctx.Done():
		return query.Answer{}, ctx.Err()
	}
}

// asked is a search as it was asked for.
type asked struct {
	hunt    *query.Hunt
	params  *SearchParams
	options query.HuntOptions
	span    time.Duration // of the histogram
	facets  []query.Field
}

// read checks the parameters.
func (s *asked) read(ctx context.Context, now time.Time) error {
	p, o := s.params, &s.options
	f, err := filterOf(ctx, "q", "now", "limit", "cursor", "histogram", "span", "facet")
	if err != nil {
		return err
	}
	o.From, o.To = f.From, f.To
	if o.Limits.Now, err = nowOf(ctx, now); err != nil {
		return err
	}
	limit := value(p.Limit)
	switch most := maxTableRows; {
	case len(s.hunt.Stages) > 0:
		if o.Limits.Rows = limit; p.Limit != nil && (limit < 1 || limit > most) {
			return invalid("limit", "must be between 1 and %d", most)
		}
	case p.Limit != nil && (limit < 1 || limit > maxLimit):
		return invalid("limit", "must be between 1 and %d", maxLimit)
	default:
		o.Limit = limit
	}
	if o.Cursor = value(p.Cursor); o.Cursor != "" && len(s.hunt.Stages) > 0 {
		return invalid("cursor", "is only for a hunt without stages")
	}
	if err := s.readFacets(); err != nil {
		return err
	}
	return s.readHistogram()
}

func (s *asked) readFacets() error {
	if value(s.params.Facet) == "" {
		return nil
	}
	for name := range strings.SplitSeq(*s.params.Facet, ",") {
		switch {
		case name == "" || len(name) > event.MaxKeyBytes:
			return invalid("facet", "is a list of fields, separated by commas")
		case len(s.facets) == maxFacets:
			return invalid("facet", "has more than %d fields", maxFacets)
		}
		f := query.Field(name)
		s.facets = append(s.facets, f)
		s.options.Also = append(s.options.Also, []query.Stage{&query.TopStage{Limit: facetValues, Fields: []query.Field{f}}})
	}
	return nil
}

// readHistogram adds the stages of the histogram behind those of the facets. What has
// no value counts as "".
func (s *asked) readHistogram() error {
	p := s.params
	if p.Histogram == nil {
		if p.Span != nil {
			return invalid("span", "goes with histogram")
		}
		return nil
	}
	if err := known("histogram", p.Histogram); err != nil {
		return err
	}
	text := value(p.Span)
	if text == "" {
		text = fittingSpan(s.hunt, &s.options)
	}
	made, err := query.Parse(`* | eval value=coalesce(` + string(*p.Histogram) + `, "") | timechart span=` + text + ` count by value`)
	if err != nil || strings.ContainsAny(text, "|() ") {
		return invalid("span", "is a whole number with s, m, h, d or w, such as 5m")
	}
	chart, ok := made.Stages[len(made.Stages)-1].(*query.TimechartStage)
	if !ok {
		return invalid("span", "is a whole number with s, m, h, d or w, such as 5m")
	}
	s.span = chart.Span
	s.options.Also = append(s.options.Also, made.Stages)
	return nil
}

// fittingSpan is a span of which at most 120 cover the time of a hunt; a day where it
// has no begin.
func fittingSpan(h *query.Hunt, o *query.HuntOptions) string {
	bounds := h.At(o.Limits.Now).Prune()
	from, to := max(o.From, bounds.From), o.Limits.Now.UnixNano()
	for _, end := range []int64{o.To, bounds.To} {
		if end != 0 {
			to = min(to, end)
		}
	}
	if from == 0 {
		return "1d"
	}
	for _, span := range []string{"1s", "5s", "10s", "30s", "1m", "5m", "10m", "30m", "1h", "3h", "6h", "12h"} {
		if wide, err := time.ParseDuration(span); err == nil && time.Duration(to-from) <= 120*wide {
			return span
		}
	}
	return "1d"
}

// CompleteSearch implements GET /api/siem/search/complete.
func (a *API) CompleteSearch(ctx context.Context, request CompleteSearchRequestObject) (CompleteSearchResponseObject, error) {
	at := -1
	if request.Params.At != nil {
		if at = *request.Params.At; at < 0 || at > query.MaxHuntBytes {
			return nil, invalid("at", "must be between 0 and %d", query.MaxHuntBytes)
		}
	}
	have, err := a.opts.Hunts.Known(ctx)
	if err != nil {
		return nil, err
	}
	out := Suggestions{Items: []Suggestion{}}
	for _, s := range query.Complete(value(request.Params.Q), at, have) {
		out.Items = append(out.Items, Suggestion{Text: s.Text, Kind: SuggestionKind(s.Kind), From: s.From, To: s.To})
	}
	return CompleteSearch200JSONResponse(out), nil
}

// recordHunt records who hunted for what, as recordSearch does of a filter; looking at a
// time is not a search.
func (a *API) recordHunt(ctx context.Context, h *query.Hunt, now time.Time, failed error) {
	c := who(ctx)
	text := h.String()
	if h.At(now).Prune().Rest == nil && len(h.Stages) == 0 || !a.searches.fresh(c.ID+"\x00hunt\x00"+text, now) {
		return
	}
	outcome := event.Success
	if failed != nil {
		outcome = event.Failure
	}
	a.record(ctx, dataAccess, outcome, c.Name+" searched events", event.Attr{Key: "filter.hunt", Value: event.Text(text)})
}

// explainHunt is explain for errors of hunts; nil for others.
func explainHunt(err error) *problemError {
	if wrong, ok := errors.AsType[*query.SyntaxError](err); ok {
		p := problem(http.StatusBadRequest, "invalid_query", "%s", wrong.Error())
		p.field, p.syntax = "q", wrong
		return p
	}
	if large, ok := errors.AsType[*query.LimitError](err); ok {
		p := problem(http.StatusBadRequest, "hunt_too_large", "%s", large.Error())
		p.field = "q"
		return p
	}
	return nil
}
