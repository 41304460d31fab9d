// SPDX-License-Identifier: Apache-2.0

package search_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// one picks one of several.
func one[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

// prey makes events for hunts: some, with attributes of every kind, in columns and
// beyond them, and texts that are blank and null.
func prey(r *rand.Rand, n int) []*event.Event {
	es := some(r, n)
	for i, e := range es {
		if i > 1000 && r.IntN(2) == 0 { // so many that their column turns raw
			e.User, e.IP = fmt.Sprint("u", i), fmt.Sprintf("203.0.%d.%d", i>>8, i&255)
		}
		switch r.IntN(12) {
		case 0:
			e.SetCore(event.FieldUser, "")
		case 1:
			e.SetNull(event.FieldUser)
		case 2:
			e.SetNull(event.FieldIP)
		default:
			e.Null, e.Blank = e.Null.Without(event.FieldUser).Without(event.FieldIP).Without(event.FieldCategory).Without(event.FieldMessage),
				e.Blank.Without(event.FieldUser).Without(event.FieldIP).Without(event.FieldCategory).Without(event.FieldMessage)
		}
		if e.User != "" {
			e.Blank, e.Null = e.Blank.Without(event.FieldUser), e.Null.Without(event.FieldUser)
		}
		for _, f := range []event.Field{event.FieldCategory, event.FieldMessage, event.FieldIP, event.FieldUser} {
			if e.Core(f).Text != "" {
				e.Blank, e.Null = e.Blank.Without(f), e.Null.Without(f)
			}
		}
		if r.IntN(3) > 0 {
			e.SetAttr("port", one(r, event.Int(int64(r.IntN(30))), event.Text(strconv.Itoa(r.IntN(30))), event.Number("22.0"), event.Null(), event.Text("")))
		}
		if r.IntN(4) == 0 {
			e.SetAttr("peer", one(r, event.Text("203.0.113.9"), event.Text("198.51.100.77"), event.Texts("10.0.0.1", "x"), event.Bool(true)))
		}
		if r.IntN(3) == 0 {
			e.SetAttr("index", one(r, event.Text("web"), event.Text("WEB"), event.Text("db"), event.Null(), event.Texts("web", "db"), event.List()))
		}
		if r.IntN(2) == 0 {
			e.SetAttr("request", event.Text(fmt.Sprintf("req-%x", i*7919)))
		}
		if r.IntN(8) == 0 { // more keys than there are columns
			e.SetAttr(fmt.Sprint("rare", r.IntN(300)), event.Text(one(r, "needle", "a b", "5")))
		}
		if r.IntN(50) == 0 {
			e.SetAttr("rare7", event.Text(one(r, "needle", "hay", "")))
		}
		if r.IntN(9) == 0 {
			e.Place.Stream = "elsewhere"
		}
	}
	return es
}

// huntValues are values of fields, of those that occur and of those that do not.
func huntValues() map[string][]string {
	return map[string][]string{
		"user":        {"root", "ROOT", "ana", "ștefan", `"u1*"`, "*", `""`, "nobody", "u77", "r*t"},
		"ip":          {"192.0.2.7", "203.0.113.0/25", "2001:db8::/32", "198.*", "::ffff:192.0.2.7", `""`, "203.0.113.8"},
		"category":    {"login_failed", "LOGIN_*", "data_export", "nothing", "*"},
		"source":      {"access", "Authentication", "llm", "ll*", "none"},
		"message":     {`"*assw*"`, `"failed*"`, "login", `"Failed password for root from 192.0.2.7 port 5"`},
		"action":      {"root", `"login failed"`, "*for*"},
		"session":     {`"*ș*"`, "22"},
		"outcome":     {"success", "failure", "unknown"},
		"tags":        {"root", "login*", `""`, "*"},
		"raw":         {"*root*", "*"},
		"stream":      {"elsewhere", "30d", "*d"},
		"geo.country": {"RO", "ro", "FR"},
		"port":        {"22", "5", "22.0", "*", `""`, "2*", "null"},
		"peer":        {"203.0.113.0/24", "10.0.0.1", "true", "x", "198.51.100.77"},
		"pid":         {"true", "root", "0", "1.5", "*login*", `"1e400"`},
		"http.status": {"login", "*", "-0"},
		"a":           {"22", "root", `""`},
		"rare7":       {"needle", "hay", "*", `""`},
		"rare200":     {"needle", "*"},
		"rare100":     {"needle", `"a b"`, "5"},
		"request":     {"req-0", "req-1eef", "REQ-F77F5", "nothing"},
		"nowhere":     {"x", "5", "*"},

		"compliance.gdpr_relevant":  {"true", "false"},
		"compliance.retention_days": {"5", "1000"},
	}
}

func huntField(r *rand.Rand) string {
	return one(r, "user", "ip", "category", "source", "message", "action", "session", "outcome", "tags", "raw", "stream", "geo.country", "port", "peer", "pid",
		"http.status", "a", "rare7", "rare100", "rare200", "request", "nowhere", "compliance.gdpr_relevant", "compliance.retention_days", "port", "user", "ip")
}

func randomLeaf(r *rand.Rand, es []*event.Event) string {
	e := es[r.IntN(len(es))]
	values := huntValues()
	switch r.IntN(16) {
	case 0:
		return "severity" + one(r, "=", "!=", ">=", "<", "<=", ">") + one(r, "info", "low", "medium", "high", "critical")
	case 1:
		return one(r, "time", "received") + one(r, "<", ">=", "=", "!=", ">", "<=") + event.FormatTime(e.Time)
	case 2:
		return one(r, "earliest=", "latest=") + event.FormatTime(e.Time)
	case 3:
		return one(r, "failed", `"failed password"`, "fail*", "*assw*", "ș", "kerberoast", "needle", "root", "22", "req-1eef", "login_failed", "true")
	case 4:
		return one(r, `/[Ff]ailed .* root/`, `/^login/`, `/req-[0-9a-f]+$/`, `/x*/`, `/^$/`, `/\d{3}\.5/`, `/needle/`, `/(?i)FAILED passw.rd/`, `/(?i)ROOT from 203\.0/`)
	case 5:
		return huntField(r) + "=" + one(r, `/^r/`, `/\d$/`, `/^$/`, `/(?i)LOGIN/`, `/a|u/`, `/(?i)assword FOR u\d/`, `/03\.0\.[0-9]+\.7$/`)
	case 6:
		return "exists:" + one(r, huntField(r), "severity", "time", "index", "id")
	case 7:
		return "index" + one(r, "=", "!=") + one(r, "web", "w*", "db", "none")
	case 8:
		return one(r, "port", "seq", "ord", "compliance.retention_days", "severity_number", "pid") + one(r, "<", ">", "<=", ">=") + one(r, "5", "22", "1e11", "1500")
	case 9:
		return "id" + one(r, "=", "!=") + one(r, e.ID.String(), strings.ToLower(e.ID.String()), e.ID.String()[:12]+"*", "nothing")
	case 10:
		f := huntField(r)
		return f + " IN (" + one(r, values[f]...) + ", " + one(r, values[f]...) + ")"
	default:
		f := huntField(r)
		return f + one(r, "=", "=", "!=") + one(r, values[f]...)
	}
}

// randomWhere is a condition with so many levels.
func randomWhere(r *rand.Rand, es []*event.Event, depth int) string {
	if depth == 0 {
		return randomLeaf(r, es)
	}
	a, b := randomWhere(r, es, depth-1), randomWhere(r, es, r.IntN(depth))
	switch r.IntN(5) {
	case 0:
		return "NOT (" + a + ")"
	case 1:
		return "(" + a + ") OR (" + b + ")"
	case 2:
		return "(" + a + ") (NOT " + b + ")"
	case 3:
		return a
	default:
		return "(" + a + ") " + "(" + b + ")"
	}
}

// randomStages are stages in the hunt language; "" for none.
func randomStages(r *rand.Rand) string {
	f := func() string {
		return one(r, huntField(r), "severity", "category", "source", "user", "nowhere", "index")
	}
	agg := func() string {
		return one(r, "count", "count("+f()+")", "dc("+f()+")", "min("+f()+")", "max("+f()+")", "values("+f()+")", "sum(port)", "avg(port)", "earliest("+f()+")", "latest("+f()+")",
			"p95(port)", "list(category)", "max(time)", "min(received)") + " as x"
	}
	before := one(r, "", "", "", "| where len(user)>2 ", "| eval y=lower(user) . source ", "| where severity>=\"medium\" ", "| rename user as who ", "| where port>5 ")
	y := f()
	if strings.Contains(before, "y=") {
		y = one(r, y, "y")
	}
	if strings.Contains(before, "who") && y == "user" {
		y = "who"
	}
	group := one(r,
		"| stats count by "+y, "| stats "+agg()+" by severity", "| stats count, "+agg(), "| stats count by category, source, outcome",
		"| timechart span="+one(r, "10m", "1h", "1d")+" count by "+one(r, "category", "severity", "source"), "| timechart "+agg(), "| timechart limit=2 count by "+y,
		"| top limit=3 "+y, "| rare category by source", "| top user, ip", "| stats count by user, ip, category, source, severity", "| timechart span=1h dc(time) as t by severity",
		"| stats count by time", "| stats count, dc(ip) by user", "| stats count by "+one(r, "rare7", "rare100", "rare200", "user", "request")+", severity")
	row := one(r, "| head 20", "| tail 5", "| sort 15 -severity, user", "| dedup category, source", "| table time, user, port", "| fields - user", "| dedup 2 user | table user, id",
		"| sort 10 port", "| dedup rare200 | table rare200, rare100, rare7", "| head 300 | stats count by user", "| sort time | head 7", "| table user, ip | head 1000")
	switch r.IntN(4) {
	case 0:
		return ""
	case 1:
		return row
	default:
		if strings.Contains(before, "who") {
			group = strings.ReplaceAll(group, "user", "who")
		}
		return before + group + one(r, "", "", "| sort -count | head 5", "| head 3")
	}
}
