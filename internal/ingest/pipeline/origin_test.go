// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

func TestOriginMark(t *testing.T) {
	t.Parallel()
	text := func(key, value string) event.Attr { return event.Attr{Key: key, Value: event.Text(value)} }
	shared := []event.Attr{text("a", "1"), text("z", "2"), text("of another event", "3")}
	events := []*event.Event{
		{Attrs: shared[:2]},
		{OriginID: "own"},
		{Attrs: []event.Attr{text(filePath, "kept")}},
	}
	o := Origin{ID: "f:10", Path: "/var/log/x.log"}
	o.mark(events)
	want := []*event.Event{
		{OriginID: "f:10", Attrs: []event.Attr{text("a", "1"), text(filePath, "/var/log/x.log"), text("z", "2")}},
		{OriginID: "own", Attrs: []event.Attr{text(filePath, "/var/log/x.log")}},
		{OriginID: "f:10:2", Attrs: []event.Attr{text(filePath, "kept")}},
	}
	if diff := cmp.Diff(want, events); diff != "" {
		t.Error(diff)
	}
	if shared[2].Key != "of another event" {
		t.Error("the attributes of another event are written over")
	}
	if o.gave(events[1]) || !o.gave(events[2]) {
		t.Error("it does not know its own")
	}
}

// A record that is read again is a duplicate by its place; one that has an id of its
// own is one by that. Old records are not looked for unless they have one.
func TestOriginsMakeRepeatsHarmless(t *testing.T) {
	t.Parallel()
	j := &journal{}
	looked := 0
	p := build(t, j, func(o *Options) {
		o.MaxIDs = 64
		o.LookUp = func(context.Context, *event.Event) (*event.Event, error) { looked++; return nil, nil }
	})
	ingest := func(sender string, origins []Origin, items ...string) Result {
		t.Helper()
		b := Batch{Input: "file", Sender: sender, Format: "json", Origins: origins}
		for _, it := range items {
			b.Items = append(b.Items, []byte(it))
		}
		r, err := p.Ingest(t.Context(), b)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	lines := []string{`{"message":"x","parts":2}`, ``, `{"id":"own","message":"y"}`}
	origins := []Origin{{ID: "f:0"}, {ID: "f:20"}, {ID: "f:21"}}
	if r := ingest("file", origins, lines...); r.Accepted != 2 || r.Duplicates != 0 {
		t.Errorf("%+v", r)
	}
	if r := ingest("file", origins, lines...); r.Accepted != 2 || r.Duplicates != 2 {
		t.Errorf("again: %+v", r)
	}
	for i := range 500 { // so many that ids are forgotten
		ingest("other", nil, fmt.Sprintf(`{"id":"%d"}`, i))
	}
	looked = 0
	old := `{"message":"z","time":"2020-01-01T00:00:00Z"}`
	if ingest("file", []Origin{{ID: "f:40"}}, old); looked != 0 {
		t.Errorf("%d looks for a place", looked)
	}
	if ingest("file", []Origin{{ID: "f:40"}}, `{"id":"f","time":"2020-01-01T00:00:00Z"}`); looked != 1 {
		t.Errorf("%d looks for an id of the record's own", looked)
	}
	if _, err := p.Ingest(t.Context(), Batch{Format: "json", Origins: origins, Items: [][]byte{{'1'}}}); err == nil {
		t.Error("origins of other records are taken")
	}
}
