// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

func TestMentions(t *testing.T) {
	t.Parallel()
	f := func(subject, text string, want bool) {
		t.Helper()
		if got := Mentions(subject)(text); got != want {
			t.Errorf("%q in %q: %v, want %v", subject, text, got, want)
		}
	}
	f("ana", "ana", true)
	f("ana", "login of ANA failed", true)
	f("Ana", "(ana)", true)
	f("ana", "banana", false)
	f("ana", "anastasia", false)
	f("ana", "ana_2", false)
	f("ana", "banana, ana", true)
	f("ana", "ana.pop", true) // a word of it, as a search finds it
	f("ana.pop@x.ro", "from ana.pop@x.ro:22", true)
	f("ana.pop@x.ro", "ana.pop@x.rom", false)
	f("ștefan", "login of ȘTEFAN", true)
	f("ȘTEFAN", "ștefan", true)
	f("ștefan", "ștefană", false)
	f("k2", "K2", true)
	f("k2", "\u212a2", false) // the sign of kelvin is no k, in a search either
	f("10.0.0.1", "10.0.0.1", true)
	f("10.0.0.1", "110.0.0.1", false)
	f("@ana", "x@ana", true)
	f("ana pop", "Ana Pop", true)
	f("ana pop", "ana  pop", false)
	f("ana", "\xffana\xfe", true)
	f("\u00e9t\u00e9", "\u00c9T\u00c9", true)
	f("ana", "ana\u0301", false) // another letter, in two runes
	f("a", "a", false)           // too short for an order
	f("  ana ", "ana", true)
	f("ana", "", false)
}

func FuzzMentions(f *testing.F) {
	f.Add("ana", "banana, ANA")
	f.Add("ștefan", "\xc8ȘTEFAN\xff")
	f.Add("@x", "@@x")
	f.Fuzz(func(t *testing.T, subject, text string) {
		in := Mentions(subject)
		in(text)
		if s := newSubject(subject); len(s.text) >= minSubject && strings.ToValidUTF8(s.text, "") == s.text && !strings.ContainsRune(s.text, '\ufffd') && !in("- "+s.text+" -") {
			t.Errorf("%q is not found between blanks", s.text)
		}
	})
}

func TestSlotsOfASubject(t *testing.T) {
	t.Parallel()
	f := func(name string, e event.Event, person, content bool) {
		t.Helper()
		got := newSubject("ana").slots(&e)
		if diff := cmp.Diff([2]bool{person, content}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		for slot, on := range got {
			if on {
				clearSlot(&e, slot)
			}
		}
		if left := newSubject("ana").slots(&e); left[0] || left[1] {
			t.Errorf("%s: what is left of it has %v", name, left)
		}
	}
	list := event.Value{Kind: event.KindList, List: []event.Value{event.Text("x"), event.Texts("y", "Ana")}}
	f("the user", event.Event{User: "ANA", Message: "ok"}, true, true)
	f("a user of that word", event.Event{User: "ana.pop", Message: "ok"}, true, false)
	f("host", event.Event{Host: "ana-laptop"}, true, false)
	f("session", event.Event{Session: "ana:1"}, true, false)
	f("user agent", event.Event{UserAgent: "curl (ana)"}, true, false)
	f("message", event.Event{User: "bob", Message: "mail to Ana"}, false, true)
	f("raw", event.Event{Raw: "\xff ana \xfe"}, false, true)
	f("tag", event.Event{Tags: []string{"x", "ANA"}}, false, true)
	f("attribute", event.Event{Attrs: []event.Attr{{Key: "k", Value: event.Text("ana")}}}, false, true)
	f("attribute in lists", event.Event{Attrs: []event.Attr{{Key: "k", Value: list}}}, false, true)
	f("key of an attribute", event.Event{Attrs: []event.Attr{{Key: "users.ana.mail", Value: event.Int(1)}}}, false, true)
	f("origin id", event.Event{OriginID: "ana-17"}, false, true)
	f("sender", event.Event{Sender: "ana"}, false, true)
	f("mark", event.Event{Marks: []event.Mark{{Kind: "k", Detail: "of ana"}}}, false, true)
	f("somebody else", event.Event{User: "anastasia", Message: "banana", Host: "diana"}, false, false)
}
