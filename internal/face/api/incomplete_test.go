// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/face/api"
	"github.com/tocsin-siem/tocsin/internal/record/query"
)

// damagedLogs lack events that cannot be read.
type damagedLogs struct {
	*fakeLogs
	missing int64
}

func (l damagedLogs) Query(ctx context.Context, f query.Filter) (query.Page, error) {
	page, err := l.fakeLogs.Query(ctx, f)
	page.Total, page.Incomplete = nil, l.missing
	return page, err
}

func (l damagedLogs) Statistics(ctx context.Context, f query.Filter) (query.Statistics, error) {
	s, err := l.fakeLogs.Statistics(ctx, f)
	s.Incomplete = l.missing
	return s, err
}

func (l damagedLogs) ByID(ctx context.Context, id event.ID) (event.Event, error) {
	e, err := l.fakeLogs.ByID(ctx, id)
	if err != nil {
		err = fmt.Errorf("by id: %w", &query.MissingError{ID: id, Incomplete: l.missing})
	}
	return e, err
}

// An answer that lacks stored events says so; one that is whole does not.
func TestAnswersSayThatEventsAreMissing(t *testing.T) {
	t.Parallel()
	for _, missing := range []int64{0, 2048} {
		h := newHouse(t, func(o *api.Options) { o.Logs = damagedLogs{newLogs(), missing} })
		for _, c := range []struct {
			url    string
			status int
			want   string // in a damaged journal
		}{
			{"/api/siem/logs", 200, "2048"},
			{"/api/siem/logs?fields=b", 200, "2048"},
			{"/api/siem/statistics", 200, "2048"},
			{"/api/siem/alerts/al1", 200, "1"}, // one event of its evidence is not there
			{"/api/siem/alerts/al2", 200, ""},
			{"/api/siem/logs/" + idOf(3).String(), 200, ""},
			{"/api/siem/logs/" + idOf(200).String(), 404, "2048"},
		} {
			w := h.do(t, call{method: "GET", url: c.url, token: h.tokens["read"]})
			want := c.want
			if missing == 0 {
				want = ""
			}
			if got := w.Header().Get("Tocsin-Incomplete"); w.Code != c.status || got != want {
				t.Errorf("%s with %d missing: %d, Tocsin-Incomplete %q, want %d, %q", c.url, missing, w.Code, got, c.status, want)
			}
		}
	}
}

// A search is recorded after it was answered, so that it does not find itself; also
// when it fails.
func TestASearchDoesNotFindItself(t *testing.T) {
	t.Parallel()
	logs := newLogs()
	h := newHouse(t, func(o *api.Options) {
		o.Logs = logs
		o.Audit = func(_ context.Context, e *event.Event) {
			logs.mu.Lock()
			defer logs.mu.Unlock()
			logs.events = append(logs.events, *e)
		}
	})
	get := func(url string) string {
		return h.do(t, call{method: "GET", url: url, token: h.tokens["read"]}).Body.String()
	}
	if body := get("/api/siem/logs?q=zzzunique"); !strings.Contains(body, `"items":[]`) || !strings.Contains(body, `"total":0`) {
		t.Errorf("the first search for a word that is nowhere found %s", body)
	}
	if body := get("/api/siem/logs?q=zzzunique"); !strings.Contains(body, "data_access") {
		t.Errorf("the search before was not recorded: %s", body)
	}
	logs.fail = errors.New("the disk is gone")
	get("/api/siem/logs?q=anotherword")
	logs.mu.Lock()
	defer logs.mu.Unlock()
	last := logs.events[len(logs.events)-1]
	if v, _ := last.Attr("filter.text"); v.Text != "anotherword" || last.Outcome != event.Failure {
		t.Errorf("the failed search was not recorded: %+v", last)
	}
}

// A live tail is recorded before it begins, so that it does not show itself.
func TestATailDoesNotShowItself(t *testing.T) {
	t.Parallel()
	var order []string
	h := newHouse(t, func(o *api.Options) {
		head := o.Head
		o.Audit = func(context.Context, *event.Event) { order = append(order, "audit") }
		o.Head = func() uint64 {
			order = append(order, "head")
			return head()
		}
		o.Tail = func(uint64) api.Tail { return endedTail{} }
	})
	h.do(t, call{method: "GET", url: "/api/siem/search/stream?q=zzzunique", token: h.tokens["read"]})
	if len(order) < 2 || order[0] != "audit" || order[1] != "head" {
		t.Errorf("order %v, want the audit event before the position", order)
	}
}

// endedTail has nothing.
type endedTail struct{}

func (endedTail) Next(context.Context, int) ([]*event.Event, error) {
	return nil, errors.New("ended")
}
