// SPDX-License-Identifier: Apache-2.0

package search

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/query"
)

// TestTop: small and large k, many ties, rising, falling and random times.
func TestTop(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for round := range 100 {
		n := 1 + r.IntN(20_000)
		k := 1 + r.IntN(200)
		if round%2 == 0 {
			k = 1 + exactly + r.IntN(n)
		}
		skip := r.IntN(k)
		all := make([]hit, n)
		for i := range all {
			all[i] = hit{key: query.Key{Time: [...]int64{int64(i), int64(-i), r.Int64N(50), r.Int64()}[round%4], ID: event.ID{byte(i >> 8), byte(i)}}, row: int32(i)}
		}
		best := newTop(k)
		for from := 0; from < n; from += 500 {
			best.add(all[from:min(n, from+500)])
		}
		slices.SortFunc(all, compare)
		want := all[:min(k, n)]
		if floor := best.floor(); len(want) == k && floor > want[k-1].key.Time || len(want) < k && floor != math.MinInt64 {
			t.Fatalf("k %d of %d: floor %d is too high", k, n, floor)
		}
		want = want[min(skip, len(want)):]
		if diff := cmp.Diff(len(want), len(best.after(skip))); diff != "" {
			t.Fatalf("k %d of %d, skip %d: hits (-want +got):\n%s", k, n, skip, diff)
		}
	}
}

// TestTopOrder compares the hits themselves.
func TestTopOrder(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	for _, k := range []int{1, 2, 100, exactly, exactly + 1, 9000, 30_000} {
		all := make([]hit, 10_000)
		for i := range all {
			all[i] = hit{key: query.Key{Time: r.Int64N(300), ID: event.ID{byte(i >> 8), byte(i)}}, row: int32(i)}
		}
		best := newTop(k)
		for i := range all {
			best.add(all[i : i+1])
		}
		slices.SortFunc(all, compare)
		skip := k / 3
		if got, want := best.after(skip), all[min(skip, len(all)):min(k, len(all))]; !slices.Equal(got, want) {
			t.Errorf("k %d: %d hits, not the %d expected ones in order", k, len(got), len(want))
		}
	}
}
