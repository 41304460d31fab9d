// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// counted counts the bytes that are read of a file, and fails when it is told to.
type counted struct {
	in    io.ReaderAt
	bytes atomic.Int64
	fails atomic.Bool
}

func (c *counted) ReadAt(p []byte, at int64) (int, error) {
	if c.fails.Load() {
		return 0, errors.New("the disk is gone")
	}
	c.bytes.Add(int64(len(p)))
	return c.in.ReadAt(p, at)
}

func filterFile(t *testing.T, harm func(b []byte, x *extent)) (*File, *counted) {
	t.Helper()
	b := NewBlock()
	for i := range PageRows {
		e := &event.Event{Source: "app", Message: fmt.Sprint("word", i), Place: event.Place{Stream: "30d", Seq: uint64(i)}}
		if err := b.Append(e, [8]byte{}, [16]byte{}); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "a.seg")
	if err := WriteFile(path, b, nil); err != nil {
		t.Fatal(err)
	}
	f, err := OpenFile(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	if harm != nil {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		harm(raw, f.footer.filters.page(0))
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := &counted{in: f.in}
	f.in = c
	return f, c
}

// A filter says in its file what it says in memory; it is read whole once, then a few
// bytes of it, and what cannot be read may be there.
func TestFiltersStayInTheirFile(t *testing.T) {
	t.Parallel()
	f, disk := filterFile(t, nil)
	x := f.footer.filters.page(0)
	body, err := f.body(x)
	if err != nil {
		t.Fatal(err)
	}
	memory, ok := decodeFilter(body)
	if !ok {
		t.Fatal("the filter is none")
	}
	disk.bytes.Store(0)
	filter, err := f.Filter(0)
	if err != nil || disk.bytes.Load() != int64(x.stored) {
		t.Fatalf("%d bytes were read the first time, want %d: %v", disk.bytes.Load(), x.stored, err)
	}
	disk.bytes.Store(0)
	absent := 0
	for i := range 2 * PageRows {
		h := WordHash(fmt.Sprint("word", i))
		if filter.Has(h) != memory.Has(h) {
			t.Fatalf("word%d: %v in the file, %v in memory", i, filter.Has(h), memory.Has(h))
		}
		if !filter.Has(h) {
			absent++
		}
	}
	if absent < PageRows*9/10 {
		t.Errorf("%d of %d words that are nowhere are told", absent, PageRows)
	}
	disk.bytes.Store(0)
	if filter, err = f.Filter(0); err != nil || disk.bytes.Load() != 0 {
		t.Errorf("it was read again: %d bytes, %v", disk.bytes.Load(), err)
	}
	if filter.Has(WordHash("nowhere")); disk.bytes.Load() > 8*filterProbes {
		t.Errorf("%d bytes were read for one word", disk.bytes.Load())
	}
	disk.fails.Store(true)
	if !filter.Has(WordHash("nowhere")) {
		t.Error("what cannot be read is told to be nowhere")
	}
}

// A damaged filter is told each time, and never used.
func TestDamagedFiltersAreTold(t *testing.T) {
	t.Parallel()
	f, _ := filterFile(t, func(b []byte, x *extent) { b[x.offset+int64(x.stored)/2] ^= 1 })
	for range 2 {
		if filter, err := f.Filter(0); !IsDamage(err) || !filter.Has(WordHash("nowhere")) {
			t.Errorf("a damaged filter: %v", err)
		}
	}
}
