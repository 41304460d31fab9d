// SPDX-License-Identifier: Apache-2.0

package query

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/core/event/eventtest"
)

// TestExplain runs testdata/hunt/explain.txtar.
func TestExplain(t *testing.T) {
	t.Parallel()
	const name = "testdata/hunt/explain.txtar"
	a, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range a.Files {
		text, want, _ := bytes.Cut(f.Data, []byte("=>\n"))
		h, err := Parse(string(text))
		if err != nil {
			t.Errorf("%s: %v", f.Name, err)
			continue
		}
		var got strings.Builder
		for _, s := range h.Explain() {
			got.WriteString(s.Key)
			for _, p := range s.Params {
				got.WriteString("  " + p.Key + ": " + strings.Join(p.Values, " ; "))
			}
			got.WriteByte('\n')
		}
		if *update {
			a.Files[i].Data = []byte(string(text) + "=>\n" + got.String() + "\n")
		} else if diff := cmp.Diff(strings.TrimSpace(string(want)), strings.TrimSpace(got.String())); diff != "" {
			t.Errorf("%s: -want +got\n%s", f.Name, diff)
		}
	}
	if *update {
		if err := os.WriteFile(name, txtar.Format(a), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestPrune: no event that is found lacks what Prune says all of them have.
func TestPrune(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 8))
	events := make([]*event.Event, 200)
	for i := range events {
		events[i] = eventtest.Random(r)
		events[i].User = pick(r, "root", "a", events[i].User)
		events[i].Time = 1_795_000_000e9 + r.Int64N(4)*1e9
	}
	found, said := 0, 0
	for range 500 {
		list := []Expr{randomExpr(r, 2), randomExpr(r, 1), &Compare{Field: "time", Op: pick(r, Eq, Ne, Lt, Le, Gt, Ge), Value: Plain(event.FormatTime(1_795_000_000e9 + r.Int64N(4)*1e9))}}
		if r.IntN(2) == 0 {
			list[0] = &Or{Of: []Expr{&Compare{Field: "user", Op: Eq, Value: Plain("ROOT")}, &Compare{Field: "userId", Op: pick(r, Eq, Eq, Ne), Value: Literal{"a", ""}}}}
			list[1] = &All{}
		}
		h := &Hunt{Where: allOf(list)}
		p := h.Prune()
		if p.From != 0 || p.To != 0 || len(p.Fields)+len(p.Words) > 0 {
			said++
		}
		for _, e := range events {
			if !h.Where.Match(e) {
				continue
			}
			found++
			if e.Time < p.From || p.To != 0 && e.Time >= p.To {
				t.Fatalf("%s finds an event of %d, which Prune puts outside %d to %d", h, e.Time, p.From, p.To)
			}
			for _, in := range p.Fields {
				if !in.Match(e) {
					t.Fatalf("%s finds an event without %s", h, in)
				}
			}
			for _, w := range p.Words {
				if !w.Match(e) {
					t.Fatalf("%s finds an event without %s", h, w)
				}
			}
		}
	}
	if found < 1000 || said < 300 {
		t.Errorf("%d events found, %d hunts pruned: the test says nothing", found, said)
	}
}

// TestNeeds: an event that has only what Needs names gives the same table.
func TestNeeds(t *testing.T) {
	t.Parallel()
	f := func(text string) {
		t.Helper()
		h, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		n := h.At(time.Unix(0, 0)).Needs()
		if n.All || n.Texts {
			t.Fatalf("%s needs all", text)
		}
		var full, bare []*event.Event
		r := rand.New(rand.NewPCG(9, 10))
		for i := range 50 {
			e := eventtest.Random(r)
			e.Time = int64(1000-i) * 1e12
			part := &event.Event{ID: e.ID, Time: e.Time}
			for _, name := range n.Fields {
				copyField(part, e, name)
			}
			full, bare = append(full, e), append(bare, part)
		}
		want, err := runOver(t, h, full, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		got, err := runOver(t, h, bare, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tableText(&want), tableText(&got)); diff != "" || len(want.Rows) == 0 {
			t.Errorf("%s with only %v, %d rows:\n%s", text, n.Fields, len(want.Rows), diff)
		}
	}
	f("user=* | stats count by source, severity")
	f("severity>=low | timechart span=1d dc(ip) by host")
	f("exists:user | eval x=lower(user).session | rename service as s | table x s")
	f("pid>0 OR port=* OR user=* | where isnotnull(method) OR severity>=\"low\" | top action by outcome")
	f("* | sort -severity | dedup host | table category")
	f("* | stats latest(message) as m, values(attrs.a) by source")
	f("message=/log/ OR NOT user=a | fields time user_agent | fields - time | stats count by user_agent")
}

func copyField(to, from *event.Event, name string) {
	if f := event.CoreField(name); f != event.FieldNone {
		switch v := from.Core(f); v.Kind {
		case event.KindText:
			to.SetCore(f, v.Text)
		case event.KindNull:
			to.SetNull(f)
		default:
		}
		return
	}
	switch key, attr := strings.CutPrefix(name, attrPrefix); {
	case name == wordSeverity:
		to.Severity = from.Severity
	case name == fieldOutcome:
		to.Outcome = from.Outcome
	case attr:
		if v, ok := from.Attr(key); ok {
			to.SetAttr(key, v)
		}
	}
}

// TestCellJSON: what the API would show.
func TestCellJSON(t *testing.T) {
	t.Parallel()
	got, err := json.Marshal([]Cell{
		numberCell("1.50"),
		numberCell("007"),
		numberCell("1e400"),
		boolCell(true),
		{Kind: CellLevel, Int: 3},
		timeCell(1e9),
		textCell("a\"b"),
		{Kind: CellNull},
		{},
		{Kind: CellList, List: []Cell{textCell("x"), intCell(-2)}},
	})
	want := `[1.50,"007","1e400",true,"high","1970-01-01T00:00:01Z","a\"b",null,null,["x",-2]]`
	if err != nil || string(got) != want {
		t.Errorf("%s, %v, want %s", got, err, want)
	}
}
