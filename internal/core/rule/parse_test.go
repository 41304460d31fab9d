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
	f("a: {category: [x, null]}, condition: a", "any")
	f("a: {category: x}, b: {category: y}, condition: a and b", "")
	f("a: {category: [x, y]}, b: {category: [y, z]}, c: {category: [z, y]}, condition: a and b and c", "y")
	f("a: {user: x}, b: {category: y}, condition: a and b", "y")
	f("a: {category: X}, condition: a", "x")
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

// TestNativeBlock: every key of the tocsin block, and its defaults.
func TestNativeBlock(t *testing.T) {
	t.Parallel()
	v := parseOne(t, head+`status: experimental
level: informational
description: D
logsource: {product: tocsin, definition: words}
detection: {s: {user: a}, condition: s}
tocsin:
  type: odd
  message: anomaly.other
  weight: repeat
  severity_field: level
  confidence: 0.25
  confidence_field: score
  quiet: 31d
  entity: [{field: host, type: machine}]
  severity_steps: [{times: 2, severity: informational}, {times: 3, severity: critical}]
`)
	if v.Level != event.Info || v.Status != "experimental" || v.Description != "D" || v.Service != "" {
		t.Errorf("rule %+v", v)
	}
	n := v.Native
	if n.Type != "odd" || n.Message != "anomaly.other" || !n.Own || n.Confidence != .25 || n.Quiet != 31*24*time.Hour {
		t.Errorf("native %+v", n)
	}
	if n.Weight.String() != "attrs.repeat" || n.SeverityField.String() != "severity" || n.ConfidenceField.String() != "attrs.score" {
		t.Errorf("fields %v %v %v", n.Weight, n.SeverityField, n.ConfidenceField)
	}
	if len(n.Entity) != 1 || n.Entity[0].Type != "machine" || len(n.Steps) != 2 || n.Steps[0] != (rule.Step{Times: 2, Severity: event.Info}) || n.Steps[1].Times != 3 {
		t.Errorf("entity %+v steps %+v", n.Entity, n.Steps)
	}
	if d := parseOne(t, head+"detection: {s: {user: a}, condition: s}\n").Native; d.Confidence != .7 {
		t.Errorf("confidence %v, want the default", d.Confidence)
	}
}

// TestCorrelationDefaults: whom a correlation is about when nothing says it.
func TestCorrelationDefaults(t *testing.T) {
	t.Parallel()
	f := func(more, entity, groups string) {
		t.Helper()
		r := parseOne(t, "title: C\nname: c\ncorrelation: {type: event_count, rules: r1, timespan: 90s, condition: {gte: 2}"+more+"}\n")
		var es, gs []string
		for _, e := range r.Native.Entity {
			es = append(es, e.Field.String()+"="+e.Type)
		}
		for _, g := range r.Correlation.GroupBy {
			gs = append(gs, g.String())
		}
		if strings.Join(es, " ") != entity || strings.Join(gs, " ") != groups {
			t.Errorf("%s: entity %v groups %v", more, es, gs)
		}
		if r.ID != "c" || r.Correlation.Timespan != 90*time.Second || r.Correlation.Threshold != 2 || r.Correlation.Rules[0] != "r1" || !r.Fires() {
			t.Errorf("%s: %+v", more, r)
		}
	}
	f("", "source=source", "source")
	f(", group-by: [src_ip, user]", "ip=ip", "ip user")
	f(", group-by: [host]", "host=host", "host")
	f(", group-by: [port]", "attrs.port=attrs.port", "attrs.port")
}

// TestLinkTwice: linking again joins anew and does not double the bases; with
// generate a base keeps its own findings, once another does not ask for it not.
func TestLinkTwice(t *testing.T) {
	t.Parallel()
	const c = "---\ntitle: C\nid: %\ncorrelation: {type: event_count, rules: [r1], generate: true, timespan: 1m, condition: {gte: 2}}\n"
	const base = head + "name: n\ndetection: {s: {user: a}, condition: s}\n"
	rules, err := rule.Parse("t.yml", []byte(base+strings.Replace(c, "%", "c", 1)))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := rule.Link(rules); err != nil {
			t.Fatal(err)
		}
		if n := len(rules[1].Correlation.Bases); n != 1 || !rules[0].Fires() || !rules[1].Fires() {
			t.Fatalf("%d bases, base fires %v", n, rules[0].Fires())
		}
	}
	if rules[1].Matches(sample()) || rules[1].Categories() != nil {
		t.Error("a correlation matches no single event and cannot tell its categories here")
	}
	quiet := strings.Replace(c, "generate: true, ", "", 1)
	for _, order := range []string{strings.Replace(c, "%", "c1", 1) + strings.Replace(quiet, "%", "c2", 1), strings.Replace(quiet, "%", "c1", 1) + strings.Replace(c, "%", "c2", 1)} {
		rules, err := rule.Parse("t.yml", []byte(base+order))
		if err != nil {
			t.Fatal(err)
		}
		if err := rule.Link(rules); err != nil || rules[0].Fires() {
			t.Errorf("%v, base fires %v although one correlation wants it quiet", err, rules[0].Fires())
		}
	}
}

// TestEmptyDocuments between two lines of --- are none.
func TestEmptyDocuments(t *testing.T) {
	t.Parallel()
	const one = head + "detection: {s: {user: a}, condition: s}\n"
	for text, want := range map[string]int{
		one + "---\n": 1, "# licence\n---\n" + one: 1, one + "---\n# end\n": 1, one + "---\n---\n" + one: 2, "---\n": 0, "# only\n": 0, one + "...\n": 1,
	} {
		if rules, err := rule.Parse("t.yml", []byte(text)); err != nil || len(rules) != want {
			t.Errorf("%q: %d rules, %v, want %d", text, len(rules), err, want)
		}
	}
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
