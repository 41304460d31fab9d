// SPDX-License-Identifier: Apache-2.0

package segment_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// TestEventReadsOnlyItsPages: of a hundred attributes' columns an event reads those
// that have something in its page.
func TestEventReadsOnlyItsPages(t *testing.T) {
	t.Parallel()
	es := make([]*event.Event, 3*segment.PageRows)
	for i := range es {
		es[i] = attrs(fmt.Sprintf("k%02d", i*7919%50+50*(i/segment.PageRows%2)), event.Int(int64(i%40)))
		if i >= 2*segment.PageRows {
			es[i].Attrs = nil
		}
	}
	cache, err := segment.NewCache(64 << 20)
	if err != nil {
		t.Fatal(err)
	}
	f := write(t, fill(t, es), cache)
	if n := len(f.Attrs()); n != 100 {
		t.Fatalf("%d columns", n)
	}
	core := int64(0)
	for i, page := range []int{2, 0, 1} {
		before := cache.Stats().Misses
		var e event.Event
		if err := f.Event(page*segment.PageRows+5, &e); err != nil || canonical(&e) != canonical(es[page*segment.PageRows+5]) {
			t.Fatal(err)
		}
		read := cache.Stats().Misses - before
		if i == 0 {
			core = read // no attribute, and the core's dictionaries
			if core > 12 {
				t.Errorf("%d bodies were read for an event without attributes", core)
			}
			continue
		}
		if most := core + 2*50; read > most || read < 50 { // a page and a dictionary each
			t.Errorf("page %d: %d bodies were read, want 50 to %d", page, read, most)
		}
	}
}

// TestBytesIsWhatIsAllocated: what a block says that it takes is what it takes,
// whatever its columns: the journal seals by it.
func TestBytesIsWhatIsAllocated(t *testing.T) { // not parallel: it looks at the process's memory
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	sets := shapes()
	sets["typical"] = typicals(20_000)
	for name, es := range sets {
		before := heap()
		b := fill(t, es)
		grown := heap() - before
		if ratio := float64(grown) / float64(b.Bytes()); ratio < 0.8 || ratio > 1.25 {
			t.Errorf("%s: %d bytes, it says %d", name, grown, b.Bytes())
		}
		runtime.KeepAlive(es)
	}
}
