// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/tocsin-siem/tocsin/internal/face/api"
)

// TestExportParquet: the file has the events of every page in their order, says in itself
// what was asked and whether more match, as the trailers do.
func TestExportParquet(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		events, limit int
		next          string
	}{{2500, 2500, ""}, {2500, 1200, "1200"}, {0, 5, ""}} {
		h := newHouse(t, func(o *api.Options) { o.Logs, o.Version, o.Origin = manyLogs(c.events), "v9", "j/1" })
		resp, body := h.export(t, fmt.Sprintf("format=parquet&user_id=ana&from=2026-01-01T00:00:00Z&limit=%d", c.limit))
		want := strconv.Itoa(min(c.events, c.limit))
		name := resp.Header.Get("Content-Disposition")
		if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "application/vnd.apache.parquet" || !strings.HasSuffix(name, `.parquet"`) ||
			resp.Trailer.Get("Tocsin-Rows") != want || resp.Trailer.Get("Tocsin-Next") != c.next {
			t.Fatalf("%+v: %d %v %v", c, resp.StatusCode, resp.Header, resp.Trailer)
		}
		for key, value := range map[string]string{"tocsin.rows": want, "tocsin.next": c.next} { // which the web app looks for, byte by byte
			if pair := fmt.Sprintf("\x18%c%s\x18%c%s\x00", len(key), key, len(value), value); strings.Count(body, pair) != 1 {
				t.Errorf("%+v: the file does not have %q once", c, pair)
			}
		}
		in := strings.NewReader(body)
		f, err := parquet.OpenFile(in, in.Size())
		if err != nil {
			t.Fatal(err)
		}
		for key, want := range map[string]string{
			"rows": want, "next": c.next, "limit": strconv.Itoa(c.limit), "query": "user:ana", "from": "2026-01-01T00:00:00Z", "version": "v9", "origin": "j/1", "incomplete": "0",
		} {
			if got, _ := f.Lookup("tocsin." + key); got != want {
				t.Errorf("%s: %q, want %q", key, got, want)
			}
		}
		type line struct {
			Message *string `parquet:"message,optional"`
		}
		rows, err := parquet.Read[line](in, in.Size())
		if err != nil || len(rows) != min(c.events, c.limit) {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		for i := range rows {
			if m := rows[i].Message; m == nil || *m != fmt.Sprintf("m%d", i) {
				t.Fatalf("row %d: %v", i, m)
			}
		}
		if h.categories() != "data_export" || !strings.Contains(h.events[0].Message, "events as parquet") {
			t.Errorf("recorded %q", h.categories())
		}
	}
	h := newHouse(t, func(o *api.Options) { o.Logs = damagedLogs{newLogs(), 7} })
	resp, body := h.export(t, "format=parquet&hunt=user%3Dana")
	in := strings.NewReader(body)
	f, err := parquet.OpenFile(in, in.Size())
	if err != nil {
		t.Fatal(err)
	}
	if query, _ := f.Lookup("tocsin.query"); query != "user=ana" || resp.Trailer.Get("Tocsin-Rows") != "5" {
		t.Errorf("%q %v", query, resp.Header)
	}
}
