// SPDX-License-Identifier: Apache-2.0

package search_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/search"
)

// What came some minutes ago is known, too, where each minute seals a few small segments.
func TestKnownOfManySmallSegments(t *testing.T) {
	t.Parallel()
	var es []*event.Event
	at := []int{0}
	for i := range 120 {
		es = append(es, &event.Event{Source: "app", Category: fmt.Sprint("often", i%3), Time: int64(i + 1)})
		at = append(at, len(es))
	}
	es[0].Category, es[0].Attrs = "login_failed", []event.Attr{{Key: "port", Value: event.Text("22")}}
	s := searcher(t, search.Options{}, cuts(t, es, at, func(i int) bool { return i%2 == 0 })...)
	k, err := s.Known(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := k.Values("category")
	if slices.Sort(got[:max(0, len(got)-1)]); !slices.Equal(got, []string{"often0", "often1", "often2", "login_failed"}) {
		t.Errorf("categories %q, want the most frequent first", got)
	}
	if !slices.Contains(k.Fields, "port") {
		t.Errorf("fields %q", k.Fields)
	}
}
