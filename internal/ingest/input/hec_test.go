// SPDX-License-Identifier: Apache-2.0

package input

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/ingest/pipeline"
)

const someChannel = "X-Splunk-Request-Channel: 18654C28-148B-4A4E-9F3B-5C3C1B8A2F10"

func TestHECCodes(t *testing.T) {
	t.Parallel()
	good, bad := `{"event":"a"}`, "Authorization: Splunk "
	deep := `{"event":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `}`
	for _, c := range []struct {
		name, path, body string
		header           []string
		status           int
		answer           string // {"code":…,"text":…}
		events           int
	}{
		{"one", "", good, nil, 200, `{"code":0,"text":"Success"}`, 1},
		{"event", "/event", good, nil, 200, `{"code":0,"text":"Success"}`, 1},
		{"event/1.0", "/event/1.0", good, nil, 200, `{"code":0,"text":"Success"}`, 1},
		{"doubled path", "/services/collector", good, nil, 200, `{"code":0,"text":"Success"}`, 1},
		{"one after the other", "", good + good + " " + good + "\n\n" + good + "\n", nil, 200, `{"code":0,"text":"Success"}`, 4},
		{"array", "", "[" + good + "," + good + "]", nil, 200, `{"code":0,"text":"Success"}`, 2},
		{"object", "", `{"event":{"message":"x"},"fields":{"a":1,"b":["x",2]}}`, nil, 200, `{"code":0,"text":"Success"}`, 1},
		{"number as event", "", `{"event":7}`, nil, 200, `{"code":0,"text":"Success"}`, 1},
		{"null fields", "", `{"event":"x","fields":null}`, nil, 200, `{"code":0,"text":"Success"}`, 1},
		{"Splunk token", "", good, []string{"Authorization: Splunk good"}, 200, `{"code":0,"text":"Success"}`, 1},
		{"Basic token", "", good, []string{"Authorization: Basic eDpnb29k"}, 200, `{"code":0,"text":"Success"}`, 1},
		{"with a channel", "", good, []string{someChannel}, 200, `{"ackId":0,"code":0,"text":"Success"}`, 1},
		{"channel in the query", "?channel=18654c28-148b-4a4e-9f3b-5c3c1b8a2f10", good, nil, 200, `{"ackId":0,"code":0,"text":"Success"}`, 1},
		{"no token", "", good, []string{"Authorization: "}, 401, `{"code":2,"text":"Token is required"}`, 0},
		{"scheme without a token", "", good, []string{bad}, 401, `{"code":3,"text":"Invalid authorization"}`, 0},
		{"unknown scheme", "", good, []string{"Authorization: good"}, 401, `{"code":3,"text":"Invalid authorization"}`, 0},
		{"unknown token", "", good, []string{bad + "nobody"}, 403, `{"code":4,"text":"Invalid token"}`, 0},
		{"reader's token", "", good, []string{bad + "reader"}, 403, `{"code":4,"text":"Invalid token"}`, 0},
		{"token in the query", "?token=good", good, []string{"Authorization: "}, 400, `{"code":16,"text":"Query string authorization is not enabled"}`, 0},
		{"fault", "", good, []string{bad + "broken"}, 500, `{"code":8,"text":"Internal server error"}`, 0},
		{"throttled", "", good, []string{bad + "eager"}, 503, `{"code":9,"text":"Server is busy"}`, 0},
		{"nothing", "", "", nil, 400, `{"code":5,"text":"No data"}`, 0},
		{"white space", "", " \r\n\t", nil, 400, `{"code":5,"text":"No data"}`, 0},
		{"empty array", "", "[]", nil, 400, `{"code":5,"text":"No data"}`, 0},
		{"no JSON", "", "hello", nil, 400, `{"code":6,"invalid-event-number":0,"text":"Invalid data format"}`, 0},
		{"broken third", "", good + good + `{"event":}` + good, nil, 400, `{"code":6,"invalid-event-number":2,"text":"Invalid data format"}`, 2},
		{"broken at the end", "", good + `{"event":"b"`, nil, 400, `{"code":6,"invalid-event-number":1,"text":"Invalid data format"}`, 1},
		{"array that breaks off", "", "[" + good + "," + good + `,{"ev`, nil, 400, `{"code":6,"invalid-event-number":2,"text":"Invalid data format"}`, 2},
		{"text behind the array", "", "[" + good + "]" + good, nil, 400, `{"code":6,"invalid-event-number":1,"text":"Invalid data format"}`, 1},
		{"broken member of an array", "", "[" + good + `,{"event":},` + good + "]", nil, 400, `{"code":6,"invalid-event-number":1,"text":"Invalid data format"}`, 1},
		{"no UTF-8", "", good + "{\"event\":\"\xff\"}", nil, 400, `{"code":6,"invalid-event-number":1,"text":"Invalid data format"}`, 1},
		{"too deep for the parser", "", good + deep, nil, 400, `{"code":6,"invalid-event-number":1,"text":"Invalid data format"}`, 1},
		{"too large an event", "", good + `{"event":"` + strings.Repeat("x", event.MaxEventBytes) + `"}` + good, nil, 400, `{"code":6,"invalid-event-number":1,"text":"Invalid data format"}`, 1},
		{"no event", "", good + `{"host":"h"}` + good, nil, 400, `{"code":12,"invalid-event-number":1,"text":"Event field is required"}`, 1},
		{"null event", "", `{"event":null}`, nil, 400, `{"code":12,"invalid-event-number":0,"text":"Event field is required"}`, 0},
		{"blank event", "", good + `{"event":""}`, nil, 400, `{"code":13,"invalid-event-number":1,"text":"Event field cannot be blank"}`, 1},
		{"nested fields", "", good + `{"event":"x","fields":{"a":{"b":1}}}`, nil, 400, `{"code":15,"invalid-event-number":1,"text":"Error in handling indexed fields"}`, 1},
		{"fields in lists", "", `{"event":"x","fields":{"a":[{"b":1}]}}`, nil, 400, `{"code":15,"invalid-event-number":0,"text":"Error in handling indexed fields"}`, 0},
		{"fields are text", "", `{"event":"x","fields":"a=b"}`, nil, 400, `{"code":15,"invalid-event-number":0,"text":"Error in handling indexed fields"}`, 0},
		{"bad channel", "", good, []string{"X-Splunk-Request-Channel: 1"}, 400, `{"code":11,"text":"Invalid data channel"}`, 0},
		{"bad channel of 36", "?channel=18654c28x148b-4a4e-9f3b-5c3c1b8a2f10", good, nil, 400, `{"code":11,"text":"Invalid data channel"}`, 0},
		{"raw", "/raw", "one\ntwo\r\n\nthree", nil, 200, `{"code":0,"text":"Success"}`, 3},
		{"raw with a channel", "/raw/1.0", "one", []string{someChannel}, 200, `{"ackId":0,"code":0,"text":"Success"}`, 1},
		{"raw nothing", "/raw", "\n\n", nil, 400, `{"code":5,"text":"No data"}`, 0},
		{"raw no UTF-8", "/raw", "caf\xe9", nil, 200, `{"code":0,"text":"Success"}`, 1},
		{"raw too long a line", "/raw", "one\n" + strings.Repeat("x", event.MaxEventBytes+1) + "\nthree", nil, 400, `{"code":6,"invalid-event-number":1,"text":"Invalid data format"}`, 1},
		{"ack without a channel", "/ack", `{"acks":[0]}`, nil, 400, `{"code":10,"text":"Data channel is missing"}`, 0},
		{"ack with a bad one", "/ack?channel=x", `{"acks":[0]}`, nil, 400, `{"code":11,"text":"Invalid data channel"}`, 0},
		{"ack of what was not given", "/ack", `{"acks":[0,7]}`, []string{someChannel}, 200, `{"acks":{"0":false,"7":false}}`, 0},
		{"ack of nothing", "/ack", `{"acks":[]}`, []string{someChannel}, 200, `{"acks":{}}`, 0},
		{"ack garbage", "/ack", `{"acks":["x"]}`, []string{someChannel}, 400, `{"code":6,"text":"Invalid data format"}`, 0},
		{"ack negative", "/ack", `{"acks":[-1]}`, []string{someChannel}, 400, `{"code":6,"text":"Invalid data format"}`, 0},
		{"unknown encoding", "", good, []string{"Content-Encoding: br"}, 415, `{"code":6,"text":"content encoding is not supported`, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSink(t)
			got := post(t, serve(t, "hec", s.env("hec"))+"/services/collector"+c.path, []byte(c.body), c.header...)
			if got.status != c.status || !strings.HasPrefix(string(got.body), strings.TrimSuffix(c.answer, "}")) {
				t.Errorf("%d %s, want %d %s", got.status, got.body, c.status, c.answer)
			}
			if n := len(s.all()); n != c.events {
				t.Errorf("%d events, want %d", n, c.events)
			}
			if c.status == http.StatusServiceUnavailable && got.header.Get("Retry-After") == "" {
				t.Error("no Retry-After")
			}
		})
	}
}

