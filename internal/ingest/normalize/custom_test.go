// SPDX-License-Identifier: Apache-2.0

package normalize_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/ingest/normalize"
)

// shop is a format of lines.
func shop() normalize.Custom {
	return normalize.Custom{
		Name: "shop",
		Patterns: []string{
			`%{TIMESTAMP_ISO8601:time} %{LOGLEVEL:level} \[%{ORDER:order}\] login of %{USER:user} from %{IP:[client][ip]} failed: %{GREEDYDATA:reason}`,
			`%{TIMESTAMP_ISO8601:time} %{LOGLEVEL:level} (?P<message>.*)`,
		},
		Define: map[string]string{"ORDER": `[A-Z]{2}%{INT}`},
		Set:    map[string]string{"source": "shop", "service": "shopd"},
		Cases: []normalize.CustomCase{
			{Field: "reason", Contains: "PASSWORD", Set: map[string]string{"category": "login_failed", "outcome": "failure", "severity": "low", "ip": "203.0.113.9"}},
			{Field: "attrs.order", Is: "ro7", Set: map[string]string{"category": "order_seven"}},
			{Field: "message", Matches: `paid \d+ (EUR|RON)`, Set: map[string]string{"category": "order_paid", "tags": "money,shop"}},
		},
	}
}

func TestCustomLines(t *testing.T) {
	t.Parallel()
	f, err := shop().Compile()
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{
		"2026-11-22T10:00:00Z ERROR [RO7] login of ana@example.com from 192.0.2.7 failed: wrong password for user=root": `{"time":"2026-11-22T10:00:00Z","source":"shop","category":"login_failed","outcome":"failure","severity":"low","severity_number":1,` +
			`"message":"2026-11-22T10:00:00Z ERROR [RO7] login of ana@example.com from 192.0.2.7 failed: wrong password for user=root","user":"ana@example.com","ip":"203.0.113.9","host":"peer","service":"shopd",` +
			`"attrs":{"client.ip":"192.0.2.7","level":"ERROR","order":"RO7","reason":"wrong password for user=root"}}`,
		"2026-11-22T10:00:00Z WARN [RO7] login of bob from ::1 failed: locked": `{"time":"2026-11-22T10:00:00Z","source":"shop","category":"order_seven","severity":"low","severity_number":1,` +
			`"message":"2026-11-22T10:00:00Z WARN [RO7] login of bob from ::1 failed: locked","user":"bob","host":"peer","service":"shopd","attrs":{"client.ip":"::1","level":"WARN","order":"RO7","reason":"locked"}}`,
		"2026-11-22T10:00:00Z INFO paid 12 RON":                               `{"time":"2026-11-22T10:00:00Z","source":"shop","category":"order_paid","severity":"info","severity_number":0,"message":"paid 12 RON","host":"peer","service":"shopd","tags":["money","shop"]}`,
		"<13>Nov 22 10:00:00 web-1 shopd[7]: 2026-11-22T09:00:00Z INFO hello": `{"time":"2026-11-22T09:00:00Z","source":"shop","category":"log_line","severity":"info","severity_number":0,"message":"hello","host":"web-1","service":"shopd","attrs":{"facility":"user","level":"notice","pid":7}}`,
		"something else": `{"source":"system","category":"log_line","severity":"info","severity_number":0,"message":"something else","host":"peer","marks":[{"kind":"invalid","field":"message","detail":"not shop"}]}`,
	} {
		h := &normalize.Hint{Received: received, Host: "peer"}
		events, err := f.Normalize([]byte(in), h, nil)
		if err != nil || len(events) != 1 {
			t.Fatalf("%s: %v", in, err)
		}
		check(t, events[0])
		if diff := cmp.Diff(want, native(events[0])); diff != "" {
			t.Errorf("%s\n%s", in, diff)
		}
	}
}

func TestCustomObjects(t *testing.T) {
	t.Parallel()
	f, err := normalize.Custom{
		Name: "pay",
		Fields: map[string]string{
			"time": "ts", "user": "$.actor.login", "ip": "client[0].addr", "outcome": "ok", "severity": "lvl", "message": "text", "tags": "labels", "attrs.amount": "sum",
		},
		TimeLayout: "%d/%m/%Y %H:%M:%S",
		Set:        map[string]string{"category": "payment"},
		Cases:      []normalize.CustomCase{{Field: "kind", Is: "REFUND", Set: map[string]string{"category": "refund"}}},
	}.Compile()
	if err != nil {
		t.Fatal(err)
	}
	zone, err := time.LoadLocation("Europe/Bucharest")
	if err != nil {
		t.Skipf("needs the zone: %v", err)
	}
	in := `{"ts":"22/11/2026 12:00:00","actor":{"login":"ana"},"client":[{"addr":"192.0.2.7:443"}],"ok":false,"lvl":"warn","text":"refunded","labels":["a","b"],"sum":12.5,"kind":"refund","user":{"odd":1}}`
	events, err := f.Normalize([]byte(in), &normalize.Hint{Received: received, Zone: zone}, nil)
	if err != nil || len(events) != 1 {
		t.Fatal(err)
	}
	check(t, events[0])
	want := `{"time":"2026-11-22T10:00:00Z","source":"application","category":"refund","outcome":"failure","severity":"low","severity_number":1,"message":"refunded","user":"ana","ip":"192.0.2.7","tags":["a","b"],` +
		`"attrs":{"actor.login":"ana","amount":"12.5","client.0.addr":"192.0.2.7:443","kind":"refund","labels":["a","b"],"level":"warn","lvl":"warn","ok":false,"outcome_text":"false","port":443,"sum":12.5,"text":"refunded","ts":"22/11/2026 12:00:00","user.odd":1}}`
	if diff := cmp.Diff(want, native(events[0])); diff != "" {
		t.Error(diff)
	}
	if _, err := f.Normalize([]byte(`{"ts":`), &normalize.Hint{}, nil); err == nil {
		t.Error("broken JSON is read")
	}
	odd, err := f.Normalize([]byte(`{"ts":"yesterday","client":[{"addr":"nowhere"}]}`), &normalize.Hint{Received: received}, nil)
	if err != nil || odd[0].Time != 0 || len(odd[0].Marks) != 2 {
		t.Errorf("%v %s", err, native(odd[0]))
	}
}

