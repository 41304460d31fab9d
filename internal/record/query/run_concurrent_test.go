// SPDX-License-Identifier: Apache-2.0

package query

import (
	"sync"
	"testing"
)

// TestHuntIsShared: one hunt answers several callers at once (the race detector judges).
func TestHuntIsShared(t *testing.T) {
	t.Parallel()
	h, err := Parse(`message=/m+/ user=u* NOT "x y" | eval a=if(match(user,"1"),n,null()) | stats sum(a) as s, perc50(n) by severity | sort -s`)
	if err != nil {
		t.Fatal(err)
	}
	events := manyEvents(200, 5)
	want := tableOf(t, h, events)
	var wg sync.WaitGroup
	got := make([]string, 4)
	for i := range got {
		wg.Go(func() {
			got[i] = tableOf(t, h, events)
			h.Explain()
			_ = h.String()
		})
	}
	wg.Wait()
	for _, text := range got {
		if text != want {
			t.Errorf("%s, want %s", text, want)
		}
	}
}

func BenchmarkRun(b *testing.B) {
	events := manyEvents(10_000, 200)
	for _, text := range []string{"user=u77*", "* | stats count by severity", "* | where n>5000 | top user", "* | timechart span=1h count by severity"} {
		h, err := Parse(text)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(text, func(b *testing.B) {
			for b.Loop() {
				if _, err := Run(b.Context(), h, over(events), Limits{}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(events)), "ns/event")
		})
	}
}
