// SPDX-License-Identifier: Apache-2.0

package query

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

var update = flag.Bool("update", false, "write the tables of testdata/hunt anew")

// cellText tells kinds apart that print the same.
func cellText(c Cell) string {
	switch c.Kind {
	case CellAbsent:
		return "~"
	case CellNull:
		return "null"
	case CellText:
		return `"` + c.Text + `"`
	case CellList:
		parts := make([]string, len(c.List))
		for i, m := range c.List {
			parts[i] = cellText(m)
		}
		return "[" + strings.Join(parts, " ") + "]"
	default:
		return c.String()
	}
}

func tableText(t *Table) string {
	var b strings.Builder
	for i, c := range t.Columns {
		if i > 0 {
			b.WriteString(" | ")
		}
		b.WriteString(c.Name + ":" + string(c.Type))
	}
	b.WriteByte('\n')
	for _, r := range t.Rows {
		for i, c := range r.Cells {
			if i > 0 {
				b.WriteString(" | ")
			}
			b.WriteString(cellText(c))
		}
		b.WriteByte('\n')
	}
	if t.Truncated {
		b.WriteString("truncated\n")
	}
	return b.String()
}

func runOver(t *testing.T, h *Hunt, events []*event.Event, limits Limits) (Table, error) {
	t.Helper()
	if limits.Now.IsZero() {
		limits.Now = time.Date(2026, 11, 26, 13, 0, 0, 0, time.UTC)
	}
	return Run(t.Context(), h, over(events), limits)
}

// over yields events one by one.
func over(events []*event.Event) func() (*event.Event, bool) {
	i := 0
	return func() (*event.Event, bool) {
		if i == len(events) {
			return nil, false
		}
		i++
		return events[i-1], true
	}
}

// runTables runs the hunts of an archive and compares their tables.
func runTables(t *testing.T, name string) {
	t.Helper()
	a, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	events := newestFirst(readEvents(t, section(t, a, "events")))
	for i, f := range a.Files {
		if f.Name == "events" {
			continue
		}
		text, want, ok := bytes.Cut(f.Data, []byte("=>\n"))
		if !ok {
			t.Fatalf("%s: no =>", f.Name)
		}
		h, err := Parse(string(text))
		if err != nil {
			t.Errorf("%s: %v", f.Name, err)
			continue
		}
		got := tableOf(t, h, events)
		again, err := Parse(h.String())
		if err != nil {
			t.Errorf("%s: canonical %s: %v", f.Name, h, err)
			continue
		}
		if diff := cmp.Diff(h, again, sameHunt()); diff != "" {
			t.Errorf("%s: canonical %s means something else:\n%s", f.Name, h, diff)
		}
		if *update {
			a.Files[i].Data = []byte(string(text) + "=>\n" + got + "\n")
			continue
		}
		if diff := cmp.Diff(strings.TrimSpace(string(want)), strings.TrimSpace(got)); diff != "" {
			t.Errorf("%s: -want +got\n%s", f.Name, diff)
		}
	}
	if *update {
		if err := os.WriteFile(name, txtar.Format(a), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func tableOf(t *testing.T, h *Hunt, events []*event.Event) string {
	t.Helper()
	table, err := runOver(t, h, events, Limits{})
	if err != nil {
		t.Errorf("%s: %v", h, err)
		return ""
	}
	return tableText(&table)
}

// TestStages runs testdata/hunt/stages.txtar.
func TestStages(t *testing.T) {
	t.Parallel()
	runTables(t, "testdata/hunt/stages.txtar")
}

// TestSearches runs testdata/hunt/searches.txtar.
func TestSearches(t *testing.T) {
	t.Parallel()
	runTables(t, "testdata/hunt/searches.txtar")
}
