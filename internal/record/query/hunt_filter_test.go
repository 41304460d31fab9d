// SPDX-License-Identifier: Apache-2.0

package query

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// section returns a file of an archive.
func section(t *testing.T, a *txtar.Archive, name string) []byte {
	t.Helper()
	for _, f := range a.Files {
		if f.Name == name {
			return f.Data
		}
	}
	t.Fatalf("no section %s", name)
	return nil
}

func found(x Expr, events []*event.Event) string {
	var ids []string
	for _, e := range events {
		if x.Match(e) {
			ids = append(ids, e.OriginID)
		}
	}
	return strings.Join(ids, " ")
}

// TestFilterTable runs testdata/hunt/filter.txtar.
func TestFilterTable(t *testing.T) {
	t.Parallel()
	a, err := txtar.ParseFile("testdata/hunt/filter.txtar")
	if err != nil {
		t.Fatal(err)
	}
	events := readEvents(t, section(t, a, "events"))
	now := time.Date(2026, 11, 26, 12, 0, 1, 0, time.UTC)
	for _, line := range cases(section(t, a, "cases")) {
		text, want, ok := strings.Cut(line, " =>")
		if want = strings.TrimSpace(want); !ok {
			t.Fatalf("%s: no =>", line)
		}
		h, err := Parse(text)
		if want == "!" || err != nil {
			if want != "!" || err == nil {
				t.Errorf("%s: %v", text, err)
			}
			continue
		}
		h = h.At(now)
		if got := found(h.Where, events); got != want {
			t.Errorf("%s: found %q, want %q", text, got, want)
		}
		again, err := Parse(h.String())
		if err != nil {
			t.Errorf("%s: %v", h, err)
			continue
		}
		if got := found(again.Where, events); got != want {
			t.Errorf("%s: its canonical form %s found %q, want %q", text, h, got, want)
		}
		if got := found(bareCopy(again.Where), events); got != want {
			t.Errorf("%s: without what was compiled it found %q, want %q", text, got, want)
		}
	}
}

// TestRelativeTimeHoldsNever: an offset is no time before Hunt.At, not even for !=.
func TestRelativeTimeHoldsNever(t *testing.T) {
	t.Parallel()
	e := &event.Event{Time: 1}
	for _, op := range []string{"=", "!=", "<", ">="} {
		h, err := Parse("time" + op + "-24h")
		if err != nil {
			t.Fatal(err)
		}
		if h.Where.Match(e) {
			t.Errorf("%s holds", h)
		}
	}
}

// bareCopy is a condition as someone else would make it: the data alone.
func bareCopy(x Expr) Expr {
	many := func(of []Expr) (out []Expr) {
		for _, x := range of {
			out = append(out, bareCopy(x))
		}
		return out
	}
	switch x := x.(type) {
	case *And:
		return &And{Of: many(x.Of)}
	case *Or:
		return &Or{Of: many(x.Of)}
	case *Not:
		return &Not{Of: bareCopy(x.Of)}
	case *Word:
		return &Word{Text: x.Text, OpenLeft: x.OpenLeft, OpenRight: x.OpenRight}
	case *Compare:
		return &Compare{Field: x.Field, Op: x.Op, Value: x.Value}
	case *In:
		return &In{Field: x.Field, Values: x.Values}
	case *Matches:
		return &Matches{Field: x.Field, Pattern: x.Pattern}
	default:
		return x
	}
}
