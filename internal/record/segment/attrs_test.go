// SPDX-License-Identifier: Apache-2.0

package segment_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// attrs makes an event of keys and values in turn; the keys need not rise.
func attrs(pairs ...any) *event.Event {
	e := &event.Event{Source: "s"}
	for i := 0; i < len(pairs); i += 2 {
		e.Attrs = append(e.Attrs, event.Attr{Key: pairs[i].(string), Value: pairs[i+1].(event.Value)})
	}
	return e
}

// anyValue is a value of any kind; few, if so, of a few texts only.
func anyValue(r *rand.Rand, few bool) event.Value {
	text := func() string {
		if few {
			return strconv.Itoa(r.IntN(5))
		}
		return strconv.FormatUint(r.Uint64(), 36)
	}
	switch r.IntN(12) {
	case 0:
		return event.Null()
	case 1:
		return event.Bool(r.IntN(2) == 0)
	case 2:
		return event.Text("")
	case 3:
		return event.Number(text())
	case 4:
		return event.Value{Kind: event.KindBytes, Text: "\xff" + text()}
	case 5:
		return event.List(event.Text(text()), event.List(), event.Null(), event.List(event.Int(1), event.Text("")))
	case 6:
		return event.List()
	default:
		return event.Text(text())
	}
}

// shapes are events whose attributes lie in columns in all ways there are.
func shapes() map[string][]*event.Event {
	r := random(77)
	of := func(n int, each func(i int) *event.Event) []*event.Event {
		es := make([]*event.Event, n)
		for i := range es {
			es[i] = each(i)
		}
		return es
	}
	long := strings.Repeat("long value ", 6000)
	return map[string][]*event.Event{
		"few texts":  of(3000, func(int) *event.Event { return attrs("a", anyValue(r, true), "b", anyValue(r, true)) }),
		"many texts": of(9*2048+5, func(int) *event.Event { return attrs("a", anyValue(r, false), "b", anyValue(r, true)) }),
		"some rows": of(9*2048+5, func(i int) *event.Event { // raw from the second page on, and mostly absent
			if i%3 != 0 {
				return attrs("other", event.Int(int64(i%7)))
			}
			return attrs("id", event.Text(strconv.FormatUint(r.Uint64(), 16)))
		}),
		"a few rows": of(5*2048, func(i int) *event.Event {
			if i%40 != 7 {
				return &event.Event{Source: "s"}
			}
			return attrs("id", anyValue(r, false))
		}),
		"late and early": of(6*2048+100, func(i int) *event.Event {
			switch page := i / 2048; {
			case page < 2:
				return attrs("early", event.Int(int64(i)))
			case page == 3:
				return &event.Event{Source: "s"}
			default:
				return attrs("late", anyValue(r, page == 4))
			}
		}),
		"last row": of(2048+1, func(i int) *event.Event {
			if i < 2048 {
				return &event.Event{Source: "s"}
			}
			return attrs("k", event.Text("v"))
		}),
		"flood": of(2500, func(i int) *event.Event {
			e := attrs("frequent", event.Int(int64(i)))
			for range 20 {
				e.Attrs = append(e.Attrs, event.Attr{Key: fmt.Sprintf("f%08d", r.IntN(1e8)), Value: anyValue(r, false)})
			}
			slices.SortFunc(e.Attrs, func(a, b event.Attr) int { return strings.Compare(a.Key, b.Key) })
			e.Attrs = slices.CompactFunc(e.Attrs, func(a, b event.Attr) bool { return a.Key == b.Key })
			return e
		}),
		"many keys": of(400, func(i int) *event.Event {
			e := &event.Event{Source: "s"}
			for k := range 300 {
				if (k+i)%2 == 0 {
					e.Attrs = append(e.Attrs, event.Attr{Key: fmt.Sprintf("k%03d", k), Value: event.Int(int64(k * i))})
				}
			}
			return e
		}),
		"out of order": {
			attrs("b", event.Int(1), "a", event.Int(2)),
			attrs("a", event.Int(1), "b", event.Int(2)),
			attrs("a", event.Int(1), "a", event.Int(2)),
			attrs("", event.Int(1), "a", event.Null()),
			attrs("a", event.Int(1), strings.Repeat("k", 200), event.Text("long key"), "z", event.Text("")),
			attrs("a", event.Text("x"), "a", event.Text("x"), "a", event.Text("x")),
		},
		"long": of(300, func(i int) *event.Event {
			return attrs("list", event.Texts(long[:i], long[i:i*2]), "same", event.Text(long), "text", event.Text(long[i:60_000+i]))
		}),
		"odd kinds": {
			attrs("k", event.Value{Kind: event.KindNull, Text: "left over"}),
			attrs("k", event.Value{Kind: event.KindTrue, Text: "left over", List: []event.Value{event.Null()}}),
			attrs("k", event.Value{Kind: event.KindText, List: []event.Value{event.Null()}}),
			attrs("k", event.Value{Kind: 99}), attrs("k", event.Value{}),
			attrs("k", event.Number("")), attrs("k", event.Value{Kind: event.KindBytes}),
			attrs("k\x00\xff", event.Text("\x00\xff")),
		},
	}
}

