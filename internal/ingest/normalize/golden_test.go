// SPDX-License-Identifier: Apache-2.0

package normalize_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/ingest/normalize"
)

var update = flag.Bool("update", false, "write the goldens anew")

// received is the time of receipt in the goldens.
var received = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC).UnixNano()

// TestGolden runs testdata/<format>/*.txtar: each line of `in` is one record, `out`
// has the events of each in native JSON, or the error. Lines of the comment of the
// form `key: value` set the hint: source, host, zone.
func TestGolden(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*/*.txtar")
	if err != nil || len(files) < 4 {
		t.Fatalf("found %d goldens: %v", len(files), err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(strings.TrimPrefix(filepath.ToSlash(name), "testdata/"), ".txtar"), func(t *testing.T) {
			t.Parallel()
			runGolden(t, name)
		})
	}
}

func runGolden(t *testing.T, name string) {
	t.Helper()
	archive, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	format, ok := normalize.Lookup(filepath.Base(filepath.Dir(name)))
	if !ok {
		t.Fatalf("no format %s", filepath.Dir(name))
	}
	hint := goldenHint(t, string(archive.Comment))
	got := goldenEvents(t, format, hint, archive.Files[0].Data)
	if *update {
		archive.Files = []txtar.File{archive.Files[0], {Name: "out", Data: []byte(got)}}
		if err := os.WriteFile(name, txtar.Format(archive), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if len(archive.Files) != 2 {
		t.Fatal("want files in and out")
	}
	if diff := cmp.Diff(string(archive.Files[1].Data), got); diff != "" {
		t.Errorf("-want +got (go test -run TestGolden -update writes it anew):\n%s", diff)
	}
}

func goldenHint(t *testing.T, comment string) *normalize.Hint {
	t.Helper()
	h := &normalize.Hint{Received: received}
	for line := range strings.Lines(comment) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if !ok {
			continue
		}
		switch key {
		case "source":
			h.Source = value
		case "host":
			h.Host = value
		case "zone":
			zone, err := time.LoadLocation(value)
			if err != nil {
				t.Skipf("needs the zone %s: %v", value, err)
			}
			h.Zone = zone
		}
	}
	return h
}

func goldenEvents(t *testing.T, format normalize.Format, h *normalize.Hint, in []byte) string {
	t.Helper()
	var b strings.Builder
	var part []byte
	for record := range bytes.Lines(in) {
		if part = append(part, record...); format.Name == "bulk" && bytes.Count(part, []byte("\n")) < 2 {
			continue // an action and its document are one record
		}
		record, part = part, nil
		events, err := format.Normalize(bytes.TrimSuffix(record, []byte("\n")), h, nil)
		if err != nil {
			fmt.Fprintf(&b, "error: %v\n", err)
		}
		for _, e := range events {
			check(t, e)
			b.WriteString(native(e) + "\n")
		}
	}
	return b.String()
}

// check fails unless the pipeline could record the event.
func check(t *testing.T, e *event.Event) {
	t.Helper()
	c := *e
	if c.Received = received; c.Time == 0 {
		c.Time = received
	}
	if err := c.Validate(); err != nil {
		t.Errorf("%v\n%s", err, native(e))
	}
}

// native is the native JSON of an event without what only the pipeline sets.
func native(e *event.Event) string {
	s := string(e.AppendJSON(nil))
	s = strings.Replace(s, `"id":"00000000000000000000000000",`, "", 1)
	s = strings.Replace(s, `"received":"1970-01-01T00:00:00Z",`, "", 1)
	return strings.Replace(s, `"time":"1970-01-01T00:00:00Z",`, "", 1)
}

func TestCatalog(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, f := range normalize.Catalog() {
		if f.Name == "" || f.Summary == "" || f.Normalize == nil || seen[f.Name] {
			t.Errorf("format %q: incomplete, or twice", f.Name)
		}
		seen[f.Name] = true
		if got, ok := normalize.Lookup(f.Name); !ok || got.Name != f.Name {
			t.Errorf("Lookup(%q) = %q, %v", f.Name, got.Name, ok)
		}
	}
	if _, ok := normalize.Lookup("nonsense"); ok {
		t.Error("Lookup finds a format that is not there")
	}
}

func TestDetect(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{"a":1}`: "json", "\t\n {": "json", "": "syslog", "<34>1 - - - - - - x": "syslog", "[1]": "syslog",
		"Dec 10 06:55:46 h p: {": "syslog",
	} {
		if got := normalize.Detect([]byte(in)); got != want {
			t.Errorf("Detect(%q) = %s, want %s", in, got, want)
		}
	}
}
