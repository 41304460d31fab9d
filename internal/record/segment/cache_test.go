// SPDX-License-Identifier: Apache-2.0

package segment_test

import (
	"fmt"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// TestCache: what is used stays, the oldest leaves first, nothing goes over the
// budget, and Close takes the file's pages along.
func TestCache(t *testing.T) {
	t.Parallel()
	es := make([]*event.Event, 4*segment.PageRows)
	for i := range es {
		es[i] = &event.Event{Source: "s", Time: int64(i), User: fmt.Sprint("user ", i%300)}
	}
	b := fill(t, es)
	cache, err := segment.NewCache(3*page64 + 100)
	if err != nil {
		t.Fatal(err)
	}
	f, other := write(t, b, cache), write(t, b, cache)
	read := func(f *segment.File, page int, wantHit bool) {
		t.Helper()
		before := cache.Stats()
		if _, err := f.Ints(segment.ColTime, page); err != nil {
			t.Fatal(err)
		}
		after := cache.Stats()
		if hit := after.Hits > before.Hits; hit != wantHit || after.Hits+after.Misses != before.Hits+before.Misses+1 {
			t.Errorf("page %d: hit %v, want %v: %+v", page, hit, wantHit, after)
		}
		if after.Bytes > 3*page64+100 || after.Bytes != int64(after.Pages)*page64 {
			t.Errorf("%+v in the cache, more than the budget", after)
		}
	}
	read(f, 0, false)
	read(f, 1, false)
	read(f, 2, false)
	read(f, 0, true)  // now 1 is the oldest
	read(f, 3, false) // takes the place of 1
	read(f, 0, true)
	read(f, 2, true)
	read(f, 1, false) // takes the place of 3
	read(f, 2, true)
	read(f, 0, true)
	read(other, 2, false) // another file, another page
	read(f, 2, true)
	if s := cache.Stats(); s.Pages != 3 {
		t.Errorf("%+v, want 3 pages", s)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if s := cache.Stats(); s.Pages != 1 || s.Bytes != page64 {
		t.Errorf("%+v after a file was closed, want 1 page", s)
	}
	read(other, 2, true)
}

// page64 is what a page of a column of numbers takes.
const page64 = int64(segment.PageRows*8 + 320)

// TestNoCache: a budget of nothing keeps nothing and reads all the same.
func TestNoCache(t *testing.T) {
	t.Parallel()
	es := events(6, 400)
	cache, err := segment.NewCache(0)
	if err != nil {
		t.Fatal(err)
	}
	same(t, write(t, fill(t, es), cache), es)
	if s := cache.Stats(); s.Pages != 0 || s.Bytes != 0 || s.Hits != 0 || s.Misses == 0 {
		t.Errorf("%+v", s)
	}
}
