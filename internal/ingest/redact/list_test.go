// SPDX-License-Identifier: Apache-2.0

package redact_test

import (
	"strings"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/ingest/redact"
)

// TestLists: what stands in two texts of a list is found as in one.
func TestLists(t *testing.T) {
	t.Parallel()
	r := redact.New()
	f := func(in, want string) {
		t.Helper()
		var list []event.Value
		for m := range strings.SplitSeq(in, "|") {
			list = append(list, event.Text(m))
		}
		e := &event.Event{Attrs: []event.Attr{{Key: "argv", Value: event.List(list...)}}}
		r.Event(e)
		var got []string
		for _, v := range e.Attrs[0].Value.List {
			got = append(got, v.Text)
		}
		if s := strings.Join(got, "|"); s != want || (in != want) != (len(e.Marks) > 0) {
			t.Errorf("%q became %q, want %q (marks %v)", in, s, want, e.Marks)
		}
		for i := range list {
			if in != want && list[i].Text != strings.Split(in, "|")[i] {
				t.Errorf("the list of another event was changed: %q", list[i].Text)
			}
		}
	}
	f("mysql|-phunter2|shop", "mysql|-p[redacted:password]|shop")
	f("sshpass|-p|hunter2|ssh", "sshpass|-p|[redacted:password]|ssh")
	f("tool|--password|hunter2|x", "tool|--password|[redacted:password]|x")
	f("a|Bearer|abcdef0123|b", "a|Bearer|[redacted:authorization]|b")
	f("-----BEGIN|PRIVATE|KEY-----|MIIE|-----END|PRIVATE|KEY-----|x",
		strings.Repeat("[redacted:private_key]|", 7)+"x")
	f("password=hunter2|Bearer|abcdef0123", "password=[redacted:password]|Bearer|[redacted:authorization]")
	f("a|b|c", "a|b|c")
	f("ana@example.com|--password", "ana@example.com|--password")
	f("||", "||")
}

// TestJoinedNames: a number between the points and underscores of a name is found.
func TestJoinedNames(t *testing.T) {
	t.Parallel()
	r := redact.New()
	f := func(in, want string) {
		t.Helper()
		e := &event.Event{
			Attrs: []event.Attr{{Key: in, Value: event.Text("x")}},
			Marks: []event.Mark{{Kind: event.MarkRedacted, Field: "attrs." + in}},
		}
		r.Event(e)
		if got := e.Attrs[0].Key; got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
		if got := e.Marks[0].Field; got != "attrs."+want {
			t.Errorf("a mark's field %q", got)
		}
	}
	f("of_4111111111111111_x", "of_[redacted:card]_x")
	f("sd.536-22-8726.x", "sd.[redacted:ssn].x")
	f("to.RO49AAAA1B31007593840000", "to.[redacted:iban]")
	f("http_2_200_x", "http_2_200_x")
	f("a.2026.11", "a.2026.11")
}
