// SPDX-License-Identifier: Apache-2.0

package search_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/tocsin-siem/tocsin/internal/record/query"
	"github.com/tocsin-siem/tocsin/internal/record/search"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// scannedBytes are those of one hunt, as it comes.
func scannedBytes(t *testing.T, s *search.Searcher, text string) int64 {
	t.Helper()
	a, err := ask(t, s, text, query.HuntOptions{Limits: query.Limits{Now: time.Unix(1_790_000_000, 0)}})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return a.ScannedBytes
}

// TestHuntCountsBytes: what one column answers takes less than what all texts do, what
// counts answer or bounds leave out takes nothing; the first time, when pages come from
// the file, and the second, when they are cached, are alike, and so are one goroutine and
// many, and a cache that keeps nothing.
func TestHuntCountsBytes(t *testing.T) {
	t.Parallel()
	es := prey(rand.New(rand.NewPCG(31, 1)), 9000)
	at := []int{0, 2100, 9000}
	for name, file := range map[string]func(int) bool{
		"files":  func(int) bool { return true },
		"memory": func(int) bool { return false },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			readers := cuts(t, es, at, file)
			s := searcher(t, search.Options{}, readers...)
			one := searcher(t, search.Options{Workers: 1}, readers...)
			got := map[string]int64{}
			for _, text := range []string{
				"outcome=failure | stats count", "user=/^r/ | stats count", "/fail.*z/ | stats count", "* | sort user", "/fail.*z/", "* | head 3",
			} {
				first, again, alone := scannedBytes(t, s, text), scannedBytes(t, s, text), scannedBytes(t, one, text)
				if first <= 0 || first != again || first != alone && text != "* | head 3" { // many look ahead
					t.Errorf("%s: %d bytes, then %d, by one %d", text, first, again, alone)
				}
				got[text] = alone
			}
			if byte1, column, all := got["outcome=failure | stats count"], got["user=/^r/ | stats count"], got["/fail.*z/ | stats count"]; byte1 >= column || column >= all {
				t.Errorf("one byte a row, one column, all texts: %v", got)
			}
			if rows := int64(len(es)); got["outcome=failure | stats count"] != rows { // a byte each, and nothing else
				t.Errorf("outcomes of %d rows: %d bytes", rows, got["outcome=failure | stats count"])
			}
			for _, text := range []string{"earliest=2027-01-01 latest=2028-01-01 | stats count", "id=01ARZ3NDEKTSV4RRFFQ69G5FAV", "earliest=2027-01-01 latest=2028-01-01"} {
				if n := scannedBytes(t, s, text); n != 0 {
					t.Errorf("%s: %d bytes", text, n)
				}
			}
		})
	}
	s := searcher(t, search.Options{}, cuts(t, es, at, func(int) bool { return true })...)
	for text, free := range map[string]bool{
		"* | stats count by category": true, "severity>=high source=access | top category": true, "* | timechart span=1h count by severity": true,
		"* | stats count by user": false, "* | timechart span=10m count": false,
	} {
		if n := scannedBytes(t, s, text); (n == 0) != free {
			t.Errorf("%s: %d bytes, none wanted: %v", text, n, free)
		}
	}
}

// TestHuntBytesWithoutCache: pages that are not kept count as those that are.
func TestHuntBytesWithoutCache(t *testing.T) {
	t.Parallel()
	es := unique(rand.New(rand.NewPCG(32, 1)), 5000)
	for i, e := range es {
		e.Raw = fmt.Sprint("raw ", i)
	}
	b := block(t, es)
	open := func(budget int64) *search.Searcher {
		cache, err := segment.NewCache(budget)
		if err != nil {
			t.Fatal(err)
		}
		return searcher(t, search.Options{Workers: 1}, sealed(t, b, cache))
	}
	kept, lost := open(64<<20), open(0)
	for _, text := range []string{"user=u77", "/failed.*7$/", "* | stats dc(ip)", "raw=/7$/ | sort 5 user", "attrs.none=1"} {
		if k, l := scannedBytes(t, kept, text), scannedBytes(t, lost, text); k != l || k == 0 && text != "attrs.none=1" {
			t.Errorf("%s: %d bytes with a cache, %d without", text, k, l)
		}
	}
}
