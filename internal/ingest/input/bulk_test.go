// SPDX-License-Identifier: Apache-2.0

package input

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tocsin-siem/tocsin/internal/ingest/pipeline"
)

func TestBulkAnswers(t *testing.T) {
	t.Parallel()
	const made = `,"_version":1,"result":"created","status":201}}`
	doc := `{"message":"a"}` + "\n"
	for _, c := range []struct {
		name, path, body string
		status           int
		answer           string // behind took
		events           int
	}{
		{"create", "/_bulk", `{"create":{"_index":"logs"}}` + "\n" + doc, 200, `"errors":false,"items":[{"create":{"_index":"logs"` + made + `]}`, 1},
		{"index with an id", "/_bulk?filter_path=errors", `{"index":{"_index":"logs","_id":"7","_type":"_doc"}}` + "\n" + doc, 200, `"errors":false,"items":[{"index":{"_index":"logs","_id":"7"` + made + `]}`, 1},
		{"number as id", "/_bulk", `{"index":{"_index":"logs","_id":7}}` + "\n" + doc, 200, `"errors":false,"items":[{"index":{"_index":"logs","_id":"7"` + made + `]}`, 1},
		{"index in the path", "/logs-a/_bulk", `{"create":{}}` + "\n" + doc, 200, `"errors":false,"items":[{"create":{"_index":"logs-a"` + made + `]}`, 1},
		{"index in both", "/logs-a/_bulk", `{"create":{"_index":"b"}}` + "\n" + doc + `{"create":null}` + "\n" + doc, 200, `"errors":false,"items":[{"create":{"_index":"b"` + made + `,{"create":{"_index":"logs-a"` + made + `]}`, 2},
		{"no end of line, blank lines, CRLF", "/_bulk", "\n{\"create\":{}}\r\n" + `{"message":"a"}` + "\r\n\r\n" + `{"create":{}}` + "\n" + `{"message":"b"}`, 200, `"errors":false,"items":[{"create":{"_index":""` + made + `,{"create":{"_index":""` + made + `]}`, 2},
		{
			"broken in the middle", "/_bulk", `{"create":{}}` + "\n" + doc + `{"create":{}}` + "\n{\"message\":\n" + `{"create":{}}` + "\n" + doc, 200,
			`"errors":true,"items":[{"create":{"_index":""` + made + `,{"create":{"_index":"","status":400,"error":{"type":"document_parsing_exception","reason":"json: unexpected end of JSON input"}}},{"create":{"_index":""` + made + `]}`, 2,
		},
		{
			"update and delete", "/x/_bulk", `{"update":{"_id":"1"}}` + "\n" + `{"doc":{}}` + "\n" + `{"delete":{"_id":"1"}}` + "\n" + `{"index":{}}` + "\n" + doc, 200,
			`"errors":true,"items":[{"update":{"_index":"x","_id":"1","status":400,"error":{"type":"illegal_argument_exception","reason":"events are only added: there is no update"}}},` +
				`{"delete":{"_index":"x","_id":"1","status":400,"error":{"type":"illegal_argument_exception","reason":"events are only added: there is no delete"}}},{"index":{"_index":"x"` + made + `]}`, 1,
		},
		{"duplicate", "/_bulk", `{"create":{}}` + "\n" + `{"id":"q","message":"a"}` + "\n" + `{"create":{}}` + "\n" + `{"id":"q","message":"a"}` + "\n", 200, `"errors":false,"items":[{"create":{"_index":""` + made + `,{"create":{"_index":""` + made + `]}`, 1},
		{"nothing", "/_bulk", "\n\n", 400, `"type":"illegal_argument_exception","reason":"the body is empty"},"status":400}`, 0},
		{"no action", "/_bulk", `{"message":"a"}` + "\n" + doc, 400, `line 1: no action: json: cannot unmarshal`, 0},
		{"action of two", "/_bulk", `{"create":{},"index":{}}` + "\n" + doc, 400, `line 1: no action: 2 members`, 0},
		{"unknown action", "/_bulk", `{"create":{}}` + "\n" + doc + `{"upsert":{}}` + "\n" + doc, 400, `line 3: no action: \"upsert\" is none of`, 0},
		{"text", "/_bulk", "hello\n", 400, `line 1: no action`, 0},
		{"no document", "/_bulk", `{"create":{}}` + "\n", 400, `line 1: there is no document behind the action`, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSink(t)
			got := post(t, serveOnly(t, "bulk", s.env("bulk"))+c.path, []byte(c.body), "Authorization: ApiKey good", "Content-Type: application/x-ndjson")
			if got.status != c.status || !strings.Contains(string(got.body), c.answer) || got.header.Get("X-Elastic-Product") != "Elasticsearch" {
				t.Errorf("%d %s\nwant %d %s", got.status, got.body, c.status, c.answer)
			}
			if n := len(s.all()); n != c.events {
				t.Errorf("%d events, want %d", n, c.events)
			}
		})
	}
}

