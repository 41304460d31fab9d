// SPDX-License-Identifier: Apache-2.0

package app

import (
	"testing"
	"time"
)

func TestLagIsNeverLongerThanDetectionIsBehind(t *testing.T) {
	t.Parallel()
	began := time.Unix(1000, 0)
	at := func(after time.Duration) int64 { return began.Add(after).UnixNano() }
	f := func(name string, now time.Duration, seen, behind int64, want time.Duration) {
		t.Helper()
		if got := lagAt(began.Add(now), began, seen, behind); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	f("under a steady load the newest event counts", time.Minute, at(59*time.Second), at(10*time.Second), time.Second)
	f("the first event after an idle hour is not an hour late", time.Hour, at(time.Second), at(time.Hour-time.Millisecond), time.Millisecond)
	f("stuck since both", time.Hour, at(30*time.Minute), at(31*time.Minute), 29*time.Minute)
	f("nothing seen yet", time.Minute, 0, at(40*time.Second), 20*time.Second)
	f("a clock that was set back", 0, at(time.Minute), at(time.Minute), 0)
}
