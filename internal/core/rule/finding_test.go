// SPDX-License-Identifier: Apache-2.0

package rule_test

import (
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/core/rule"
)

// TestFindingIDIsFrozen: a replay after an upgrade must name the same findings.
func TestFindingIDIsFrozen(t *testing.T) {
	t.Parallel()
	id := event.ID{1, 2, 3, 15: 16}
	const want = "21ed76d4f949a03466bce47179515504"
	if got := rule.FindingID("brute", "ip", "192.0.2.7", id); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestFindingIDTellsApart: no two of these may share an id, although some are
// the same characters in a row.
func TestFindingIDTellsApart(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	f := func(name, ruleID, entityType, entityValue string, crossing event.ID) {
		t.Helper()
		id := rule.FindingID(ruleID, entityType, entityValue, crossing)
		if len(id) != 32 {
			t.Errorf("%s: id %q", name, id)
		}
		if other, taken := seen[id]; taken {
			t.Errorf("%s has the id of %s", name, other)
		}
		seen[id] = name
	}
	f("plain", "r", "ip", "a", event.ID{})
	f("other rule", "q", "ip", "a", event.ID{})
	f("other type", "r", "iq", "a", event.ID{})
	f("other value", "r", "ip", "b", event.ID{})
	f("other event", "r", "ip", "a", event.ID{15: 1})
	f("shifted one way", "ri", "p", "a", event.ID{})
	f("shifted the other way", "r", "i", "pa", event.ID{})
	f("empty parts", "", "", "ripa", event.ID{})
}

func TestFieldReading(t *testing.T) {
	t.Parallel()
	e := sample()
	e.Severity = event.Critical
	text := func(name, want string) {
		t.Helper()
		if got := rule.FieldOf(name).Text(e); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	text("userId", "Ana")
	text("severity", "critical")
	text("details.count", "12")
	text("count", "12")
	text("codes", "alpha,beta")
	text("nothing", "")
	text("missing", "")
	text("session", "")
	text("outcome", "failure")
	number := func(name string, want float64, wantOK bool) {
		t.Helper()
		if got, ok := rule.FieldOf(name).Number(e); got != want || ok != wantOK {
			t.Errorf("%s: %v %v, want %v %v", name, got, ok, want, wantOK)
		}
	}
	number("severity", 4, true)
	number("level", 4, true)
	number("count", 12, true)
	number("user", 0, false)
	number("missing", 0, false)
	if n, ok := (rule.Field{}).Number(e); n != 0 || ok || !(rule.Field{}).IsZero() || rule.FieldOf("user").IsZero() {
		t.Error("the zero field is read")
	}
	if _, ok := rule.FieldOf("nothing").Value(e); !ok {
		t.Error("a null attribute is there")
	}
	if got := rule.FieldOf("src_ip").String() + " " + rule.FieldOf("port").String(); got != "ip attrs.port" {
		t.Errorf("names %s", got)
	}
}
