// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/face/api"
	"github.com/tocsin-siem/tocsin/internal/record/query"
)

// manyLogs are n events, the newest first.
func manyLogs(n int) pagedLogs {
	logs := pagedLogs{fakeLogs: newLogs()}
	for i := range n {
		logs.events = append(logs.events, event.Event{
			ID: event.ID{1, 14: byte(i >> 8), 15: byte(i)}, Time: 1_790_000_000e9 - int64(i), Source: "s", Message: fmt.Sprintf("m%d", i),
			User: "ana", Place: event.Place{Stream: "90d", Seq: uint64(n - i), Ord: uint64(n - i)},
		})
	}
	return logs
}

// result is an answer with its trailers.
func (h *house) export(t *testing.T, params string) (*http.Response, string) {
	t.Helper()
	w := h.do(t, call{method: "GET", url: "/api/siem/export?" + params, token: h.tokens["read"]})
	return w.Result(), w.Body.String()
}

// Each form has every page, in order, and ends as it says.
func TestExportForms(t *testing.T) {
	t.Parallel()
	const n = 2500
	for _, format := range []string{"json", "ndjson", "csv", ""} {
		h := newHouse(t, func(o *api.Options) { o.Logs = manyLogs(n) })
		resp, body := h.export(t, "format="+format)
		if resp.StatusCode != http.StatusOK || resp.Trailer.Get("Tocsin-Rows") != "2500" || resp.Trailer.Get("Tocsin-Next") != "" || resp.Header.Get("Tocsin-Limit") != "100000" {
			t.Fatalf("%s: %d %v %v", format, resp.StatusCode, resp.Header, resp.Trailer)
		}
		var got []string
		media, suffix := "application/json", ".json"
		switch format {
		case "csv":
			media, suffix = "text/csv; charset=utf-8; header=present", ".csv"
			lines, err := csv.NewReader(strings.NewReader(body)).ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			for _, cells := range lines[1:] {
				got = append(got, cells[4])
			}
		case "ndjson":
			media, suffix = "application/x-ndjson", ".ndjson"
			for line := range strings.Lines(body) {
				got = append(got, message(t, []byte(line)))
			}
		default:
			var list struct {
				Items            []json.RawMessage
				Next             *string
				Rows, Incomplete int
			}
			if err := json.Unmarshal([]byte(body), &list); err != nil || list.Next != nil || list.Rows != n || list.Incomplete != 0 || !strings.Contains(body, `"next":null`) {
				t.Fatalf("%v %+v", err, list.Next)
			}
			for _, item := range list.Items {
				got = append(got, message(t, item))
			}
		}
		want := make([]string, n)
		for i := range want {
			want[i] = fmt.Sprintf("m%d", i)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%.2000s", format, diff)
		}
		name := resp.Header.Get("Content-Disposition")
		if resp.Header.Get("Content-Type") != media || !strings.HasPrefix(name, `attachment; filename="tocsin-events-2`) || !strings.HasSuffix(name, suffix+`"`) {
			t.Errorf("%s: %v", format, resp.Header)
		}
	}
}

func message(t *testing.T, raw []byte) string {
	t.Helper()
	var e struct{ Message string }
	if err := json.Unmarshal(raw, &e); err != nil {
		t.Fatalf("%v: %s", err, raw)
	}
	return e.Message
}

// An export has no more than was asked for, says that there is more, and can be
// continued.
func TestExportsAreCutInSight(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		events, limit int
		next          string
	}{{1500, 1200, "1200"}, {1500, 1000, "1000"}, {1500, 1500, ""}, {1500, 1, "1"}, {0, 5, ""}} {
		h := newHouse(t, func(o *api.Options) { o.Logs = manyLogs(c.events) })
		for _, format := range []string{"ndjson", "json", "csv"} {
			resp, body := h.export(t, fmt.Sprintf("format=%s&limit=%d", format, c.limit))
			rows := min(c.events, c.limit)
			if resp.StatusCode != http.StatusOK || resp.Trailer.Get("Tocsin-Next") != c.next || resp.Trailer.Get("Tocsin-Rows") != strconv.Itoa(rows) || resp.Header.Get("Tocsin-Limit") != strconv.Itoa(c.limit) {
				t.Errorf("%+v %s: %d %v", c, format, resp.StatusCode, resp.Trailer)
			}
			if format == "json" && !strings.HasSuffix(body, fmt.Sprintf(`],"next":%s,"rows":%d,"incomplete":0}`+"\n", orNull(c.next), rows)) {
				t.Errorf("%+v: ends with %.200s", c, body[max(0, len(body)-100):])
			}
			if lines := strings.Count(body, "\n"); format == "ndjson" && lines != rows || format == "csv" && lines != rows+1 {
				t.Errorf("%+v %s: %d lines", c, format, lines)
			}
		}
	}
	h := newHouse(t, func(o *api.Options) { o.Logs = manyLogs(5) })
	if _, body := h.export(t, "format=ndjson&limit=2&cursor=AAAA"); !strings.Contains(body, `"field":"cursor"`) {
		t.Errorf("a cursor that nobody gave: %s", body)
	}
}

