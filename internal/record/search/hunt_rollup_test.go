// SPDX-License-Identifier: Apache-2.0

package search_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/query"
	"github.com/tocsin-siem/tocsin/internal/record/search"
)

// TestHuntByRollup: what a segment's own counts say is taken from them, and is what the
// rows say; what they do not say is not.
func TestHuntByRollup(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(20, 1))
	es := prey(r, 3000)
	for _, e := range es {
		switch r.IntN(6) {
		case 0:
			e.SetCore(event.FieldCategory, "")
		case 1:
			e.SetNull(event.FieldCategory)
		}
	}
	s := searcher(t, search.Options{}, cuts(t, es, []int{0, 900, 3000}, func(int) bool { return true })...)
	sorted := newestFirst(es)
	for text, free := range map[string]bool{
		"* | stats count":             true,
		"* | stats count by category": true,
		"* | stats count, dc(source), max(severity), sum(severity_number)":   true,
		"* | timechart span=1h count by severity":                            true,
		"* | timechart span=1w count by source":                              true,
		`* | eval c=coalesce(category, "") | timechart span=1d count by c`:   true,
		"severity>=high (source=access OR exists:category) | top category":   true,
		"NOT category=login_* | rare limit=2 category by source":             true,
		"source=none | stats count":                                          true,
		`category="" | where severity>="low" | stats count by source`:        true,
		"earliest=2020-01-01 latest=2040-01-01 | stats count by category":    true,
		"* | timechart span=10m count by severity":                           false,
		"* | stats count by user":                                            false,
		"user=root | stats count by category":                                false,
		"failed | stats count":                                               false,
		"* | stats latest(category)":                                         false,
		"earliest=2026-09-21T13:33:00Z | stats count by category":            false,
		"NOT time>=2026-09-21T13:33:00Z | stats count by category, severity": false,
	} {
		h, err := query.Parse(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		compare(t, s, h, sorted)
		a, err := s.Hunt(t.Context(), h, query.HuntOptions{Limits: query.Limits{Now: time.Unix(1_790_000_000, 0)}})
		if err != nil || (a.Scanned == 0) != free {
			t.Errorf("%s: %d rows were looked at, none wanted: %v, %v", text, a.Scanned, free, err)
		}
	}
	h, err := query.Parse("severity>=medium | stats count by category")
	if err != nil {
		t.Fatal(err)
	}
	also := [][]query.Stage{{&query.TopStage{Limit: 10, Fields: []query.Field{"user"}}}, {&query.TopStage{Limit: 10, Fields: []query.Field{"severity"}}}}
	a, err := s.Hunt(t.Context(), h, query.HuntOptions{Also: also}) // some by counts, some by rows
	if err != nil || a.Total == nil {
		t.Fatal(err)
	}
	for i, stages := range append([][]query.Stage{h.Stages}, also...) {
		want, err := reference(t, &query.Hunt{Where: h.Where, Stages: stages}, sorted, query.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		got := a.Table
		if i > 0 {
			got = a.Also[i-1].Table
		}
		if diff := alike(want, got); diff != "" || want.Matched != *a.Total {
			t.Errorf("table %d, total %d, want %d (-want +got):\n%s", i, *a.Total, want.Matched, diff)
		}
	}
}
