// SPDX-License-Identifier: Apache-2.0

package rule_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/core/rule"
)

const head = "title: T\nid: r1\n"

func parseOne(t *testing.T, text string) *rule.Rule {
	t.Helper()
	rules, err := rule.Parse("t.yml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if len(rules) != 1 {
		t.Fatalf("%d rules", len(rules))
	}
	return rules[0]
}

func sample() *event.Event {
	e := &event.Event{
		Category: "login_failed", Source: "authentication", User: "Ana", IP: "192.0.2.7", Host: "web1",
		Message: "Failed password for Ana from 192.0.2.7", Severity: event.High, Outcome: event.Failure, Time: 1,
	}
	e.SetCore(event.FieldSession, "")
	e.SetAttr("path", event.Text(`C:\Temp\a*b?.exe`))
	e.SetAttr("count", event.Number("12"))
	e.SetAttr("codes", event.Texts("alpha", "beta"))
	e.SetAttr("nothing", event.Null())
	e.SetAttr("blocked", event.Bool(true))
	e.SetAttr("word", event.Text("STRAßE ſtop Kelvin"))
	e.SetAttr("long", event.Text(strings.Repeat("x", 9000)+"needle"))
	return e
}

// TestDetections: each selection against one event.
func TestDetections(t *testing.T) {
	t.Parallel()
	e := sample()
	f := func(selection string, want bool) {
		t.Helper()
		r := parseOne(t, head+"detection:\n  s:\n    "+selection+"\n  condition: s\n")
		if got := r.Matches(e); got != want {
			t.Errorf("%s: %v, want %v", selection, got, want)
		}
	}
	f("category: login_failed", true)
	f("eventType: login_failed", true)
	f("category: Login_FAILED", true)
	f("category|cased: Login_FAILED", false)
	f("category: login", false)
	f("category: [x, login_failed]", true)
	f("category: login_*", true)
	f("category: log?n_failed", true)
	f("category: '*'", true)
	f("userId: ana", true)
	f("user|startswith: A", true)
	f("user|endswith: nA", true)
	f("user|contains: N", true)
	f("user|contains: x", false)
	f("message|contains: 'for*from'", true)
	f("message|contains: 'from*for'", false)
	f("message|contains|all: [password, 192.0.2]", true)
	f("message|contains|all: [password, nope]", false)
	f("message|startswith: 'failed*ana'", true)
	f(`path: 'c:\temp\a\*b\?.exe'`, true)
	f(`path: 'c:\temp\aXb\?.exe'`, false)
	f(`path|endswith: '\*b\?.exe'`, true)
	f(`path: 'C:\\Temp\\a\*b\?.exe'`, true)
	f("path|re: '^C:\\\\Temp'", true)
	f("path|re: '^c:'", false)
	f("path|re|i: '^c:'", true)
	f("long|contains: needle", true)
	f("long|re: needle", false) // beyond what a regular expression looks at
	f("ip|cidr: 192.0.2.0/24", true)
	f("ip|cidr: 192.0.3.0/24", false)
	f("ip|cidr: [10.0.0.0/8, '192.0.2.7/32']", true)
	f("ip|cidr: 2001:db8::/32", false)
	f("attrs.count: 12", true)
	f("count: 12.0", true)
	f("count|gt: 11", true)
	f("count|gt: 12", false)
	f("count|gte: 12", true)
	f("count|lt: 12", false)
	f("count|lte: 12", true)
	f("missing|lt: 12", false)
	f("user|gt: 1", false)
	f("severity: high", true)
	f("severity|gte: medium", true)
	f("severity|gte: critical", false)
	f("outcome: failure", true)
	f("codes: beta", true)
	f("codes|startswith: al", true)
	f("codes|contains|all: [alp, bet]", true)
	f("codes: gamma", false)
	f("blocked: true", true)
	f("blocked: false", false)
	// Absent, null and empty are three things; Sigma's null is the first two.
	f("session: ''", true)
	f("session: null", false)
	f("session|exists: true", true)
	f("nothing: null", true)
	f("nothing: ''", false)
	f("nothing|exists: true", true)
	f("missing: null", true)
	f("missing: ''", false)
	f("missing|exists: false", true)
	// Case is Unicode's.
	f("word|contains: 'Stop'", true)
	f("word|contains: 'kelvin'", true)
	f("word|contains: 'straſse'", false)
	f("word|startswith: 'straß'", true)
}

func TestConditions(t *testing.T) {
	t.Parallel()
	const searches = `detection:
  yes1: {category: login_failed}
  yes2: {user: ana}
  no1: {user: bob}
  _hidden: {user: bob}
  words: [password, absent]
  either: [{user: bob}, {user: ana, ip: 192.0.2.7}]
`
	e := sample()
	f := func(condition string, want bool) {
		t.Helper()
		r := parseOne(t, head+searches+"  condition: "+condition+"\n")
		if got := r.Matches(e); got != want {
			t.Errorf("%s: %v, want %v", condition, got, want)
		}
	}
	f("yes1", true)
	f("not yes1", false)
	f("yes1 and yes2", true)
	f("yes1 and not no1", true)
	f("no1 or yes1 and yes2", true)
	f("(no1 or yes1) and no1", false)
	f("not no1 and yes1", true)
	f("not (no1 or yes1)", false)
	f("1 of yes*", true)
	f("all of yes*", true)
	f("any of no*", false)
	f("all of them", false)
	f("1 of them", true)
	f("words", true)
	f("either", true)
}

