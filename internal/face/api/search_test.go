// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/face/api"
	"github.com/tocsin-siem/tocsin/internal/record/query"
)

func search(text string, more ...string) string {
	values := url.Values{"q": {text}}
	for i := 0; i < len(more); i += 2 {
		values.Set(more[i], more[i+1])
	}
	return "/api/siem/search?" + values.Encode()
}

// TestSearchAnswers: events and tables, with what stands beside them.
func TestSearchAnswers(t *testing.T) {
	t.Parallel()
	f := func(url string, has ...string) {
		t.Helper()
		h := newHouse(t, func(o *api.Options) { o.Hunts.(*fakeHunts).next = "n1" })
		w := h.do(t, call{method: "GET", url: url, token: h.tokens["read"]})
		if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/json" || w.Header().Get("Tocsin-Incomplete") != "" {
			t.Fatalf("%s: %d %v %s", url, w.Code, w.Header(), w.Body)
		}
		checkBody(t, w.Body.String(), append(has, `"took_ms":`, `"scanned":{"bytes":`, `"next":"n1"`, `"incomplete":0`), nil)
	}
	f(search("user=ANA -failed2"), `"query":"user=ANA NOT failed2"`, `"columns":[{"name":"time","type":"time"},{"name":"severity","type":"severity"}`, `"total":5`, `"truncated":false`,
		`"rows":[["2026-09-21T14:13:20.000000004Z","low","authentication","login_failed","ana","192.0.2.7","login failed \u003cscript\u003e"],`,
		`"events":[{"id":"`+idOf(4).String()+`","time":"2026-09-21T14:13:20.000000004Z"`, `"key":"prune.field","params":[{"key":"field","values":["user"]},{"key":"values","values":["ANA"]}]`)
	f(search("* | stats count, sum(attempt), values(attempt) by user"), `"rows":[["ana",5,10,[0,1,2,3,4]]]`, `"key":"stage.stats"`, `"total":5`,
		`{"name":"count","type":"number"}`, `"scanned":{"bytes":50,"rows":5}`)
	f(search("attempt<2 | eval x=nothing | table attempt, x", "limit", "1"), `"rows":[[1,null]]`, `"truncated":true`)
	f(search("attempt>0", "facet", "user,userId,attempt", "histogram", "category", "span", "1h"),
		`"facets":[{"field":"user","too_many":false,"values":[{"count":4,"value":"ana"}]},{"field":"user"`, `{"field":"attrs.attempt"`,
		`"histogram":{"buckets":[{"count":4,"time":"2026-09-21T14:00:00Z","value":"login_failed"}],"by":"category","span_ms":3600000,"too_many":false}`)
	f(search("* | table attempt", "facet", "attempt", "limit", "1"), `"rows":[[4]]`, `{"count":1,"value":"4"}`, `{"count":1,"value":"0"}`)
	f(search("", "histogram", "outcome"), `"query":"*"`, `"value":""`, `"span_ms":86400000`)
	f(search("earliest=2026-09-21T14:00:00Z latest=2026-09-21T15:00:00Z", "histogram", "severity"), `"span_ms":30000`, `"value":"low"`)
	f("/api/siem/search?histogram=severity&from=2026-09-21T00:00:00Z&to=2026-09-28T00:00:00Z", `"span_ms":10800000`)
}

// TestSearchWithoutEvents: a table of other rows has no events, not even an empty list.
func TestSearchWithoutEvents(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	for text, want := range map[string]bool{"user=nobody": true, "user=nobody | head 3": true, "* | table user": false, "* | stats count": false} {
		w := h.do(t, call{method: "GET", url: search(text), token: h.tokens["read"]})
		if got := strings.Contains(w.Body.String(), `"events":[`); got != want || w.Code != 200 {
			t.Errorf("%s: %d, events %v, want %v", text, w.Code, got, want)
		}
	}
}

