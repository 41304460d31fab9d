// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// TestEntriesToVerify: sealed files count when an event of theirs lies in the time,
// and what is not sealed always.
func TestEntriesToVerify(t *testing.T) {
	t.Parallel()
	j, _ := openTest(t, t.TempDir(), nil)
	at := func(stream string, n int, time int64) {
		t.Helper()
		var events []*event.Event
		for range n {
			e := benchEvent(1)
			e.Place, e.Time = event.Place{Stream: stream}, time
			events = append(events, e)
		}
		if _, err := j.Append(t.Context(), events); err != nil {
			t.Fatal(err)
		}
	}
	if n := j.Entries(0, 0); n != 0 {
		t.Errorf("%d entries in an empty journal", n)
	}
	at("90d", 7, 1000)
	if err := j.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	at("90d", 5, 2000)
	at("30d", 4, 3000)
	if err := j.Seal(t.Context(), "90d"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ from, to, want int64 }{
		{0, 0, 16}, {1001, 0, 9}, {0, 1999, 11}, {1001, 1999, 4}, {1000, 1000, 11}, {2000, 2000, 9},
	} {
		if got := j.Entries(c.from, c.to); got != c.want {
			t.Errorf("from %d to %d: %d, want %d", c.from, c.to, got, c.want)
		}
	}
}
