// SPDX-License-Identifier: Apache-2.0

package segment_test

import (
	"fmt"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// cached are a file of four pages and its cache.
func cached(t *testing.T, budget int64, files int) ([]*segment.File, *segment.Cache) {
	t.Helper()
	es := make([]*event.Event, 4*segment.PageRows)
	for i := range es {
		es[i] = &event.Event{Source: "s", Time: int64(i), User: fmt.Sprint("user ", i%300)}
	}
	b := fill(t, es)
	cache, err := segment.NewCache(budget)
	if err != nil {
		t.Fatal(err)
	}
	list := make([]*segment.File, files)
	for i := range list {
		list[i] = write(t, b, cache)
	}
	return list, cache
}

// TestCache: nothing goes over the budget, what was just read is there, and Close takes
// the file's pages along.
func TestCache(t *testing.T) {
	t.Parallel()
	files, cache := cached(t, 3*page64+100, 2)
	f, other := files[0], files[1]
	read := func(f *segment.File, page int) (hit bool) {
		t.Helper()
		before := cache.Stats()
		if _, err := f.Ints(segment.ColTime, page); err != nil {
			t.Fatal(err)
		}
		after := cache.Stats()
		if after.Hits+after.Misses != before.Hits+before.Misses+1 || after.Bytes > 3*page64+100 || after.Bytes != int64(after.Pages)*page64 {
			t.Errorf("page %d: %+v after %+v", page, after, before)
		}
		return after.Hits > before.Hits
	}
	for page := range 3 {
		if read(f, page) {
			t.Errorf("page %d was there", page)
		}
	}
	for page := range 3 {
		if !read(f, page) {
			t.Errorf("page %d has gone, but there is room", page)
		}
	}
	for i := range 40 {
		if read(f, i%4); !read(f, i%4) {
			t.Errorf("page %d has gone at once", i%4)
		}
	}
	read(other, 2)
	if s := cache.Stats(); s.Pages != 3 {
		t.Errorf("%+v, want 3 pages", s)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if s := cache.Stats(); s.Pages != 1 || s.Bytes != page64 {
		t.Errorf("%+v after a file was closed, want 1 page", s)
	}
	if !read(other, 2) {
		t.Error("the other file's page has gone, too")
	}
}

// Pages that are read in turn, a few more than there is room for, are found in part (in
// the order of use none would be), and what is used between them stays.
func TestCacheOfALoop(t *testing.T) {
	t.Parallel()
	files, cache := cached(t, 30*page64, 10)
	before, kept := cache.Stats(), int64(0)
	const rounds = 30
	for range rounds {
		for _, f := range files {
			for page := range 4 {
				for _, f := range []*segment.File{f, files[0]} { // those of one file again and again
					now := cache.Stats()
					if _, err := f.Ints(segment.ColTime, page); err != nil {
						t.Fatal(err)
					}
					if f == files[0] {
						kept += cache.Stats().Hits - now.Hits
					}
				}
			}
		}
	}
	after := cache.Stats()
	if hits := after.Hits - before.Hits - kept; hits < rounds*36/5 {
		t.Errorf("%d of %d pages of the loop were found", hits, rounds*36)
	}
	if kept < rounds*40*9/10 {
		t.Errorf("of what is used all the time, %d of %d were found", kept, rounds*44)
	}
}

// A scan of pages leaves the dictionaries where they are.
func TestCacheKeepsDictionaries(t *testing.T) {
	t.Parallel()
	files, cache := cached(t, 12*page64, 10)
	dict := func() {
		t.Helper()
		if _, err := files[0].Dict(segment.TextColumn(event.FieldUser)); err != nil {
			t.Fatal(err)
		}
	}
	dict()
	for _, f := range files {
		for page := range 4 {
			if _, err := f.Ints(segment.ColTime, page); err != nil {
				t.Fatal(err)
			}
		}
	}
	before := cache.Stats()
	if dict(); cache.Stats().Hits != before.Hits+1 {
		t.Error("pages that came once pushed out the dictionary")
	}
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
