// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"testing"
	"time"
)

// TestADivergedJournalBeatsNoFaster: its last checkpoint only grows older, which must
// not make a file each second.
func TestADivergedJournalBeatsNoFaster(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	f := func(at time.Time, diverged bool, want time.Duration) {
		t.Helper()
		if got := beatIn(time.Minute, at, now, diverged); got != want {
			t.Errorf("checkpoint of %v, diverged %v: %s, want %s", at, diverged, got, want)
		}
	}
	f(time.Time{}, false, time.Minute)
	f(now.Add(-20*time.Second), false, 40*time.Second)
	f(now.Add(-time.Hour), false, time.Second)
	f(now.Add(-time.Hour), true, time.Minute)
}