// TestNamesKeepTheirCase: a search of another case is an error, not a mismatch.
func TestNamesKeepTheirCase(t *testing.T) {
	t.Parallel()
	if _, err := rule.Parse("t.yml", []byte(head+"detection: {yes: {user: a}, condition: YES}\n")); err == nil {
		t.Error("YES is not yes")
	}
}

func TestCategoriesForRouting(t *testing.T) {
	t.Parallel()
	f := func(detection, want string) {
		t.Helper()
		r := parseOne(t, head+"detection: {"+detection+"}\n")
		got := "any"
		if c := r.Categories(); c != nil {
			got = strings.Join(c, ",")
		}
		if got != want {
			t.Errorf("%s: %s, want %s", detection, got, want)
		}
	}
	f("a: {category: x}, condition: a", "x")
	f("a: {category: [x, y]}, condition: a", "x,y")
	f("a: {category: x}, b: {user: u}, condition: a and b", "x")
	f("a: {category: x}, b: {user: u}, condition: a or b", "any")
	f("a: {category: x}, b: {category: y}, condition: a or b", "x,y")
	f("a: {category: [x, y]}, b: {category: y}, condition: a and b", "y")
	f("a: {category: x}, condition: not a", "any")
	f("a: {category: 'x*'}, condition: a", "any")
	f("a: {category|contains: x}, condition: a", "any")
}

