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

// questions are those that the design has goals for, and some that are known to be
// hard.
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
		l.page("phrase in any field", 0, query.Filter{Text: `"case-50"`}),
		l.page("user and time", 0, query.Filter{Users: []string{some.User}, From: some.Time - day/4, To: some.Time + day/4}),
		l.page("a year without events", 0, query.Filter{From: from - 400*day, To: from - 35*day}),
		l.statistics("statistics of all", 50, query.Filter{}),
		l.hunt("histogram by category", 100, "* | timechart span=1h count by category"),
		l.hunt("histogram by category of a day in 5 minutes", 0, "earliest="+at(from+2*day)+" latest="+at(from+3*day)+" | timechart span=5m count by category"),
		l.hunt("top 20 users in 10 minutes", 4, "earliest="+at(some.Time)+" latest="+at(some.Time+int64(10*time.Minute))+" | top limit=20 user"),
		l.hunt("top 20 users of all", 0, "* | top limit=20 user"),
		l.hunt("hunt with OR and NOT", 0, "category=permission_denied OR user="+query.Plain(some.User).String()+" NOT ip=10.1.0.0/16"),
		l.hunt("regular expression", 0, "message=/(?i)kerber[o0]ast/"),
		l.hunt("rare attribute", 5, rareAttr+"=case-50"),
		l.hunt("users of a network", 0, "ip=10.1.0.0/16 | stats count, dc(user) as users by category"),
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

// hunt returns how many rows the table has.
func (l *haystack) hunt(name string, goal float64, text string) question {
	return question{name, goal, func(ctx context.Context, s *search.Searcher) (int64, error) {
		h, err := query.Parse(text)
		if err != nil {
			return 0, err
		}
		a, err := s.Hunt(ctx, h, query.HuntOptions{})
		return int64(len(a.Rows)), err
	}}
}

func at(ns int64) string { return event.FormatTime(ns) }

func (l *haystack) byID(name string, goal float64, id event.ID) question {
	return question{name, goal, func(ctx context.Context, s *search.Searcher) (int64, error) {
		if _, err := s.ByID(ctx, id); err != nil {
			return 0, err
		}
		return 1, nil
	}}
}
