// SPDX-License-Identifier: Apache-2.0

package segment_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// TestUniqueTextsHaveNoDictionary: in a file texts that hardly come twice are raw
// on every page, also where the block in memory had codes for them; others are
// not, and neither are source and category, which are counted by code.
func TestUniqueTextsHaveNoDictionary(t *testing.T) {
	t.Parallel()
	for _, n := range []int{10, 100, segment.PageRows, 4 * segment.PageRows} {
		es := make([]*event.Event, n)
		for i := range es {
			es[i] = attrs("flow", event.Int(int64(i*7919)), "kind", event.Int(int64(i%30)))
			es[i].Source, es[i].Category, es[i].User, es[i].Session = fmt.Sprint("s", i%700), fmt.Sprint("c", i), fmt.Sprint("u", i%30), strconv.Itoa(i*7919)
			if i%4 == 1 {
				es[i].SetNull(event.FieldSession)
			}
			if i%2 == 1 {
				es[i].Attrs = es[i].Attrs[:1]
			}
		}
		f := write(t, fill(t, es), nil)
		same(t, f, es)
		flow, _ := segment.FindAttr(f.Attrs(), "flow")
		kind, _ := segment.FindAttr(f.Attrs(), "kind")
		for c, unique := range map[segment.Column]bool{
			segment.ColSession: true, flow: true, segment.ColUser: false, kind: false, segment.ColSource: false, segment.ColCategory: false,
		} {
			d, err := f.Dict(c)
			if err != nil {
				t.Fatal(err)
			}
			unique = unique && n > 16
			if (d.Len() == 0) != unique && c != segment.ColCategory {
				t.Errorf("%d rows, column %s: a dictionary of %d codes", n, c, d.Len())
			}
			for page := range segment.Pages(f) {
				if raw := f.Raw(c, page); raw != unique && (c != segment.ColCategory || page == 0) {
					t.Errorf("%d rows, column %s, page %d: raw %v, want %v", n, c, page, raw, unique)
				}
			}
		}
	}
}

// TestSparseColumns: a column that few rows have turns raw by its own texts, not
// by the number of rows.
func TestSparseColumns(t *testing.T) {
	t.Parallel()
	es := make([]*event.Event, 6*segment.PageRows)
	for i := range es {
		switch i % 5 {
		case 0:
			es[i] = attrs("flow", event.Int(int64(i*7919)))
		case 1:
			es[i] = attrs("port", event.Int(int64(i%300)))
		default:
			es[i] = &event.Event{Source: "s"}
		}
	}
	b := fill(t, es)
	flow, _ := segment.FindAttr(b.Reader().Attrs(), "flow")
	port, _ := segment.FindAttr(b.Reader().Attrs(), "port")
	for page := range 6 {
		if raw := b.Reader().Raw(flow, page); raw != (page > 0) {
			t.Errorf("unique texts in a fifth of the rows, page %d: raw %v", page, raw)
		}
		if b.Reader().Raw(port, page) {
			t.Errorf("300 texts in a fifth of the rows, page %d: raw", page)
		}
	}
}

// TestDictFilter: it has what the dictionaries have, and hardly anything else.
func TestDictFilter(t *testing.T) {
	t.Parallel()
	es := make([]*event.Event, 3*segment.PageRows)
	for i := range es {
		es[i] = attrs("list", event.List(event.Int(int64(500_000+i%100)), event.Bool(true)), "mail", event.Text(fmt.Sprintf("User%d@example.com", i%300)))
		es[i].IP, es[i].Session = fmt.Sprintf("198.51.100.%d", i%200), strconv.Itoa(1_000_000+i*7)
	}
	b := fill(t, es)
	if pagesWith(t, b.Reader().DictFilter(), segment.ColSource, segment.WordHash("anything")).None() {
		t.Error("a block in memory shuts something out")
	}
	r := write(t, b, nil)
	has := func(name string, hashes ...uint64) bool {
		return pagesWith(t, r.DictFilter(), columnOf(t, r, name), hashes...) != (segment.Parts{})
	}
	for column, text := range map[string]string{"attrs.mail": "uSER77@example.com", "attrs.list": "500007", "ip": "198.51.100.9", "source": "s"} {
		if !has(column, segment.ValueHashes(column, text)...) {
			t.Errorf("%s %q is missing", column, text)
		}
	}
	for w, name := range map[string]string{"true": "attrs.list", "user77": "attrs.mail", "com": "attrs.mail", "500000": "attrs.list"} {
		if !has(name, segment.WordHash(w)) {
			t.Errorf("the word %s is missing", w)
		}
		if has("service", segment.WordHash(w)) {
			t.Errorf("the word %s is in another column", w)
		}
	}
	wrong := 0
	for i := range 10_000 {
		if has("attrs.mail", segment.ValueHashes("attrs.mail", fmt.Sprintf("user%d@example.org", i))...) || has("session", segment.ValueHashes("session", strconv.Itoa(1_000_000+7*i))...) {
			wrong++
		}
	}
	if wrong > 400 {
		t.Errorf("%d of 10,000 absent values pass", wrong)
	}
}