// TestSearchErrors: what cannot be read says where, and other mistakes name their
// parameter.
func TestSearchErrors(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	f := func(url, code, field string, has ...string) {
		t.Helper()
		w := h.do(t, call{method: "GET", url: url, token: h.tokens["read"]})
		mustBeProblem(t, w.Code, w.Header(), w.Body.String(), 400, code)
		checkBody(t, w.Body.String(), append(has, `"field":"`+field+`"`), nil)
	}
	f(search("ș | statz count"), "invalid_query", "q", `"column":5`, `"length":5`, `"reason":"unknown_command"`, `"suggestion":"stats"`, `"detail":"column 5: unknown command`)
	f(search("(a"), "invalid_query", "q", `"column":1`, `"length":1`, `"reason":"unclosed"`)
	f(search("a |"), "invalid_query", "q", `"column":4`, `"length":0`)
	f(search("/"+strings.Repeat("(a|b)", 300)+"/"), "invalid_query", "q", `"reason":"limit"`)
	f(search("*", "limit", "1001"), "invalid_field", "limit")
	f(search("*", "limit", "0"), "invalid_field", "limit")
	f(search("* | stats count", "limit", "10001"), "invalid_field", "limit")
	f(search("* | stats count", "cursor", query.Key{}.Cursor()), "invalid_field", "cursor")
	f(search("*", "cursor", "x"), "invalid_field", "cursor")
	f(search("*", "facet", "user,,ip"), "invalid_field", "facet")
	f(search("*", "facet", strings.Repeat("a,", 16)+"a"), "invalid_field", "facet")
	f(search("*", "histogram", "user"), "invalid_field", "histogram")
	f(search("*", "span", "1h"), "invalid_field", "span")
	for _, span := range []string{"0s", "5", "1h limit=3", "1h count|head 1", "-1h", "1000000000w"} {
		f(search("*", "histogram", "severity", "span", span), "invalid_field", "span")
	}
	f("/api/siem/search?from=2026-09-22T00:00:00Z&to=2026-09-21T00:00:00Z", "invalid_field", "to")
	f(search("*", "source", "x"), "unknown_parameter", "source")
}

