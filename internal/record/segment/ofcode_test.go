// SPDX-License-Identifier: Apache-2.0

package segment_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// TestOfCode: the event of a code has what a row with that code has of the field.
func TestOfCode(t *testing.T) {
	t.Parallel()
	rows, states := 0, map[segment.State]bool{}
	for name, es := range shapes() {
		r := fill(t, es).Reader()
		for f := event.FieldSource; f <= event.FieldSender; f++ {
			rows += sameOfCode(t, name, r, segment.TextColumn(f), segment.TextColumn(f).String(), states)
		}
		for _, a := range r.Attrs() {
			over, err := segment.MayLieInRest(r, a.Key)
			if err != nil {
				t.Fatal(err)
			}
			if !over { // else a row may have more than its code says
				rows += sameOfCode(t, name, r, a.Column, "attrs."+a.Key, states)
			}
		}
	}
	if rows < 1000 || len(states) != 4 {
		t.Errorf("%d rows were compared, of the states %v", rows, states)
	}
	var e event.Event
	if err := segment.OfCode(segment.ColRest+1, "attrs.k", segment.Dict{}, segment.CodeFirst, &e); !errors.Is(err, segment.ErrCorrupt) {
		t.Errorf("a code of an attribute that is in no dictionary: %v", err)
	}
}

func sameOfCode(t *testing.T, name string, r segment.Reader, c segment.Column, field string, states map[segment.State]bool) (rows int) {
	t.Helper()
	scan := segment.NewScan(r)
	if err := scan.Pick([]string{field}); err != nil {
		t.Fatal(err)
	}
	d, err := r.Dict(c)
	if err != nil {
		t.Fatal(err)
	}
	var want, got event.Event
	for page := range segment.Pages(r) {
		texts, err := r.Texts(c, page)
		if err != nil {
			t.Fatal(err)
		}
		if texts.Raw() {
			continue
		}
		for i := 0; i < texts.Len(); i += 1 + texts.Len()/200 {
			if err := scan.Event(page*segment.PageRows+i, &want); err != nil {
				t.Fatal(err)
			}
			want.Place = event.Place{}
			if err := segment.OfCode(c, field, d, texts.Code(i), &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want.AppendPublic(nil))+string(want.AppendSlot(nil, 0)), string(got.AppendPublic(nil))+string(got.AppendSlot(nil, 0))); diff != "" {
				t.Fatalf("%s, column %s, row %d (-want +got):\n%s", name, field, page*segment.PageRows+i, diff)
			}
			states[segment.StateOf(texts.Code(i))] = true
			rows++
		}
	}
	return rows
}
