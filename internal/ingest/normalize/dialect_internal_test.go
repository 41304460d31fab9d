// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/tools/txtar"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// dialects are the members that tell one, as dialectOf knows them.
func dialects() []string {
	return []string{"eventVersion", "auditID", "published", "operationName", "events", "_document_id", "EventID"}
}

// goldenRecords calls f with each record of the goldens of a dialect's format.
func goldenRecords(t testing.TB, f func(record []byte)) {
	t.Helper()
	n := 0
	for _, format := range []string{"cloudtrail", "kubernetes_audit", "okta", "entra", "google_workspace", "github_audit", "windows_json"} {
		files, err := filepath.Glob("testdata/" + format + "/*.txtar")
		if err != nil || len(files) == 0 {
			t.Fatalf("no goldens of %s: %v", format, err)
		}
		for _, name := range files {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for record := range bytes.Lines(archive.Files[0].Data) {
				f(bytes.TrimSuffix(record, []byte("\n")))
				n++
			}
		}
	}
	if n < 30 {
		t.Fatalf("%d records", n)
	}
}

// FuzzDialects reads one record in every dialect: nothing that was sent is lost, a
// dialect that does not fit changes nothing, and the event can be recorded.
func FuzzDialects(f *testing.F) {
	goldenRecords(f, func(record []byte) { f.Add(record) })
	f.Add([]byte(`{"Records":[{"eventVersion":"1","eventSource":"a","eventName":"b"}, {"auditID":"1","stage":"x","verb":"get"}],"a":"b"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		before := bytes.Clone(raw)
		valid, sure := oracle(raw)
		for _, member := range dialects() {
			dia := dialectOf(member)
			events, err := ofDialect("x", dia)(raw, &Hint{Received: benchReceived}, nil)
			if !bytes.Equal(before, raw) {
				t.Fatal("the record was written to")
			}
			if err != nil {
				if len(events) != 0 {
					t.Fatal("an event with an error")
				}
				continue
			}
			if !valid && sure {
				t.Fatalf("took invalid JSON: %q", raw)
			}
			mustValidate(t, events)
			if valid {
				mustHoldMembers(t, events[0], raw)
			}
		}
	})
}

// mustHoldMembers fails unless every text and number at the top of the record is
// somewhere in the event; times are read, not copied.
func mustHoldMembers(t *testing.T, e *event.Event, raw []byte) {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var m map[string]any
	if dec.Decode(&m) != nil {
		return
	}
	have := map[string]bool{e.OriginID: true, "": true}
	for _, a := range e.Attrs {
		have[a.Value.Text] = true
	}
	for key, v := range m {
		text := ""
		switch v := v.(type) {
		case string:
			text = v
		case json.Number:
			text = v.String()
		}
		if have[text] || !utf8.ValidString(text) {
			continue
		}
		if _, ok := parseTime(text, nil); !ok {
			t.Fatalf("lost %s = %q of %q\n%s", key, text, raw, e.AppendJSON(nil))
		}
	}
}

// TestDialectsLeaveOthersAlone: a fill that says no has changed nothing, whatever
// the record lacks.
func TestDialectsLeaveOthersAlone(t *testing.T) {
	t.Parallel()
	refused := 0
	goldenRecords(t, func(record []byte) {
		for _, member := range dialects() {
			dia, h := dialectOf(member), &Hint{Received: benchReceived}
			var plain, filled event.Event
			if h.arena().reader.object1(record, h, &plain, dia) != nil {
				continue
			}
			if err := h.arena().reader.object1(record, h, &filled, dia); err != nil {
				t.Fatal(err)
			}
			if dia.fill(&document{e: &filled, h: h}) {
				continue
			}
			refused++
			if a, b := string(plain.AppendJSON(nil)), string(filled.AppendJSON(nil)); a != b {
				t.Errorf("%s has changed an object that is not its own:\n%s\n%s", member, a, b)
			}
		}
	})
	if refused < 30 {
		t.Errorf("only %d objects were refused", refused)
	}
}

// TestDialectsAreToldAlone: the goldens come out of json as they do of their own
// format: what tells a dialect is enough.
func TestDialectsAreToldAlone(t *testing.T) {
	t.Parallel()
	alike := 0
	goldenRecords(t, func(record []byte) {
		got, err := normalizeJSON(record, &Hint{Received: benchReceived}, nil)
		if err != nil || got[0].Category == "" {
			return
		}
		for _, member := range dialects() {
			want, err := ofDialect("x", dialectOf(member))(record, &Hint{Received: benchReceived}, nil)
			if err != nil || want[0].Category != got[0].Category || want[0].Category == "" {
				continue
			}
			alike++
			if a, b := string(want[0].AppendJSON(nil)), string(got[0].AppendJSON(nil)); a != b {
				t.Errorf("-its own format +json:\n%s\n%s", a, b)
			}
		}
	})
	if alike < 30 {
		t.Errorf("only %d records are told", alike)
	}
}

// TestListsWithObjects: members of a list that has objects, too, are all kept.
func TestListsWithObjects(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{"a":["x",{"b":1},[2],null]}`:               `"attrs":{"a.0":"x","a.1.b":1,"a.2":[2],"a.3":null}`,
		`{"a":[{"b":1},"x",{"c":["y",{"d":2}]},3 ]}`: `"attrs":{"a.0.b":1,"a.1":"x","a.2.c.0":"y","a.2.c.1.d":2,"a.3":3}`,
		`{"a":["{x","y"]}`:                           `"attrs":{"a":["{x","y"]}`,
		`{"a":[]}`:                                   `"attrs":{"a":[]}`,
	} {
		events, err := ofDialect("x", dialect{plain: true, fill: func(*document) bool { return true }})([]byte(in), &Hint{}, nil)
		if err != nil {
			t.Errorf("%s: %v", in, err)
		} else if got := string(events[0].AppendJSON(nil)); !strings.Contains(got, want) {
			t.Errorf("%s is %s, want %s", in, got, want)
		}
	}
}

// TestDeepListsAreReadOnce: each level of lists in objects in lists used to double
// the work, so that this record took minutes.
func TestDeepListsAreReadOnce(t *testing.T) {
	t.Parallel()
	const levels = 14
	text := strings.Repeat(`{"a":[`, levels) + `"` + strings.Repeat("x", 200<<10) + `"` + strings.Repeat(`]}`, levels)
	events, err := ofDialect("x", dialect{plain: true, fill: func(*document) bool { return true }})([]byte(text), &Hint{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if v, _ := events[0].Attr("a" + strings.Repeat(".0.a", levels-1)); len(v.List) != 1 || len(v.List[0].Text) != 200<<10 {
		t.Error("the text is not where it should be")
	}
	for _, in := range []string{`{"a":[`, `{"a":[1`, `{"a":[1,`, `{"a":[1,]}`, `{"a":[,1]}`, `{"a":[{}`, `{"a":[{} {}]}`, `{"a":[1 2]}`} {
		if _, err := ofDialect("x", dialect{plain: true, fill: func(*document) bool { return true }})([]byte(in), &Hint{}, nil); err == nil {
			t.Errorf("took %s", in)
		}
	}
}
