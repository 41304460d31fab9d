// SPDX-License-Identifier: Apache-2.0

package event_test

import (
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

func TestValueAsNumber(t *testing.T) {
	t.Parallel()
	f := func(v event.Value, want float64, wantOK bool) {
		t.Helper()
		if got, ok := v.Float64(); ok != wantOK || ok && got != want {
			t.Errorf("%+v: %v %v, want %v %v", v, got, ok, want, wantOK)
		}
	}
	f(event.Number("1.50"), 1.5, true)
	f(event.Int(-7), -7, true)
	f(event.Float(0.1), 0.1, true)
	f(event.Number("many"), 0, false)
	f(event.Number("1e400"), 0, false)
	f(event.Text("7"), 0, false)
	f(event.Null(), 0, false)
}

func TestValueAsText(t *testing.T) {
	t.Parallel()
	f := func(v event.Value, want string) {
		t.Helper()
		if got := v.String(); got != want {
			t.Errorf("%+v: %q, want %q", v, got, want)
		}
	}
	f(event.Text("a"), "a")
	f(event.Number("1.50"), "1.50")
	f(event.Value{Kind: event.KindBytes, Text: "\xff"}, "\xff")
	f(event.Bool(true), "true")
	f(event.Bool(false), "false")
	f(event.Null(), "null")
	f(event.Value{}, "")
	f(event.List(), "")
	f(event.List(event.Text("a"), event.List(event.Int(1), event.Null())), "a,1,null")
}

func TestEqual(t *testing.T) {
	t.Parallel()
	f := func(a, b event.Value, want bool) {
		t.Helper()
		if a.Equal(b) != want || b.Equal(a) != want {
			t.Errorf("%+v and %+v: want equal %v both ways", a, b, want)
		}
	}
	f(event.Text("1"), event.Text("1"), true)
	f(event.Text("1"), event.Text("2"), false)
	f(event.Text("1"), event.Number("1"), false)
	f(event.Null(), event.Value{}, false)
	f(event.Texts("a", "b"), event.Texts("a", "b"), true)
	f(event.Texts("a", "b"), event.Texts("a", "c"), false)
	f(event.Texts("a"), event.Texts("a", "b"), false)
	f(event.List(event.Texts("a")), event.List(event.Texts("b")), false)
}

// TestThreeStates: absent, empty and null follow each other in every order and
// leave nothing of the one before.
func TestThreeStates(t *testing.T) {
	t.Parallel()
	var e event.Event
	set := map[string]func(){
		"text":  func() { e.SetCore(event.FieldUser, "ana") },
		"empty": func() { e.SetCore(event.FieldUser, "") },
		"null":  func() { e.SetNull(event.FieldUser) },
	}
	want := map[string]event.Value{"text": event.Text("ana"), "empty": event.Text(""), "null": event.Null()}
	for first := range set {
		for second := range set {
			set[first]()
			set[second]()
			if got := e.Core(event.FieldUser); !got.Equal(want[second]) {
				t.Errorf("%s after %s: %+v", second, first, got)
			}
			if e.Blank.Has(event.FieldUser) != (second == "empty") || e.Null.Has(event.FieldUser) != (second == "null") {
				t.Errorf("%s after %s: blank %b null %b", second, first, e.Blank, e.Null)
			}
		}
	}
	e = event.Event{}
	e.SetCore(event.FieldNone, "x")
	e.SetNull(event.Field(200))
	if e.Null != 0 || e.Blank != 0 || e.Core(event.FieldNone).Kind != event.KindAbsent {
		t.Errorf("a field that is none was set: %+v", e)
	}
	if event.Field(200).String() != "" || event.CoreField("severity") != event.FieldNone {
		t.Error("a name for a field that is none")
	}
}

func TestSetAttrReplaces(t *testing.T) {
	t.Parallel()
	var e event.Event
	e.SetAttr("k", event.Text("old"))
	e.SetAttr("k", event.Null())
	if v, ok := e.Attr("k"); !ok || v.Kind != event.KindNull || len(e.Attrs) != 1 {
		t.Errorf("got %+v %v", v, ok)
	}
	if _, ok := e.Attr("z"); ok {
		t.Error("found a key behind the last one")
	}
}

func TestMarked(t *testing.T) {
	t.Parallel()
	e := event.Event{Marks: []event.Mark{{Kind: event.MarkLate}, {Kind: event.MarkDerived}}}
	if !e.Marked(event.MarkLate) || !e.Marked(event.MarkDerived) || e.Marked(event.MarkFuture) {
		t.Errorf("marks %+v", e.Marks)
	}
}

func TestOutcomeWords(t *testing.T) {
	t.Parallel()
	for _, o := range []event.Outcome{event.Success, event.Failure, event.Unknown} {
		if got, ok := event.ParseOutcome(o.String()); !ok || got != o {
			t.Errorf("%v came back as %v %v", o, got, ok)
		}
	}
	for _, bad := range []string{"", "Success", "ok"} {
		if got, ok := event.ParseOutcome(bad); ok || got != event.OutcomeAbsent {
			t.Errorf("%q: %v %v", bad, got, ok)
		}
	}
	if event.Outcome(9).String() != "" || event.Severity(9).String() != "invalid" {
		t.Error("a word for what is no outcome or severity")
	}
}