func orNull(s string) string {
	if s == "" {
		return "null"
	}
	return `"` + s + `"`
}

// What cannot be read is told before and after.
func TestExportsSayThatEventsAreMissing(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(o *api.Options) { o.Logs = damagedLogs{newLogs(), 7} })
	resp, body := h.export(t, "")
	if resp.Header.Get("Tocsin-Incomplete") != "7" || resp.Trailer.Get("Tocsin-Incomplete") != "7" || !strings.Contains(body, `"rows":5,"incomplete":7}`) {
		t.Errorf("%v %v %s", resp.Header, resp.Trailer, body)
	}
}

// The rows of csv can be chosen, and those of the JSON forms be flat.
func TestExportFields(t *testing.T) {
	t.Parallel()
	f := func(params, want string) {
		t.Helper()
		h := newHouse(t, func(o *api.Options) { o.Logs = manyLogs(1) })
		if _, body := h.export(t, params); !strings.Contains(body, want) {
			t.Errorf("%s: %s, want %s", params, body, want)
		}
	}
	id := event.ID{1}.String()
	f("format=csv&fields=seq,message,attrs.none", "\"seq\",\"message\",\"attrs.none\"\r\n1,\"m0\",\r\n")
	f("format=csv&fields=b", `"log_id","source","level"`)
	f("format=csv", `"`+id+`","s","info",,"m0",,"ana",,,,"2026-`)
	f("format=ndjson&fields=b", `{"log_id":"`+id+`"`)
	f("format=ndjson&fields=native", `{"id":"`+id+`"`)
	f("format=csv&fields=colour", `"field":"fields"`)
	f("format=json&fields=time", `"field":"fields"`)
	f("format=xml", `"field":"format"`)
	f("format=parquet&fields=time", `"field":"fields"`)
	f("limit=1000001", `"field":"limit"`)
	f("limit=0", `"field":"limit"`)
	f("ip_address=x", `"field":"ip_address"`)
	f("offset=1", `"code":"unknown_parameter"`)
}

// It is recorded before anything leaves, with what was asked for; when it breaks off,
// that too.
func TestExportsAreRecorded(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(o *api.Options) { o.Logs = manyLogs(3) })
	h.export(t, "format=csv&user_id=ana&q=login&from=2026-01-01T00:00:00Z")
	if len(h.events) != 1 {
		t.Fatalf("%d events", len(h.events))
	}
	e, got := h.events[0], map[string]string{}
	for _, a := range e.Attrs {
		got[a.Key] = a.Value.Text
	}
	want := map[string]string{"entries": "3", "filter": "user:ana login", "format": "csv", "from": "2026-01-01T00:00:00Z", "limit": "100000"}
	if diff := cmp.Diff(want, got); diff != "" || e.Category != "data_export" || e.Source != "security_audit" || e.User != "read token" || e.Message != "read token exported events as csv" {
		t.Errorf("%+v (-want +got):\n%s", e, diff)
	}
}

// failingLogs fail at a page.
type failingLogs struct {
	pagedLogs
	at string
}

var errDisk = errors.New("/secret/disk")

func (l failingLogs) Query(ctx context.Context, f query.Filter) (query.Page, error) {
	if f.Cursor == l.at {
		return query.Page{}, errDisk
	}
	return l.pagedLogs.Query(ctx, f)
}

func TestExportsThatFail(t *testing.T) {
	t.Parallel()
	first := newHouse(t, func(o *api.Options) { o.Logs = failingLogs{manyLogs(1500), ""} })
	w := first.do(t, call{method: "GET", url: "/api/siem/export?format=csv", token: first.tokens["read"]})
	mustBeProblem(t, w.Code, w.Header(), w.Body.String(), 500, "internal")
	if w.Header().Get("Content-Disposition") != "" || strings.Contains(w.Body.String(), "secret") || first.categories() != "" {
		t.Errorf("%v %s, recorded %q", w.Header(), w.Body, first.categories())
	}
	later := newHouse(t, func(o *api.Options) { o.Logs = failingLogs{manyLogs(1500), "1000"} })
	srv := httptest.NewServer(later)
	defer srv.Close()
	body, err := get(t, srv.URL+"/api/siem/export?format=csv", later.tokens["read"])
	if err == nil || strings.Count(body, "\n") != 1001 {
		t.Errorf("a file without its end is taken for whole: %v after %d lines", err, strings.Count(body, "\n"))
	}
	srv.Close() // what is recorded is recorded before the handler ends
	later.mu.Lock()
	e := later.events[len(later.events)-1]
	later.mu.Unlock()
	if n, _ := e.Attr("entries"); later.categories() != "data_export data_export" || e.Outcome != event.Failure || n.Text != "1000" {
		t.Errorf("recorded %+v", later.events)
	}
}
