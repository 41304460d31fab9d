// SPDX-License-Identifier: Apache-2.0

package query

import (
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// numbered makes events a day apart, newest first, with an attribute n and a user.
func numbered(values ...event.Value) []*event.Event {
	out := make([]*event.Event, len(values))
	for i, v := range values {
		out[i] = &event.Event{Time: 1_000_000_000e9 - int64(i), User: "u" + string(rune('a'+i))}
		out[i].SetAttr("n", v)
	}
	return out
}

func firstCell(t *testing.T, text string, events []*event.Event) Cell {
	t.Helper()
	h, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	table, err := runOver(t, h, events, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return table.Rows[0].Cells[0]
}

// TestSums: whole numbers add up exactly while they fit in 64 bits, and as doubles
// beyond, whether they come one by one or joined.
func TestSums(t *testing.T) {
	t.Parallel()
	f := func(want string, values ...event.Value) {
		t.Helper()
		events := numbered(values...)
		if got := firstCell(t, "* | stats sum(n)", events).String(); got != want {
			t.Errorf("%v: %s, want %s", values, got, want)
		}
		joined := "* | timechart span=1d limit=1 sum(n) as s by user | where user=\"OTHER\" | table s"
		var none event.Value
		events = append(numbered(none, none), events...)
		for i := range events[:2] {
			events[i].User, events[i].Attrs, events[i].Time = "most", nil, events[2].Time+int64(2-i)
		}
		if got := firstCell(t, joined, events).String(); got != want {
			t.Errorf("%v: joined %s, want %s", values, got, want)
		}
	}
	f("9007199254740995", event.Int(9007199254740993), event.Int(2))
	f("9223372036854775807", event.Int(9223372036854775806), event.Int(1))
	f("9223372036854776000", event.Int(9223372036854775807), event.Int(1))
	f("-9223372036854775808", event.Int(-9223372036854775808), event.Int(0))
	f("-18446744073709552000", event.Int(-9223372036854775808), event.Int(-9223372036854775808))
	f("3.5", event.Int(1), event.Number("2.5"))
	f("3", event.Text("1"), event.Text("x"), event.Int(2))
	f("6", event.List(event.Int(1), event.List(event.Int(2))), event.Int(3))
}

// TestOneGroupOneKind: a number and a text that print the same are one group, which is a
// number whatever comes first.
func TestOneGroupOneKind(t *testing.T) {
	t.Parallel()
	for _, events := range [][]*event.Event{numbered(event.Int(1), event.Text("1")), numbered(event.Text("1"), event.Int(1))} {
		for _, text := range []string{"* | stats count by n", "* | top n", "* | timechart count by n | table n"} {
			if c := firstCell(t, text, events); c.Kind != CellNumber || c.Text != "1" {
				t.Errorf("%s: %+v", text, c)
			}
		}
	}
}

// TestPruneTimes: the bounds are exact.
func TestPruneTimes(t *testing.T) {
	t.Parallel()
	f := func(text string, from, to int64) {
		t.Helper()
		h, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if p := h.Prune(); p.From != from || p.To != to {
			t.Errorf("%s: %d to %d, want %d to %d", text, p.From, p.To, from, to)
		}
	}
	const day = int64(86400e9)
	f("time>=1970-01-02", day, 0)
	f("time>1970-01-02", day+1, 0)
	f("time<1970-01-02", 0, day)
	f("time<=1970-01-02", 0, day+1)
	f("time=1970-01-02", day, day+1)
	f("time!=1970-01-02", 0, 0)
	f("latest=1970-01-01", 0, 1)
	f("time>=1970-01-02 timestamp>=1970-01-03 time<1970-01-09 time<1970-01-05", 2*day, 4*day)
	f("time>=-24h received>1970-01-02", 0, 0)
	f("NOT time>=1970-01-02", 0, 0)
	f("time>=1970-01-02 OR time>=1970-01-03", 0, 0)
}
