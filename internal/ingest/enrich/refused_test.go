// SPDX-License-Identifier: Apache-2.0

package enrich_test

import (
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/maxmind/mmdbwriter/mmdbtype"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/ingest/enrich"
)

func TestAssetsRefused(t *testing.T) {
	t.Parallel()
	many := strings.Builder{}
	many.WriteString("match,name\n")
	for i := range 100_001 {
		fmt.Fprintf(&many, "h%d,x\n", i)
	}
	for name, c := range map[string]struct{ list, want string }{
		"empty":            {"", "no head"},
		"no match":         {"name,owner\n", "first column must be match"},
		"a bad column":     {"match,Owner!\n", `column 2: "Owner!"`},
		"a column twice":   {"match,a,a\n", "column 3: a: twice"},
		"too many columns": {"match" + strings.Repeat(",a", 16) + "\n", "17 columns"},
		"a short row":      {"match,name\nweb-1\n", "line 2"},
		"an open quote":    {"match,name\nweb-1,\"x\n", "line 2"},
		"nothing to match": {"match,name\n ,x\n", "line 2: match"},
		"a broken network": {"match,name\nweb-1,x\n10.0.0.0/33,x\n", "line 3: match"},
		"a host twice":     {"match,name\nweb-1,x\nWEB-1,y\n", "line 3: match: web-1: twice"},
		"a network twice":  {"match,name\n10.0.0.0/8,x\n10.1.0.0/8,y\n", "line 3: match: 10.0.0.0/8: twice"},
		"a long cell":      {"match,name\nweb-1," + strings.Repeat("x", 257) + "\n", "line 2: name: 257 bytes"},
		"no UTF-8":         {"match,name\nweb-1,\xff\n", "line 2: name: not UTF-8"},
		"too many":         {many.String(), "line 100002: more than 100000"},
		"too large a file": {"match,name\n" + strings.Repeat("#"+strings.Repeat("x", 1<<20)+"\n", 33), "too large"},
		"no such thing":    {"-", "no such file"},
	} {
		path := write(t, "assets.csv", []byte(c.list))
		if c.list == "-" {
			path += "-"
		}
		_, err := enrich.New(enrich.Options{Assets: path, Logger: slog.New(slog.DiscardHandler)})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

// TestDamagedDatabases: a database with any one byte changed is refused, or answers
// without a panic.
func TestDamagedDatabases(t *testing.T) {
	t.Parallel()
	whole := database(t, map[string]mmdbtype.DataType{"81.2.69.0/24": city("GB", "Boxford", 51.75, -1.25, 100), "8.8.8.0/24": system(15169, "Google LLC")})
	path := write(t, "city.mmdb", whole)
	refused := 0
	try := func(content []byte) {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		en, err := enrich.New(enrich.Options{Files: []string{path}, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			refused++
			return
		}
		for _, ip := range []string{"81.2.69.142", "8.8.8.8", "::1", "2a02::1", "255.255.255.255"} {
			e := &event.Event{IP: ip, Message: "m"}
			en.Events([]*event.Event{e})
			if len(e.Geo.Country) != 0 && len(e.Geo.Country) != 2 {
				t.Errorf("country %q", e.Geo.Country)
			}
		}
	}
	for i := range whole {
		if i > 300 && i < len(whole)-600 && i%17 != 0 { // the tree is long and much the same
			continue
		}
		damaged := append([]byte(nil), whole...)
		damaged[i] ^= 0x41
		try(damaged)
	}
	for n := 0; n < len(whole); n += 1 + len(whole)/50 {
		try(whole[:n])
	}
	if refused < 50 {
		t.Errorf("%d of the damaged files were refused", refused)
	}
}

func BenchmarkEvents(b *testing.B) {
	en := open(b, nil)
	e := event.Event{
		IP: "81.2.69.142", UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:104.0) Gecko/20100101 Firefox/104.3", Host: "srv-17.eu-west-2.corp.example.com",
		Attrs: []event.Attr{{Key: "app_version", Value: event.Text("2.3.17")}, {Key: "endpoint", Value: event.Text("/a")}, {Key: "request_id", Value: event.Text("4c")}},
	}
	b.ReportAllocs()
	for b.Loop() {
		c := e
		en.Events([]*event.Event{&c})
	}
}
