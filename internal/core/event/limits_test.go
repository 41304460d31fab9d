// SPDX-License-Identifier: Apache-2.0

package event_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

func TestCutLong(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ș", 50_000)
	e := &event.Event{Source: "application", Message: long, Category: strings.Repeat("c", 300), Tags: []string{strings.Repeat("t", 999)}}
	e.SetAttr("a", event.Text(long))
	e.SetAttr("l", event.List(event.Text(strings.Repeat("x", 60_000)), event.Text(strings.Repeat("y", 60_000))))
	e.CutLong()
	if err := e.Validate(); err != nil {
		t.Fatal(err)
	}
	if n := len(e.Message); n > event.MaxFieldBytes || n < event.MaxFieldBytes-4 {
		t.Errorf("message cut to %d bytes", n)
	}
	if v, _ := e.Attr("l"); len(v.List) != 1 {
		t.Errorf("list keeps %d members, want 1", len(v.List))
	}
	marks := map[string]event.Mark{}
	for _, m := range e.Marks {
		marks[m.Field] = m
	}
	for field, length := range map[string]int64{"message": 100_000, "attrs.a": 100_000, "category": 300, "tags": 999, "attrs.l": 120_003} {
		if m := marks[field]; m.Kind != event.MarkTruncated || m.Length != length || len(m.Hash) != 64 {
			t.Errorf("%s: mark %+v, want truncated from %d with a hash", field, m, length)
		}
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	ok := event.Event{Source: "application"}
	f := func(name, want string, change func(*event.Event)) {
		t.Helper()
		e := ok
		change(&e)
		err := e.Validate()
		if !errors.Is(err, event.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want an error that says %q", name, err, want)
		}
	}
	if err := ok.Validate(); err != nil {
		t.Fatal(err)
	}
	f("no source", "source", func(e *event.Event) { e.Source = "" })
	f("1969", "time", func(e *event.Event) { e.Time = -1 })
	f("too large", "bytes", func(e *event.Event) { e.Message = strings.Repeat("x", 300<<10) })
	f("bad text", "user: invalid UTF-8", func(e *event.Event) { e.User = "\xff" })
	f("key twice", "attrs.a: twice", func(e *event.Event) {
		e.Attrs = []event.Attr{{Key: "a", Value: event.Null()}, {Key: "a", Value: event.Null()}}
	})
	f("unsorted", "not sorted", func(e *event.Event) {
		e.Attrs = []event.Attr{{Key: "b", Value: event.Null()}, {Key: "a", Value: event.Null()}}
	})
	f("long number", "attrs.n", func(e *event.Event) { e.SetAttr("n", event.Number(strings.Repeat("1", 65))) })
	f("kind", "kind", func(e *event.Event) { e.SetAttr("n", event.Value{Kind: 99}) })
	f("deep", "deep", func(e *event.Event) {
		v := event.Null()
		for range 40 {
			v = event.List(v)
		}
		e.SetAttr("n", v)
	})
}

// TestCutBounds: a value of just the limit stays, one byte more is cut, and no
// character is split.
func TestCutBounds(t *testing.T) {
	t.Parallel()
	x := func(n int) string { return strings.Repeat("x", n) }
	f := func(name string, e *event.Event, get func(*event.Event) string, want string, marks int) {
		t.Helper()
		before := get(e)
		e.CutLong()
		if got := get(e); got != want {
			t.Errorf("%s: %d bytes, want %d", name, len(got), len(want))
		}
		if len(e.Marks) != marks {
			t.Fatalf("%s: %d marks, want %d", name, len(e.Marks), marks)
		}
		if marks == 0 {
			return
		}
		sum := sha256.Sum256([]byte(before))
		if m := e.Marks[0]; m.Length != int64(len(before)) || m.Hash != hex.EncodeToString(sum[:]) {
			t.Errorf("%s: mark %+v is not about what was there", name, m)
		}
	}
	message := func(e *event.Event) string { return e.Message }
	action := func(e *event.Event) string { return e.Action }
	raw := func(e *event.Event) string { return e.Raw }
	tag := func(e *event.Event) string { return e.Tags[0] }
	const field, name = event.MaxFieldBytes, event.MaxNameBytes
	f("message at the limit", &event.Event{Message: x(field)}, message, x(field), 0)
	f("message over it", &event.Event{Message: x(field + 1)}, message, x(field), 1)
	f("split character", &event.Event{Message: x(field-1) + "ș!"}, message, x(field-1), 1)
	f("only continuation bytes", &event.Event{Message: strings.Repeat("\x80", field+1)}, message, "", 1)
	f("action at the limit", &event.Event{Action: x(name)}, action, x(name), 0)
	f("action over it", &event.Event{Action: x(name + 1)}, action, x(name), 1)
	f("raw at the limit", &event.Event{Raw: x(field)}, raw, x(field), 0)
	f("raw over it", &event.Event{Raw: x(field + 1)}, raw, x(field), 1)
	f("tag at the limit", &event.Event{Tags: []string{x(name)}}, tag, x(name), 0)
	f("tag over it", &event.Event{Tags: []string{x(name + 1)}}, tag, x(name), 1)
}

// TestCutLists: members go from the end until the rest fits; Size counts a byte
// for each.
func TestCutLists(t *testing.T) {
	t.Parallel()
	f := func(v event.Value, want int) {
		t.Helper()
		e := &event.Event{Attrs: []event.Attr{{Key: "l", Value: v}}}
		e.CutLong()
		if got := len(e.Attrs[0].Value.List); got != want || (len(e.Marks) == 1) != (want != len(v.List)) {
			t.Errorf("%d members, %d marks, want %d of %d", got, len(e.Marks), want, len(v.List))
		}
	}
	text := func(n int) event.Value { return event.Text(strings.Repeat("x", n)) }
	const half = event.MaxFieldBytes / 2
	f(event.List(text(half-2), text(half-1)), 2)         // 65,536 with the list itself
	f(event.List(text(half-1), text(half-1)), 1)         // members fit, the list's own byte is over
	f(event.List(text(half-1), text(half), text(1)), 1)  // the second goes over
	f(event.List(text(event.MaxFieldBytes), text(1)), 0) // the first alone is too long
	f(event.List(event.List(text(half)), text(half), text(half)), 1)
}

func TestSizeCountsEveryText(t *testing.T) {
	t.Parallel()
	empty := (&event.Event{}).Size()
	f := func(name string, want int, e event.Event) {
		t.Helper()
		if got := e.Size() - empty; got != want {
			t.Errorf("%s: %d bytes, want %d", name, got, want)
		}
	}
	f("core", 7, event.Event{Source: "abc", Sender: "defg"})
	f("raw", 3, event.Event{Raw: "abc"})
	f("tags", 5, event.Event{Tags: []string{"ab", "cde"}})
	f("attrs", 1+2+1+(1+1+3), event.Event{Attrs: []event.Attr{{Key: "k", Value: event.Text("ab")}, {Key: "l", Value: event.Texts("cd")}}})
	f("marks", 4+4+4+4, event.Event{Marks: []event.Mark{{Kind: "late", Field: "time", Hash: "0a0b", Detail: "deta"}}})
}

// TestValidateBounds: at the limit it is accepted, one beyond it is not.
func TestValidateBounds(t *testing.T) {
	t.Parallel()
	f := func(name, want string, change func(*event.Event)) {
		t.Helper()
		e := event.Event{Source: "application"}
		change(&e)
		err := e.Validate()
		if want == "" && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if want != "" && (!errors.Is(err, event.ErrInvalid) || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: got %v, want an error that says %q", name, err, want)
		}
	}
	attr := func(key string, v event.Value) func(*event.Event) {
		return func(e *event.Event) { e.Attrs = append(e.Attrs, event.Attr{Key: key, Value: v}) }
	}
	deep := func(n int) event.Value {
		v := event.Null()
		for range n {
			v = event.List(v)
		}
		return v
	}
	room := event.MaxEventBytes - (&event.Event{Source: "application"}).Size()
	f("whole event", "", func(e *event.Event) { e.Message = strings.Repeat("x", room) })
	f("one byte more", "bytes, at most", func(e *event.Event) { e.Message = strings.Repeat("x", room+1) })
	f("received in 1969", "time", func(e *event.Event) { e.Received = -1 })
	f("1970 and 2262", "", func(e *event.Event) { e.Received = event.MaxTime })
	f("critical", "", func(e *event.Event) { e.Severity = event.Critical })
	f("more than critical", "severity: 5", func(e *event.Event) { e.Severity = 5 })
	f("unknown outcome", "", func(e *event.Event) { e.Outcome = event.Unknown })
	f("no outcome", "outcome: 4", func(e *event.Event) { e.Outcome = 4 })
	f("bad tag", "tags: invalid UTF-8", func(e *event.Event) { e.Tags = []string{"ok", "\xff"} })
	f("bad sender", "sender: invalid UTF-8", func(e *event.Event) { e.Sender = "\xff" })
	f("no key", "attrs: empty key", attr("", event.Null()))
	f("longest key", "", attr(strings.Repeat("k", event.MaxKeyBytes), event.Null()))
	f("longer key", "key of 513 bytes", attr(strings.Repeat("k", event.MaxKeyBytes+1), event.Null()))
	f("bad key", `key "\xff": invalid UTF-8`, attr("\xff", event.Null()))
	f("longest number", "", attr("n", event.Number(strings.Repeat("1", event.MaxNumberBytes))))
	f("no number", "attrs.n: number of 0", attr("n", event.Number("")))
	f("bad text", "attrs.t: invalid UTF-8", attr("t", event.Text("\xff")))
	f("bad text in a list", "attrs.t: invalid UTF-8", attr("t", event.List(event.Null(), event.Text("\xff"), event.Null())))
	f("bytes may be anything", "", attr("b", event.Value{Kind: event.KindBytes, Text: "\xff"}))
	f("absent value", "unknown kind 0", attr("a", event.Value{}))
	f("deepest", "", attr("d", deep(event.MaxDepth)))
	f("deeper", "more than 32 levels", attr("d", deep(event.MaxDepth+1)))
}
