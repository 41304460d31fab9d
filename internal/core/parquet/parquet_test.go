// SPDX-License-Identifier: Apache-2.0

package parquet

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	lib "github.com/parquet-go/parquet-go"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/core/event/eventtest"
)

// file is a whole file with these events.
func file(t testing.TB, es []*event.Event, about About, end End) []byte {
	t.Helper()
	var out bytes.Buffer
	w := NewWriter(&out, about)
	for _, e := range es {
		if err := w.Write(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(end); err != nil || w.Rows() != len(es) {
		t.Fatalf("%d rows, %v", w.Rows(), err)
	}
	return out.Bytes()
}

func open(t testing.TB, raw []byte) *lib.File {
	t.Helper()
	f, err := lib.OpenFile(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// asJSON is a row of the file in the native JSON form, as far as that says the same.
func asJSON(r *row) map[string]any {
	out := map[string]any{
		"id": r.ID, "time": event.FormatTime(r.TimeNs), "received": event.FormatTime(r.ReceivedNs), "severity": r.Severity,
		"severity_number": float64(r.SeverityNumber), "seq": float64(r.Seq), "ord": float64(r.Ord),
	}
	for name, text := range map[string]*string{
		"source": r.Source, "category": r.Category, "action": r.Action, "outcome": r.Outcome, "message": r.Message, "user": r.User, "ip": r.IP,
		"session": r.Session, "user_agent": r.UserAgent, "host": r.Host, "service": r.Service, "origin_id": r.OriginID, "input": r.Input,
		"sender": r.Sender, "stream": r.Stream,
	} {
		if text != nil {
			out[name] = *text
		}
	}
	texts := func(name string, list []string) {
		if list == nil {
			return
		}
		all := make([]any, len(list))
		for i, text := range list {
			all[i] = text
		}
		out[name] = all
	}
	texts("tags", r.Tags)
	texts("erased", r.Erased)
	return out
}

// wanted is an event in that form: what is null is not there.
func wanted(t testing.TB, e *event.Event) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.Unmarshal(e.AppendJSON(nil), &out); err != nil {
		t.Fatal(err)
	}
	for name, v := range out {
		if v == nil {
			delete(out, name)
		}
	}
	for _, other := range []string{"compliance", "geo", "attrs", "raw", "raw_base64", "marks"} { // checked by nested
		delete(out, other)
	}
	return out
}

// nested compares what lies deeper.
func nested(e *event.Event, r *row) string {
	want := map[string]string{}
	for _, a := range e.Attrs {
		switch a.Value.Kind {
		case event.KindNull:
			want[a.Key] = "<null>"
		case event.KindList:
			want[a.Key] = string(a.Value.AppendJSON(nil))
		default:
			want[a.Key] = a.Value.String()
		}
	}
	got := map[string]string{}
	for key, text := range r.Attrs {
		if got[key] = "<null>"; text != nil {
			got[key] = *text
		}
	}
	diff := cmp.Diff(want, got) + cmp.Diff(e.Raw, string(r.Raw)) + cmp.Diff(e.Place.Origin, *r.Origin)
	if (r.Compliance == nil) != (e.Compliance == event.Compliance{}) || (r.Geo == nil) != (e.Geo == event.Geo{}) || len(r.Marks) != len(e.Marks) {
		diff += "a group is not there, or there where it should not be\n"
	}
	if c := r.Compliance; c != nil {
		flag := func(b *bool) event.Flag {
			if b == nil {
				return event.FlagAbsent
			}
			return event.FlagOf(*b)
		}
		back := event.Compliance{GDPR: flag(c.GDPRRelevant), PCI: flag(c.PCIScope), HIPAA: flag(c.HIPAAProtected)}
		if c.RetentionDays != nil {
			back.RetentionDays = *c.RetentionDays
		}
		diff += cmp.Diff(e.Compliance, back)
	}
	if g := r.Geo; g != nil {
		diff += cmp.Diff(e.Geo, event.Geo{Country: *g.Country, Lat: fmt.Sprint(*g.Lat), Lon: fmt.Sprint(*g.Lon), AS: strconv.FormatInt(*g.ASNumber, 10)})
	}
	marks := make([]event.Mark, len(r.Marks))
	for i := range r.Marks {
		var back event.Mark
		if r.Marks[i].Length != nil {
			back.Length = *r.Marks[i].Length
		}
		for at, text := range map[*string]*string{&back.Field: r.Marks[i].Field, &back.Hash: r.Marks[i].SHA256, &back.Detail: r.Marks[i].Detail} {
			if text != nil {
				*at = *text
			}
		}
		back.Kind = r.Marks[i].Kind
		marks[i] = back
	}
	return diff + cmp.Diff(e.Marks, marks, cmpopts.EquateEmpty())
}

// TestEveryValue: each value of each event comes back, over several row groups, through the
// library's reader.
func TestEveryValue(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 1))
	es := make([]*event.Event, 3000)
	for i := range es {
		es[i] = eventtest.Random(r)
		if i%50 == 0 {
			es[i].Place.Erased = event.SlotSet(1 + r.IntN(3))
		}
	}
	raw := file(t, es, About{Version: "v1"}, End{})
	rows, err := lib.Read[row](bytes.NewReader(raw), int64(len(raw)))
	if err != nil || len(rows) != len(es) {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for i, e := range es {
		if diff := cmp.Diff(wanted(t, e), asJSON(&rows[i])) + nested(e, &rows[i]); diff != "" {
			t.Fatalf("event %d (-want +got):\n%s", i, diff)
		}
		if rows[i].Time != e.Time/1000 || rows[i].Received != e.Received/1000 {
			t.Fatalf("event %d: %d µs, want %d ns", i, rows[i].Time, e.Time)
		}
	}
	if again := file(t, es, About{Version: "v1"}, End{}); !bytes.Equal(raw, again) {
		t.Error("the same events make another file")
	}
}

// TestColumns: names and types are what people's queries name; Schema changes with them.
func TestColumns(t *testing.T) {
	t.Parallel()
	const want = `id binary STRING; time int64 TIMESTAMP(isAdjustedToUTC=true,unit=MICROS); time_ns int64 INT(64,true); ` +
		`received int64 TIMESTAMP(isAdjustedToUTC=true,unit=MICROS); received_ns int64 INT(64,true); source? binary STRING; category? binary STRING; ` +
		`action? binary STRING; outcome? binary STRING; severity binary STRING; severity_number int32 INT(32,true); message? binary STRING; ` +
		`user? binary STRING; ip? binary STRING; session? binary STRING; user_agent? binary STRING; host? binary STRING; service? binary STRING; ` +
		`origin_id? binary STRING; tags.list.element? binary STRING; compliance.gdpr_relevant? boolean; compliance.pci_scope? boolean; ` +
		`compliance.hipaa_protected? boolean; compliance.retention_days? int32 INT(32,true); geo.country? binary STRING; geo.lat? double; ` +
		`geo.lon? double; geo.as_number? int64 INT(64,true); attrs.key_value.key? binary STRING; attrs.key_value.value? binary STRING; raw? binary; ` +
		`marks.list.element.kind? binary STRING; marks.list.element.field? binary STRING; marks.list.element.length? int64 INT(64,true); ` +
		`marks.list.element.sha256? binary STRING; marks.list.element.detail? binary STRING; input? binary STRING; sender? binary STRING; ` +
		`origin? binary STRING; stream? binary STRING; seq int64 INT(64,true); ord int64 INT(64,true); erased.list.element? binary STRING`
	f := open(t, file(t, nil, About{}, End{}))
	var got []string
	for _, path := range f.Schema().Columns() {
		leaf, _ := f.Schema().Lookup(path...)
		name := strings.Join(path, ".")
		if leaf.MaxDefinitionLevel > 0 {
			name += "?"
		}
		kind := map[lib.Kind]string{lib.ByteArray: "binary", lib.Int64: "int64", lib.Int32: "int32", lib.Boolean: "boolean", lib.Double: "double"}[leaf.Node.Type().Kind()]
		text := name + " " + kind
		if l := leaf.Node.Type().LogicalType(); l != nil {
			text += " " + l.String()
		}
		got = append(got, text)
	}
	if diff := cmp.Diff(strings.Split(want, "; "), got); diff != "" || f.NumRows() != 0 {
		t.Errorf("%d rows (-want +got):\n%s", f.NumRows(), diff)
	}
	for _, list := range []string{"tags", "erased", "marks"} {
		if l := f.Root().Column(list).Type().LogicalType(); l == nil || l.String() != "LIST" {
			t.Errorf("%s is %v", list, l)
		}
	}
	if l := f.Root().Column("attrs").Type().LogicalType(); l == nil || l.String() != "MAP" {
		t.Errorf("attrs is %v", l)
	}
}

// TestSaysWhatItIs: what was asked for and how it ended stands in the file.
func TestSaysWhatItIs(t *testing.T) {
	t.Parallel()
	e := eventtest.Random(rand.New(rand.NewPCG(8, 1)))
	about := About{Version: "v1.2", Origin: "host/abc", Query: "user=ana\xff", From: 1_790_000_000e9, Limit: 1, Made: time.Unix(1_790_000_001, 0)}
	f := open(t, file(t, []*event.Event{e}, about, End{Next: "cursor", Incomplete: 3}))
	for key, want := range map[string]string{
		"schema": "1", "version": "v1.2", "origin": "host/abc", "query": "user=ana\ufffd", "from": "2026-09-21T14:13:20Z", "to": "", "limit": "1",
		"made": "2026-09-21T14:13:21Z", "rows": "1", "next": "cursor", "incomplete": "3",
	} {
		if got, ok := f.Lookup("tocsin." + key); !ok || got != want {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
	for _, g := range f.Metadata().RowGroups {
		for _, c := range g.Columns {
			if c.MetaData.Codec.String() != "ZSTD" {
				t.Errorf("%v is packed by %s", c.MetaData.PathInSchema, c.MetaData.Codec)
			}
		}
	}
	if texts := f.Metadata().RowGroups[0].Columns[9].MetaData; !slices.Contains(texts.PathInSchema, "severity") || texts.DictionaryPageOffset == 0 {
		t.Errorf("%v has no dictionary", texts.PathInSchema)
	}
}

// TestRowGroups: a group ends by its rows and by its bytes, whichever comes first.
func TestRowGroups(t *testing.T) {
	t.Parallel()
	small := &event.Event{Source: "s", Category: "c", Severity: event.Low}
	large := &event.Event{Source: "s", Message: strings.Repeat("large ", 10_000), Raw: strings.Repeat("raw\xff ", 12_000)}
	for name, c := range map[string]struct {
		e    *event.Event
		n    int
		most int64
	}{"rows": {small, GroupRows + 1000, GroupRows}, "bytes": {large, 1000, GroupBytes/int64(large.Size()) + 1}} {
		es := make([]*event.Event, c.n)
		for i := range es {
			es[i] = c.e
		}
		f := open(t, file(t, es, About{}, End{}))
		var total int64
		for _, g := range f.RowGroups() {
			if total += g.NumRows(); g.NumRows() > c.most {
				t.Errorf("%s: a group of %d rows, at most %d", name, g.NumRows(), c.most)
			}
		}
		if total != int64(c.n) || len(f.RowGroups()) != 2 {
			t.Errorf("%s: %d rows in %d groups", name, total, len(f.RowGroups()))
		}
	}
}

// TestInvalidUTF8: the journal takes no such text, and a reader refuses the file with it; it
// becomes U+FFFD, and raw has the bytes.
func TestInvalidUTF8(t *testing.T) {
	t.Parallel()
	const bad, good = "a\xffb\xc3", "a\ufffdb\ufffd"
	e := &event.Event{
		Source: bad, Message: bad, Raw: bad, Tags: []string{"ok", bad}, Marks: []event.Mark{{Kind: bad, Detail: bad}},
		Attrs: []event.Attr{{Key: bad, Value: event.Text(bad)}, {Key: "bytes", Value: event.Value{Kind: event.KindBytes, Text: "\xff\x00"}}, {Key: "l", Value: event.Texts(bad)}},
	}
	raw := file(t, []*event.Event{e}, About{}, End{})
	rows, err := lib.Read[row](bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	r := rows[0]
	got := []string{*r.Source, *r.Message, string(r.Raw), r.Tags[1], r.Marks[0].Kind, *r.Attrs[good], *r.Attrs["bytes"], *r.Attrs["l"]}
	if diff := cmp.Diff([]string{good, good, bad, good, good, good, "/wA=", `["` + good + `"]`}, got); diff != "" || e.Tags[1] != bad {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// full is a disk with room for so many bytes.
type full struct{ room int }

var errFull = errors.New("no space left")

func (f *full) Write(b []byte) (int, error) {
	if f.room -= len(b); f.room < 0 {
		return 0, errFull
	}
	return len(b), nil
}

// TestFailures: an error of the output is told, by Write or by Close, wherever it comes; and
// what has no end is no file.
func TestFailures(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(9, 1))
	es := make([]*event.Event, 200)
	for i := range es {
		es[i] = eventtest.Random(r)
	}
	whole := file(t, es, About{}, End{})
	for _, room := range []int{0, 4, 100, len(whole) / 2, len(whole) - 1} {
		w := NewWriter(&full{room}, About{})
		var err error
		for _, e := range es {
			err = errors.Join(err, w.Write(e))
		}
		if err = errors.Join(err, w.Close(End{})); !errors.Is(err, errFull) {
			t.Errorf("room for %d of %d bytes: %v", room, len(whole), err)
		}
		if _, err := lib.OpenFile(bytes.NewReader(whole[:room]), int64(room)); err == nil {
			t.Errorf("%d of %d bytes are a file", room, len(whole))
		}
	}
}

// FuzzAttrs: whatever a key and a value are, they come back, or what can be shown of them.
func FuzzAttrs(f *testing.F) {
	f.Add("http.status", "200", "x")
	f.Add("", "a\x00b", "\xff")
	f.Add("key_value.key", `{"a":1}`, "ș")
	f.Fuzz(func(t *testing.T, key, text, other string) {
		e := &event.Event{Source: "s", Attrs: []event.Attr{{Key: key, Value: event.Text(text)}}}
		if other != key {
			e.SetAttr(other, event.Null())
		}
		raw := file(t, []*event.Event{e, {Source: "without"}, e}, About{}, End{})
		rows, err := lib.Read[row](bytes.NewReader(raw), int64(len(raw)))
		if err != nil || len(rows) != 3 || rows[1].Attrs != nil {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		for _, i := range []int{0, 2} {
			if clean(other) != clean(key) {
				if got, ok := rows[i].Attrs[clean(other)]; !ok || got != nil {
					t.Errorf("null: %v %v", got, ok)
				}
				if got := rows[i].Attrs[clean(key)]; got == nil || *got != clean(text) {
					t.Errorf("%q: %v", key, got)
				}
			}
		}
	})
}

func BenchmarkWrite(b *testing.B) {
	r := rand.New(rand.NewPCG(10, 1))
	es := make([]*event.Event, 1000)
	for i := range es {
		es[i] = eventtest.Random(r)
	}
	b.ReportAllocs()
	for b.Loop() {
		file(b, es, About{}, End{})
	}
}