func TestCorrelation(t *testing.T) {
	t.Parallel()
	rules, err := rule.Parse("t.yml", []byte(`
title: Base
name: base
detection: {s: {category: [a, b]}, condition: s}
---
title: Many
id: many
tags: [attack.t1110.001, attack.credential-access, atlas.aml.t0051]
correlation:
  type: value_count
  rules: [base]
  group-by: [ip, user]
  timespan: 2h
  condition: {field: host, gt: 4}
level: critical
tocsin:
  type: many_hosts
  entity: [{field: ipAddress, type: ip}, {field: attrs.remote_host, type: host}]
  weight: attrs.repeat
  confidence: 0.6
  severity_steps: [{times: 2, severity: high}, {times: 5, severity: critical}]
`))
	if err != nil {
		t.Fatal(err)
	}
	if err := rule.Link(rules); err != nil {
		t.Fatal(err)
	}
	base, many := rules[0], rules[1]
	if base.Fires() || !many.Fires() {
		t.Error("a base of a correlation fires only with generate")
	}
	c := many.Correlation
	if c.Threshold != 5 || c.Timespan != 2*time.Hour || c.Field.String() != "host" || len(c.Bases) != 1 || c.Bases[0] != base {
		t.Errorf("correlation %+v", c)
	}
	if got := strings.Join(many.Categories(), ","); got != "a,b" {
		t.Errorf("categories %s", got)
	}
	if got := strings.Join(many.Techniques(), ","); got != "T1110.001,AML.T0051" {
		t.Errorf("techniques %s", got)
	}
	if v := many.Native; v.Message != "anomaly.many_hosts" || !v.Own || len(v.Entity) != 2 || v.Entity[0].Field.String() != "ip" {
		t.Errorf("native %+v", v)
	}
	if base.Line != 2 || many.Line != 6 {
		t.Errorf("lines %d and %d", base.Line, many.Line)
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	r := parseOne(t, head+"logsource: {product: tocsin, service: authentication}\ndetection: {s: {category: login_failed}, condition: s}\n")
	if v := r.Native; v.Type != "sigma:r1" || v.Message != "anomaly.sigma" || v.Own || len(v.Entity) != 4 || v.Quiet != 10*time.Minute {
		t.Errorf("native %+v", v)
	}
	if r.Level != event.Medium || !r.Matches(sample()) {
		t.Errorf("level %v", r.Level)
	}
	other := sample()
	other.Source = "application"
	if r.Matches(other) {
		t.Error("the rule is about another source")
	}
}

// TestErrors: each names the line and what is wrong.
func TestErrors(t *testing.T) {
	t.Parallel()
	const ok = "detection: {s: {user: a}, condition: s}\n"
	const counts = "title: T\nid: c\ncorrelation:\n  type: event_count\n  rules: [r1]\n  group-by: [ip]\n  timespan: 10m\n"
	f := func(text string, line int, word string) {
		t.Helper()
		_, err := rule.Parse("t.yml", []byte(text))
		var at *rule.Error
		if !errors.As(err, &at) {
			t.Errorf("%q: error %v", text, err)
			return
		}
		if at.File != "t.yml" || at.Line != line || !strings.Contains(at.Text, word) {
			t.Errorf("%q: %v, want line %d and %q", text, err, line, word)
		}
	}
	f(head+ok+"colour: red\n", 4, "colour")
	f("id: r1\n"+ok, 1, "title")
	f("title: T\n"+ok, 1, "id")
	f(head, 1, "detection")
	f(head+"level: severe\n"+ok, 3, "severe")
	f(head+"title: again\n"+ok, 3, "twice")
	f(head+"detection: {s: {user: a}}\n", 3, "condition")
	f(head+"detection:\n  s: {user|base64: a}\n  condition: s\n", 4, "base64")
	f(head+"detection:\n  s: {user|contains|startswith: a}\n  condition: s\n", 4, "together")
	f(head+"detection:\n  s: {user|re: '('}\n  condition: s\n", 4, "user|re")
	f(head+"detection:\n  s: {ip|cidr: 1.2.3}\n  condition: s\n", 4, "ip|cidr")
	f(head+"detection:\n  s: {n|gt: many}\n  condition: s\n", 4, "many")
	f(head+"detection:\n  s: {user: []}\n  condition: s\n", 4, "empty")
	f(head+"detection:\n  s: {user: {a: b}}\n  condition: s\n", 4, "value")
	f(head+"detection:\n  s: {user: a}\n  condition: s and\n", 5, "ends")
	f(head+"detection:\n  s: {user: a}\n  condition: (s\n", 5, "parenthesis")
	f(head+"detection:\n  s: {user: a}\n  condition: s t\n", 5, "\"t\"")
	f(head+"detection:\n  s: {user: a}\n  condition: 1 of x*\n", 5, "x*")
	f(head+"detection:\n  s: {user: a}\n  condition: "+strings.Repeat("not ", 100)+"s\n", 5, "deeper")
	f(head+"detection:\n  s: &a {user: a}\n  t: *a\n  condition: s\n", 5, "aliases")
	f(head+"logsource: {product: windows}\n"+ok, 3, "windows")
	f(head+"logsource: {category: x}\n"+ok, 3, "category")
	f(head+ok+"tocsin: {kind: x}\n", 4, "kind")
	f(head+ok+"tocsin: {confidence: 2}\n", 4, "confidence")
	f(head+ok+"tocsin:\n  severity_steps: [{times: 1, severity: high}]\n", 5, "times")
	f(counts+"  condition: {lte: 3}\n", 8, "lte")
	f(counts+"  condition: {gte: 0}\n", 8, "gte")
	f(counts+"  condition: {gte: 3, field: user}\n", 8, "event_count")
	f(counts+"  condition: {gte: 3}\ntocsin: {entity: [{field: user, type: user}]}\n", 9, "group-by")
	f(strings.Replace(counts, "10m", "10x", 1)+"  condition: {gte: 3}\n", 7, "10x")
	f(strings.Replace(counts, "event_count", "temporal", 1)+"  condition: {gte: 3}\n", 4, "temporal")
	f(counts, 4, "condition")
	f("a: [\n", 1, "")
	f("- x\n", 1, "mapping")
}

func TestLinkErrors(t *testing.T) {
	t.Parallel()
	const c = "title: C\nid: c\ncorrelation: {type: event_count, rules: [%], timespan: 1m, condition: {gte: 2}}\n"
	const d = head + "detection: {s: {user: a}, condition: s}\n"
	f := func(text, word string) {
		t.Helper()
		rules, err := rule.Parse("t.yml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if err = rule.Link(rules); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("error %v, want one with %q", err, word)
		}
	}
	f(strings.Replace(c, "%", "nobody", 1), "nobody")
	f(strings.Replace(c, "%", "c", 1), "itself")
	f(d+"---\n"+d, "r1")
}

func FuzzParse(f *testing.F) {
	f.Add(head + "detection: {s: {user|contains: 'a*b\\?'}, condition: not (s or 1 of s*)}\n")
	f.Add("title: C\nid: c\ncorrelation: {type: value_count, rules: [r1], group-by: [ip], timespan: 1m, condition: {field: user, gte: 2}}\n")
	f.Add(head + "detection:\n  s|re: x\n  k: [a, '*b']\n  condition: all of them\ntocsin: {severity_field: severity, quiet: 5s}\n")
	f.Add("--- &a [*a]\n")
	e := sample()
	f.Fuzz(func(t *testing.T, text string) {
		rules, err := rule.Parse("f.yml", []byte(text))
		if err != nil {
			var at *rule.Error
			if !errors.As(err, &at) || at.Line < 1 {
				t.Fatalf("error without a place: %v", err)
			}
			return
		}
		if rule.Link(rules) != nil {
			return
		}
		for _, r := range rules {
			r.Matches(e)
			r.Categories()
		}
	})
}

func BenchmarkMatches(b *testing.B) {
	rules, err := rule.Parse("t.yml", []byte(head+"detection: {s: {category: login_failed}, condition: s}\n"))
	if err != nil {
		b.Fatal(err)
	}
	e := sample()
	b.ReportAllocs()
	for b.Loop() {
		if !rules[0].Matches(e) {
			b.Fatal("no match")
		}
	}
}
