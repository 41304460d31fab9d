// SPDX-License-Identifier: Apache-2.0

package segment_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// wanted is a question about one attribute, and its answer by definition.
type wanted struct {
	name  string
	match segment.AttrMatch
	equal []string
}

func equals(texts ...string) wanted {
	return wanted{
		name: "equal to " + strings.Join(texts, " or "),
		match: func(kind event.Kind, text []byte) bool {
			word := string(text)
			switch kind {
			case event.KindTrue:
				word = "true"
			case event.KindFalse:
				word = "false"
			case event.KindText, event.KindNumber:
			default:
				return false
			}
			return slices.ContainsFunc(texts, func(s string) bool { return strings.EqualFold(s, word) && utf8.ValidString(s) })
		},
		equal: texts,
	}
}

// holds is what a finder does, by the event alone.
func (w wanted) holds(v *event.Value) bool {
	if w.match(v.Kind, []byte(v.Text)) {
		return true
	}
	for i := range v.List {
		if v.Kind == event.KindList && w.holds(&v.List[i]) {
			return true
		}
	}
	return false
}

// TestAttrFinder: in memory and in a file it finds the rows that the events say,
// be the values in codes, raw, in ColRest, or a bit here and a bit there.
func TestAttrFinder(t *testing.T) {
	t.Parallel()
	for name, es := range shapes() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := random(3)
			b := fill(t, es)
			f := write(t, b, nil)
			keys, texts := map[string]bool{"nobody": true}, map[string][]string{}
			for i := 0; i < len(es); i += 1 + len(es)/40 {
				for _, a := range es[i].Attrs {
					if len(keys) < 20 || a.Key == "frequent" {
						keys[a.Key] = true
						if (a.Value.Kind == event.KindText || a.Value.Kind == event.KindNumber) && utf8.ValidString(a.Value.Text) {
							texts[a.Key] = append(texts[a.Key], strings.ToUpper(a.Value.Text))
						}
					}
				}
			}
			for key := range keys {
				questions := []wanted{
					equals("2"), equals("no such value anywhere"), equals("true", "nothing-at-all"), equals(""),
					{name: "exists", match: func(event.Kind, []byte) bool { return true }},
					{name: "null", match: func(kind event.Kind, _ []byte) bool { return kind == event.KindNull }},
					{name: "list", match: func(kind event.Kind, _ []byte) bool { return kind == event.KindList }},
					{name: "has 7", match: func(_ event.Kind, text []byte) bool { return strings.Contains(string(text), "7") }},
				}
				if list := texts[key]; len(list) > 0 {
					questions = append(questions, equals(list[r.IntN(len(list))]), equals("x", list[r.IntN(len(list))]))
				}
				for _, w := range questions {
					compareFinder(t, "memory", b.Reader(), key, w, es)
					compareFinder(t, "file", f, key, w, es)
				}
			}
		})
	}
}

func compareFinder(t *testing.T, form string, r segment.Reader, key string, w wanted, es []*event.Event) {
	t.Helper()
	finder, err := segment.NewAttrFinder(r, key, w.match, w.equal, func(err error) { t.Error(err) })
	if err != nil {
		t.Fatal(err)
	}
	for page := range segment.Pages(r) {
		var rows, found segment.Bits
		rows.Fill(segment.PageLen(r, page))
		for i := 0; i < segment.PageLen(r, page); i += 5 { // these are not asked about
			rows[i>>6] &^= 1 << (i & 63)
		}
		if err := finder.Find(page, &rows, &found); err != nil {
			t.Fatal(err)
		}
		for i := range segment.PageLen(r, page) {
			want := false
			for _, a := range es[page*segment.PageRows+i].Attrs {
				want = want || i%5 != 0 && a.Key == key && w.holds(&a.Value)
			}
			if found.Has(i) != want {
				t.Fatalf("%s: attrs.%.20q %.30s: page %d, row %d found %v, want %v", form, key, w.name, page, i, !want, want)
			}
		}
	}
}

// counting counts the parts that are read of one column.
type counting struct {
	segment.Reader
	column segment.Column
	parts  *int
}

func (c counting) Part(column segment.Column, page, part int) (segment.Texts, error) {
	if column == c.column {
		*c.parts++
	}
	return c.Reader.Part(column, page, part)
}

func (c counting) Texts(column segment.Column, page int) (segment.Texts, error) {
	if column == c.column {
		*c.parts += segment.PageRows / segment.PartRows
	}
	return c.Reader.Texts(column, page)
}

// TestAttrFinderReadsOnlyWhatMayMatch: a value that lies in one part costs a part.
func TestAttrFinderReadsOnlyWhatMayMatch(t *testing.T) {
	t.Parallel()
	r := random(4)
	es := make([]*event.Event, 10*segment.PageRows)
	for i := range es {
		es[i] = attrs("flow", event.Text(fmt.Sprintf("%08x-%08x", r.Uint32(), r.Uint32())), "half", event.Int(int64(i%3)))
		if i < 5*segment.PageRows {
			es[i].Attrs = es[i].Attrs[:1]
		}
	}
	f := write(t, fill(t, es), nil)
	for key, at := range map[string]int{"flow": 7*segment.PageRows + 5, "half": 0} {
		column, ok := segment.FindAttr(f.Attrs(), key)
		if !ok {
			t.Fatal("no column")
		}
		read := 0
		w := equals("4")
		if at > 0 {
			w = equals(es[at].Attrs[0].Value.Text)
		}
		compareFinder(t, "file", counting{f, column, &read}, key, w, es)
		if most := map[string]int{"flow": 5, "half": 0}[key]; read > most || at > 0 && read == 0 {
			t.Errorf("%s: %d of 40 parts were read", key, read)
		}
	}
}

// TestAttrFinderAndDamage: a damaged dictionary is an error of the pages that need
// it.
func TestAttrFinderAndDamage(t *testing.T) {
	t.Parallel()
	es := make([]*event.Event, 3*segment.PageRows)
	for i := range es {
		es[i] = &event.Event{Source: "s"}
		if i >= segment.PageRows {
			es[i] = attrs("k", event.Text(fmt.Sprint("needle value ", i%100)))
		}
	}
	f := write(t, fill(t, es), nil)
	column, _ := segment.FindAttr(f.Attrs(), "k")
	for name, r := range map[string]segment.Reader{"own": noDict{f, column}, "rest": noDict{f, segment.ColRest}} {
		finder, err := segment.NewAttrFinder(r, "k", equals("needle value 7").match, nil, func(err error) { t.Error(err) })
		if err != nil {
			t.Fatal(err)
		}
		for page := range 3 {
			var rows, found segment.Bits
			rows.Fill(segment.PageRows)
			err := finder.Find(page, &rows, &found)
			if need := name == "own" && page > 0; need != errors.Is(err, segment.ErrCorrupt) {
				t.Errorf("%s, page %d: %v", name, page, err)
			}
		}
	}
}

// noDict is a Reader of which one dictionary is damaged.
type noDict struct {
	segment.Reader
	column segment.Column
}

func (n noDict) Dict(c segment.Column) (segment.Dict, error) {
	if c == n.column {
		return segment.Dict{}, segment.ErrCorrupt
	}
	return n.Reader.Dict(c)
}
