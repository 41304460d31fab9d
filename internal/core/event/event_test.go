// SPDX-License-Identifier: Apache-2.0

package event_test

import (
	"bytes"
	"encoding/json"
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
	if (event.ID{}).Millis() != 0 || !(event.ID{}).IsZero() || id.IsZero() {
		t.Error("an id and no id are not told apart")
	}
	if got, err := id.AppendText([]byte("id=")); err != nil || string(got) != "id="+id.String() {
		t.Errorf("appended %q %v", got, err)
	}
	if _, err := event.ParseID(strings.Repeat("x", 500)); err == nil || len(err.Error()) > 150 {
		t.Errorf("error %v, want a short one", err)
	}
}
