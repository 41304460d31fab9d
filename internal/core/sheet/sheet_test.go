// SPDX-License-Identifier: Apache-2.0

package sheet

import (
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

func rowOf(t testing.TB, columns string, e *event.Event) string {
	t.Helper()
	list, err := ParseColumns(columns)
	if err != nil {
		t.Fatal(err)
	}
	row, err := AppendRow(nil, list, e.AppendJSON(nil))
	if err != nil {
		t.Fatal(err)
	}
	return string(row)
}

// A row of every kind of value.
func TestRow(t *testing.T) {
	t.Parallel()
	e := &event.Event{
		ID: event.ID{1, 15: 7}, Time: 1_790_000_000e9, Received: 1_790_000_001e9, Source: "s", Category: "c", Severity: event.High, Message: `say "no", <b>`,
		User: "Ștefan", IP: "192.0.2.7", Tags: []string{"a", "b"}, Geo: event.Geo{Country: "RO", AS: "9050"},
		Attrs: []event.Attr{{Key: "n", Value: event.Int(-1)}, {Key: "x.y", Value: event.Text("=1")}}, Place: event.Place{Stream: "90d", Seq: 3, Ord: 4},
	}
	f := func(columns, want string) {
		t.Helper()
		if got := rowOf(t, columns, e); got != want+"\r\n" {
			t.Errorf("%s: %q, want %q", columns, got, want)
		}
	}
	f("", `"`+e.ID.String()+`","s","high","c","say ""no"", <b>","{""n"":-1,""x.y"":""=1""}","Ștefan","192.0.2.7",,,"2026-09-21T14:13:20Z","2026-09-21T14:13:21Z"`)
	f("time,seq,severity_number,attrs.n,attrs.x.y,attrs.none,details.n", `"2026-09-21T14:13:20Z",3,3,-1,"'=1",,-1`)
}

func TestRowAliases(t *testing.T) {
	t.Parallel()
	e := &event.Event{ID: event.ID{9}, OriginID: "o-1", Tags: []string{"a", "b"}, Geo: event.Geo{Country: "RO", AS: "9050"}, User: "u"}
	e.SetNull(event.FieldIP)
	e.SetCore(event.FieldHost, "")
	want := `"o-1","` + e.ID.String() + `","[""a"",""b""]","RO",9050,"u",,""` + "\r\n"
	if got := rowOf(t, "log_id, id,tags,geo.country,as.number,user.name,ip,host", e); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestParseColumns(t *testing.T) {
	t.Parallel()
	f := func(list, want string) {
		t.Helper()
		if _, err := ParseColumns(list); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", list, err, want)
		}
	}
	f("time,colour", `there is no column "colour"`)
	if row, err := AppendRow(nil, []Column{{"k", []place{{"a\"b", ""}}}}, []byte(` {"a\"b" : 7 } `)); err != nil || string(row) != "7\r\n" {
		t.Errorf("a name with an escape: %q %v", row, err)
	}
	f("attrs.\x1b[31m", `there is no column "attrs.\x1b[31m"`)
	f("attrs.\xff", `there is no column "attrs.\xff"`)
	f("time,", `there is no column ""`)
	f("time, time", `the column "time" is there twice`)
	f("attrs."+strings.Repeat("k", 513), `there is no column "attrs.`+strings.Repeat("k", 34)+`"`)
	f(strings.Repeat("x,", 64), "65 columns, at most 64 are possible")
	list, err := ParseColumns(" ")
	if err != nil {
		t.Fatal(err)
	}
	const want = `"log_id","source","level","category","message","metadata","user_id","ip_address","user_agent","signature","timestamp","created_at"` + "\r\n"
	if got := string(AppendHeader(nil, list)); got != want {
		t.Errorf("%q", got)
	}
}

// What a spreadsheet takes for a formula has an apostrophe before it, and it alone.
func TestFormulas(t *testing.T) {
	t.Parallel()
	f := func(text, want string) {
		t.Helper()
		if got := rowOf(t, "message", &event.Event{Message: text}); got != `"`+want+`"`+"\r\n" {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	f("=1+1", "'=1+1")
	f("+1", "'+1")
	f("-", "'-")
	f("@SUM(A1)", "'@SUM(A1)")
	f("\t=1", `\t=1`) // begins with a backslash, and is no formula any more
	f("\r=1", `\r=1`)
	f(" \n =1", ` \n =1`)
	f("  -2", "'  -2")
	f(`"=1"`, `'""=1""`)
	f("'=1", "''=1")
	f("\u200b\ufeff=1", "'\u200b\ufeff=1")
	f("\u00a0”=1", "'\u00a0”=1")
	f("＝1", "'＝1")
	f("a=1", "a=1")
	f("1-1", "1-1")
	f("ștampilă; =1", "ștampilă; =1")
	f("'quoted'", "'quoted'")
	f("a\tb\r\nc\x1b[31m\u202e\x00\u0085", `a\tb\r\nc\u001b[31m\u202e\u0000\u0085`)
	f("a\xffb", "a\ufffdb")
}

func TestNoEvent(t *testing.T) {
	t.Parallel()
	for columns, native := range map[string]string{"": "[]", "id": `{"id":"x"} 1`, "user": `{"user":"x"`, "ip": `{"ip":"\xff"}`, "time": "{", "attrs.x": `{"attrs":[1]}`, "geo.lat": `{"geo":"x"}`} {
		list, err := ParseColumns(columns)
		if err != nil {
			t.Fatal(err)
		}
		if row, err := AppendRow(nil, list, []byte(native)); err == nil {
			t.Errorf("%s: %q", native, row)
		}
	}
}

// Whatever an event says, it is one line with a cell for each column, each of which
// is inert, and of a text without controls nothing is lost.
func FuzzRow(f *testing.F) {
	for _, s := range []string{"=cmd|' /C calc'!A0", "\",\r\n=1", "'=1", "ș\u202e", "\xff", "{", "null"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, text, key string) {
		e := &event.Event{Message: text, User: key, Attrs: []event.Attr{{Key: key, Value: event.List(event.Text(text))}}}
		row := rowOf(t, "message,user,attrs,level", e)
		r := csv.NewReader(strings.NewReader(row))
		r.FieldsPerRecord = 4
		lines, err := r.ReadAll()
		if err != nil || len(lines) != 1 || strings.Count(row, "\n") != 1 {
			t.Fatalf("%q: %v", row, err)
		}
		for _, cell := range lines[0] {
			if strings.ContainsFunc(cell, event.Acts) {
				t.Fatalf("%q acts", cell)
			}
			if bare := strings.TrimLeft(cell, " \"\u00a0"); bare != "" && strings.ContainsRune("=+-@", rune(bare[0])) {
				t.Fatalf("%q is a formula", cell)
			}
		}
		if utf8.ValidString(text) && !strings.ContainsFunc(text, event.Acts) {
			back := lines[0][0]
			if formula(back) {
				back = back[1:]
			}
			if diff := cmp.Diff(text, back); diff != "" {
				t.Fatalf("the text is not kept: %s", diff)
			}
		}
	})
}

// A native form by a stranger is an error or a row, never a panic.
func FuzzNative(f *testing.F) {
	f.Add([]byte(`{"time":"x","attrs":{"a":[1,{}]},"seq":-1}`))
	f.Add([]byte(`{"message":"\ud800","attrs":null}`))
	f.Fuzz(func(t *testing.T, native []byte) {
		columns := append(Flat(), Column{Name: "attrs.a", from: []place{{"attrs", "a"}}})
		row, err := AppendRow(nil, columns, native)
		if err != nil {
			return
		}
		r := csv.NewReader(strings.NewReader(string(row)))
		r.FieldsPerRecord = len(columns)
		if lines, err := r.ReadAll(); err != nil || len(lines) != 1 {
			t.Fatalf("%q of %s: %v", row, native, err)
		}
		if !json.Valid(native) {
			t.Fatalf("a row of %q", native)
		}
	})
}

func BenchmarkAppendRow(b *testing.B) {
	e := &event.Event{
		ID: event.ID{1}, Time: 1_790_000_000e9, Received: 1_790_000_001e9, Source: "authentication", Category: "login_failed", Message: "Failed password for root from 192.0.2.7 port 4711 ssh2",
		User: "root", IP: "192.0.2.7", Attrs: []event.Attr{{Key: "port", Value: event.Int(4711)}, {Key: "program", Value: event.Text("sshd")}}, Place: event.Place{Stream: "366d", Seq: 1, Ord: 1},
	}
	columns := Flat()
	var native, row []byte
	b.ReportAllocs()
	for b.Loop() {
		native = e.AppendJSON(native[:0])
		row, _ = AppendRow(row[:0], columns, native)
	}
	b.SetBytes(int64(len(row)))
}