// TestSearchTooLarge: a hunt that needs too much is an error; a facet that does is told
// beside the answer.
func TestSearchTooLarge(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(o *api.Options) { o.Hunts.(*fakeHunts).fail = &query.LimitError{What: "groups", Limit: 7} })
	w := h.do(t, call{method: "GET", url: search("* | stats count by user"), token: h.tokens["read"]})
	mustBeProblem(t, w.Code, w.Header(), w.Body.String(), 400, "hunt_too_large")
	checkBody(t, w.Body.String(), []string{"more than 7 groups"}, nil)

	logs := newLogs()
	far := logs.events[0]
	far.Time = 1e18 // 300,000 hours before
	logs.events = append([]event.Event{far}, logs.events...)
	h = newHouse(t, func(o *api.Options) { o.Hunts = &fakeHunts{logs: logs} })
	w = h.do(t, call{method: "GET", url: search("", "histogram", "severity", "span", "1h"), token: h.tokens["read"]})
	if w.Code != 200 || !strings.Contains(w.Body.String(), `"buckets":[],"by":"severity","span_ms":3600000,"too_many":true`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// TestRelativeTimesCountFromAMoment: a hunt asks later what it asked then, and its
// export has the same.
func TestRelativeTimesCountFromAMoment(t *testing.T) {
	t.Parallel()
	hunts := &fakeHunts{logs: newLogs()}
	h := newHouse(t, func(o *api.Options) { o.Hunts = hunts })
	const then = "2026-09-21T14:30:00Z"
	for _, url := range []string{
		search("earliest=-24h", "now", then),
		"/api/siem/export?hunt=earliest%3D-24h&now=" + then,
	} {
		if w := h.do(t, call{method: "GET", url: url, token: h.tokens["read"]}); w.Code != 200 {
			t.Fatalf("%s: %d %s", url, w.Code, w.Body)
		}
	}
	if len(hunts.asked) != 2 {
		t.Fatalf("asked %d times", len(hunts.asked))
	}
	for i := range hunts.asked {
		if now := hunts.asked[i].Limits.Now.Format(time.RFC3339); now != then {
			t.Errorf("%d: now is %s", i, now)
		}
	}
	for _, url := range []string{
		search("a", "now", "yesterday"),
		"/api/siem/export?hunt=a&now=yesterday",
		"/api/siem/export?q=a&now=" + then,
		"/api/siem/search/stream?hunt=a&now=" + then,
	} {
		if w := h.do(t, call{method: "GET", url: url, token: h.tokens["read"]}); w.Code != 400 {
			t.Errorf("%s: %d %s", url, w.Code, w.Body)
		}
	}
}

// TestSearchOptions: what is asked for reaches the engine, relative times counted from
// the time of the request.
func TestSearchOptions(t *testing.T) {
	t.Parallel()
	hunts := &fakeHunts{logs: newLogs()}
	h := newHouse(t, func(o *api.Options) { o.Hunts = hunts })
	before := time.Now()
	for _, url := range []string{
		search("a", "limit", "7", "cursor", query.Key{Time: 5}.Cursor(), "from", "2026-09-21T14:00:00Z", "to", "2026-09-21T15:00:00Z"),
		search("a | stats count by user", "limit", "9000", "facet", "ip"),
	} {
		if w := h.do(t, call{method: "GET", url: url, token: h.tokens["read"]}); w.Code != 200 {
			t.Fatalf("%s: %d %s", url, w.Code, w.Body)
		}
	}
	for i := range hunts.asked {
		if now := hunts.asked[i].Limits.Now; now.Before(before) || now.After(time.Now()) {
			t.Errorf("now is %v", now)
		}
		hunts.asked[i].Limits.Now = time.Time{}
	}
	want := []query.HuntOptions{
		{From: 1_789_999_200e9, To: 1_790_002_800e9, Limit: 7, Cursor: query.Key{Time: 5}.Cursor()},
		{Limits: query.Limits{Rows: 9000}, Also: [][]query.Stage{{&query.TopStage{Limit: 10, Fields: []query.Field{"ip"}}}}},
	}
	if diff := cmp.Diff(want, hunts.asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}

// TestSearchIsRecorded: once for the same hunt, also when it fails; a look at a time is
// no search.
func TestSearchIsRecorded(t *testing.T) {
	t.Parallel()
	f := func(want string, texts ...string) {
		t.Helper()
		h := newHouse(t, nil)
		for _, text := range texts {
			h.do(t, call{method: "GET", url: search(text), token: h.tokens["read"]})
		}
		if got := h.categories(); got != want {
			t.Errorf("%q: recorded %q, want %q", texts, got, want)
		}
	}
	f("", "", "*", "earliest=2026-09-21", "earliest=-24h latest=now")
	f("data_access", "user=ana", "user=ana", "user:ana")
	f("data_access", "* | stats count")
	f("data_access", "earliest=-24h NOT latest=-1h")
	f("", "statz |")
}

// TestSearchSaysWhatIsMissing as lists do.
func TestSearchSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(o *api.Options) { o.Hunts = &fakeHunts{logs: newLogs(), missing: 2048} })
	w := h.do(t, call{method: "GET", url: search("*"), token: h.tokens["read"]})
	if w.Header().Get("Tocsin-Incomplete") != "2048" || !strings.Contains(w.Body.String(), `"incomplete":2048`) || !strings.Contains(w.Body.String(), `"total":null`) {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
}

// TestComplete: suggestions before a place in the text.
func TestComplete(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	f := func(text string, at int, want ...string) {
		t.Helper()
		target := "/api/siem/search/complete?q=" + url.QueryEscape(text)
		if at >= 0 {
			target += "&at=" + strconv.Itoa(at)
		}
		w := h.do(t, call{method: "GET", url: target, token: h.tokens["read"]})
		var got struct {
			Items []struct {
				Text, Kind string
				From, To   int
			}
		}
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != 200 {
			t.Fatalf("%s: %d %v %s", text, w.Code, err, w.Body)
		}
		var texts []string
		for _, s := range got.Items {
			texts = append(texts, s.Text+" "+s.Kind+" "+strconv.Itoa(s.From)+"-"+strconv.Itoa(s.To))
		}
		if diff := cmp.Diff(want, texts); diff != "" {
			t.Errorf("%s at %d (-want +got):\n%s", text, at, diff)
		}
	}
	f("us", -1, "user= field 0-2")
	f("user=a", -1, "ana value 5-6")
	f("* | sta", -1, "stats  command 4-7")
	f("user=a | x", 6, "ana value 5-6")
	for _, at := range []string{"-1", "16385", "x"} {
		w := h.do(t, call{method: "GET", url: "/api/siem/search/complete?at=" + at, token: h.tokens["read"]})
		mustBeProblem(t, w.Code, w.Header(), w.Body.String(), 400, "invalid_field")
	}
}

// crowd is hunts that end when they are let go.
type crowd struct {
	*fakeHunts
	here, most atomic.Int64
	begun      chan struct{}
	leave      chan struct{}
}

func (c *crowd) Hunt(ctx context.Context, h *query.Hunt, o query.HuntOptions) (query.Answer, error) {
	n := c.here.Add(1)
	defer c.here.Add(-1)
	for most := c.most.Load(); n > most && !c.most.CompareAndSwap(most, n); most = c.most.Load() {
	}
	c.begun <- struct{}{}
	<-c.leave
	return c.fakeHunts.Hunt(ctx, h, o)
}

// TestHuntsTakeTurns: four at a time; the others wait, and are answered then.
func TestHuntsTakeTurns(t *testing.T) {
	t.Parallel()
	c := &crowd{fakeHunts: &fakeHunts{logs: newLogs()}, begun: make(chan struct{}, 20), leave: make(chan struct{})}
	h := newHouse(t, func(o *api.Options) { o.Hunts = c })
	var group sync.WaitGroup
	for range 10 {
		group.Go(func() {
			if w := h.do(t, call{method: "GET", url: search("*"), token: h.tokens["read"]}); w.Code != 200 {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
	}
	for range 4 {
		<-c.begun
	}
	close(c.leave)
	group.Wait()
	if most := c.most.Load(); most != 4 {
		t.Errorf("%d at a time, want 4", most)
	}
}