func TestCustomRefused(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*normalize.Custom){
		"name: ":                         func(c *normalize.Custom) { c.Name = "Shop!" },
		"name: syslog is a format":       func(c *normalize.Custom) { c.Name = "syslog" },
		"patterns, fields":               func(c *normalize.Custom) { c.Patterns = nil },
		"patterns, fields: want one":     func(c *normalize.Custom) { c.Fields = map[string]string{"user": "a"} },
		"patterns[0]: %{NOPE:x}: there":  func(c *normalize.Custom) { c.Patterns = []string{"%{NOPE:x}"} },
		"patterns[0]: %{WORD: the brace": func(c *normalize.Custom) { c.Patterns = []string{"%{WORD"} },
		"patterns[0]: names no field":    func(c *normalize.Custom) { c.Patterns = []string{"%{WORD} x"} },
		"patterns[0]: error parsing":     func(c *normalize.Custom) { c.Patterns = []string{"%{WORD:a} ("} },
		"patterns[0]: patterns stand":    func(c *normalize.Custom) { c.Define["A"] = "%{A}"; c.Patterns = []string{"%{A:a}"} },
		"patterns[0]: longer than": func(c *normalize.Custom) {
			c.Define["A"], c.Define["B"] = strings.Repeat("%{B}", 1000), strings.Repeat("x", 1000)
			c.Patterns = []string{"%{A:a}"}
		},
		"patterns[0]: id: Tocsin alone":   func(c *normalize.Custom) { c.Patterns = []string{"%{WORD:id}"} },
		"patterns[0]: \"a b\" can be":     func(c *normalize.Custom) { c.Patterns = []string{"%{WORD:a b}"} },
		"time_layout: %Q: not known":      func(c *normalize.Custom) { c.TimeLayout = "%Q" },
		"time_layout: has no time":        func(c *normalize.Custom) { c.TimeLayout = "%Y-%m-%d" },
		"time_layout: ends in":            func(c *normalize.Custom) { c.TimeLayout = "%H:%M%" },
		"set: severity: \"loud\" is none": func(c *normalize.Custom) { c.Set["severity"] = "loud" },
		"set: outcome":                    func(c *normalize.Custom) { c.Set["outcome"] = "meh" },
		"set: seq: Tocsin alone":          func(c *normalize.Custom) { c.Set["seq"] = "1" },
		"cases[0].field: missing":         func(c *normalize.Custom) { c.Cases[0].Field = "" },
		"cases[0].is, contains, matches":  func(c *normalize.Custom) { c.Cases[0].Is = "x" },
		"cases[2].matches: error":         func(c *normalize.Custom) { c.Cases[2].Matches = "(" },
		"cases[1].set: missing":           func(c *normalize.Custom) { c.Cases[1].Set = nil },
		"fields.user: \"a..b\"":           func(c *normalize.Custom) { c.Patterns, c.Fields = nil, map[string]string{"user": "a..b"} },
		"fields: received: Tocsin":        func(c *normalize.Custom) { c.Patterns, c.Fields = nil, map[string]string{"received": "a"} },
	} {
		c := shop()
		change(&c)
		if _, err := c.Compile(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// TestCustomIsBounded: a line over the bound is kept whole, and patterns that are slow
// elsewhere are not here.
func TestCustomIsBounded(t *testing.T) {
	t.Parallel()
	f, err := normalize.Custom{Name: "slow", Patterns: []string{`(?P<a>(x+x+)+y)`}}.Compile()
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{100, 8 << 10, 9 << 10} {
		events, err := f.Normalize([]byte(strings.Repeat("x", n)), &normalize.Hint{Received: received}, nil)
		if err != nil || len(events) != 1 || len(events[0].Message) != n {
			t.Errorf("%d: %v", n, err)
		}
	}
}

// FuzzCustom: whatever the pattern and the line, there is one event that can be
// recorded, or an error.
func FuzzCustom(f *testing.F) {
	f.Add("%{IP:ip} %{GREEDYDATA:message}", "192.0.2.1 hello")
	f.Add("%{NUMBER:time}(?P<tags>.*)", "1795342800 a,b")
	f.Add("%{DATA:severity};%{DATA:outcome};%{DATA:attrs.x}", "warn;ok;\xff")
	f.Fuzz(func(t *testing.T, pattern, line string) {
		if len(pattern) > 200 {
			return
		}
		format, err := normalize.Custom{Name: "fuzz", Patterns: []string{pattern}}.Compile()
		if err != nil {
			return
		}
		events, err := format.Normalize([]byte(line), &normalize.Hint{Received: received}, nil)
		if err != nil {
			return
		}
		for _, e := range events {
			check(t, e)
		}
	})
}
