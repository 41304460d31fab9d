// SPDX-License-Identifier: Apache-2.0

package query

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/core/event/eventtest"
)

// fewEvents are events of which many are alike, newest first.
func fewEvents(r *rand.Rand, n int) []*event.Event {
	events := make([]*event.Event, n)
	for i := range events {
		e := eventtest.Random(r)
		e.Time, e.User, e.Blank, e.Null = 3e18+r.Int64N(5)*int64(40*time.Minute), pick(r, "ana", "bob", ""), 0, 0
		e.Attrs = nil
		e.SetAttr("pid", pick(r, event.Text("1"), event.Int(1), event.Number("1.0"), event.Texts("1", "x"), event.Null()))
		events[i] = e
	}
	return newestFirst(events)
}

// TestFold: one event for all that are alike, in any order, gives the table of all of
// them in theirs; and in any order is as in order where AnyOrder says so.
func TestFold(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 1))
	events := fewEvents(r, 300)
	folds, unordered := 0, 0
	for i := range 1500 {
		h := &Hunt{Where: &All{}, Stages: randomStages(r)}
		if i%10 == 0 {
			f := pick(r, "values", "dc", "min", "max", "earliest", "latest", "count", "sum", "median")
			h, _ = Parse("* | " + pick(r, "stats ", "timechart ") + f + "(pid) by " + pick(r, "user", "severity", "pid"))
		}
		want, err := runOver(t, h, events, Limits{})
		limits := Limits{Now: time.Date(2026, 11, 26, 13, 0, 0, 0, time.UTC)}
		shuffled := slices.Clone(events)
		r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		counts := make([]int64, len(shuffled))
		f, ok := h.Fold()
		switch {
		case ok:
			folds++
			first := map[string]int{}
			for i, e := range shuffled {
				key := SpanBegin(e.Time, max(f.Span, 1))
				if f.Span == 0 {
					key = 0
				}
				values := []any{key}
				for _, name := range f.Fields {
					values = append(values, CellOf(e, name))
				}
				all := fmt.Sprintf("%#v", values)
				if _, have := first[all]; !have {
					first[all] = i
				}
				counts[first[all]]++
			}
		case h.AnyOrder():
			unordered++
			for i := range counts {
				counts[i] = 1
			}
		default:
			continue
		}
		got, fault := runCounted(t, h, shuffled, counts, limits)
		if (err == nil) != (fault == nil) {
			t.Fatalf("%s: %v, want %v", h, fault, err)
		}
		want.Scanned, want.Matched = 0, 0
		if err == nil && !sameTable(want, got) {
			t.Fatalf("%s, folded by %+v: %v (-want +got)\n%s", h, f, ok, cmp.Diff(want, got))
		}
	}
	if folds < 100 || unordered < 50 {
		t.Errorf("%d folded, %d in any order: the test says nothing", folds, unordered)
	}
}

// runCounted runs stages over events that each stand for so many; none for 0.
func runCounted(t *testing.T, h *Hunt, events []*event.Event, counts []int64, limits Limits) (Table, error) {
	t.Helper()
	run, err := NewRunner(h, limits)
	if err != nil {
		return Table{}, err
	}
	for i, e := range events {
		if counts[i] == 0 {
			continue
		}
		if _, err := run.Push(e, counts[i]); err != nil {
			return Table{}, err
		}
	}
	return run.Finish()
}

// sameTable compares tables; numbers may differ in the last digits.
func sameTable(a, b Table) bool {
	return cmp.Equal(a, b, cmp.Comparer(func(a, b Cell) bool {
		if x, ok := a.float(); ok {
			y, ok := b.float()
			return ok && (x == y || x-y < 1e-9*x && y-x < 1e-9*x)
		}
		return cmp.Equal(a, b)
	}))
}

// TestFoldSaysNo: what is not the same for one event and for many is not folded, and the
// test above would see it.
func TestFoldSaysNo(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct{ fold, any bool }{
		"*":                                         {false, false},
		"* | stats count by user":                   {true, true},
		"* | stats list(user)":                      {false, false},
		"* | stats sum(pid)":                        {true, true},
		"* | stats median(pid)":                     {false, true},
		"* | head 5 | stats count":                  {false, false},
		"* | where user=\"a\" | top user":           {true, true},
		"* | timechart count by user":               {true, true},
		"* | timechart latest(user)":                {false, true},
		"* | dedup user | stats count":              {false, false},
		"* | sort user":                             {false, false},
		"* | eval h=strftime(time, \"%H\")":         {false, false},
		"* | eval h=lower(user) | rare h by source": {true, true},
	} {
		h, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := h.Fold(); ok != want.fold || h.AnyOrder() != want.any {
			t.Errorf("%s: fold %v, any order %v, want %+v", text, ok, h.AnyOrder(), want)
		}
	}
	for text, want := range map[string]Folding{
		"* | timechart span=10m count by user":          {Fields: []string{"user"}, Span: 10 * time.Minute},
		"* | timechart count as n, dc(time) as t":       {Fields: []string{"time"}, Span: time.Hour},
		"* | where time>1 | timechart count":            {Fields: []string{"time"}, Span: time.Hour},
		"* | eval x=user . pid | stats dc(source) by x": {Fields: []string{"attrs.pid", "source", "user"}},
		"* | rename timestamp as t | stats count by t":  {Fields: []string{"time"}},
		"* | timechart max(time)":                       {Fields: []string{"time"}, Span: time.Hour},
		"* | timechart count | stats count by time":     {Fields: nil, Span: time.Hour},
		"* | table user, source | stats count by user":  {Fields: []string{"source", "user"}},
	} {
		h, err := Parse(text)
		if err != nil {
			t.Logf("%s: %v", text, err)
			continue
		}
		got, ok := h.Fold()
		if len(got.Fields) == 0 {
			got.Fields = nil
		}
		if diff := cmp.Diff(want, got); diff != "" || !ok {
			t.Errorf("%s: %v (-want +got)\n%s", text, ok, diff)
		}
	}
}

// TestEquals: where a condition has such texts, it holds for them and for nothing that
// is another text.
func TestEquals(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"user=Ana": {"Ana"}, "user IN (a, b)": {"a", "b"}, "user=a*": nil, "user!=a": nil, "user=ș": nil, "port=22": nil, "port=x2": {"x2"}, "port=10.0.0.0/8": nil,
		"port=10.0.0.1": {"10.0.0.1"}, "ip=10.0.0.1": {"10.0.0.1"}, "ip=10.0.0.0/8": nil, "severity=high": nil, "port=\"\"": {""}, "user>1": nil,
	} {
		h, err := Parse(text)
		if err != nil {
			continue
		}
		got, _ := Equals(h.Where)
		if text == "port=10.0.0.1" && got == nil { // it may be left out
			continue
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}
