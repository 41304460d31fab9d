// SPDX-License-Identifier: Apache-2.0

package segment_test

import (
	"sync"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// TestReadersDuringAppend: what a reader sees is a prefix of what was appended,
// whole, while the writer changes the form of pages and dictionaries.
func TestReadersDuringAppend(t *testing.T) {
	t.Parallel()
	all := shapes()
	for name, es := range map[string][]*event.Event{
		"any": events(11, 2*segment.PageRows+500), "many texts": all["many texts"][:3*segment.PageRows], "some rows": all["some rows"][:3*segment.PageRows],
		"late and early": all["late and early"], "flood": all["flood"][:500],
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			readDuringAppend(t, es)
		})
	}
}

func readDuringAppend(t *testing.T, es []*event.Event) {
	t.Helper()
	b := segment.NewBlock()
	done := make(chan struct{})
	var readers sync.WaitGroup
	for k := range 3 {
		readers.Go(func() {
			r := random(uint64(k))
			for last := false; !last; {
				select {
				case <-done:
					last = true
				default:
				}
				reader := b.Reader()
				rows := segment.NewRows(reader)
				for range 20 {
					if reader.Rows() == 0 {
						break
					}
					i := r.IntN(reader.Rows())
					if r.IntN(2) == 0 {
						i = reader.Rows() - 1
					}
					var got event.Event
					if err := rows.Event(i, &got); err != nil {
						t.Errorf("row %d: %v", i, err)
						return
					}
					for _, a := range got.Attrs {
						finder, err := segment.NewAttrFinder(reader, a.Key, func(event.Kind, []byte) bool { return true }, nil, func(err error) { t.Error(err) })
						var asked, found segment.Bits
						asked.Set(i % segment.PageRows)
						if err == nil {
							err = finder.Find(i/segment.PageRows, &asked, &found)
						}
						if err != nil || !found.Has(i%segment.PageRows) {
							t.Errorf("row %d has no attrs.%.40s: %v", i, a.Key, err)
						}
						break
					}
					if canonical(&got) != canonical(es[i]) {
						t.Errorf("row %d of %d is not what was appended", i, reader.Rows())
						return
					}
				}
			}
		})
	}
	for i, e := range es {
		leaf8, mac16 := integrity(i)
		if err := b.Append(e, leaf8, mac16); err != nil {
			t.Fatal(err)
		}
	}
	close(done)
	readers.Wait()
	same(t, b.Reader(), es)
}

// TestSharedCache: many goroutines over two files and a cache too small for one.
func TestSharedCache(t *testing.T) {
	t.Parallel()
	cache, err := segment.NewCache(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	es := events(12, 2*segment.PageRows+9)
	b := fill(t, es)
	files := []*segment.File{write(t, b, cache), write(t, b, cache)}
	var readers sync.WaitGroup
	for k := range 4 {
		readers.Go(func() {
			r := random(uint64(k))
			for range 60 {
				i := r.IntN(len(es))
				var got event.Event
				if err := files[k%2].Event(i, &got); err != nil || canonical(&got) != canonical(es[i]) {
					t.Errorf("row %d: %v", i, err)
				}
			}
		})
	}
	readers.Wait()
	stats := cache.Stats()
	if stats.Bytes > 1<<20 || stats.Hits == 0 || stats.Misses == 0 || stats.Pages == 0 {
		t.Errorf("cache of 1 MiB: %+v", stats)
	}
	for _, f := range files {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
		if err := f.Close(); err != nil {
			t.Errorf("closed twice: %v", err)
		}
	}
	if stats = cache.Stats(); stats.Bytes != 0 || stats.Pages != 0 {
		t.Errorf("after closing both files: %+v", stats)
	}
}
