// SPDX-License-Identifier: Apache-2.0

package rule_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/core/rule"
)

// TestValuesAgainstKinds: what a plain value of YAML means for each kind of value
// that an event may carry.
func TestValuesAgainstKinds(t *testing.T) {
	t.Parallel()
	f := func(selection string, v event.Value, want bool) {
		t.Helper()
		e := &event.Event{Source: "application"}
		if v.Kind != event.KindAbsent {
			e.SetAttr("v", v)
		}
		r := parseOne(t, head+"detection:\n  s:\n    "+selection+"\n  condition: s\n")
		if got := r.Matches(e); got != want {
			t.Errorf("%s on %+v: %v, want %v", selection, v, got, want)
		}
	}
	num, text, list := event.Number, event.Text, event.List
	// Numbers compare as numbers; in a text only the very same characters count.
	f("v: 7", num("7.0"), true)
	f("v: 7", num("8"), false)
	f("v: 7", text("7"), true)
	f("v: 7", text("7.0"), false)
	f("v: 7", event.Bool(true), false)
	f("v: '7'", num("7"), true)
	f("v: '7'", num("7.0"), false)
	f("v: 1_000", text("1_000"), true)
	f("v: 1_000", text("1000"), false)
	f("v|contains: 7", num("170"), true)
	f("v|startswith: 7", num("170"), false)
	// Bools are the bool or its word.
	f("v: true", event.Bool(true), true)
	f("v: true", event.Bool(false), false)
	f("v: false", event.Bool(false), true)
	f("v: false", event.Bool(true), false)
	f("v: true", text("TRUE"), true)
	f("v: true", text("false"), false)
	f("v: true", num("1"), false)
	f("v: false", event.Null(), false)
	f("v: 'true'", event.Bool(true), true)
	f("v|contains: true", text("untrue"), true)
	// Comparisons take numbers only.
	f("v|lt: 7", num("6.9"), true)
	f("v|lt: 7", num("7"), false)
	f("v|lte: 7", num("7"), true)
	f("v|lte: 7", num("7.1"), false)
	f("v|gt: 7", num("7.1"), true)
	f("v|gte: 7", num("6.9"), false)
	f("v|gte: 7", text("9"), false)
	f("v|lt: 7", num("none"), false)
	f("v|gte: 7", list(num("1"), num("9")), true)
	f("v|gte: 7", event.Value{}, false)
	// A list holds when a member does; a null member is no text.
	f("v: b", list(text("a"), text("b")), true)
	f("v: null", list(), false)
	f("v: 'null'", list(event.Null()), false)
	f("v: '*'", list(), false)
	f("v: '*'", event.Null(), false)
	f("v: '*'", text(""), true)
	f("v: ''", text("x"), false)
	f("v|exists: true", list(), true)
	f("v|exists: false", event.Null(), false)
	f("v|exists: true", event.Value{}, false)
	f("v: [null, x]", event.Value{}, true)
	// Networks: a mapped address is the IPv4 one; a host bit in the rule is cut.
	f("v|cidr: 192.0.2.9/24", text("192.0.2.200"), true)
	f("v|cidr: 192.0.2.0/24", text("::ffff:192.0.2.1"), true)
	f("v|cidr: 2001:db8::/32", text("2001:db8:1::1"), true)
	f("v|cidr: 0.0.0.0/0", text("host"), false)
	f("v|cidr: ::/0", text("192.0.2.1"), false)
	// Regular expressions are searched for, and read no case unless told.
	f("v|re: b+", text("abba"), true)
	f("v|re: ^b", text("abba"), false)
	f("v|re: ^B", text("a\nb"), false)
	f("v|re|i|m: ^B", text("a\nb"), true)
	f("v|re: a.b", text("a\nb"), false)
	f("v|re|s: a.b", text("a\nb"), true)
	f("v|re: ^7$", num("7"), true)
	f("v|re: ''", event.Value{}, false)
	f("v|contains|cased: Ab", text("xAby"), true)
	f("v|contains|cased: Ab", text("xaby"), false)
	f("v|re|all: [a, b]", text("ab"), true)
	f("v|re|all: [a, c]", text("ab"), false)
}

// TestKeywords look into the message and every text of the attributes, but not
// into numbers or other fields.
func TestKeywords(t *testing.T) {
	t.Parallel()
	e := &event.Event{Source: "application", Message: "Disk is Full", User: "ana"}
	e.SetAttr("a", event.Text("second PLACE"))
	e.SetAttr("b", event.List(event.Number("42"), event.Text("third place"), event.Null()))
	e.SetAttr("c", event.Number("4711"))
	f := func(word string, want bool) {
		t.Helper()
		r := parseOne(t, head+"detection:\n  s: ["+word+"]\n  condition: s\n")
		if got := r.Matches(e); got != want {
			t.Errorf("%s: %v, want %v", word, got, want)
		}
	}
	f("disk", true)
	f("full", true)
	f("'d?sk*full'", true)
	f("second place", true)
	f("third", true)
	f("fourth", false)
	f("ana", false)
	f("4711", false)
	f("42", false)
	f("nowhere, third", true)
	f("{user: bob}, third", true)
	f("{user: ana}, nowhere", true)
	f("{user: bob}, nowhere", false)
}

