// SPDX-License-Identifier: Apache-2.0

package segment_test

import (
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// readAll reads everything of a file and returns the first error; told is all of
// its events.
func readAll(b []byte, cache *segment.Cache) (told string, err error) {
	f, err := segment.OpenBytes(b, cache)
	if err != nil {
		return "", err
	}
	defer f.Close()
	var all strings.Builder
	rows := segment.NewRows(f)
	var e event.Event
	for i := range f.Rows() {
		if err := rows.Event(i, &e); err != nil {
			return "", err
		}
		leaf8, mac16, err := rows.Integrity(i)
		if err != nil {
			return "", err
		}
		all.WriteString(canonical(&e))
		all.Write(leaf8[:])
		all.Write(mac16[:])
	}
	yes := func([]byte) bool { return true }
	for page := range segment.Pages(f) {
		rest, err := f.Texts(segment.ColRest, page)
		if err != nil {
			return "", err
		}
		for i := range rest.Len() {
			if rest.Raw() {
				row, _ := rest.At(i)
				segment.RestTexts(row, yes)
			}
		}
		if err := readAttrs(f, page); err != nil {
			return "", err
		}
	}
	return all.String(), f.Check(context.Background())
}

// readAttrs looks at the attributes of a page in all other ways.
func readAttrs(f *segment.File, page int) error {
	for _, a := range f.Attrs() {
		finder, err := segment.NewAttrFinder(f, a.Key, func(event.Kind, []byte) bool { return true }, []string{"root"}, func(error) {})
		if err != nil {
			return err
		}
		var rows, found segment.Bits
		rows.Fill(segment.PageLen(f, page))
		if err := finder.Find(page, &rows, &found); err != nil {
			return err
		}
		texts, err := f.Texts(a.Column, page)
		if err != nil {
			return err
		}
		for i := range texts.Len() {
			if texts.Raw() {
				row, state := texts.At(i)
				segment.AttrValue(string(row), state)
				segment.AttrTexts(row, func([]byte) bool { return true })
			}
		}
	}
	return nil
}

func sample(t testing.TB, n int) []byte {
	t.Helper()
	return sampleOf(t, events(21, n))
}

func sampleOf(t testing.TB, es []*event.Event) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.seg")
	if err := segment.WriteFile(path, fill(t, es), []byte("meta")); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// small are events whose file has each form of a body and of a row.
func small() []*event.Event {
	es := make([]*event.Event, 24)
	for i := range es {
		e := &event.Event{Source: "app", Category: []string{"", "c"}[i%2], User: strconv.Itoa(i * 1e7), Time: int64(i) * 1e9, Place: event.Place{Origin: "o/1", Stream: "30d"}}
		e.Attrs = []event.Attr{{Key: "code", Value: event.Int(int64(i % 3))}, {Key: "raw", Value: event.Text(strconv.Itoa(i * 1e6))}}
		switch i % 6 {
		case 0:
			e.Attrs[0].Value = event.List(event.Text("a"), event.List())
		case 1:
			e.Attrs[1].Value = event.Null()
		case 2:
			e.Tags, e.Raw = []string{"t"}, "\xff"
		case 3:
			e.Attrs[0], e.Attrs[1] = e.Attrs[1], e.Attrs[0]
		case 4:
			e.Attrs[0].Value, e.Attrs[1].Value = event.Bool(true), event.List(event.Int(int64(i)))
		}
		es[i] = e
	}
	return es
}

func noCache(t testing.TB) *segment.Cache {
	t.Helper()
	cache, err := segment.NewCache(0)
	if err != nil {
		t.Fatal(err)
	}
	return cache
}

// TestEveryFlippedBitIsFound: a bit of each byte, and the file cut at each length.
func TestEveryFlippedBitIsFound(t *testing.T) {
	t.Parallel()
	good := sampleOf(t, small())
	cache := noCache(t)
	try := func(b []byte) error {
		_, err := readAll(b, cache)
		return err
	}
	if err := try(good); err != nil {
		t.Fatal(err)
	}
	if len(good) > 3<<10 {
		t.Fatalf("%d bytes are too many to flip each", len(good))
	}
	for i := range good {
		good[i] ^= 1 << (i % 8)
		if err := try(good); !errors.Is(err, segment.ErrCorrupt) {
			t.Errorf("bit flipped in byte %d of %d: %v", i, len(good), err)
		}
		good[i] ^= 1 << (i % 8)
		if err := try(good[:i]); !errors.Is(err, segment.ErrCorrupt) {
			t.Errorf("cut to %d of %d bytes: %v", i, len(good), err)
		}
	}
}

// TestForgedFooter: a footer with a right checksum is still not believed.
func TestForgedFooter(t *testing.T) {
	t.Parallel()
	good := sampleOf(t, small())
	cache := noCache(t)
	at := len(good) - 16
	n := int(binary.LittleEndian.Uint32(good[at:]))
	refused := 0
	for i := at - n; i < at; i++ {
		for _, change := range []byte{0x01, 0x80, 0xff} {
			bad := append([]byte(nil), good...)
			bad[i] ^= change
			segment.Reseal(bad)
			if _, err := readAll(bad, cache); err != nil {
				refused++
			}
		}
	}
	if refused < 2*n {
		t.Errorf("%d of %d forged footers were refused", refused, 3*n)
	}
}

// TestForgedBodies: bodies with right checksums are still not believed: whatever is
// in them, there is an event or an error, and no panic.
func TestForgedBodies(t *testing.T) {
	t.Parallel()
	good := sampleOf(t, small())
	cache := noCache(t)
	whole, err := readAll(good, cache)
	if err != nil {
		t.Fatal(err)
	}
	refused, other := 0, 0
	for i := 8; i < len(good)-16; i++ {
		for _, change := range []byte{0x01, 0x80, 0xff} {
			bad := append([]byte(nil), good...)
			bad[i] ^= change
			segment.Reseal(bad)
			switch told, err := readAll(bad, cache); {
			case err != nil && !errors.Is(err, segment.ErrCorrupt):
				t.Errorf("byte %d: %v", i, err)
			case err != nil:
				refused++
			case told != whole:
				other++
			}
		}
	}
	if refused < 1000 || other < 100 {
		t.Errorf("%d files were refused and %d read otherwise: the checksums were not made right", refused, other)
	}
}

func FuzzOpenFile(f *testing.F) {
	f.Add(sample(f, 0), false)
	f.Add(sample(f, 1), true)
	f.Add(sample(f, 12), true)
	f.Add(sampleOf(f, small()), true)
	for _, name := range []string{"some rows", "out of order", "odd kinds"} {
		if es := shapes()[name]; len(es) > 0 {
			f.Add(sampleOf(f, es[:min(len(es), 2100)]), true)
		}
	}
	cache := noCache(f)
	f.Fuzz(func(_ *testing.T, b []byte, right bool) {
		if right {
			segment.Reseal(b)
		}
		_, _ = readAll(b, cache)
	})
}

// FuzzEvents: whatever decodes to an event comes back from memory and file.
func FuzzEvents(f *testing.F) {
	for _, e := range events(31, 120) {
		f.Add(e.AppendPublic(nil), e.AppendSlot(nil, 0), e.AppendSlot(nil, 1))
	}
	f.Fuzz(func(t *testing.T, public, slot0, slot1 []byte) {
		var e event.Event
		if event.Decode(string(public), string(slot0), string(slot1), &e) != nil {
			return
		}
		es := []*event.Event{{Source: "first"}, &e, {Source: "last"}, &e}
		b := fill(t, es)
		same(t, b.Reader(), es)
		same(t, write(t, b, nil), es)
	})
}
