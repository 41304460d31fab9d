// SPDX-License-Identifier: Apache-2.0

package rule_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/rule"
)

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
	f("title: T\nid: \"\n\n", 2, "")
	f("~\n", 1, "mapping")
	f("? [a]\n: b\n", 1, "key")
	f(head+"detection:\n  s: {user: a}\n  ? {x: y}\n  : b\n", 5, "key")
	f("title: {a: b}\nid: r1\n"+ok, 1, "title: must be a text")
	f("title:\nid: r1\n"+ok, 1, "title: must be a text")
	f(head+"status: good\n"+ok, 3, "good")
	f(head+"status: [stable]\n"+ok, 3, "status: must be a text")
	f(head+"description: []\n"+ok, 3, "description")
	f(head+"tags: attack.t1110\n"+ok, 3, "tags: must be a list")
	f(head+"tags: [a, [b]]\n"+ok, 3, "tags: must be a text")
	f(head+"logsource: tocsin\n"+ok, 3, "logsource: must be a mapping")
	f(head+"logsource: {definition: []}\n"+ok, 3, "definition")
	f(head+ok+"correlation: {type: event_count, rules: [x], timespan: 1m, condition: {gte: 2}}\n", 1, "two documents")
	f(head+"detection: s\n", 3, "detection: must be a mapping")
	f(head+"detection:\n  s: {user: a}\n  timeframe: 1m\n  condition: s\n", 5, "timeframe")
	f(head+"detection:\n  s: {user: a}\n  condition: [s]\n", 5, "condition")
	f(head+"detection:\n  s: a\n  condition: s\n", 4, "mapping or a list")
	f(head+"detection:\n  s: []\n  condition: s\n", 4, "empty")
	f(head+"detection:\n  s: {}\n  condition: s\n", 4, "empty")
	f(head+"detection:\n  s: [[a]]\n  condition: s\n", 4, "text")
	f(head+"detection:\n  s: [null]\n  condition: s\n", 4, "text")
	f(head+"detection:\n  s:\n    - {user: a}\n    - {user|nope: a}\n  condition: s\n", 6, "nope")
	f(head+"detection:\n  s: {'|re': a}\n  condition: s\n", 4, "field name")
	f(head+"detection:\n  s: {user|i|re: a}\n  condition: s\n", 4, "belongs after re")
	f(head+"detection:\n  s: {user|re|cased: a}\n  condition: s\n", 4, "together")
	f(head+"detection:\n  s: {user|endswith|contains: a}\n  condition: s\n", 4, "together")
	f(head+"detection:\n  s: {user|endswith|re: a}\n  condition: s\n", 4, "together")
	f(head+"detection:\n  s: {user|startswith|exists: true}\n  condition: s\n", 4, "together")
	f(head+"detection:\n  s: {n|gt|lt: 3}\n  condition: s\n", 4, "together")
	f(head+"detection:\n  s: {n|gt: .nan}\n  condition: s\n", 4, "n|gt")
	f(head+"detection:\n  s: {n|gt: NaN}\n  condition: s\n", 4, "no number")
	f(head+"detection:\n  s: {n|gt: high}\n  condition: s\n", 4, "high")
	f(head+"detection:\n  s: {user|exists: maybe}\n  condition: s\n", 4, "maybe")
	f(head+"detection:\n  s: {user|contains: null}\n  condition: s\n", 4, "null cannot")
	f(head+"detection:\n  s: {user: [[a]]}\n  condition: s\n", 4, "value")
	f(head+"detection:\n  s: {user: a}\n  condition: ''\n", 5, "ends")
	f(head+"detection:\n  s: {user: a}\n  condition: not\n", 5, "ends")
	f(head+"detection:\n  s: {user: a}\n  condition: s or (t)\n", 5, "\"t\"")
	f(head+"detection:\n  s: {user: a}\n  condition: (s s)\n", 5, "parenthesis")
	f(head+"detection:\n  s: {user: a}\n  condition: s )\n", 5, "unexpected")
	f(head+"detection:\n  s: {user: a}\n  condition: 1 s\n", 5, "no search \"1\"")
	f(head+"detection:\n  s: {user: a}\n  condition: all of\n", 5, "after \"of\"")
	f(head+"detection:\n  s: {user: a}\n  condition: 1 of [\n", 5, "[")
	f(head+"detection:\n  _s: {user: a}\n  condition: 1 of them\n", 5, "them")
	f(head+"detection:\n  s: {user: a}\n  condition: all and s\n", 5, "\"all\"")
	f("- x\n", 1, "mapping")
}