// What the query of the raw endpoint says stands around every line.
func TestHECRawEnvelope(t *testing.T) {
	t.Parallel()
	var got pipeline.Batch
	env := newSink(t).env("hec")
	env.Ingest = func(_ context.Context, b pipeline.Batch) (pipeline.Result, error) {
		got = b
		return pipeline.Result{Accepted: len(b.Items)}, nil
	}
	url := serve(t, "hec", env) + "/services/collector/raw?host=web-1&source=/var/log/a&sourcetype=linux_secure&index=main&host=other"
	if a := post(t, url, []byte("one\ntwo")); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	want := "[{index main} {origin_source /var/log/a} {sourcetype linux_secure}]"
	var pairs []string
	for _, a := range got.Around.Attrs {
		pairs = append(pairs, fmt.Sprintf("{%s %s}", a.Key, a.Value))
	}
	if text := fmt.Sprint(pairs); text != want || got.Around.Host != "web-1" || got.Format != "auto" || len(got.Items) != 2 {
		t.Errorf("%s, host %q, format %q", text, got.Around.Host, got.Format)
	}
	if a := post(t, strings.Replace(url, "web-1", "%ff", 1), []byte("x")); a.status != http.StatusOK || got.Around.Host != "" {
		t.Errorf("a host that is no text: %q", got.Around.Host)
	}
}

