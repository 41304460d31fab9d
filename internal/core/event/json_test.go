// SPDX-License-Identifier: Apache-2.0

package event_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// TestJSONForm: the native form to the byte, so that no key moves unseen.
func TestJSONForm(t *testing.T) {
	t.Parallel()
	f := func(name string, e *event.Event, want string) {
		t.Helper()
		b, err := e.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, string(b)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	seen := event.Event{Place: event.Place{Origin: "old/a", Stream: "90d", Seq: 3, Ord: 9}}
	for origin, want := range map[string]string{"": `"stream":"90d"`, "old/a": `"stream":"90d"`, "new/b": `"origin":"old/a","stream":"90d"`} {
		b := string(seen.AppendJSONSeenFrom(nil, origin))
		if !strings.Contains(b, `"severity_number":0,`+want+`,"seq":3,"ord":9}`) {
			t.Errorf("seen from %q: %s", origin, b)
		}
	}
	const zero = `{"id":"00000000000000000000000000","time":"1970-01-01T00:00:00Z","received":"1970-01-01T00:00:00Z"`
	const info = `,"severity":"info","severity_number":0`
	f("full", full(), `{"id":"01KAQ3R5T2M8X4Z6C9V1B3N5J7","origin_id":"o-1","time":"2026-11-22T09:30:39.206Z","received":"2026-11-22T09:30:39.563Z",`+
		`"source":"authentication","category":"login_failed","action":"password","outcome":"failure","severity":"medium","severity_number":2,`+
		`"message":"Failed password for ana","user":"ana","ip":"203.0.113.7","session":"s1","user_agent":"curl/8","host":"web-1","service":"sshd",`+
		`"tags":["gdpr","prod"],"compliance":{"gdpr_relevant":true,"pci_scope":false,"retention_days":365},`+
		`"geo":{"country":"RO","lat":44.42,"lon":26.10,"as":64496},`+
		`"attrs":{"list":["a",1.50,[]],"method":"password","nothing":null,"ok":false,"port":38926},`+
		`"marks":[{"kind":"truncated","field":"message","length":100000,"sha256":"0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f"}],`+
		`"input":"http","sender":"tok_1","stream":"366d","seq":42,"ord":99}`)
	f("nothing", &event.Event{}, zero+info+`}`)
	f("no tags are not absent tags", &event.Event{Tags: []string{}}, zero+info+`,"tags":[]}`)
	f("one flag", &event.Event{Compliance: event.Compliance{HIPAA: event.FlagFalse}}, zero+info+`,"compliance":{"hipaa_protected":false}}`)
	f("only a retention", &event.Event{Compliance: event.Compliance{RetentionDays: 7}}, zero+info+`,"compliance":{"retention_days":7}}`)
	f("half a place", &event.Event{Geo: event.Geo{Lat: "1.5"}}, zero+info+`,"geo":{"lat":1.5}}`)
	f("only a country", &event.Event{Geo: event.Geo{Country: "RO"}}, zero+info+`,"geo":{"country":"RO"}}`)
	f("text as it came", &event.Event{Raw: "<34>x"}, zero+info+`,"raw":"\u003c34\u003ex"}`)
	f("bytes as they came", &event.Event{Raw: "\xff\x00"}, zero+info+`,"raw_base64":"/wA="}`)
	f("bare mark and full mark", &event.Event{Marks: []event.Mark{{Kind: event.MarkLate}, {Kind: event.MarkInvalid, Field: "ip", Detail: "x"}}},
		zero+info+`,"marks":[{"kind":"late"},{"kind":"invalid","field":"ip","detail":"x"}]}`)
	f("bytes in an attribute", &event.Event{Attrs: []event.Attr{{Key: "b", Value: event.Value{Kind: event.KindBytes, Text: "\xff"}}}},
		zero+info+`,"attrs":{"b":"/w=="}}`)
	f("what an erasure left", &event.Event{Place: event.Place{Stream: "90d", Seq: 1, Ord: 2, Erased: event.SlotPerson | event.SlotContent}},
		zero+info+`,"stream":"90d","seq":1,"ord":2,"erased":["person","content"]}`)
	f("what it left of one slot", &event.Event{Place: event.Place{Erased: event.SlotContent}}, zero+info+`,"erased":["content"]}`)
	e := &event.Event{Source: "s"}
	e.SetCore(event.FieldUser, "")
	e.SetNull(event.FieldIP)
	f("empty and null", e, zero+`,"source":"s"`+info+`,"user":"","ip":null}`)
}

// attrJSON is the JSON of one value.
func attrJSON(t *testing.T, v event.Value) string {
	t.Helper()
	e := event.Event{Attrs: []event.Attr{{Key: "v", Value: v}}}
	var doc struct{ Attrs map[string]json.RawMessage }
	if err := json.Unmarshal(e.AppendJSON(nil), &doc); err != nil {
		t.Fatalf("%+v: %v\n%s", v, err, e.AppendJSON(nil))
	}
	return string(doc.Attrs["v"])
}

// TestNumbersOfOthers: what is no number by JSON's grammar, or none that a double
// can hold, goes out as a text, never as a hole in the document. The standard
// library is the measure.
func TestNumbersOfOthers(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"0", "-0", "9", "-1", "10", "0.5", "1.50", "1e5", "1E5", "1e+5", "1e-5", "1.5e10", "-0.0E-0", "109", "1.0909", "0e0", "1e09",
		"-", "+1", "01", "-01", "1.", ".5", "1.e5", "1e", "1e+", "1e-", "1ee5", "1e5.", "0x1", "1_000", "NaN", "Infinity", "--1", "1-", "1a", "1:",
		"0/", "/", ":", "1.:", "1e/", "1,2", `1,"a":2`, "1}", "null", "9007199254740993", "1e400", "-1e400", "1e-400",
		strings.Repeat("9", 309), strings.Repeat("9", 308), "0." + strings.Repeat("9", 400),
	} {
		want := s
		if _, err := strconv.ParseFloat(s, 64); !json.Valid([]byte(s)) || s == "null" || err != nil {
			want = `"` + s + `"`
			if s == `1,"a":2` {
				want = `"1,\"a\":2"`
			}
		}
		if got := attrJSON(t, event.Number(s)); got != want {
			t.Errorf("%q: %s, want %s", s, got, want)
		}
	}
	if got := attrJSON(t, event.Number("")); got != `""` {
		t.Errorf("a number of no text: %s", got)
	}
	if got := attrJSON(t, event.Value{}); got != "null" {
		t.Errorf("no value: %s", got)
	}
}

