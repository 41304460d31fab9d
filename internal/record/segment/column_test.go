// SPDX-License-Identifier: Apache-2.0

package segment_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// TestBits compares with a set of numbers, around each border of the words.
func TestBits(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 63, 64, 65, 127, 128, segment.PageRows - 1, segment.PageRows} {
		var b segment.Bits
		b[5] = 1 << 9 // Fill overwrites
		b.Fill(n)
		if b.Count() != n {
			t.Errorf("filled with %d: %d are set", n, b.Count())
		}
		if got := slices.Collect(b.All); len(got) != n || n > 0 && (got[0] != 0 || got[n-1] != n-1) {
			t.Errorf("filled with %d: %d come out", n, len(got))
		}
		if n > 0 && !b.Has(n-1) || n < segment.PageRows && b.Has(n) {
			t.Errorf("filled with %d: wrong at the border", n)
		}
	}
	var a, o segment.Bits
	want := []int{0, 5, 63, 64, 130, segment.PageRows - 1}
	for _, i := range slices.Backward(want) {
		a.Set(i)
	}
	if diff := cmp.Diff(want, slices.Collect(a.All)); diff != "" {
		t.Error(diff)
	}
	for i := range a.All {
		if i != 0 {
			t.Errorf("%d after the loop was left", i)
		}
		break
	}
	o.Set(5)
	o.Set(6)
	both, either := a, a
	both.And(&o)
	either.Or(&o)
	if diff := cmp.Diff([]int{5}, slices.Collect(both.All)); diff != "" {
		t.Errorf("and: %s", diff)
	}
	if either.Count() != len(want)+1 || !either.Has(6) || !either.Has(130) {
		t.Errorf("or: %v", slices.Collect(either.All))
	}
}

// codes says how many different texts a column has, and so how it is stored.
func withUsers(n int) []*event.Event {
	es := make([]*event.Event, 2000)
	for i := range es {
		es[i] = &event.Event{Source: "s", User: fmt.Sprint("u", i%n)}
		switch i % 10 {
		case 7:
			es[i].User = ""
		case 8:
			es[i].SetCore(event.FieldUser, "")
		case 9:
			es[i].SetNull(event.FieldUser)
		}
	}
	return es
}

// TestSelectAndTally: what is chosen and counted by code is what the rows say,
// in memory and in a file, for each width of codes.
func TestSelectAndTally(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 200, 600} {
		es := withUsers(n)
		b := fill(t, es)
		for name, r := range map[string]segment.Reader{"memory": b.Reader(), "file": write(t, b, nil)} {
			texts, err := r.Texts(segment.ColUser, 0)
			if err != nil {
				t.Fatal(err)
			}
			dict, err := r.Dict(segment.ColUser)
			if err != nil {
				t.Fatal(err)
			}
			verdicts := make([]bool, dict.Len())
			for code := range verdicts {
				verdicts[code] = code%3 != 1 // not the blank ones, and not each third text
			}
			var got, all segment.Bits
			got.Set(1) // stays: Select adds
			texts.Select(verdicts, &got)
			all.Fill(texts.Len())
			counts := make([]int64, dict.Len())
			texts.Tally(&all, counts)
			for i, e := range es {
				code := texts.Code(i)
				if want := verdicts[code] || i == 1; got.Has(i) != want {
					t.Fatalf("%d users, %s: row %d selected %v, want %v", n, name, i, got.Has(i), want)
				}
				if dict.Text(code) != e.User {
					t.Fatalf("%d users, %s: row %d is %q, want %q", n, name, i, dict.Text(code), e.User)
				}
				counts[code]--
			}
			if slices.ContainsFunc(counts, func(c int64) bool { return c != 0 }) {
				t.Errorf("%d users, %s: the tally is off by %v", n, name, counts)
			}
			if got.Has(len(es)) {
				t.Errorf("%d users, %s: a row behind the last is selected", n, name)
			}
			texts.Select(nil, &got) // no verdicts: nobody
		}
	}
}

// TestConstantColumn: a column in which all rows say the same.
func TestConstantColumn(t *testing.T) {
	t.Parallel()
	es := make([]*event.Event, 100)
	for i := range es {
		es[i] = &event.Event{Source: "s"}
		es[i].SetNull(event.FieldHost)
	}
	b := fill(t, es)
	for name, r := range map[string]segment.Reader{"memory": b.Reader(), "file": write(t, b, nil)} {
		for c, want := range map[segment.Column]uint16{segment.ColUser: segment.CodeAbsent, segment.ColHost: segment.CodeNull, segment.ColSource: segment.CodeFirst} {
			texts, err := r.Texts(c, 0)
			if err != nil {
				t.Fatal(err)
			}
			if texts.Len() != 100 || texts.Code(0) != want || texts.Code(99) != want || texts.Raw() || r.Raw(c, 0) || texts.Data() != nil {
				t.Errorf("%s, %s: %d rows, code %d, want %d", name, c, texts.Len(), texts.Code(99), want)
			}
			if name == "file" && texts.NeedsDict() != (c == segment.ColSource) {
				t.Errorf("%s, %s: needs a dictionary %v", name, c, texts.NeedsDict())
			}
			var hit, miss, set segment.Bits
			texts.Select([]bool{true, true, true, true}, &hit)
			texts.Select([]bool{false, false, false, false}, &miss)
			set.Set(3)
			set.Set(70)
			counts := make([]int64, 4)
			texts.Tally(&set, counts)
			if hit.Count() != 100 || miss.Count() != 0 || counts[want] != 2 {
				t.Errorf("%s, %s: selected %d and %d, counted %v", name, c, hit.Count(), miss.Count(), counts)
			}
		}
	}
}

