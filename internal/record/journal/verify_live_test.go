// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// changes are what may happen to a journal between two steps of a verification.
func changes(t *testing.T, j *Journal) map[string]func(n int) {
	t.Helper()
	must := func(err error) {
		if err != nil {
			t.Error(err)
		}
	}
	more := func(stream string, n int, age time.Duration) {
		events := make([]*event.Event, n)
		for i := range events {
			events[i] = benchEvent(i)
			events[i].Place = event.Place{Stream: stream}
			events[i].Received = time.Now().Add(-age).UnixNano()
		}
		_, err := j.Append(t.Context(), events)
		must(err)
	}
	return map[string]func(n int){
		"more is sealed": func(int) {
			more("90d", 7, 0)
			must(j.Seal(t.Context()))
			more("90d", 3, 0)
		},
		"files are merged": func(int) {
			_, err := j.Merge(t.Context())
			must(err)
			for range 8 {
				more("90d", 2, 0)
				must(j.Seal(t.Context()))
			}
		},
		"files are dropped": func(int) {
			more("30d", 4, 40*24*time.Hour)
			must(j.Seal(t.Context()))
			_, err := j.Retain(t.Context(), Retention{Now: time.Now(), Actor: "test"})
			must(err)
		},
		"files are erased": func(n int) {
			_, err := j.Erase(t.Context(), Erasure{ID: fmt.Sprint("order-", n), Subject: fmt.Sprintf("user%d", n%10), Actor: "admin"})
			must(err)
		},
	}
}

// TestVerifyBetweenChanges changes a running journal at each point of a verification,
// at that point alone and at all of them: there is no false alarm.
func TestVerifyBetweenChanges(t *testing.T) {
	t.Parallel()
	for name := range changes(t, nil) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			steps := 1
			for at := -1; at < steps; at++ {
				n := verifyChanged(t, name, at)
				steps = max(steps, n)
			}
			if steps < 8 {
				t.Errorf("%d steps: that is no verification", steps)
			}
		})
	}
}

// verifyChanged verifies while one thing happens at step at, or at all of them when
// at is negative; it returns the number of steps.
func verifyChanged(t *testing.T, name string, at int) (steps int) {
	t.Helper()
	dir := t.TempDir()
	j, stop := openTest(t, dir, func(o *Options) { o.SealEvents, o.LogFileBytes = 10, 16<<10 })
	fill(t, j, "30d", 20, 10, 40*24*time.Hour)
	fill(t, j, "90d", 50, 5, 0)
	for n := range map[string]int{"files are merged": 4}[name] { // several files of the journal's own, which excuse others
		o := Erasure{ID: fmt.Sprint("before-", n), Subject: fmt.Sprintf("user%d", 9-n), Actor: "admin"}
		if _, err := j.Erase(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	change := changes(t, j)[name]
	step := func() {
		if (at < 0 && steps < 12) || steps == at {
			change(steps)
		}
		steps++
	}
	got, err := j.Verify(t.Context(), VerifyOptions{Workers: 1, between: step, Pace: func(context.Context) error {
		step()
		return nil
	}})
	if err != nil || got.Status != Unanchored || got.Total != got.Verified || len(got.Files) != 0 {
		t.Errorf("%s at step %d: %v, %s", name, at, err, brief(&got))
	}
	stop()
	if got := verifyDir(t, dir); !got.OK() || got.Total != got.Verified || len(got.Files) != 0 {
		t.Errorf("%s at step %d, stopped: %s", name, at, brief(&got))
	}
	return steps
}

// TestVerifyWhileARangeIsSealed stops a seal between the header and the manifest
// record, after the verification has read the log and before it reads the headers: of
// the entries that came in between it has seen nothing, and says nothing.
func TestVerifyWhileARangeIsSealed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	disk := newFaultDisk(t.TempDir(), 1, 0)
	stopped, goOn := make(chan struct{}), make(chan struct{})
	var armed atomic.Bool
	disk.fail = func(op, path string) error {
		if op == "write" && filepath.Base(path) == "manifest" && armed.CompareAndSwap(true, false) {
			disk.mu.Unlock()
			close(stopped)
			<-goOn
			disk.mu.Lock()
		}
		return nil
	}
	j, stop := openTest(t, dir, func(o *Options) { o.disk = disk })
	fill(t, j, "90d", 20, 10, 0)
	if _, err := j.Append(t.Context(), []*event.Event{inStream(1, "90d")}); err != nil {
		t.Fatal(err)
	}
	steps, sealed := 0, make(chan error, 1)
	got, err := j.Verify(t.Context(), VerifyOptions{between: func() {
		if steps++; steps != 4 { // before the headers are read again
			return
		}
		if _, err := j.Append(t.Context(), []*event.Event{inStream(2, "90d"), inStream(3, "90d")}); err != nil {
			t.Error(err)
		}
		armed.Store(true)
		go func() { sealed <- j.Seal(t.Context()) }()
		<-stopped
	}})
	close(goOn)
	if err != nil || got.Status != Unanchored || got.Headers != 3 || got.Verified != 21 || got.Total != 21 {
		t.Errorf("%v, %s", err, brief(&got))
	}
	if err := <-sealed; err != nil {
		t.Error(err)
	}
	stop()
	if got := verifyDir(t, dir); !got.OK() || got.Verified != 23 {
		t.Errorf("stopped: %s", brief(&got))
	}
}

func inStream(i int, stream string) *event.Event {
	e := benchEvent(i)
	e.Place = event.Place{Stream: stream}
	return e
}
