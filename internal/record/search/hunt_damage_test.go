// SPDX-License-Identifier: Apache-2.0

package search_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/query"
	"github.com/tocsin-siem/tocsin/internal/record/search"
)

// checkHunts asks what a filter asks by hunts, and wants all but what is hidden.
func checkHunts(t *testing.T, s *search.Searcher, k known, hidden func(*event.Event) bool) {
	t.Helper()
	text := strings.ReplaceAll(k.filter.Words(), " user:", " OR user:") // several users are alternatives
	if k.filter.From != 0 {
		text += " earliest=" + event.FormatTime(k.filter.From)
	}
	want := slices.DeleteFunc(slices.Clone(k.events), hidden)
	for _, stages := range []string{"", " | table id", " | stats count by source", " | timechart span=1d count by category", " | stats count, values(user) as u by severity", " | sort id | head 5"} {
		h, err := query.Parse(text + stages)
		if err != nil {
			t.Fatal(err)
		}
		a, err := s.Hunt(t.Context(), h, query.HuntOptions{Limit: query.MaxLimit})
		if err != nil {
			t.Fatalf("%s: %v", h, err)
		}
		counted := k.events
		if a.Incomplete > 0 {
			counted = want
		}
		if gone := len(k.events) - len(counted); int64(gone) > a.Incomplete || a.Incomplete > 0 && a.Total != nil || a.Total != nil && *a.Total != int64(len(k.events)) {
			t.Errorf("%s: %d of %d events, total %v, and the answer lacks %d", h, len(counted), len(k.events), a.Total, a.Incomplete)
		}
		if stages == "" {
			got := make([]event.Event, len(a.Rows))
			for i := range a.Rows {
				got[i] = *a.Rows[i].Event
			}
			expect(t, text, got, counted[:min(len(counted), query.MaxLimit)])
			continue
		}
		expected, err := reference(t, &query.Hunt{Where: &query.All{}, Stages: h.Stages}, counted, query.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := alike(expected, a.Table); diff != "" {
			t.Errorf("%s (-want +got):\n%s", h, diff)
		}
	}
}