// TestRowAt finds the row of a hit in the joined texts of a raw page.
func TestRowAt(t *testing.T) {
	t.Parallel()
	es := make([]*event.Event, 3*segment.PageRows)
	for i := range es {
		es[i] = &event.Event{Source: "s", Message: fmt.Sprintf("message %d", i)}
		if i%5 == 0 {
			es[i].Message = ""
		}
	}
	b := fill(t, es)
	for name, r := range map[string]segment.Reader{"memory": b.Reader(), "file": write(t, b, nil)} {
		texts, err := r.Texts(segment.ColMessage, 2)
		if err != nil || !texts.Raw() || !r.Raw(segment.ColMessage, 2) {
			t.Fatalf("%s: not raw: %v", name, err)
		}
		offset := 0
		for i := range texts.Len() {
			s, state := texts.At(i)
			if want := es[2*segment.PageRows+i].Message; string(s) != want || (state == segment.Present) != (want != "") {
				t.Fatalf("%s: row %d is %q %d, want %q", name, i, s, state, want)
			}
			for _, at := range []int{offset, offset + len(s) - 1} {
				if len(s) == 0 {
					continue
				}
				if row, end := texts.RowAt(at); row != i || end != offset+len(s) {
					t.Fatalf("%s: offset %d lies in row %d to %d, want %d to %d", name, at, row, end, i, offset+len(s))
				}
			}
			offset += len(s)
		}
		if len(texts.Data()) != offset {
			t.Errorf("%s: %d bytes of data, want %d", name, len(texts.Data()), offset)
		}
		if row, _ := texts.RowAt(offset); row != texts.Len() {
			t.Errorf("%s: behind the last text lies row %d", name, row)
		}
		if counts := make([]int64, 3); true {
			var all segment.Bits
			all.Fill(10)
			texts.Tally(&all, counts) // raw texts have no codes to count
			texts.Select([]bool{true}, &all)
			if counts[0] != 0 || all.Count() != 10 {
				t.Errorf("%s: raw texts were counted or selected", name)
			}
		}
	}
}

// TestBounds: one row decides each of them, wherever it comes.
func TestBounds(t *testing.T) {
	t.Parallel()
	r := random(9)
	es := make([]*event.Event, segment.PageRows+100)
	for i := range es {
		es[i] = &event.Event{
			Source: "s", Time: r.Int64() - r.Int64(), Received: r.Int64() - r.Int64(),
			Place: event.Place{Ord: r.Uint64(), Seq: r.Uint64()}, ID: event.ID{byte(r.UintN(200)), byte(r.UintN(256))},
		}
	}
	of := func(es []*event.Event) (b segment.Bounds) {
		e := es[0]
		b = segment.Bounds{
			MinTime: e.Time, MaxTime: e.Time, MinReceived: e.Received, MaxReceived: e.Received, MinMillis: e.ID.Millis(), MaxMillis: e.ID.Millis(),
			MinOrd: e.Place.Ord, MaxOrd: e.Place.Ord, MinSeq: e.Place.Seq, MaxSeq: e.Place.Seq,
		}
		for _, e := range es {
			b.MinTime, b.MaxTime = min(b.MinTime, e.Time), max(b.MaxTime, e.Time)
			b.MinReceived, b.MaxReceived = min(b.MinReceived, e.Received), max(b.MaxReceived, e.Received)
			b.MinMillis, b.MaxMillis = min(b.MinMillis, e.ID.Millis()), max(b.MaxMillis, e.ID.Millis())
			b.MinOrd, b.MaxOrd = min(b.MinOrd, e.Place.Ord), max(b.MaxOrd, e.Place.Ord)
			b.MinSeq, b.MaxSeq = min(b.MinSeq, e.Place.Seq), max(b.MaxSeq, e.Place.Seq)
		}
		return b
	}
	b := fill(t, es)
	for name, r := range map[string]segment.Reader{"memory": b.Reader(), "file": write(t, b, nil)} {
		for what, c := range map[string][2]segment.Bounds{
			"all":    {of(es), r.Bounds()},
			"page 0": {of(es[:segment.PageRows]), r.PageBounds(0)},
			"page 1": {of(es[segment.PageRows:]), r.PageBounds(1)},
		} {
			if diff := cmp.Diff(c[0], c[1]); diff != "" {
				t.Errorf("%s, %s (-want +got):\n%s", name, what, diff)
			}
		}
		if r.PageBounds(-1) != (segment.Bounds{}) || r.PageBounds(2) != (segment.Bounds{}) {
			t.Errorf("%s: bounds of pages that are not there", name)
		}
		if segment.Pages(r) != 2 || segment.PageLen(r, 0) != segment.PageRows || segment.PageLen(r, 1) != 100 || segment.PageLen(r, 2) != 0 {
			t.Errorf("%s: %d pages of %d and %d", name, segment.Pages(r), segment.PageLen(r, 0), segment.PageLen(r, 1))
		}
	}
}