// TestNativeErrors: the tocsin block is as strict as the rest.
func TestNativeErrors(t *testing.T) {
	t.Parallel()
	f := func(block string, word string) {
		t.Helper()
		_, err := rule.Parse("t.yml", []byte(head+"detection: {s: {user: a}, condition: s}\ntocsin:\n  "+block+"\n"))
		var at *rule.Error
		if !errors.As(err, &at) || at.Line != 5 || !strings.Contains(at.Text, word) {
			t.Errorf("%s: error %v, want line 5 and %q", block, err, word)
		}
	}
	f("- x", "tocsin: must be a mapping")
	f("type: [x]", "tocsin.type")
	f("message: {}", "tocsin.message")
	f("weight: ''", "tocsin.weight: a field name")
	f("severity_field: []", "tocsin.severity_field")
	f("confidence_field: []", "tocsin.confidence_field")
	f("entity: ip", "tocsin.entity: must be a list")
	f("entity: []", "1 to 250")
	f("entity: ["+strings.Repeat("{field: ip, type: ip},", 251)+"]", "1 to 250")
	f("entity: [ip]", "tocsin.entity: must be a mapping")
	f("entity: [{field: ip}]", "needs field and type")
	f("entity: [{type: ip}]", "needs field and type")
	f("entity: [{field: ip, kind: ip}]", "unknown key \"kind\"")
	f("entity: [{field: [], type: ip}]", "tocsin.entity.field")
	f("severity_steps: 3", "tocsin.severity_steps: must be a list")
	f("severity_steps: [3]", "tocsin.severity_steps: must be a mapping")
	f("severity_steps: [{times: 2, level: low}]", "unknown key \"level\"")
	f("severity_steps: [{times: x, severity: low}]", "\"x\"")
	f("severity_steps: [{times: 2, severity: worse}]", "worse")
	f("severity_steps: [{severity: low}]", "rise from 2")
	f("severity_steps: [{times: 3, severity: low}, {times: 3, severity: high}]", "rise from 2")
	f("confidence: 0", "between 0 and 1")
	f("confidence: 1", "between 0 and 1")
	f("confidence: .nan", "between 0 and 1")
	f("confidence: [.5]", "tocsin.confidence")
	for _, span := range []string{"0s", "5", "s", "''", "-1m", "1.5h", "5w", "32d", "745h", "99999999999d", "[1m]"} {
		f("quiet: "+span, "tocsin.quiet")
	}
}

func TestCorrelationErrors(t *testing.T) {
	t.Parallel()
	f := func(block, word string) {
		t.Helper()
		_, err := rule.Parse("t.yml", []byte("title: C\nid: c\ncorrelation:\n  {"+block+"}\n"))
		var at *rule.Error
		if !errors.As(err, &at) || at.Line != 4 || !strings.Contains(at.Text, word) {
			t.Errorf("%s: error %v, want line 4 and %q", block, err, word)
		}
	}
	const good = "type: event_count, rules: [r1], timespan: 1m, "
	f("rules: [r1], timespan: 1m, condition: {gte: 2}", "type is missing")
	f("type: event_count, timespan: 1m, condition: {gte: 2}", "rules are missing")
	f("type: event_count, rules: [], timespan: 1m, condition: {gte: 2}", "rules are missing")
	f("type: event_count, rules: {}, timespan: 1m, condition: {gte: 2}", "rules: must be a list")
	f("type: event_count, rules: null, timespan: 1m, condition: {gte: 2}", "rules: must be a text")
	f("type: event_count, rules: [r1], condition: {gte: 2}", "timespan is missing")
	f(good+"condition: 3", "condition: must be a mapping")
	f(good+"condition: {}", "gte or gt is missing")
	f(good+"condition: {gte: 2, gt: 3}", "one of gt and gte")
	f(good+"condition: {gte: 1000000001}", "billion")
	f(good+"condition: {gt: 1.5}", "1.5")
	f(good+"condition: {gt: [1]}", "correlation.condition.gt")
	f(good+"condition: {gte: 2, field: ''}", "field name is missing")
	f("type: value_count, rules: [r1], timespan: 1m, condition: {gte: 2}", "needs a field")
	f(good+"group-by: ip, condition: {gte: 2}", "group-by: must be a list")
	f(good+"group-by: [''], condition: {gte: 2}", "group-by: a field name")
	f(good+"generate: yes, condition: {gte: 2}", "correlation.generate")
	f(good+"aliases: {}, condition: {gte: 2}", "aliases")
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
