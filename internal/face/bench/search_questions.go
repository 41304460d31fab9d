// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/query"
	"github.com/tocsin-siem/tocsin/internal/record/search"
)

// question is one thing that people ask; ask returns how many events it gave, or
// counted.
type question struct {
	name string
	goal float64 // ms, of the design, at ten million events
	ask  func(context.Context, *search.Searcher) (int64, error)
}

// questions are those that the design has goals for, as far as a filter can ask
// them, and some that are known to be hard.
func (l *haystack) questions() []question {
	some := l.sample()
	const address = "10.0.20.21" // the twentieth most frequent
	day := 24 * time.Hour.Nanoseconds()
	from := l.start.UnixNano()
	return []question{
		l.page("newest 100 by filter", 6, query.Filter{Categories: []string{"permission_denied"}}),
		l.page("newest 100 of all", 0, query.Filter{}),
		l.page(fmt.Sprintf("word with %d hits", needles), 30, query.Filter{Text: rareWord}),
		l.page(fmt.Sprintf("word in 1 of %d", oftenEvery), 50, query.Filter{Text: oftenWord}),
		l.page("word that is nowhere", 0, query.Filter{Text: "zerologon"}),
		l.page("letters within words", 0, query.Filter{Text: "*erberoas*"}),
		l.byID("by id", 2, some.ID),
		l.page("one address, first page", 10, query.Filter{IPs: []string{address}}),
		l.page("one address, deep page", 10, query.Filter{IPs: []string{address}, Cursor: query.Key{Time: from + day/2, ID: some.ID}.Cursor()}),
		l.page("network", 0, query.Filter{IPs: []string{"10.1.0.0/16"}}),
		l.page("rare attribute", 5, query.Filter{Text: `"case-50"`}),
		l.page("user and time", 0, query.Filter{Users: []string{some.User}, From: some.Time - day/4, To: some.Time + day/4}),
		l.page("a year without events", 0, query.Filter{From: from - 400*day, To: from - 35*day}),
		l.statistics("statistics of all", 50, query.Filter{}),
		l.statistics("statistics of a source, one day", 50, query.Filter{Sources: []string{"authentication"}, From: from + 2*day, To: from + 3*day}),
	}
}

// sample is an event from the middle.
func (l *haystack) sample() *event.Event {
	events, err := l.events(l.n/2, 1)
	if err != nil || len(events) != 1 {
		return &event.Event{}
	}
	return events[0]
}

func (l *haystack) page(name string, goal float64, f query.Filter) question {
	return question{name, goal, func(ctx context.Context, s *search.Searcher) (int64, error) {
		p, err := s.Query(ctx, f)
		return int64(len(p.Items)), err
	}}
}

func (l *haystack) statistics(name string, goal float64, f query.Filter) question {
	return question{name, goal, func(ctx context.Context, s *search.Searcher) (int64, error) {
		st, err := s.Statistics(ctx, f)
		return st.Total, err
	}}
}

func (l *haystack) byID(name string, goal float64, id event.ID) question {
	return question{name, goal, func(ctx context.Context, s *search.Searcher) (int64, error) {
		if _, err := s.ByID(ctx, id); err != nil {
			return 0, err
		}
		return 1, nil
	}}
}
