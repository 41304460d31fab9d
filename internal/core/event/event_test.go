// SPDX-License-Identifier: Apache-2.0

package event_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/core/event/eventtest"
)

func TestSeverityOfLevel(t *testing.T) {
	t.Parallel()
	f := func(word string, want event.Severity, wantOK bool) {
		t.Helper()
		if got, ok := event.SeverityOfLevel(word); got != want || ok != wantOK {
			t.Errorf("%q: got %v %v, want %v %v", word, got, ok, want, wantOK)
		}
	}
	f("info", event.Info, true)
	f("CRITICAL", event.Critical, true)
	f("notice", event.Info, true)
	f("warning", event.Low, true)
	f("error", event.Medium, true)
	f("alert", event.High, true)
	f("emergency", event.Critical, true)
	f("banana", event.Info, false)
	f("", event.Info, false)
}

func TestAliases(t *testing.T) {
	t.Parallel()
	f := func(name, want string) {
		t.Helper()
		if got, _ := event.Canonical(name); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
	f("ipAddress", "ip")
	f("source.ip", "ip")
	f("userId", "user")
	f("@timestamp", "time")
	f("eventType", "category")
	f("eventId", "origin_id")
	f("id", "id")
	f("level", "severity")
	f("details.a.b", "attrs.a.b")
	f("metadata.x", "attrs.x")
	f("attrs.", "")
	f("nonsense", "")
	f("compliance.pciScope", "compliance.pci_scope")
}

func TestLookup(t *testing.T) {
	t.Parallel()
	e := full()
	f := func(name, want string, wantOK bool) {
		t.Helper()
		if got, ok := e.Lookup(name); got.String() != want || ok != wantOK {
			t.Errorf("%s: got %q %v, want %q %v", name, got.String(), ok, want, wantOK)
		}
	}
	f("userId", "ana", true)
	f("severity", "medium", true)
	f("details.port", "38926", true)
	f("port", "38926", true)
	f("tags", "gdpr,prod", true)
	f("compliance.gdpr_relevant", "true", true)
	f("geo.country", "RO", true)
	f("time", "2026-11-22T09:30:39.206Z", true)
	f("seq", "42", true)
	f("absent", "", false)
	f("list", "a,1.50,", true)
}

func TestSetAttrKeepsOrder(t *testing.T) {
	t.Parallel()
	var e event.Event
	for _, k := range []string{"m", "a", "z", "m", "b"} {
		e.SetAttr(k, event.Text(k+"!"))
	}
	var keys []string
	for _, a := range e.Attrs {
		keys = append(keys, a.Key)
	}
	if got := strings.Join(keys, ""); got != "abmz" {
		t.Fatalf("keys %q, want abmz", got)
	}
	if v, ok := e.Attr("m"); !ok || v.Text != "m!" {
		t.Fatalf("attr m: %v %v", v, ok)
	}
	if _, ok := e.Attr("c"); ok {
		t.Fatal("found an attribute that was never set")
	}
}

func TestJSONIsValidAndHarmless(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(11, 1))
	for range 3000 {
		e := eventtest.Random(r)
		b := e.AppendJSON(nil)
		var back map[string]any
		d := json.NewDecoder(bytes.NewReader(b))
		d.UseNumber()
		if err := d.Decode(&back); err != nil {
			t.Fatalf("%v\n%s", err, b)
		}
		if strings.ContainsAny(string(b), "\x00\x1b\n<>&\u202e") {
			t.Fatalf("characters that a terminal or a page could act on: %q", b)
		}
		if e.Null.Has(event.FieldUser) {
			if v, there := back["user"]; !there || v != nil {
				t.Fatalf("null user came out as %v %v", v, there)
			}
		}
		if want := e.Message; e.Core(event.FieldMessage).Kind == event.KindText && back["message"] != want {
			t.Fatalf("message %q became %q", want, back["message"])
		}
	}
}

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

func TestParseID(t *testing.T) {
	t.Parallel()
	id := full().ID
	back, err := event.ParseID(strings.ToLower(id.String()))
	if err != nil || back != id {
		t.Fatalf("got %v %v", back, err)
	}
	for _, bad := range []string{"", "x", strings.Repeat("U", 26), strings.Repeat("Z", 26)} {
		if _, err := event.ParseID(bad); err == nil {
			t.Errorf("%q was taken for an id", bad)
		}
	}
}
