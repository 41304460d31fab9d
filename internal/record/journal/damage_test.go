// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// TestReaderGetsPastDamage: readers give everything that can be read, in order,
// and each loss is told and counted once, whoever meets it and however often.
func TestReaderGetsPastDamage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const pages = 3
	j, stop := openTest(t, dir, func(o *Options) {
		o.SealEvents, o.LogFileBytes = pages*segment.PageRows, 4<<20
	})
	r := rand.New(rand.NewPCG(3, 1))
	for n := 0; n < 2*pages*segment.PageRows+500; n += 500 {
		events := someEvents(r, n, 500)
		for _, e := range events {
			e.Place.Stream = []string{"90d", "90d", "90d", "30d"}[r.IntN(4)]
		}
		if _, err := j.Append(t.Context(), events); err != nil {
			t.Fatalf("append: %v", err)
		}
	}
	waitSealed(t, j)
	want := all(t, j)
	stop()
	files, err := filepath.Glob(filepath.Join(dir, "journal", "segments", "90d", "*", "*.seg"))
	if err != nil || len(files) == 0 {
		t.Fatalf("segments: %v, %v", files, err)
	}
	good, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	for name, damage := range map[string]func(b []byte) []byte{
		"near the begin": func(b []byte) []byte { b[1000] ^= 1; return b },
		"in the middle":  func(b []byte) []byte { b[len(b)/2] ^= 1; return b },
		"cut":            func(b []byte) []byte { return b[:len(b)/2] },
		"footer":         func(b []byte) []byte { b[len(b)-50] ^= 1; return b },
		"gone":           func([]byte) []byte { return nil },
	} {
		bad := damage(slices.Clone(good))
		if err := os.WriteFile(files[0], bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if bad == nil {
			if err := os.Remove(files[0]); err != nil {
				t.Fatal(err)
			}
		}
		readsTheRest(t, name, dir, files[0], want)
	}
}

// readsTheRest opens a journal with one damaged file and reads it three times.
func readsTheRest(t *testing.T, name, dir, path string, want []*event.Event) {
	t.Helper()
	var mu sync.Mutex
	told := map[string]int{}
	opts := testOptions(t, dir)
	opts.Damaged = func(file string, err error) {
		mu.Lock()
		defer mu.Unlock()
		if file != path || !errors.Is(err, segment.ErrCorrupt) && !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: told of %s: %v", name, file, err)
		}
		told[err.Error()]++
	}
	j, err := Open(t.Context(), opts)
	if err != nil {
		t.Fatalf("%s: open: %v", name, err)
	}
	defer j.Close()
	readable := map[uint64]bool{}
	readers, release, err := j.Snapshot(t.Context())
	if err != nil {
		t.Fatalf("%s: snapshot: %v", name, err)
	}
	rows := 0
	for _, r := range readers {
		rows += r.Rows()
		for page := range segment.Pages(r) {
			if segment.Readable(r, page) != nil {
				continue
			}
			for i := range segment.PageLen(r, page) {
				var e event.Event
				if err := r.Event(page*segment.PageRows+i, &e); err != nil {
					t.Fatal(err)
				}
				readable[e.Place.Ord] = true
			}
		}
	}
	release()
	if rows != len(want) || len(readable) == len(want) || len(readable) == 0 {
		t.Fatalf("%s: %d rows, %d can be read, of %d", name, rows, len(readable), len(want))
	}
	var rest []string
	for _, e := range want {
		if readable[e.Place.Ord] {
			rest = append(rest, canonical(e))
		}
	}
	for range 3 {
		var got []string
		for after := uint64(0); ; {
			events, err := j.readRanges(t.Context(), after, j.Head(), 300)
			if err != nil {
				t.Fatalf("%s: read: %v", name, err)
			}
			if len(events) == 0 {
				break
			}
			for _, e := range events {
				got = append(got, canonical(e))
			}
			after = events[len(events)-1].Place.Ord
		}
		if !slices.Equal(got, rest) {
			t.Errorf("%s: read %d events, want the %d that can be read, in order", name, len(got), len(rest))
		}
	}
	if lost := j.Stats().Lost; lost != int64(len(want)-len(readable)) {
		t.Errorf("%s: %d rows count as lost, want %d", name, lost, len(want)-len(readable))
	}
	if len(told) == 0 {
		t.Errorf("%s: nobody was told", name)
	}
	for reason, n := range told {
		if n != 1 || !strings.Contains(reason, filepath.Base(path)) {
			t.Errorf("%s: told %d times: %s", name, n, reason)
		}
	}
}
