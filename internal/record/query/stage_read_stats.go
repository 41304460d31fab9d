// SPDX-License-Identifier: Apache-2.0

package query

import (
	"math"
	"slices"
	"strings"
	"time"
)

func (r *reader) stats() (Stage, error) {
	aggs, err := r.aggs()
	if err != nil {
		return nil, err
	}
	names, err := r.by()
	return &StatsStage{Aggs: aggs, By: names}, err
}

// by reads the columns after by, if there are any.
func (r *reader) by() ([]Field, error) {
	if !r.stageWord("by") {
		return nil, nil
	}
	return r.columns()
}

func (r *reader) timechart() (Stage, error) {
	s := &TimechartStage{}
	for {
		option, err := r.option("span", "limit")
		if err != nil {
			return nil, err
		}
		if option == "" {
			break
		}
		if option == "span" {
			s.Span, err = r.span()
		} else {
			var ok bool
			if s.Limit, ok, err = r.count(MaxStageRows); err == nil && !ok {
				err = r.unexpected("a whole number")
			}
		}
		if err != nil {
			return nil, err
		}
	}
	var err error
	if s.Aggs, err = r.aggs(); err != nil {
		return nil, err
	}
	if r.stageWord("by") {
		s.By, err = r.column()
	}
	return s, err
}

// span reads a number and a unit of time.
func (r *reader) span() (time.Duration, error) {
	from := r.at
	word := r.value()
	digits := strings.TrimRight(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
	if o, ok := parseOffset("+" + word); ok && o.snap == "" && o.steps > 0 && digits != "" {
		for _, u := range spanUnits() {
			if u.name == o.unit && int64(o.steps) <= math.MaxInt64/int64(u.length) {
				return time.Duration(o.steps) * u.length, nil
			}
		}
	}
	return 0, r.failf(from, CodeBadValue, "%.40q is no span such as 30s, 5m, 1h, 1d or 1w", word)
}

// aggs reads one or more values of groups.
func (r *reader) aggs() ([]Agg, error) {
	var out []Agg
	for {
		a, err := r.agg()
		if err != nil {
			return nil, err
		}
		if out = append(out, a); len(out) > MaxHuntFields {
			return nil, r.failf(r.at, CodeLimit, "more than %d values", MaxHuntFields)
		}
		if !r.more() {
			return out, nil
		}
	}
}

func (r *reader) agg() (Agg, error) {
	r.blank()
	from := r.at
	word := r.identifier()
	end := r.at
	if word == "" || isNameEnd(word) {
		r.at = from
		return Agg{}, r.unexpected("a function such as count or dc(user)")
	}
	if err := r.term(); err != nil {
		return Agg{}, err
	}
	name, known := aggNamed(word)
	if !known {
		problem := problemf(CodeUnknownFunction, "unknown function %q", word).near(word, aggNames())
		return Agg{}, problem.in(r.text, from, end)
	}
	a := Agg{Func: name}
	if r.take("(") {
		if r.blank(); r.peek() != ')' {
			var err error
			if a.Of, err = r.column(); err != nil {
				return Agg{}, err
			}
		}
		if r.blank(); !r.take(")") {
			return Agg{}, r.unexpected("a closing parenthesis")
		}
	}
	written := Field(strings.Replace(string(Agg{Func: name, Of: a.Of}.Column()), name, word, 1))
	if _, problem := a.resultType(r.schema); problem != nil {
		return Agg{}, r.place(problem, from)
	}
	if r.stageWord("as") {
		var err error
		if a.As, err = r.name(); err != nil {
			return Agg{}, err
		}
	} else if written != a.Column() {
		a.As = written // p95(x) is the column's name, though perc95 is what is done
	}
	if a.As == (Agg{Func: a.Func, Of: a.Of}).Column() {
		a.As = ""
	}
	return a, nil
}

// aggNamed returns the one name of a function of groups, in any case, or an alias.
func aggNamed(word string) (string, bool) {
	folded := Fold(word)
	switch folded {
	case "c":
		return aggCount, true
	case "distinct_count", "dcount":
		return aggDistinct, true
	case "mean":
		return aggAvg, true
	case "median":
		return "perc50", true
	}
	if digits, ok := strings.CutPrefix(folded, "p"); ok {
		digits = strings.TrimPrefix(digits, "erc")
		if n := len(digits); n > 0 && n <= 2 && allDigits(digits) && digits[0] != '0' {
			return "perc" + digits, true
		}
	}
	return folded, slices.Contains(aggNames(), folded)
}

// aggNames are the functions of groups, with the usual percentiles.
func aggNames() []string {
	return []string{aggAvg, aggCount, aggDistinct, "earliest", "latest", "list", "max", "min", "perc50", "perc95", "perc99", "sum", "values"}
}

const (
	aggCount    = "count"
	aggDistinct = "dc"
	aggAvg      = "avg"
)
