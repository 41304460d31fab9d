// SPDX-License-Identifier: Apache-2.0

package query

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// manyEvents are n events, newest first, a second apart, each with its own user and a
// message of so many bytes.
func manyEvents(n, size int) []*event.Event {
	out := make([]*event.Event, n)
	for i := range out {
		e := &event.Event{Time: int64(2*n-i) * 1e9, User: "u" + strconv.Itoa(i), Message: strings.Repeat("m", size)}
		e.SetAttr("n", event.Int(int64(i)))
		out[i] = e
	}
	return out
}

// TestRunLimits: what needs too much is refused, and with room enough it is answered.
func TestRunLimits(t *testing.T) {
	t.Parallel()
	events := manyEvents(100, 1000)
	f := func(text string, limits Limits, what string) {
		t.Helper()
		h, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		_, err = runOver(t, h, events, limits)
		var le *LimitError
		if what == "" && err != nil || what != "" && (!errors.As(err, &le) || le.What != what) {
			t.Errorf("%s with %+v: %v, want %q", text, limits, err, what)
		}
	}
	f("* | stats count by user", Limits{Groups: 99}, "groups")
	f("* | stats count by user", Limits{Groups: 100}, "")
	f("* | top user", Limits{Groups: 99}, "groups")
	f("* | dedup user | stats count", Limits{Groups: 99}, "groups")
	f("* | dedup user | stats count", Limits{Groups: 101}, "")
	f("* | timechart span=1s count", Limits{Groups: 99}, "groups")
	f("* | timechart span=1s count", Limits{Groups: 100}, "")
	f("user=u0 OR user=u99 | timechart span=1s count", Limits{Groups: 99}, "spans")
	f("user=u0 OR user=u99 | timechart span=1s count by user", Limits{Groups: 199}, "spans")
	f("user=u0 OR user=u99 | timechart span=1s count by user", Limits{Groups: 200}, "")
	f("* | sort user | stats count", Limits{Bytes: 90_000}, "bytes")
	f("* | sort user | stats count", Limits{Bytes: 200_000}, "")
	f("* | tail 50 | stats count", Limits{Bytes: 40_000}, "bytes")
	f("* | tail 50 | stats count", Limits{Bytes: 90_000}, "")
	f("*", Limits{Bytes: 90_000}, "bytes")
	f("* | table user", Limits{Bytes: 90_000}, "")
	f("* | stats values(n)", Limits{Bytes: 5_000}, "bytes")
	f("* | stats list(message)", Limits{Bytes: 90_000}, "bytes")
	f("* | stats perc50(n)", Limits{Bytes: 5_000}, "bytes")
	f("* | stats max(message) by user", Limits{Bytes: 90_000}, "bytes")
	f("* | stats max(n)", Limits{Bytes: 5_000}, "")
}

func TestRunStopsEarly(t *testing.T) {
	t.Parallel()
	events := manyEvents(100, 10)
	f := func(text string, rows int, truncated bool, scanned int64) {
		t.Helper()
		h, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		table, err := runOver(t, h, events, Limits{Rows: 20})
		if err != nil {
			t.Fatal(err)
		}
		if len(table.Rows) != rows || table.Truncated != truncated || table.Scanned != scanned {
			t.Errorf("%s: %d rows, truncated %v, %d scanned; want %d, %v, %d", text, len(table.Rows), table.Truncated, table.Scanned, rows, truncated, scanned)
		}
	}
	f("*", 20, true, 21)
	f("* | head 20", 20, false, 20)
	f("* | head 5", 5, false, 5)
	f("* | head 5 | stats count by user | sort user", 5, false, 5)
	f("* | sort user | head 5", 5, false, 100)
	f("* | sort user", 20, true, 100)
	f("* | sort user | head 30 | stats count", 1, false, 100)
	f("* | head 50 | tail 3", 3, false, 50)
	f("* | stats count by user | head 3 | stats sum(count)", 1, false, 100)
	f("* | timechart span=1s count | head 2 | tail 1", 1, false, 100)
}

func TestRunOrderAndContext(t *testing.T) {
	t.Parallel()
	h, err := Parse("*")
	if err != nil {
		t.Fatal(err)
	}
	events := manyEvents(3, 1)
	slices.Reverse(events)
	if _, err := runOver(t, h, events, Limits{}); !errors.Is(err, ErrOrder) {
		t.Errorf("oldest first: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	n := int64(0)
	if _, err := Run(ctx, h, func() (*event.Event, bool) {
		n++
		return &event.Event{Time: 1e18 - n}, true
	}, Limits{}); !errors.Is(err, context.Canceled) || n > 1 {
		t.Errorf("after %d events: %v", n, err)
	}
}

// TestRunGrowth: a text cannot be doubled without end.
func TestRunGrowth(t *testing.T) {
	t.Parallel()
	h, err := Parse("* | eval a=message" + strings.Repeat(", a=a . a", 40) + " | eval n=len(a) | fields n")
	if err != nil {
		t.Fatal(err)
	}
	table, err := runOver(t, h, manyEvents(1, 10), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if got := table.Rows[0].Cells[0].String(); got != strconv.Itoa(maxTextBytes) {
		t.Errorf("%s characters", got)
	}
}

// TestRunCombinations: an event with long lists counts once in each combination.
func TestRunCombinations(t *testing.T) {
	t.Parallel()
	e := &event.Event{Time: 1}
	var list []event.Value
	for i := range 40 {
		list = append(list, event.Int(int64(i)))
	}
	e.SetAttr("a", event.List(list...))
	e.SetAttr("b", event.List(list...))
	h, err := Parse("* | stats count by a b | stats count")
	if err != nil {
		t.Fatal(err)
	}
	var le *LimitError
	if _, err := runOver(t, h, []*event.Event{e}, Limits{Groups: 1000}); !errors.As(err, &le) {
		t.Errorf("1,600 groups: %v", err)
	}
	table, err := runOver(t, h, []*event.Event{e}, Limits{})
	if err != nil || table.Rows[0].Cells[0].String() != "1600" {
		t.Errorf("%v, %v", table.Rows, err)
	}
}

// TestRunHandMade: a hunt that Parse would refuse is an error, not a panic.
func TestRunHandMade(t *testing.T) {
	t.Parallel()
	for i, s := range []Stage{
		&StatsStage{Aggs: []Agg{{Func: "sum"}}},
		&StatsStage{Aggs: []Agg{{Func: "nothing", Of: "user"}}},
		&SortStage{Keys: []SortKey{{Of: "gone"}}},
		&WhereStage{If: &Number{Text: "1"}},
		&EvalStage{Sets: []Set{{Name: "x", Value: &Call{Func: "lower"}}}},
		&EvalStage{Sets: []Set{{Name: "x", Value: &Call{Func: "nothing"}}}},
		&EvalStage{Sets: []Set{{Name: "x", Value: &Operation{Op: "="}}}},
		&EvalStage{Sets: []Set{{Name: "x", Value: &Operation{Op: "^", Of: []Calc{&Number{"1"}, &Number{"1"}}}}}},
		&TableStage{Columns: []Field{"a", "a"}},
		&TimechartStage{Aggs: []Agg{{Func: aggCount}}},
	} {
		h := &Hunt{Where: &All{}, Stages: []Stage{&TableStage{Columns: []Field{"user", "ip"}}, s}}
		var se *SyntaxError
		if _, err := runOver(t, h, manyEvents(1, 1), Limits{}); !errors.As(err, &se) {
			t.Errorf("%d: %v", i, err)
		}
	}
}
