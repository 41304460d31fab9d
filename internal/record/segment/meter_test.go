// SPDX-License-Identifier: Apache-2.0

package segment_test

import (
	"sync"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// TestMeter: each page and dictionary counts once for a reader, whoever uses it and as
// often as it is; what is not read, or cannot be, counts nothing.
func TestMeter(t *testing.T) {
	t.Parallel()
	const rows = 3000
	es := events(41, rows)
	for _, e := range es {
		e.User = "ana"
	}
	b := fill(t, es)
	for name, r := range map[string]segment.Reader{"memory": b.Reader(), "file": write(t, b, nil)} {
		var m segment.Meter
		over := m.Over([]segment.Reader{r, r})
		if m.Bytes() != 0 || over[0].Rows() != rows || segment.FileOf(over[0]) != segment.FileOf(r) || segment.Unmetered(over[1]) != r {
			t.Fatalf("%s: %d bytes before anything is read", name, m.Bytes())
		}
		var done sync.WaitGroup
		for range 4 {
			done.Go(func() {
				for range 10 {
					for page := range segment.Pages(r) {
						_, _ = over[0].Ints(segment.ColTime, page)
						_, _ = over[0].Bytes(segment.ColID, page)
						_, _ = over[0].Bytes(segment.ColSeverity, page)
					}
				}
			})
		}
		done.Wait()
		if m.Bytes() != rows*(8+16+1) {
			t.Errorf("%s: %d bytes of times, ids and severities", name, m.Bytes())
		}
		before := m.Bytes()
		for range 3 {
			if _, err := over[0].Dict(segment.ColUser); err != nil {
				t.Fatal(err)
			}
		}
		if n := m.Bytes() - before; n != int64(len("ana")) {
			t.Errorf("%s: the dictionary has %d bytes", name, n)
		}
		before = m.Bytes()
		if _, err := over[0].Ints(segment.ColTime, 99); err == nil {
			t.Error("a page that is not there")
		}
		if _, err := over[0].Filter().Any(segment.ColUser, [][]uint64{{1}}); err != nil || m.Bytes() != before {
			t.Errorf("%s: %d bytes of nothing, %v", name, m.Bytes()-before, err)
		}
		if _, err := over[1].Ints(segment.ColTime, 0); err != nil || m.Bytes() != before+8*segment.PageRows {
			t.Errorf("%s: the second reader counts for itself: %d, %v", name, m.Bytes()-before, err)
		}
	}
}

// TestMeteredEvents: events through a meter are the events, and what was erased is told.
func TestMeteredEvents(t *testing.T) {
	t.Parallel()
	es := events(42, 2500)
	f := write(t, fill(t, es), nil)
	f.Erased(func(row int) event.SlotSet {
		if row == 7 {
			return event.SlotPerson
		}
		return 0
	})
	var m segment.Meter
	over := m.Over([]segment.Reader{f, segment.NewLost("x", "s", 5, segment.Bounds{}, segment.ErrCorrupt)})
	plain, metered := segment.NewRows(f), segment.NewRows(over[0])
	var want, got event.Event
	for i := range es {
		if plain.Event(i, &want) != nil || metered.Event(i, &got) != nil || string(want.AppendJSON(nil)) != string(got.AppendJSON(nil)) {
			t.Fatalf("row %d: %s", i, got.AppendJSON(nil))
		}
	}
	if metered.Event(7, &got) != nil || got.Place.Erased != event.SlotPerson {
		t.Errorf("erased: %v", got.Place.Erased)
	}
	if _, lost := over[1].(*segment.Lost); !lost || m.Bytes() < int64(len(es))*(4*8+16+2) {
		t.Errorf("%d bytes", m.Bytes())
	}
}
