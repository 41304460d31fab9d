// SPDX-License-Identifier: Apache-2.0

package query_test

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/query"
)

// TestTopOfMany: of many values, many as frequent as others, those that come first by
// number and then by value, with the shares of all.
func TestTopOfMany(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(11, 4))
	counts := map[string]int64{}
	var events []*event.Event
	for i := range 4000 {
		user := fmt.Sprintf("u%03d", int(300*r.Float64()*r.Float64()))
		counts[user]++
		events = append(events, &event.Event{User: user, Time: int64(10_000 - i)})
	}
	for _, limit := range []int{1, 7, 20, 150, 1000} {
		for _, word := range []string{"top", "rare"} {
			users := make([]string, 0, len(counts))
			for user := range counts {
				users = append(users, user)
			}
			slices.SortFunc(users, func(a, b string) int {
				n := cmp.Compare(counts[b], counts[a])
				if word == "rare" {
					n = -n
				}
				return cmp.Or(n, cmp.Compare(a, b))
			})
			var want []string
			for _, user := range users[:min(limit, len(users))] {
				want = append(want, fmt.Sprintf("%s %d %v", user, counts[user], math.Round(1e4*float64(counts[user])/4000)/100))
			}
			h, err := query.Parse(fmt.Sprintf("| %s limit=%d user", word, limit))
			if err != nil {
				t.Fatal(err)
			}
			at := 0
			table, err := query.Run(t.Context(), h, func() (*event.Event, bool) {
				if at++; at > len(events) {
					return nil, false
				}
				return events[at-1], true
			}, query.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, row := range table.Rows {
				got = append(got, fmt.Sprintf("%s %s %s", row.Cells[0].String(), row.Cells[1].String(), row.Cells[2].String()))
			}
			if diff := gocmp.Diff(want, got); diff != "" {
				t.Errorf("%s %d (-want +got):\n%s", word, limit, diff)
			}
		}
	}
}
