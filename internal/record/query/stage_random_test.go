// SPDX-License-Identifier: Apache-2.0

package query

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/core/event/eventtest"
)

func randomFields(r *rand.Rand, most int) []Field {
	out := make([]Field, 1+r.IntN(most))
	for i := range out {
		out[i] = randomField(r)
	}
	return out
}

func randomAggs(r *rand.Rand) []Agg {
	out := make([]Agg, 1+r.IntN(3))
	for i := range out {
		out[i] = Agg{Func: pick(r, append(aggNames(), "perc7")...), Of: randomField(r)}
		if out[i].Func == aggCount && r.IntN(2) == 0 {
			out[i].Of = ""
		}
		if r.IntN(2) == 0 {
			out[i].As = randomField(r)
		}
	}
	return out
}

func randomCalc(r *rand.Rand, depth int) Calc {
	if depth == 0 || r.IntN(4) == 0 {
		switch r.IntN(4) {
		case 0:
			return &Number{Text: pick(r, "0", "1", "2.50", "1e3", "007", "12345678901234567890", "3E-2")}
		case 1:
			return &Quote{Text: pick(r, "", randomText(r))}
		default:
			return &Column{Name: randomField(r)}
		}
	}
	args := func(n int) (of []Calc) {
		for range n {
			of = append(of, randomCalc(r, depth-1))
		}
		return of
	}
	switch r.IntN(6) {
	case 0:
		return &Operation{Op: pick(r, keywordAnd, keywordOr), Of: args(2 + r.IntN(2))}
	case 1:
		return &Operation{Op: pick(r, keywordNot, "-"), Of: args(1)}
	case 2:
		f := pick(r, functions()...)
		return &Call{Func: f.name, Args: args(min(f.most, f.least+r.IntN(3)))}
	case 3:
		return &Operation{Op: pick(r, "=", "!=", "<", "<=", ">", ">="), Of: args(2)}
	default:
		return &Operation{Op: pick(r, "+", "-", ".", "*", "/", "%"), Of: args(2)}
	}
}

func randomStage(r *rand.Rand) Stage {
	switch r.IntN(12) {
	case 0:
		return &StatsStage{Aggs: randomAggs(r), By: randomFields(r, 3)[1:]}
	case 1:
		return &TimechartStage{Span: time.Duration(r.IntN(200)) * pick(r, time.Second, time.Minute, time.Hour, 24*time.Hour, 168*time.Hour), Limit: r.IntN(3), Aggs: randomAggs(r), By: pick(r, "", randomField(r))}
	case 2:
		return &TopStage{Rare: r.IntN(2) == 0, Limit: r.IntN(20), Fields: randomFields(r, 2), By: randomFields(r, 3)[1:]}
	case 3:
		return &SortStage{Limit: r.IntN(3), Keys: []SortKey{{Of: randomField(r)}, {Of: randomField(r), Desc: true}}}
	case 4:
		return &HeadStage{Tail: r.IntN(2) == 0, N: r.IntN(20)}
	case 5:
		return &TableStage{Columns: randomFields(r, 4)}
	case 6:
		return &FieldsStage{Remove: r.IntN(2) == 0, Columns: randomFields(r, 3)}
	case 7:
		return &DedupStage{N: 1 + r.IntN(2), Keys: randomFields(r, 2)}
	case 8:
		return &RenameStage{Names: []Rename{{randomField(r), randomField(r)}, {randomField(r), randomField(r)}}}
	case 9:
		return &EvalStage{Sets: []Set{{randomField(r), randomCalc(r, 4)}, {randomField(r), randomCalc(r, 2)}}}
	default:
		return &WhereStage{If: randomCalc(r, 4)}
	}
}

// randomStages makes stages that fit one another.
func randomStages(r *rand.Rand) (stages []Stage) {
	s := schema{events: true}
	for range 200 {
		if len(stages) == 3 {
			break
		}
		stage := randomStage(r)
		if after, problem := stage.after(s); problem == nil {
			stages, s = append(stages, stage), after
		}
	}
	return stages
}

// TestCanonicalStages: what String writes, Parse reads back to the same; and it runs
// over any events, twice to the same table.
func TestCanonicalStages(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	events := make([]*event.Event, 30)
	for i := range events {
		events[i] = eventtest.Random(r)
		events[i].Time = events[0].Time + int64(i)*1e12
	}
	events = newestFirst(events)
	seen := map[string]int{}
	for range 1000 {
		want := &Hunt{Where: &All{}, Stages: randomStages(r)}
		got, err := Parse(want.String())
		if err != nil {
			t.Fatalf("%s: %v", want, err)
		}
		if diff := cmp.Diff(want, got, sameHunt()); diff != "" {
			t.Fatalf("%s is read as %s:\n%s", want, got, diff)
		}
		for _, s := range got.Stages {
			seen[s.Command()]++
		}
		first, err := runOver(t, want, events, Limits{})
		second, again := runOver(t, got, events, Limits{})
		if (err == nil) != (again == nil) {
			t.Fatalf("%s: %v and %v", want, err, again)
		}
		if diff := cmp.Diff(first, second); diff != "" {
			t.Fatalf("%s: two tables of one hunt:\n%s", want, diff)
		}
	}
	for _, c := range commands() {
		if seen[c] < 10 {
			t.Errorf("%s came %d times: the test says nothing of it", c, seen[c])
		}
	}
}
