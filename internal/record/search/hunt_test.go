// SPDX-License-Identifier: Apache-2.0

package search_test

import (
	"cmp"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/query"
	"github.com/tocsin-siem/tocsin/internal/record/search"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// cuts are events in several segments; of each its form is the one that its place says.
func cuts(t testing.TB, es []*event.Event, at []int, file func(i int) bool) []segment.Reader {
	t.Helper()
	cache, err := segment.NewCache(4 << 20)
	if err != nil {
		t.Fatal(err)
	}
	var out []segment.Reader
	for i := range at[1:] {
		b := block(t, es[at[i]:at[i+1]])
		if file(i) {
			out = append(out, sealed(t, b, cache))
		} else {
			out = append(out, b.Reader())
		}
	}
	return out
}

// reference answers a hunt by its definition.
func reference(t *testing.T, h *query.Hunt, es []*event.Event, limits query.Limits) (query.Table, error) {
	t.Helper()
	i := 0
	return query.Run(t.Context(), h, func() (*event.Event, bool) {
		if i == len(es) {
			return nil, false
		}
		i++
		return es[i-1], true
	}, limits)
}

func newestFirst(es []*event.Event) []*event.Event {
	es = slices.Clone(es)
	slices.SortFunc(es, func(a, b *event.Event) int {
		return query.Key{Time: a.Time, ID: a.ID}.Compare(query.Key{Time: b.Time, ID: b.ID})
	})
	return es
}

// alike compares what two tables say: the last digits of numbers that are not whole may
// differ, and an event is compared by its canonical bytes.
func alike(want, got query.Table) string {
	return gocmp.Diff(want, got,
		gocmp.FilterPath(func(p gocmp.Path) bool { f := p.Last().String(); return f == ".Scanned" || f == ".Matched" }, gocmp.Ignore()),
		gocmp.Comparer(func(a, b *event.Event) bool {
			return a == nil && b == nil || a != nil && b != nil && canonical(a) == canonical(b)
		}),
		gocmp.Comparer(func(a, b query.Cell) bool { return sameCell(a, b) }))
}

func sameCell(a, b query.Cell) bool {
	if a.Kind == query.CellNumber && b.Kind == query.CellNumber {
		x, err := strconv.ParseFloat(a.Text, 64)
		y, fault := strconv.ParseFloat(b.Text, 64)
		if err == nil && fault == nil {
			return x == y || math.Abs(x-y) <= 1e-9*max(math.Abs(x), math.Abs(y))
		}
	}
	return a.Kind == b.Kind && a.Text == b.Text && a.Int == b.Int && slices.EqualFunc(a.List, b.List, sameCell)
}

// TestHuntLikeRun: random hunts over random events give what query.Run says, in memory,
// in files and in a mixture.
func TestHuntLikeRun(t *testing.T) {
	t.Parallel()
	es := prey(rand.New(rand.NewPCG(11, 1)), 5000)
	at := []int{0, 100, 101, 500, 5000}
	sorted := newestFirst(es)
	for i, s := range []*search.Searcher{
		searcher(t, search.Options{}, cuts(t, es, at, func(int) bool { return false })...),
		searcher(t, search.Options{}, cuts(t, es, at, func(int) bool { return true })...),
		searcher(t, search.Options{Workers: 1, CountRows: -1}, cuts(t, es, at, func(i int) bool { return i%2 == 0 })...),
	} {
		t.Run([]string{"hot", "files", "mixed"}[i], func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(uint64(i), 12))
			rows := 0
			// blank, null and absent are three things, also where a column is raw
			for _, text := range []string{"* | stats count by user", "* | stats count by user, ip", "* | timechart span=1d count by ip", "* | stats count(user), dc(user), values(ip) by category"} {
				h, err := query.Parse(text)
				if err != nil {
					t.Fatal(err)
				}
				rows += compare(t, s, h, sorted)
			}
			for range randomHunts() {
				text := randomWhere(r, es, r.IntN(4)) + " " + randomStages(r)
				h, err := query.Parse(text)
				if err != nil {
					continue // stages that do not fit one another
				}
				rows += compare(t, s, h, sorted)
			}
			if rows < 700 {
				t.Errorf("only %d rows: the test says nothing", rows)
			}
		})
	}
}

// randomHunts is how many are compared.
func randomHunts() int {
	if os.Getenv("TOCSIN_LONG") != "" {
		return 500
	}
	return 50
}

// compare fails unless the searcher gives the table of query.Run.
func compare(t *testing.T, s *search.Searcher, h *query.Hunt, sorted []*event.Event) (rows int) {
	t.Helper()
	limits := query.Limits{Now: time.Unix(1_790_000_000, 0)}
	stages := limits
	if len(h.Stages) == 0 {
		limits.Rows = 50
	}
	want, err := reference(t, h, sorted, limits)
	got, fault := s.Hunt(t.Context(), h, query.HuntOptions{Limit: 50, Limits: stages})
	if err != nil || fault != nil {
		if le, ok := errors.AsType[*query.LimitError](err); !ok || !errors.As(fault, &le) {
			t.Fatalf("%s: %v, want %v", h, fault, err)
		}
		return 0
	}
	if len(h.Stages) == 0 {
		if (got.Next != "") != want.Truncated {
			t.Errorf("%s: next %q, want more: %v", h, got.Next, want.Truncated)
		}
		want.Truncated = false
	}
	if diff := alike(want, got.Table); diff != "" {
		t.Fatalf("%s (-want +got):\n%s", h, diff)
	}
	if got.Total != nil {
		all, err := reference(t, &query.Hunt{Where: h.Where, Stages: []query.Stage{&query.StatsStage{}}}, sorted, limits)
		if err != nil || *got.Total != all.Matched {
			t.Errorf("%s: total %d, want %d, %v", h, *got.Total, all.Matched, err)
		}
	}
	return len(want.Rows)
}

