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

// filterFile is a file of three pages, each with words of its own; harm is done to it
// before it is opened.
func filterFile(t *testing.T, harm func(b []byte, f *footer)) (*File, *counted) {
	t.Helper()
	b := NewBlock()
	for i := range 2*PageRows + 100 {
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
		harm(raw, f.footer)
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := &counted{in: f.in}
	f.in = c
	return f, c
}

// To know in which pages a word may be is to read one block, the first time too; what
// cannot be read may be anywhere.
func TestFiltersStayInTheirFile(t *testing.T) {
	t.Parallel()
	f, disk := filterFile(t, nil)
	filter := f.Filter()
	if filter.width != 4 || f.footer.filter.stored%filterBlock != 0 {
		t.Fatalf("slots of %d bits for three pages, %d bytes", filter.width, f.footer.filter.stored)
	}
	wrong := 0
	for i := range 3 * PageRows {
		pages := [1]PageSet{AllPages}
		if err := filter.Narrow(WordHash(fmt.Sprint("word", i)), []Column{ColMessage}, pages[:]); err != nil {
			t.Fatal(err)
		}
		if n := disk.bytes.Swap(0); n != filterBlock {
			t.Fatalf("%d bytes were read for one word", n)
		}
		want := PageSet(1) << (i / PageRows)
		if i >= f.Rows() {
			want = 0
		}
		if pages[0]&want != want {
			t.Fatalf("word%d is in page %d, and may be in %b only", i, i/PageRows, pages[0])
		}
		if pages[0] != want {
			wrong++
		}
	}
	if wrong > 3*PageRows/20 {
		t.Errorf("%d of %d words may be where they are not", wrong, 3*PageRows)
	}
	pages := [2]PageSet{0, 0}
	if err := filter.Narrow(1, []Column{ColMessage, ColUser}, pages[:]); err != nil || disk.bytes.Load() != 0 {
		t.Errorf("%d bytes were read for what is known: %v", disk.bytes.Load(), err)
	}
	disk.fails.Store(true)
	pages = [2]PageSet{7, 5}
	if err := filter.Narrow(WordHash("nowhere"), []Column{ColMessage, ColUser}, pages[:]); err == nil || pages != [2]PageSet{7, 5} {
		t.Errorf("what cannot be read is told to be nowhere: %b, %v", pages, err)
	}
}

// A damaged block is told each time, and never used; the others are.
func TestDamagedFiltersAreTold(t *testing.T) {
	t.Parallel()
	f, _ := filterFile(t, func(b []byte, f *footer) { b[f.filter.offset+filterBlock/2] ^= 1 })
	blocks := int(f.footer.filter.stored / filterBlock)
	damaged, sound := 0, 0
	for i := range 1000 {
		pages, err := f.Filter().Any(ColMessage, [][]uint64{{WordHash(fmt.Sprint("nowhere", i))}})
		switch {
		case err == nil && pages != AllPages:
			sound++
		case IsDamage(err) && errors.Is(err, ErrCorrupt) && pages == AllPages:
			damaged++
		default:
			t.Fatalf("%b, %v", pages, err)
		}
	}
	if damaged == 0 || damaged > 2000/blocks || damaged+sound != 1000 {
		t.Errorf("of %d blocks one is damaged, which %d of 1,000 words met", blocks, damaged)
	}
	if err := f.Check(t.Context()); !errors.Is(err, ErrCorrupt) {
		t.Errorf("a check does not see it: %v", err)
	}
}

// A filter whose size no Writer wrote is damage.
func TestFiltersOfAnotherSize(t *testing.T) {
	t.Parallel()
	for size, ok := range map[int]bool{0: false, 4: false, 7: false, 8: true, 4092: true, 4096: true, 4100: false, 8192: true, 8196: false} {
		if _, got := filterBlocks(size); got != ok {
			t.Errorf("%d bytes: %v", size, got)
		}
		f, _ := filterFile(t, nil)
		f.footer.filter.stored = uint32(size) //nolint:gosec // small
		if pages, err := f.Filter().Any(ColMessage, [][]uint64{{1}}); !ok && (!errors.Is(err, ErrCorrupt) || pages != AllPages) {
			t.Errorf("%d bytes: %b, %v", size, pages, err)
		}
	}
}
