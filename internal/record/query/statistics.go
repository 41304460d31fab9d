// SPDX-License-Identifier: Apache-2.0

package query

import (
	"cmp"
	"maps"
	"slices"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// The bounds of Statistics, whatever the events hold.
const (
	// MaxGroups is the most sources and categories that are told one by one.
	MaxGroups = 1000
	// MaxHours is the most hours that are told one by one: a leap year's.
	MaxHours = 366 * 24

	maxKept = 100_000 // while counting
)

// Count is a value and how many events have it; "" is absent.
type Count struct {
	Value string
	Count int64
}

// HourCount is an hour's begin, in nanoseconds since 1970 UTC, and the number
// of events of that hour.
type HourCount struct {
	Hour  int64
	Count int64
}

// Statistics counts the events that match a filter.
type Statistics struct {
	Total int64
	// Sources and Categories go by count, largest first, then by name.
	Sources, Categories []Count
	// Levels has one count for each severity, from info to critical.
	Levels [event.Critical + 1]int64
	// Hours are those with events, in rising order.
	Hours []HourCount
	// OtherSources, OtherCategories and OtherHours count the events that the
	// lists leave out: beyond MaxGroups, and before the latest MaxHours.
	OtherSources, OtherCategories, OtherHours int64
	// Incomplete is how many stored events within the filter's time could not be
	// looked at, because they cannot be read; those of them that match are
	// counted nowhere above.
	Incomplete int64
}

// Tally adds up Statistics. It is not safe for concurrent use.
type Tally struct {
	total               int64
	sources, categories map[string]int64
	levels              [event.Critical + 1]int64
	hours               map[int64]int64
	other               [3]int64
}

// NewTally returns an empty tally.
func NewTally() *Tally {
	return &Tally{sources: map[string]int64{}, categories: map[string]int64{}, hours: map[int64]int64{}}
}

// Total adds n events to the total.
func (t *Tally) Total(n int64) { t.total += n }

// Source adds n events of a source.
func (t *Tally) Source(name string, n int64) { keep(t.sources, name, n, &t.other[0]) }

// Category adds n events of a category.
func (t *Tally) Category(name string, n int64) { keep(t.categories, name, n, &t.other[1]) }

// Level adds n events of a severity.
func (t *Tally) Level(l event.Severity, n int64) {
	if l <= event.Critical {
		t.levels[l] += n
	}
}

// Hour adds n events of an hour, counted since 1970 UTC.
func (t *Tally) Hour(hour, n int64) { keep(t.hours, hour, n, &t.other[2]) }

func keep[K comparable](counts map[K]int64, key K, n int64, other *int64) {
	if n == 0 {
		return
	}
	if _, have := counts[key]; !have && len(counts) >= maxKept {
		*other += n
		return
	}
	counts[key] += n
}

// Event adds one event.
func (t *Tally) Event(e *event.Event) {
	t.Total(1)
	t.Source(e.Source, 1)
	t.Category(e.Category, 1)
	t.Level(e.Severity, 1)
	t.Hour(HourOf(e.Time), 1)
}

// HourOf is the number of whole hours since 1970 UTC of a time in nanoseconds.
func HourOf(nanos int64) int64 {
	h := nanos / nanosPerHour
	if nanos%nanosPerHour < 0 {
		h--
	}
	return h
}

const nanosPerHour = int64(3600) * 1e9

// Statistics returns what was added up.
func (t *Tally) Statistics() Statistics {
	s := Statistics{Total: t.total, Levels: t.levels}
	s.OtherSources, s.OtherCategories, s.OtherHours = t.other[0], t.other[1], t.other[2]
	s.Sources = largest(t.sources, &s.OtherSources)
	s.Categories = largest(t.categories, &s.OtherCategories)
	hours := slices.Sorted(maps.Keys(t.hours))
	for len(hours) > MaxHours {
		s.OtherHours += t.hours[hours[0]]
		hours = hours[1:]
	}
	for _, h := range hours {
		s.Hours = append(s.Hours, HourCount{Hour: h * nanosPerHour, Count: t.hours[h]})
	}
	return s
}

func largest(counts map[string]int64, other *int64) []Count {
	var out []Count
	for v, n := range counts {
		out = append(out, Count{Value: v, Count: n})
	}
	slices.SortFunc(out, func(a, b Count) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value)) })
	if len(out) > MaxGroups {
		for _, c := range out[MaxGroups:] {
			*other += c.Count
		}
		out = out[:MaxGroups:MaxGroups]
	}
	return out
}
