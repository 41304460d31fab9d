// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"bytes"
	"strings"
	"testing"
)

// TestSearchMeasures runs all rounds over a small haystack.
func TestSearchMeasures(t *testing.T) {
	t.Parallel()
	r, err := Search(t.Context(), SearchOptions{Dir: t.TempDir(), Events: 20_000, Runs: 2, Rate: 500})
	if err != nil {
		t.Fatal(err)
	}
	hits := map[string]int64{}
	for _, q := range r.Questions {
		hits[q.Name] = q.Hits
		if q.ColdMillis <= 0 || q.P50 <= 0 || q.P95 < q.P50 || q.BusyP50 <= 0 {
			t.Errorf("%+v", q)
		}
	}
	for name, want := range map[string]int64{
		"newest 100 by filter": 100, "word with 100 hits": 100, "word in 1 of 2000": 10, "word that is nowhere": 0, "letters within words": 100,
		"by id": 1, "rare attribute": 1, "a year without events": 0, "statistics of all": 20_000,
	} {
		if got, asked := hits[name]; !asked || got != want {
			t.Errorf("%s: %d hits, want %d", name, got, want)
		}
	}
	if hits["one address, deep page"] == 0 || hits["network"] == 0 || hits["user and time"] == 0 {
		t.Errorf("a question without an answer: %v", hits)
	}
	if r.Files == 0 || r.Disk < 50 || r.PeakRSS == 0 || r.SearchRSS == 0 {
		t.Errorf("%+v", r)
	}
	var out bytes.Buffer
	if err := r.Print(&out); err != nil || !strings.Contains(out.String(), "one address, deep page") || !strings.Contains(out.String(), "events a second came in") {
		t.Errorf("%v\n%s", err, &out)
	}
}

// TestHaystackIsOfItsSeed: the same events each time, each with texts of its own.
func TestHaystackIsOfItsSeed(t *testing.T) {
	t.Parallel()
	l := newHaystack(10_000)
	list, err := l.events(40, 100)
	if err != nil {
		t.Fatal(err)
	}
	again, err := newHaystack(10_000).events(90, 1)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := list[50], again[0]; a.ID != b.ID || a.Message != b.Message || a.Time != b.Time || a.Session != b.Session {
		t.Errorf("event 90 is %v and %v", a, b)
	}
	seen := map[string]bool{}
	for _, e := range list {
		if seen[e.Session] {
			t.Fatalf("two events have the session %q", e.Session)
		}
		seen[e.Session] = true
	}
}

func TestSearchOptionsAreChecked(t *testing.T) {
	t.Parallel()
	good := SearchOptions{Events: minEvents, Runs: 1}
	if err := good.validate(); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*SearchOptions){
		"events": func(o *SearchOptions) { o.Events = 1 }, "runs": func(o *SearchOptions) { o.Runs = 0 }, "rate": func(o *SearchOptions) { o.Rate = -1 },
	} {
		bad := good
		change(&bad)
		if bad.validate() == nil {
			t.Errorf("bad %s is taken", name)
		}
	}
}