// TestHuntPages: following the cursor gives every event that is found, once.
func TestHuntPages(t *testing.T) {
	t.Parallel()
	es := prey(rand.New(rand.NewPCG(13, 1)), 3000)
	s := searcher(t, search.Options{}, cuts(t, es, []int{0, 900, 3000}, func(i int) bool { return i == 0 })...)
	h, err := query.Parse("user=root OR port>20 -ip=192.0.2.7")
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, e := range newestFirst(es) {
		if h.Where.Match(e) {
			want = append(want, e.ID.String())
		}
	}
	for o := (query.HuntOptions{Limit: 37}); ; {
		a, err := s.Hunt(t.Context(), h, o)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range a.Rows {
			got = append(got, row.Event.ID.String())
		}
		if o.Cursor = a.Next; o.Cursor == "" {
			break
		}
	}
	if diff := gocmp.Diff(want, got); diff != "" || len(want) < 200 {
		t.Errorf("%d events (-want +got):\n%s", len(want), diff)
	}
}

// TestHuntAlso: what is counted beside an answer is counted over all that is found, and
// what is too large leaves the answer as it is.
func TestHuntAlso(t *testing.T) {
	t.Parallel()
	es := prey(rand.New(rand.NewPCG(14, 1)), 3000)
	s := searcher(t, search.Options{CountRows: -1}, cuts(t, es, []int{0, 900, 3000}, func(i int) bool { return i == 0 })...)
	sorted := newestFirst(es)
	also := [][]query.Stage{
		{&query.TimechartStage{Span: time.Hour, Aggs: []query.Agg{{Func: "count"}}, By: "severity"}},
		{&query.TopStage{Limit: 10, Fields: []query.Field{"user"}}},
		{&query.TopStage{Limit: 10, Fields: []query.Field{"request"}}},
	}
	for _, text := range []string{"failed", "failed | stats count by source", "failed | sort 3 user"} {
		h, err := query.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		limits := query.Limits{Groups: 200}
		asked := limits
		asked.Rows = 2
		a, err := s.Hunt(t.Context(), h, query.HuntOptions{Limits: asked, Also: also})
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if len(a.Also) != len(also) || a.Total == nil || *a.Total == 0 {
			t.Fatalf("%s: %d tables, total %v", text, len(a.Also), a.Total)
		}
		for i, stages := range also {
			want, err := reference(t, &query.Hunt{Where: h.Where, Stages: stages}, sorted, limits)
			if _, limit := errors.AsType[*query.LimitError](err); limit || err == nil {
				if (err == nil) != (a.Also[i].Err == nil) {
					t.Errorf("%s, %d: %v, want %v", text, i, a.Also[i].Err, err)
				} else if diff := alike(want, a.Also[i].Table); diff != "" {
					t.Errorf("%s, %d (-want +got):\n%s", text, i, diff)
				}
			}
		}
		if a.Also[2].Err == nil {
			t.Errorf("%s: the largest table fits, so the test says nothing", text)
		}
		if i := slices.IndexFunc(a.Rows, func(r query.TableRow) bool { return len(r.Cells) == 0 }); i >= 0 || len(a.Rows) == 0 {
			t.Errorf("%s: %d rows", text, cmp.Or(i, len(a.Rows)))
		}
	}
}

// TestKnown: fields, attributes and values of the events that are there.
func TestKnown(t *testing.T) {
	t.Parallel()
	es := prey(rand.New(rand.NewPCG(19, 1)), 500)
	for _, e := range es {
		e.SetAttr("host", event.Text("inner"))
	}
	s := searcher(t, search.Options{}, cuts(t, es, []int{0, 300, 500}, func(i int) bool { return i == 0 })...)
	k, err := s.Known(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []string{"source", "user", "port", "attrs.host", "request"} {
		if !slices.Contains(k.Fields, f) {
			t.Errorf("%s is not among %q", f, k.Fields)
		}
	}
	for f, want := range map[string]string{"category": "login_failed", "user": "Ana", "attrs.index": "db", "attrs.port": "22.0", "attrs.host": "inner"} {
		if got := k.Values(f); !slices.Contains(got, want) {
			t.Errorf("%s: %.200q, want %s among them", f, got, want)
		}
	}
	for _, f := range []string{"severity", "attrs.nowhere", "tags", "time"} {
		if got := k.Values(f); len(got) != 0 {
			t.Errorf("%s: %q", f, got)
		}
	}
}
