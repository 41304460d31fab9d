// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/bits"
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
		e := &event.Event{Source: "app", Message: fmt.Sprintf("word%d x%d y%d z%d", i, i, i, i), Place: event.Place{Stream: "30d", Seq: uint64(i)}}
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

// To know where a word may be is to read one block, the first time too; what cannot be
// read may be anywhere.
func TestFiltersStayInTheirFile(t *testing.T) {
	t.Parallel()
	f, disk := filterFile(t, nil)
	filter := f.Filter()
	if filter.width != 16 || f.footer.filter.stored%filterBlock != 0 {
		t.Fatalf("slots of %d bits for nine parts, %d bytes", filter.width, f.footer.filter.stored)
	}
	wrong := 0
	for i := range 3 * PageRows {
		parts := [1]Parts{AllParts()}
		if err := filter.Narrow(WordHash(fmt.Sprint("word", i)), []Column{ColMessage}, parts[:]); err != nil {
			t.Fatal(err)
		}
		if n := disk.bytes.Swap(0); n != filterBlock {
			t.Fatalf("%d bytes were read for one word", n)
		}
		var want Parts
		if i < f.Rows() {
			want.add(i / PartRows)
		}
		if parts[0].And(want) != want {
			t.Fatalf("word%d is in part %d, and may be in %b only", i, i/PartRows, parts[0])
		}
		if parts[0] != want {
			wrong++
		}
	}
	if wrong > 3*PageRows/8 {
		t.Errorf("%d of %d words may be where they are not", wrong, 3*PageRows)
	}
	parts := [2]Parts{}
	if err := filter.Narrow(1, []Column{ColMessage, ColUser}, parts[:]); err != nil || disk.bytes.Load() != 0 {
		t.Errorf("%d bytes were read for what is known: %v", disk.bytes.Load(), err)
	}
	disk.fails.Store(true)
	parts = [2]Parts{{7}, {5}}
	if err := filter.Narrow(WordHash("nowhere"), []Column{ColMessage, ColUser}, parts[:]); err == nil || parts != [2]Parts{{7}, {5}} {
		t.Errorf("what cannot be read is told to be nowhere: %b, %v", parts, err)
	}
}

// A damaged block is told each time, and never used; the others are.
func TestDamagedFiltersAreTold(t *testing.T) {
	t.Parallel()
	f, _ := filterFile(t, func(b []byte, f *footer) { b[f.filter.offset+filterBlock/2] ^= 1 })
	blocks := int(f.footer.filter.stored / filterBlock)
	damaged, sound := 0, 0
	for i := range 1000 {
		parts, err := f.Filter().Any(ColMessage, [][]uint64{{WordHash(fmt.Sprint("nowhere", i))}})
		switch {
		case err == nil && parts != AllParts():
			sound++
		case IsDamage(err) && errors.Is(err, ErrCorrupt) && parts == AllParts():
			damaged++
		default:
			t.Fatalf("%b, %v", parts, err)
		}
	}
	if damaged == 0 || damaged > 2000/blocks || damaged+sound != 1000 || blocks > 1 && sound == 0 {
		t.Errorf("of %d blocks one is damaged, which %d of 1,000 words met", blocks, damaged)
	}
	if err := f.Check(t.Context()); !errors.Is(err, ErrCorrupt) {
		t.Errorf("a check does not see it: %v", err)
	}
}

// A filter whose size no Writer wrote is damage.
func TestFiltersOfAnotherSize(t *testing.T) {
	t.Parallel()
	const block = filterBlock
	for size, ok := range map[int]bool{0: false, 4: false, 7: false, 8: true, block - 4: true, block: true, block + 4: false, 2 * block: true, 2*block + 4: false} {
		if _, got := filterBlocks(size); got != ok {
			t.Errorf("%d bytes: %v", size, got)
		}
		f, _ := filterFile(t, nil)
		f.footer.filter.stored = uint32(size)
		if parts, err := f.Filter().Any(ColMessage, [][]uint64{{1}}); !ok && (!errors.Is(err, ErrCorrupt) || parts != AllParts()) {
			t.Errorf("%d bytes: %b, %v", size, parts, err)
		}
	}
	for _, width := range []int{64, 128} { // no slot fits into what is there
		f, _ := filterFile(t, nil)
		f.footer.filter.stored = 8
		if parts, err := (Filter{file: f, x: &f.footer.filter, width: width}).Any(ColMessage, [][]uint64{{1}}); !errors.Is(err, ErrCorrupt) || parts != AllParts() {
			t.Errorf("slots of %d bits in 4 bytes: %b, %v", width, parts, err)
		}
	}
}

// TestPartsTooLarge: what parts claim to unpack to is no more than a page may have.
func TestPartsTooLarge(t *testing.T) {
	t.Parallel()
	f, _ := filterFile(t, nil)
	for i := range f.footer.columns[ColMessage].pages.parts(0) {
		f.footer.columns[ColMessage].pages.parts(0)[i].raw = maxBody / 3
	}
	if _, err := f.Texts(ColMessage, 0); !errors.Is(err, ErrCorrupt) {
		t.Errorf("%v", err)
	}
	if _, err := f.Texts(ColMessage, 1); err != nil {
		t.Errorf("another page: %v", err)
	}
}

// TestSlotWidths: a filter of any number of parts has what was put in, where it was put.
func TestSlotWidths(t *testing.T) {
	t.Parallel()
	for _, parts := range []int{1, 2, 3, 5, 9, 17, 33, 64, 65, 128} {
		var b filterBuilder
		for part := range parts {
			k := 0
			b.run(columnHash("message"), part, func() bool {
				b.add(WordHash(fmt.Sprint(part, "_", k)))
				k++
				return k < 300
			})
		}
		body, ok := b.build(nil, parts, castagnoli())
		if !ok {
			t.Fatalf("%d parts: no filter", parts)
		}
		f := &File{in: bytes.NewReader(body), table: castagnoli(), footer: &footer{filter: extent{form: formFilter, stored: uint32(len(body))}}}
		f.footer.columns[ColMessage].of = columnHash("message")
		var err error
		if f.cache, err = NewCache(0); err != nil {
			t.Fatal(err)
		}
		filter, wrong := Filter{file: f, x: &f.footer.filter, width: slotWidth(parts)}, 0
		for part := range parts {
			for k := range 300 {
				got, err := filter.Any(ColMessage, [][]uint64{{WordHash(fmt.Sprint(part, "_", k))}})
				if err != nil || !got.hasPart(part) {
					t.Fatalf("%d parts: word %d of part %d is in %b: %v", parts, k, part, got, err)
				}
				if none, err := filter.Any(ColMessage, [][]uint64{{WordHash(fmt.Sprint("absent", part, "_", k))}}); err != nil || !none.None() {
					wrong += bits.OnesCount64(none[0]) + bits.OnesCount64(none[1])
				}
			}
		}
		if wrong > parts*300*parts/25 {
			t.Errorf("%d parts: %d of %d times an absent word may be in one", parts, wrong, parts*300*parts)
		}
	}
}
