// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"context"
	"io"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/face/api"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
	"github.com/tocsin-siem/tocsin/internal/record/query"
)

// pagedLogs gives its events page by page; a cursor is the place of the next one.
type pagedLogs struct {
	*fakeLogs
	events []event.Event
}

func (l pagedLogs) Query(_ context.Context, f query.Filter) (query.Page, error) {
	at := 0
	if f.Cursor != "" {
		at, _ = strconv.Atoi(f.Cursor)
	}
	var p query.Page
	for ; at < len(l.events) && len(p.Items) < f.Limit; at++ {
		if len(f.Users) == 0 || l.events[at].User == f.Users[0] {
			p.Items = append(p.Items, l.events[at])
		}
	}
	if at < len(l.events) {
		p.Next = strconv.Itoa(at)
	}
	return p, nil
}

// Bundles have every page of the matches, as few runs; complete ones everything from
// the first to the last in the time, whatever else was asked.
func TestBundlesGatherEveryPage(t *testing.T) {
	t.Parallel()
	logs := pagedLogs{fakeLogs: newLogs()}
	for i := range 2500 { // newest first
		e := event.Event{User: "ana", Place: event.Place{Stream: "366d", Seq: uint64(3000 - i)}}
		switch {
		case i%1000 == 10:
			e.User = "ion"
		case i >= 2400:
			e.Place = event.Place{Stream: "90d", Seq: uint64(5000 - i - i%2)}
		}
		logs.events = append(logs.events, e)
	}
	var asked journal.BundleRequest
	h := newHouse(t, func(o *api.Options) {
		o.Logs = logs
		o.Evidence = stubEvidence{covered: true, bundle: func(_ context.Context, w io.Writer, r journal.BundleRequest) error {
			asked = r
			_, err := io.WriteString(w, "{}\n")
			return err
		}}
	})
	export := func(params string) int {
		t.Helper()
		asked = journal.BundleRequest{}
		return h.do(t, call{method: "GET", url: "/api/siem/journal/bundle?" + params, token: h.tokens["read"]}).Code
	}
	if code := export("user_id=ana"); code != 200 {
		t.Fatalf("%d", code)
	}
	var got []event.Range
	for _, g := range asked.Entries {
		if g.Stream == "366d" {
			got = append(got, g)
		}
	}
	want := []event.Range{
		{Stream: "366d", First: 601, Last: 989},
		{Stream: "366d", First: 991, Last: 1989},
		{Stream: "366d", First: 1991, Last: 2989},
		{Stream: "366d", First: 2991, Last: 3000},
	}
	if diff := cmp.Diff(want, got); diff != "" || asked.Query != "user:ana" || asked.Complete != nil {
		t.Errorf("query %q, complete %v, entries (-want +got):\n%s", asked.Query, asked.Complete, diff)
	}
	if code := export("user_id=ion&complete=true&from=2026-01-01T00:00:00Z"); code != 200 {
		t.Fatalf("%d", code)
	}
	want = []event.Range{{Stream: "366d", First: 601, Last: 3000}, {Stream: "90d", First: 2500, Last: 2600}}
	if diff := cmp.Diff(want, asked.Complete); diff != "" || asked.Query != "user:ion" || asked.Entries != nil || asked.From.IsZero() || !asked.To.IsZero() {
		t.Errorf("%+v, complete (-want +got):\n%s", asked, diff)
	}
	for _, params := range []string{"limit=2490", "user_id=ion&complete=true&limit=2500"} { // 2,501 lie between
		if code := export(params); code != 400 {
			t.Errorf("%s: %d, want 400", params, code)
		}
	}
	if code := export("user_id=ion&complete=true&limit=2501"); code != 200 {
		t.Errorf("with room for all of them: %d", code)
	}
}