// A journal that takes nothing is code 9, and the health says so.
func TestHECBusy(t *testing.T) {
	t.Parallel()
	for name, refusal := range map[string]error{
		"busy":        &pipeline.RefusedError{Err: pipeline.ErrBusy, After: time.Minute},
		"unavailable": &pipeline.RefusedError{Err: pipeline.ErrUnavailable, Cause: context.DeadlineExceeded, After: time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSink(t)
			s.gate = func(context.Context) error { return refusal }
			url := serve(t, "hec", s.env("hec")) + "/services/collector"
			health := func() string {
				w := httptest.NewRecorder()
				res, err := http.Get(url + "/health")
				if err != nil {
					t.Fatal(err)
				}
				defer res.Body.Close()
				w.Code = res.StatusCode
				_, _ = w.Body.ReadFrom(res.Body)
				return fmt.Sprint(w.Code, " ", w.Body)
			}
			if got := health(); got != `200 {"code":17,"text":"HEC is healthy"}` {
				t.Error(got)
			}
			a := post(t, url, []byte(`{"event":"a"}`), someChannel)
			if a.status != http.StatusServiceUnavailable || string(a.body) != `{"code":9,"text":"Server is busy"}` || a.header.Get("Retry-After") == "" {
				t.Errorf("%d %s %v", a.status, a.body, a.header)
			}
			if got := health(); got != `503 {"code":18,"text":"HEC is unhealthy, queues are full"}` {
				t.Error(got)
			}
		})
	}
}

// After the end of its context the input takes nothing.
func TestHECStops(t *testing.T) {
	t.Parallel()
	s := newSink(t)
	in := open[Config](t, "hec", s.env("hec"), nil)
	mux := http.NewServeMux()
	for _, r := range in.Routes() {
		mux.Handle(r.Method+" "+r.Pattern, r.Handler)
	}
	run(t, in)()
	for method, path := range map[string]string{http.MethodPost: "/services/collector", http.MethodGet: "/services/collector/health"} {
		w := httptest.NewRecorder()
		body := &countingReader{}
		mux.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, path, body))
		if w.Code != http.StatusServiceUnavailable || w.Body.String() != `{"code":23,"text":"Server is shutting down"}` || body.reads > 0 {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}

// Many senders with channels of their own: every event once, every id true once.
func TestHECConcurrent(t *testing.T) {
	t.Parallel()
	s := newSink(t)
	url := serve(t, "hec", s.env("hec")) + "/services/collector"
	const senders, requests = 8, 25
	var wg sync.WaitGroup
	for n := range senders {
		wg.Go(func() {
			channel := fmt.Sprintf("X-Splunk-Request-Channel: 00000000-0000-0000-0000-%012d", n)
			var ids []int
			for i := range requests {
				var a struct{ AckID *int }
				got := post(t, url, fmt.Appendf(nil, `{"event":"%d-%d a"}{"event":"%d-%d b"}`, n, i, n, i), channel)
				if err := json.Unmarshal(got.body, &a); err != nil || a.AckID == nil {
					t.Errorf("%d %s", got.status, got.body)
					return
				}
				ids = append(ids, *a.AckID)
			}
			ask, _ := json.Marshal(map[string]any{"acks": ids})
			first, second := post(t, url+"/ack", ask, channel), post(t, url+"/ack", ask, channel)
			if bytes.Count(first.body, []byte("true")) != requests || bytes.Contains(second.body, []byte("true")) {
				t.Errorf("sender %d: %s then %s", n, first.body, second.body)
			}
		})
	}
	wg.Wait()
	m := s.messages()
	if n := len(slices.Compact(m)); n != senders*requests*2 || len(s.all()) != n {
		t.Errorf("%d events, %d of them different", len(s.all()), n)
	}
}

func FuzzSplitHEC(f *testing.F) {
	for _, seed := range []string{
		`{"event":"a"}{"event":{"b":1}}`, `[{"event":"a"},{"event":""}]`, `{"event":"a","fields":{"x":[1,"y"]}} {"event"`, `[`, `{"event":"\"}"}x`, `{}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		items, wrong, err := splitHEC(body)
		if err != nil && (items != nil || wrong != nil) {
			t.Fatal("an error beside a result")
		}
		if wrong != nil && (wrong.at != len(items) || wrong.code == hecSuccess) {
			t.Fatalf("%+v after %d", wrong, len(items))
		}
		for _, item := range items {
			var e struct{ Event json.RawMessage }
			if err := json.Unmarshal(item, &e); err != nil || !bytes.Contains(body, item) {
				t.Fatalf("%q: %v", item, err)
			}
		}
	})
}
