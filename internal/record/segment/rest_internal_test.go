// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"hash/maphash"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

func newRestWriter() *restWriter {
	d := &dictionary{}
	d.init(maphash.MakeSeed(), &tally{})
	return &restWriter{dict: d}
}

func TestRestTexts(t *testing.T) {
	t.Parallel()
	w := newRestWriter()
	e := &event.Event{
		Place: event.Place{Origin: "o", Stream: "s"}, Tags: []string{"tag", ""},
		Compliance: event.Compliance{PCI: event.FlagTrue}, Geo: event.Geo{Country: "RO"},
		Attrs: []event.Attr{
			{Key: "a", Value: event.Text("text")},
			{Key: "b", Value: event.Int(7)},
			{Key: "c", Value: event.Bool(true)},
			{Key: "d", Value: event.List(event.Text("in list"), event.List(event.Int(8)), event.Null())},
			{Key: "e", Value: event.Value{Kind: event.KindBytes, Text: "bytes"}},
		},
		Raw: "raw", Marks: []event.Mark{{Kind: "late"}},
	}
	row, err := w.encode(e, e.Attrs, true)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	RestTexts(row, func(b []byte) bool {
		got = append(got, string(b))
		return true
	})
	want := []string{"tag", "", "text", "7", "in list", "8", "raw"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("texts (-want +got):\n%s", diff)
	}
	for stop := range want {
		n := 0
		RestTexts(row, func([]byte) bool { n++; return n <= stop })
		if n != stop+1 {
			t.Errorf("stopped at text %d: %d were yielded", stop, n)
		}
	}
	for cut := range row { // a damaged row neither panics nor decodes
		RestTexts(row[:cut], func([]byte) bool { return true })
		if err := decodeRest(string(row[:cut]), w.dict.view(), &event.Event{}); err == nil && cut > 0 {
			t.Errorf("row cut to %d of %d bytes was believed", cut, len(row))
		}
	}
}

func TestKeysBeyondTheDictionary(t *testing.T) {
	t.Parallel()
	w := newRestWriter()
	for i := range 2 * maxKeys {
		key := string(rune('a'+i%26)) + string(rune(0x100+i))
		row, err := w.encode(&event.Event{}, []event.Attr{{Key: key, Value: event.Null()}}, false)
		if err != nil {
			t.Fatal(err)
		}
		var e event.Event
		if err := decodeRest(string(row), w.dict.view(), &e); err != nil || len(e.Attrs) != 1 || e.Attrs[0].Key != key {
			t.Fatalf("key %d %q: %v %v", i, key, e.Attrs, err)
		}
	}
	if n := w.dict.n; n != maxKeys {
		t.Errorf("the dictionary grew to %d keys", n)
	}
}

func FuzzRest(f *testing.F) {
	f.Add([]byte{restTags | restAttrs, 1, 1, 'x', 1, 0, 1, 'k', 5, 1, 'v'})
	f.Add([]byte{restMarks | restRaw, 1, 'r', 1, 0, 0, 0, 0, 9})
	f.Fuzz(func(t *testing.T, row []byte) {
		var e event.Event
		err := decodeRest(string(row), Dict{}, &e)
		n := 0
		RestTexts(row, func(b []byte) bool { n += len(b); return true })
		if n > len(row) {
			t.Errorf("%d bytes of text in a row of %d (%v)", n, len(row), err)
		}
	})
}