// TestAttributesSurvive: whatever the attributes, each event comes back with the
// same canonical bytes, from memory, from a file and from a file made of one.
func TestAttributesSurvive(t *testing.T) {
	t.Parallel()
	for name, es := range shapes() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := fill(t, es)
			same(t, b.Reader(), es)
			f := write(t, b, nil)
			same(t, f, es)
			for i := range es { // one by one, without a page before
				if i%97 != 0 && i < len(es)-3 {
					continue
				}
				for form, r := range map[string]segment.Reader{"memory": b.Reader(), "file": f} {
					var got event.Event
					if err := r.Event(i, &got); err != nil || canonical(&got) != canonical(es[i]) {
						t.Fatalf("%s, row %d alone: %v\n%s", form, i, err, cmp.Diff(es[i], &got))
					}
				}
			}
			if err := f.Check(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestAttrColumns: each value lies in the column of its key, in memory and file.
func TestAttrColumns(t *testing.T) {
	t.Parallel()
	for name, es := range shapes() {
		if name == "flood" || name == "many keys" || name == "out of order" || name == "odd kinds" {
			continue // some of theirs lie in ColRest
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := fill(t, es)
			for form, r := range map[string]segment.Reader{"memory": b.Reader(), "file": write(t, b, nil)} {
				left := 0
				for _, e := range es {
					left += len(e.Attrs)
				}
				if !slices.IsSortedFunc(r.Attrs(), func(a, b segment.Attr) int { return strings.Compare(a.Key, b.Key) }) {
					t.Errorf("%s: attributes are not sorted: %v", form, r.Attrs())
				}
				for _, a := range r.Attrs() {
					if c, ok := segment.FindAttr(r.Attrs(), a.Key); !ok || c != a.Column {
						t.Errorf("%s: %s is not found", form, a.Key)
					}
					left -= checkColumn(t, r, a, es)
				}
				if left != 0 {
					t.Errorf("%s: %d values are in no column", form, left)
				}
				if _, ok := segment.FindAttr(r.Attrs(), "nobody"); ok {
					t.Errorf("%s: a key that is not there was found", form)
				}
			}
		})
	}
}

// checkColumn compares a column with the events, and returns its values' number.
func checkColumn(t *testing.T, r segment.Reader, a segment.Attr, es []*event.Event) (n int) {
	t.Helper()
	dict, err := r.Dict(a.Column)
	if err != nil {
		t.Fatal(err)
	}
	for page := range segment.Pages(r) {
		texts, err := r.Texts(a.Column, page)
		if err != nil {
			t.Fatal(err)
		}
		if texts.Raw() != r.Raw(a.Column, page) {
			t.Errorf("%s, page %d: raw or not", a.Key, page)
		}
		for i := range texts.Len() {
			var row string
			var state segment.State
			if texts.Raw() {
				var b []byte
				b, state = texts.At(i)
				row = string(b)
			} else {
				row, state = dict.Text(texts.Code(i)), segment.StateOf(texts.Code(i))
			}
			v, ok := segment.AttrValue(row, state)
			if !ok {
				t.Fatalf("%s, page %d, row %d: no value in %q", a.Key, page, i, row)
			}
			want := event.Value{}
			for _, attr := range es[page*segment.PageRows+i].Attrs {
				if attr.Key == a.Key {
					want = attr.Value
					n++
				}
			}
			if !v.Equal(want) {
				t.Fatalf("%s, page %d, row %d: %v, want %v", a.Key, page, i, v, want)
			}
		}
	}
	return n
}

// TestFloodOfKeys: random keys take no more than their share of the columns, and
// what is frequent gets one although it comes later; neither memory nor footer
// grow with the keys.
func TestFloodOfKeys(t *testing.T) {
	t.Parallel()
	r := random(5)
	es := make([]*event.Event, 6*segment.PageRows)
	for i := range es {
		e := &event.Event{Source: "s"}
		for range 15 {
			e.Attrs = append(e.Attrs, event.Attr{Key: fmt.Sprintf("flood%016x", r.Uint64()), Value: event.Int(1)})
		}
		if i > 1000 && i%40 == 0 {
			for k := range 20 {
				e.Attrs = append(e.Attrs, event.Attr{Key: fmt.Sprintf("real%d", k), Value: event.Int(int64(i))})
			}
		}
		slices.SortFunc(e.Attrs, func(a, b event.Attr) int { return strings.Compare(a.Key, b.Key) })
		es[i] = e
	}
	b := fill(t, es)
	f := write(t, b, nil)
	for name, r := range map[string]segment.Reader{"memory": b.Reader(), "file": f} {
		if n := len(r.Attrs()); n > 200 {
			t.Errorf("%s: %d columns, at most 200 are wanted", name, n)
		}
		for k := range 20 {
			if _, ok := segment.FindAttr(r.Attrs(), fmt.Sprintf("real%d", k)); !ok {
				t.Errorf("%s: real%d has no column", name, k)
			}
		}
		same(t, r, es)
	}
	texts := 0
	for _, e := range es {
		texts += e.Size()
	}
	if n := b.Bytes(); n > int64(2*texts) {
		t.Errorf("%d bytes of memory for %d bytes of text", n, texts)
	}
}

// TestFooterOfManyColumns: columns that are nearly empty cost nearly nothing.
func TestFooterOfManyColumns(t *testing.T) {
	t.Parallel()
	es := make([]*event.Event, segment.MaxRows)
	plain := make([]*event.Event, segment.MaxRows)
	for i := range es {
		es[i], plain[i] = &event.Event{Source: "s"}, &event.Event{Source: "s"}
		if i%2 == 0 {
			es[i].Attrs = []event.Attr{{Key: fmt.Sprintf("application.field.%03d", i/2%136), Value: event.Int(int64(i))}}
		}
		if i > 1000 { // from here on no attribute
			es[i].Attrs = nil
		}
	}
	small, large := write(t, fill(t, plain), nil), write(t, fill(t, es), nil)
	if n := len(large.Attrs()); n != 136 {
		t.Fatalf("%d columns", n)
	}
	if grown := large.Footer() - small.Footer(); grown > 136*60 {
		t.Errorf("136 columns with values in one page of 32 take %d bytes of the footer", grown)
	}
	if grown := large.Size() - small.Size(); grown > 136*200 {
		t.Errorf("136 columns with four values take %d bytes", grown)
	}
}

// FuzzAttributes makes events of bytes: any keys and values in any order.
func FuzzAttributes(f *testing.F) {
	f.Add([]byte("\x02\x01\x05abc\x02\x04123\x01\x01\x01\x00"))
	f.Add([]byte("\x03\x05\x05\x00\x06\x01\x07\x02\x02\x05\x05x\x05\x05y"))
	f.Add([]byte{1, 200, 6, 3, 5, 1, 'a', 6, 0, 1, 1, 201, 3})
	f.Fuzz(func(t *testing.T, b []byte) {
		byteOf := func() (c byte) {
			if len(b) > 0 {
				c, b = b[0], b[1:]
			}
			return c
		}
		text := func() string {
			n := min(int(byteOf())%64, len(b))
			s := string(b[:n])
			b = b[n:]
			return s
		}
		var value func(depth int) event.Value
		value = func(depth int) event.Value {
			v := event.Value{Kind: event.Kind(byteOf() % 10)}
			switch v.Kind {
			case event.KindList:
				for n := byteOf() % 4; n > 0 && depth < 8; n-- {
					v.List = append(v.List, value(depth+1))
				}
			default:
				v.Text = text()
			}
			return v
		}
		var es []*event.Event
		for len(b) > 0 && len(es) < 300 {
			e := &event.Event{Source: "s"}
			for range byteOf() % 8 {
				e.Attrs = append(e.Attrs, event.Attr{Key: strings.Repeat("k", int(byteOf())), Value: value(0)})
			}
			es = append(es, e, e)
		}
		block := fill(t, es)
		same(t, block.Reader(), es)
		same(t, write(t, block, nil), es)
	})
}
