// SPDX-License-Identifier: Apache-2.0

package api

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// TestSearchesAreRememberedAWhile: one of a caller counts once in ten minutes, and
// the memory of them is bounded whatever is searched for.
func TestSearchesAreRememberedAWhile(t *testing.T) {
	t.Parallel()
	s := newSearches()
	now := time.Unix(1_790_000_000, 0)
	f := func(key string, after time.Duration, want bool) {
		t.Helper()
		if got := s.fresh(key, now.Add(after)); got != want {
			t.Errorf("%s after %v: fresh %v, want %v", key, after, got, want)
		}
	}
	f("a", 0, true)
	f("a", searchAgain-1, false)
	f("b", 0, true)
	f("a", searchAgain, true)
	f("a", 2*searchAgain-1, false) // from the last that counted

	// Old ones make room first: those of now are still known.
	s = newSearches()
	for i := range maxSearches - 1 {
		f(fmt.Sprint("old", i), 0, true)
	}
	f("young", searchAgain, true)
	f("one more", searchAgain, true)
	if len(s.seen) != 2 {
		t.Errorf("%d are remembered, want the two of now", len(s.seen))
	}
	f("young", searchAgain, false)
	// When all are of now, none is worth more than the bound.
	for i := range 3 * maxSearches {
		f(fmt.Sprint("flood", i), searchAgain, true)
		if len(s.seen) > maxSearches {
			t.Fatalf("%d are remembered, the bound is %d", len(s.seen), maxSearches)
		}
	}
}

// TestLimitsOfCallers: a burst, then a rate, each caller for himself; and no more
// of them than the bound.
func TestLimitsOfCallers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter()
		taken := func(id string) (n int) {
			for {
				wait, ok := l.allow(id)
				if !ok {
					if wait != time.Second {
						t.Errorf("told to wait %v", wait)
					}
					return n
				}
				n++
			}
		}
		if n := taken("a"); n != requestsBurst {
			t.Errorf("a burst of %d, want %d", n, requestsBurst)
		}
		if n := taken("b"); n != requestsBurst {
			t.Errorf("another caller's burst of %d", n)
		}
		time.Sleep(time.Second)
		if n := taken("a"); n != requestsPerSecond {
			t.Errorf("%d after a second, want %d", n, requestsPerSecond)
		}
		for i := range maxLimits + 10 {
			l.allow(fmt.Sprint("caller", i))
			if len(l.limits) > maxLimits {
				t.Fatalf("%d callers are remembered", len(l.limits))
			}
		}
	})
}