// Of many broken documents each one is told, not only those whose reasons are kept.
func TestBulkTellsEveryBrokenDocument(t *testing.T) {
	t.Parallel()
	s := newSink(t)
	var body bytes.Buffer
	const n = 3 * pipeline.MaxErrors
	for i := range n {
		document := `{"message":"good"}`
		if i%2 == 0 {
			document = "broken"
		}
		fmt.Fprintf(&body, "{\"create\":{\"_id\":\"%d\"}}\n%s\n", i, document)
	}
	got := post(t, serveOnly(t, "bulk", s.env("bulk"))+"/logs/_bulk", body.Bytes())
	var a struct {
		Errors bool
		Items  []map[string]struct {
			ID     string `json:"_id"`
			Status int
		}
	}
	if err := json.Unmarshal(got.body, &a); err != nil || !a.Errors || len(a.Items) != n {
		t.Fatalf("%v: %d items", err, len(a.Items))
	}
	for i, item := range a.Items {
		if (item["create"].Status == 400) != (i%2 == 0) || item["create"].ID != strconv.Itoa(i) {
			t.Errorf("%d: %+v", i, item)
		}
	}
}

func TestBulkBusy(t *testing.T) {
	t.Parallel()
	for kind, refusal := range map[string]*pipeline.RefusedError{
		"429 es_rejected_execution_exception": {Err: pipeline.ErrBusy, After: time.Minute},
		"503 unavailable_shards_exception":    {Err: pipeline.ErrUnavailable, After: time.Minute},
	} {
		s := newSink(t)
		s.gate = func(context.Context) error { return refusal }
		got := post(t, serveOnly(t, "bulk", s.env("bulk"))+"/_bulk", []byte("{\"create\":{}}\n{\"message\":\"a\"}\n"))
		status, name, _ := strings.Cut(kind, " ")
		if strconv.Itoa(got.status) != status || !strings.Contains(string(got.body), name) || got.header.Get("Retry-After") == "" {
			t.Errorf("%s: %d %s %v", kind, got.status, got.body, got.header)
		}
	}
}

func TestBulkConcurrent(t *testing.T) {
	t.Parallel()
	s := newSink(t)
	url := serveOnly(t, "bulk", s.env("bulk")) + "/logs/_bulk"
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			for i := range 25 {
				body := fmt.Appendf(nil, "{\"create\":{}}\n{\"id\":\"%d-%d\",\"message\":\"%d-%d\"}\n", n, i, n, i)
				for range 2 { // a retry
					if got := post(t, url, body); got.status != 200 || bytes.Contains(got.body, []byte(`"errors":true`)) {
						t.Errorf("%d %s", got.status, got.body)
					}
				}
			}
		})
	}
	wg.Wait()
	if m := s.messages(); len(m) != 200 || len(slices.Compact(m)) != 200 {
		t.Errorf("%d events", len(m))
	}
}

func FuzzSplitBulk(f *testing.F) {
	for _, seed := range []string{
		"{\"create\":{\"_index\":\"a\",\"_id\":1}}\n{\"a\":1}\n", "{\"delete\":{}}\n{\"index\":{}}\r\n{}\r\n", "{\"update\":{}}\n{}\n{\"create\":null}\n{}", "\n{\"index\":",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		actions, err := splitBulk(body)
		if err != nil {
			return
		}
		for _, a := range actions {
			if a.record == nil {
				continue
			}
			head, document := cutLine(a.record)
			if _, err := readBulkAction(head); err != nil || !bytes.Contains(body, a.record) || bytes.IndexByte(document, '\n') >= 0 {
				t.Fatalf("%q: %v", a.record, err)
			}
			if a.rewrite(); !bytes.HasSuffix(a.record, document) {
				t.Fatalf("rewritten to %q", a.record)
			}
		}
	})
}
