// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// objectDialects are the dialects that FuzzObjectDialects tries.
func objectDialects() map[string]func(d *document) bool {
	return map[string]func(d *document) bool{
		"ecs": fillECS, "ocsf": fillOCSF, "suricata": fillSuricata, "falco": fillFalco, "crowdsec": fillCrowdSec,
		"journald": fillJournald, "docker": fillDocker, "postgresql_json": fillPostgreSQL,
		"genai": fillGenAIObject,
	}
}

// recordsOf calls each with the records of the goldens of a format.
func recordsOf(f testing.TB, format string, each func(record []byte)) {
	f.Helper()
	names, err := filepath.Glob("testdata/" + format + "/*.txtar")
	if err != nil || len(names) == 0 {
		f.Fatalf("no goldens of %s: %v", format, err)
	}
	for _, name := range names {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for record := range bytes.Lines(archive.Files[0].Data) {
			each(bytes.TrimSuffix(record, []byte("\n")))
		}
	}
}

// TestObjectDialectsAreTold: json reads an object of a dialect as the dialect's own
// format does, so that what tells it is enough.
func TestObjectDialectsAreTold(t *testing.T) {
	t.Parallel()
	for format, fill := range objectDialects() {
		told := 0
		recordsOf(t, format, func(record []byte) {
			want, err := ofDialect(format, dialect{plain: true, fill: fill})(record, &Hint{Received: benchReceived}, nil)
			if err != nil || want[0].Marked(event.MarkInvalid) {
				return
			}
			got, err := normalizeJSON(record, &Hint{Received: benchReceived}, nil)
			if err != nil {
				t.Errorf("%s: %v\n%s", format, err, record)
				return
			}
			told++
			if a, b := string(want[0].AppendJSON(nil)), string(got[0].AppendJSON(nil)); a != b {
				t.Errorf("%s: -its own format +json:\n%s\n%s", format, a, b)
			}
		})
		if told < 3 {
			t.Errorf("%s: %d records", format, told)
		}
	}
}

// FuzzObjectDialects: whatever an object holds, each dialect makes a valid event of it or
// leaves it as it was, writes to no byte of it, and loses none of its texts.
func FuzzObjectDialects(f *testing.F) {
	fills := objectDialects()
	for format := range fills {
		recordsOf(f, format, func(record []byte) { f.Add(record) })
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		before := bytes.Clone(raw)
		for name, fill := range fills {
			h := Hint{Received: benchReceived}
			r := &h.arena().reader
			var plain, e event.Event
			if r.object1(raw, &h, &plain, dialect{plain: true}) != nil {
				return
			}
			if err := r.object1(raw, &h, &e, dialect{plain: true}); err != nil {
				t.Fatal(err)
			}
			d := document{e: &e, h: &h}
			if (dialect{fill: fill}).filled(&d) {
				if mustHideContent(t, &plain, &e); !e.Marked(event.MarkRedacted) {
					mustHoldTexts(t, name, &plain, &e)
				}
			} else if diff := cmp.Diff(plain, e); diff != "" {
				t.Fatalf("%s refuses %q and has changed it:\n%s", name, raw, diff)
			}
			if e.Source == "" {
				e.Source = "application"
			}
			mustValidate(t, []*event.Event{&e})
		}
		if !bytes.Equal(before, raw) {
			t.Fatal("the record was written to")
		}
	})
}

// mustHoldTexts fails unless each text of the object is in the event: as it was, or as
// part of one where the object carries a line.
func mustHoldTexts(t *testing.T, name string, plain, e *event.Event) {
	t.Helper()
	var all strings.Builder
	have := map[string]bool{"": true, e.Geo.Country: true, e.Geo.Lat: true, e.Geo.Lon: true, e.Geo.AS: true}
	add := func(s string) {
		have[s] = true
		all.WriteString(s + "\n")
	}
	for f := event.FieldSource; f <= event.FieldSender; f++ {
		add(e.Core(f).Text)
	}
	for _, tag := range e.Tags {
		add(tag)
	}
	for _, a := range e.Attrs {
		add(a.Value.String())
		for _, m := range a.Value.List {
			have[m.Text] = true
		}
	}
	for _, a := range plain.Attrs {
		text := a.Value.String()
		if a.Value.Kind == event.KindNull || have[text] || isRead(a.Key) || genAIContent(a.Key) != "" {
			continue
		}
		t.Fatalf("%s loses %s = %q\n%s", name, a.Key, text, e.AppendJSON(nil))
	}
}

// mustHideContent fails where, whatever the dialect, content of a conversation is in the message, in an
// attribute or in raw.
func mustHideContent(t *testing.T, plain, e *event.Event) {
	t.Helper()
	for _, a := range plain.Attrs {
		if genAIContent(a.Key) == "" || a.Value.Kind != event.KindText || len(a.Value.Text) < quoteBytes || isMask(a.Value.Text) {
			continue
		}
		for _, left := range e.Attrs {
			if strings.Contains(left.Value.String(), a.Value.Text) {
				t.Fatalf("%s = %q is left in %s", a.Key, a.Value.Text, left.Key)
			}
		}
		if e.Raw != "" || strings.Contains(e.Message, a.Value.Text) {
			t.Fatalf("%s = %q is left in %q", a.Key, a.Value.Text, e.Message)
		}
	}
}

// isRead tells whether an attribute may be read instead of copied: a time, an address, a
// level, a list of tags, or a text that is a record of its own.
func isRead(key string) bool {
	switch s, _ := slotOf(key); s {
	case slotTime, slotIP, slotSeverity, slotLevel, slotOutcome, slotTags, slotMessage:
		return true
	default:
	}
	for _, part := range []string{"time", "tags", "_at", "event.created", "event.start", "message", "log"} {
		if strings.Contains(strings.ToLower(key), part) {
			return true
		}
	}
	return false
}