// TestWildcardsGoBack: a star that took too little takes more; characters are
// whole ones.
func TestWildcardsGoBack(t *testing.T) {
	t.Parallel()
	f := func(pattern, s string, want bool) {
		t.Helper()
		r := parseOne(t, head+"detection:\n  s:\n    user: '"+pattern+"'\n  condition: s\n")
		if got := r.Matches(&event.Event{User: s}); got != want {
			t.Errorf("%s on %q: %v, want %v", pattern, s, got, want)
		}
	}
	f("*ab", "aab", true)
	f("*ab", "abab", true)
	f("*ab", "abac", false)
	f("*a?c*", "aaabcd", true)
	f("a*b*c", "a-b-b-c", true)
	f("a*b*c", "a-c-b", false)
	f("a*", "b", false)
	f("a?c", "ac", false)
	f("a?c", "aéc", true)
	f("a?c", "aééc", false)
	f("?*?", "é", false)
	f("?*?", "éé", true)
	f("**", "", false) // an absent user
	f("**a", "ba", true)
	f("a**b", "ab", true)
	f("*Z", "az", true)
	f("@*[", "@x[", true)
	f("É*", "éa", true)
	f("K*", "Kelvin", true) // the Kelvin sign
	f("ſ*", "Stop", true)
	f(`a\*`, "a*", true)
	f(`a\*`, "ab", false)
	f(`a\?`, "ab", false)
	f(`a\\*`, `a\b`, true)
	f(`a\b`, `a\b`, true)
	f(`*\`, `x\`, true)
	f("*a\xc3\xbf", "A\xc3\xbf", true)
	r := parseOne(t, head+"detection:\n  s:\n    user: 'x*y'\n  condition: s\n")
	if !r.Matches(&event.Event{User: "X\xffY"}) || r.Matches(&event.Event{User: "X\xffZ"}) {
		t.Error("bytes that are no UTF-8 stand for themselves")
	}
}

func TestConditionWords(t *testing.T) {
	t.Parallel()
	const searches = "detection:\n  a: {user: ana}\n  b: {user: bob}\n  _c: {user: bob}\n  1: {user: ana}\n"
	e := &event.Event{User: "ana"}
	f := func(condition string, want bool) {
		t.Helper()
		if got := parseOne(t, head+searches+"  condition: "+condition+"\n").Matches(e); got != want {
			t.Errorf("%s: %v, want %v", condition, got, want)
		}
	}
	f("a AND NOT b", true)
	f("(a)or(b)", true)
	f("b OR a", true)
	f("ANY Of *", true)
	f("ALL of a*", true)
	f("all of [a1]", true)
	f("all of [ab]", false)
	f("1 of _*", false)
	f("'1'", true)
	f("1 and a", true)
	f("not 1 of b*", true)
	f("not not a", true)
	f("b or b or a", true)
	f("a and a and b", false)
	f(strings.Repeat("not ", 64)+"a", true)
	f(strings.Repeat("(", 64)+"a"+strings.Repeat(")", 64), true)
	// "them" leaves out names with an underscore: they would fail here.
	f("all of them or not all of [a1]", false)
	fields := "detection:\n  a: {user: ana}\n  _b: {user: bob}\n  condition: all of them\n"
	if !parseOne(t, head+fields).Matches(e) {
		t.Error("all of them includes _b")
	}
}

// TestDetectionBounds: the bounds hold to the last one.
func TestDetectionBounds(t *testing.T) {
	t.Parallel()
	f := func(name string, ok bool, text string) {
		t.Helper()
		_, err := rule.Parse("t.yml", []byte(text))
		var at *rule.Error
		if ok != (err == nil) || err != nil && !errors.As(err, &at) {
			t.Errorf("%s: %v, want accepted %v", name, err, ok)
		}
	}
	searches := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "  s%d: {user: a}\n", i)
		}
		return head + "detection:\n" + b.String() + "  condition: s0\n"
	}
	values := func(n int) string {
		return head + "detection:\n  s: {user: [" + strings.Repeat("a,", n) + "]}\n  condition: s\n"
	}
	f("199 searches and a condition", true, searches(199))
	f("200 searches and a condition", false, searches(200))
	f("20,000 values", true, values(20_000))
	f("20,001 values", false, values(20_001))
	f("64 nots", true, head+"detection:\n  s: {user: a}\n  condition: "+strings.Repeat("not ", 64)+"s\n")
	f("65 nots", false, head+"detection:\n  s: {user: a}\n  condition: "+strings.Repeat("not ", 65)+"s\n")
	f("65 parentheses", false, head+"detection:\n  s: {user: a}\n  condition: "+strings.Repeat("(", 65)+"s"+strings.Repeat(")", 65)+"\n")
	const one = head + "detection: {s: {user: a}, condition: s}\n"
	pad := strings.Repeat("#", rule.MaxFileBytes-len(one))
	f("a megabyte", true, one+pad)
	f("a megabyte and a byte", false, one+pad+"#")
	f("1000 documents", true, strings.Repeat("---\n"+one, 1000))
	f("1001 documents", false, strings.Repeat("---\n"+one, 1001))
	f("an empty file", true, "")
}
