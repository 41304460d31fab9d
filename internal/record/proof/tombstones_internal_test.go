// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"errors"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// TestTombstonesAreBounded: a bundle with more tombstones than memory is meant for
// cannot be checked; it is not called wrong.
func TestTombstonesAreBounded(t *testing.T) {
	t.Parallel()
	var e event.Event
	(&Tombstone{Erased: true, ID: "x", Stream: "30d", Slots: [2][]SeqRun{{{1, 1}, {3, 9}}, nil}}).Event(&e)
	e.Place = event.Place{Stream: SystemStream, Seq: 5}
	all := bundleTombstones{runs: maxBundleRuns - 2 - tombstoneRuns}
	if err := all.take(&e, SlotOpen); err != nil || !all.erases(5, "30d", 4, 0) {
		t.Errorf("the last that fits: %v", err)
	}
	if err := all.take(&e, SlotOpen); !errors.Is(err, errTombstones) {
		t.Errorf("one more: %v", err)
	}
	var none bundleTombstones
	for _, c := range []struct {
		stream string
		state  SlotState
	}{{"30d", SlotOpen}, {SystemStream, SlotWithheld}, {SystemStream, SlotErased}} {
		e.Place.Stream = c.stream
		if err := none.take(&e, c.state); err != nil || len(none.all) > 0 {
			t.Errorf("a tombstone in stream %s with its attributes %s counts", c.stream, c.state)
		}
	}
}