// TestTextsAreHarmless: every character that a terminal, a page or an editor
// would act on is written as an escape, its neighbours are not.
func TestTextsAreHarmless(t *testing.T) {
	t.Parallel()
	f := func(s, want string) {
		t.Helper()
		if got := attrJSON(t, event.Text(s)); got != `"`+want+`"` {
			t.Errorf("%q: %s, want %q", s, got, want)
		}
	}
	f("plain text ~", "plain text ~")
	f(`"\`, `\"\\`)
	f("\n\r\t", `\n\r\t`)
	f("a\x00\x1f b", `a\u0000\u001f b`)
	f("<>&", `\u003c\u003e\u0026`)
	f("~\x7f.", `~\u007f.`)
	f("\u0080\u009f\u00a0", "\\u0080\\u009f\u00a0")
	f("\u200d\u200e\u200f\u2010", "\u200d\\u200e\\u200f\u2010")
	f("\u2027\u2028\u2029\u202a\u202e\u202f", "\u2027\\u2028\\u2029\\u202a\\u202e\u202f")
	f("\u2065\u2066\u2069\u206a", "\u2065\\u2066\\u2069\u206a")
	f("\ud7ff\ufffd\U0010ffff", "\ud7ff\ufffd\U0010ffff")
	f("ș\xffț", "ș\ufffdț")
	f("\xe2\x80", "\ufffd\ufffd")
	f("a\xc3", "a\ufffd")
}
