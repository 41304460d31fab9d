// SPDX-License-Identifier: Apache-2.0

package query

import (
	"errors"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

func TestMatch(t *testing.T) {
	t.Parallel()
	id, err := event.ParseID("01JD0000000000000000000007")
	if err != nil {
		t.Fatal(err)
	}
	e := &event.Event{
		ID: id, Time: 1000, Source: "Authentication", Category: "login_failed", Severity: event.High, User: "Ana.Pop@example.com", IP: "198.51.100.7",
	}
	f := func(name string, f Filter, want bool) {
		t.Helper()
		p, err := f.Plan()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := p.Match(e); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	f("everything", Filter{}, true)
	f("source", Filter{Sources: []string{"access", "authentication"}}, true)
	f("other source", Filter{Sources: []string{"access"}}, false)
	f("category", Filter{Categories: []string{"LOGIN_*"}}, true)
	f("level", Filter{Levels: []event.Severity{event.High, event.Critical}}, true)
	f("other level", Filter{Levels: []event.Severity{event.Low}}, false)
	f("at least medium", Filter{MinLevel: event.Medium}, true)
	f("at least critical", Filter{MinLevel: event.Critical}, false)
	f("high but at least critical", Filter{MinLevel: event.Critical, Levels: []event.Severity{event.High}}, false)
	f("user", Filter{Users: []string{"ana.pop@EXAMPLE.com"}}, true)
	f("user by pattern", Filter{Users: []string{"*pop*example*"}}, true)
	f("user by a pattern out of order", Filter{Users: []string{"*example*pop*"}}, false)
	f("part of a user", Filter{Users: []string{"ana"}}, false)
	f("begin and end overlap", Filter{Users: []string{"Ana.Pop@example.com*com"}}, false)
	f("address", Filter{IPs: []string{"198.51.100.7"}}, true)
	f("address in IPv6", Filter{IPs: []string{"::ffff:198.51.100.7"}}, true)
	f("network", Filter{IPs: []string{"198.51.100.77/24"}}, true)
	f("network in IPv6", Filter{IPs: []string{"::ffff:198.51.100.0/120"}}, true)
	f("every IPv4 address", Filter{IPs: []string{"0.0.0.0/0"}}, true)
	f("every IPv6 address", Filter{IPs: []string{"::/0"}}, false)
	f("other network", Filter{IPs: []string{"203.0.113.0/24", "2001:db8::/32"}}, false)
	f("address by pattern", Filter{IPs: []string{"198.51.*"}}, true)
	f("from", Filter{From: 1000}, true)
	f("to", Filter{To: 1000}, false)
	f("between", Filter{From: 999, To: 1001}, true)
	f("later", Filter{From: 1001}, false)
	f("id", Filter{ID: id}, true)
	f("other id", Filter{ID: event.ID{1}}, false)
	f("source and other user", Filter{Sources: []string{"authentication"}, Users: []string{"dan"}}, false)
	f("paging is not looked at", Filter{Cursor: Key{Time: 5}.Cursor()}, true)

	e.User, e.IP, e.Source = "", "", ""
	f("absent user", Filter{Users: []string{"*"}}, false)
	f("absent address", Filter{IPs: []string{"0.0.0.0/0", "*"}}, false)
	e.IP = "no address"
	f("no address", Filter{IPs: []string{"0.0.0.0/0", "::/0"}}, false)
	e.Severity = 9
	f("level beyond critical", Filter{MinLevel: event.Low}, false)
}

func TestValidate(t *testing.T) {
	t.Parallel()
	f := func(want string, f Filter) {
		t.Helper()
		err := f.Validate()
		var fe *FieldError
		if !errors.As(err, &fe) || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	f("limit: 1001 is not between 1 and 1000", Filter{Limit: 1001})
	f("limit: -1 is not between 1 and 1000", Filter{Limit: -1})
	f("offset: -1 is not between 0 and 1000000", Filter{Offset: -1})
	f("offset: not together with cursor", Filter{Offset: 1, Cursor: Key{}.Cursor()})
	f("cursor: not one that this server gave", Filter{Cursor: "AAAA"})
	f("to: before from", Filter{From: 10, To: 9})
	f("from: before 1970", Filter{From: -1})
	f("level: 5 is no level", Filter{Levels: []event.Severity{5}})
	f("min_level: 6 is no level", Filter{MinLevel: 6})
	f(`ip: "host.example" is neither an address nor a network such as 192.0.2.0/24`, Filter{IPs: []string{"host.example"}})
	f("user: empty value", Filter{Users: []string{""}})
	f("source: 101 values, at most 100 are possible", Filter{Sources: make([]string, 101)})
	f("category: value of 1025 bytes, at most 1024 are possible", Filter{Categories: []string{strings.Repeat("x", 1025)}})
	if err := (&Filter{Limit: 1000, Offset: 1_000_000}).Validate(); err != nil {
		t.Error(err)
	}
}

func TestParseFilter(t *testing.T) {
	t.Parallel()
	values, err := url.ParseQuery("source=access,llm&source=shop&level=high,critical&min_level=LOW&eventType=login_failed" +
		"&user_id=CN=a,O=b&username=ana&ip_address=192.0.2.0/24&q=failed+root&from=1970-01-01T00:00:01Z&to=1970-01-01T02:00:02.5%2B02:00" +
		"&limit=7&offset=3&cursor=&fields=b&id=01JD0000000000000000000007")
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseFilter(values, "fields")
	if err != nil {
		t.Fatal(err)
	}
	id, _ := event.ParseID("01JD0000000000000000000007")
	want := Filter{
		Sources: []string{"access", "llm", "shop"}, Levels: []event.Severity{event.High, event.Critical}, MinLevel: event.Low,
		Categories: []string{"login_failed"}, Users: []string{"CN=a,O=b", "ana"}, IPs: []string{"192.0.2.0/24"}, Text: "failed root",
		From: 1e9, To: 25e8, ID: id, Limit: 7, Offset: 3,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("filter (-want +got):\n%s", diff)
	}
	for query, want := range map[string]string{
		"sources=x":                 "sources: no such filter",
		"fields=b":                  "fields: no such filter",
		"level=loud":                `level: "loud" is none of info, low, medium, high, critical`,
		"severity=9":                `severity: "9" is none of info, low, medium, high, critical`,
		"min_level=x":               `min_level: "x" is none of info, low, medium, high, critical`,
		"from=yesterday":            `from: "yesterday" is no time such as 2026-11-23T15:04:05Z`,
		"to=1969-01-01T00:00:00Z":   `to: "1969-01-01T00:00:00Z" is not between 1970 and 2262`,
		"from=9999-01-01T00:00:00Z": `from: "9999-01-01T00:00:00Z" is not between 1970 and 2262`,
		"limit=0":                   "limit: 0 is not between 1 and 1000",
		"limit=ten":                 `limit: "ten" is no number`,
		"offset=-1":                 `offset: "-1" is no number`,
		"id=7":                      `id: "7" is no event id`,
		"q=a&q=b":                   "q: given 2 times",
	} {
		values, _ := url.ParseQuery(query)
		if _, err := ParseFilter(values); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", query, err, want)
		}
	}
	values, _ = url.ParseQuery("user_id=&q=&from=&limit=&source=&level=&ip_address=")
	if got, err = ParseFilter(values); err != nil || !cmp.Equal(got, Filter{}) {
		t.Errorf("empty values: %+v %v", got, err)
	}
}

func TestCursor(t *testing.T) {
	t.Parallel()
	k := Key{Time: 1_790_000_000_123_456_789, ID: event.ID{1, 2, 3, 15: 9}}
	s := k.Cursor()
	if back, err := ParseCursor(s); err != nil || back != k {
		t.Errorf("%+v %v, want %+v", back, err, k)
	}
	for i := range s {
		other := byte('A')
		if s[i] == other {
			other = 'B'
		}
		if _, err := ParseCursor(s[:i] + string(other) + s[i+1:]); err == nil {
			t.Errorf("character %d changed, and it was believed", i)
		}
	}
	keys := []Key{{Time: 2, ID: event.ID{1}}, {Time: 1, ID: event.ID{9}}, {Time: 1, ID: event.ID{8}}}
	for i := range keys {
		for j := range keys {
			if got := keys[i].Compare(keys[j]); (got < 0) != (i < j) || (got == 0) != (i == j) {
				t.Errorf("key %d against %d: %d", i, j, got)
			}
		}
	}
}

func FuzzCursor(f *testing.F) {
	f.Add(Key{Time: 1, ID: event.ID{1}}.Cursor())
	f.Add("AQ")
	f.Fuzz(func(t *testing.T, s string) {
		if k, err := ParseCursor(s); err == nil && k.Cursor() != s {
			t.Errorf("%q is read and written as %q", s, k.Cursor())
		}
	})
}

func FuzzParseFilter(f *testing.F) {
	f.Add("source=a,b&level=high&from=2026-01-01T00:00:00Z&limit=5&q=%22a+b%22&ip=192.0.2.0/24")
	f.Fuzz(func(t *testing.T, s string) {
		values, err := url.ParseQuery(s)
		if err != nil {
			return
		}
		filter, err := ParseFilter(values)
		if err == nil {
			err = filter.Validate()
		}
		var fe *FieldError
		if err != nil && !errors.As(err, &fe) {
			t.Errorf("%v is no *FieldError", err)
		}
	})
}

func TestTally(t *testing.T) {
	t.Parallel()
	tally := NewTally()
	const hour = int64(3600e9)
	for i := range 10 {
		tally.Event(&event.Event{Source: []string{"b", "a", "a"}[i%3], Severity: event.Severity(i % 2), Time: int64(i/5)*hour + 7})
	}
	want := Statistics{
		Total: 10, Sources: []Count{{"a", 6}, {"b", 4}}, Categories: []Count{{"", 10}},
		Levels: [event.Critical + 1]int64{5, 5}, Hours: []HourCount{{0, 5}, {hour, 5}},
	}
	if diff := cmp.Diff(want, tally.Statistics()); diff != "" {
		t.Errorf("statistics (-want +got):\n%s", diff)
	}
	for i := range 2 * MaxHours {
		tally.Hour(int64(i), 1)
		tally.Category(strings.Repeat("x", i%2000+1), 1)
	}
	s := tally.Statistics()
	if len(s.Hours) != MaxHours || s.OtherHours != MaxHours+10 || len(s.Categories) != MaxGroups || s.OtherCategories == 0 {
		t.Errorf("%d hours and %d beyond, %d categories and %d beyond", len(s.Hours), s.OtherHours, len(s.Categories), s.OtherCategories)
	}
	if HourOf(-1) != -1 || HourOf(-hour) != -1 || HourOf(0) != 0 || HourOf(hour-1) != 0 {
		t.Error("hours before 1970 are counted wrong")
	}
}

func FuzzAddress(f *testing.F) {
	for _, s := range []string{"198.51.100.7", "0.0.0.0", "256.1.1.1", "01.2.3.4", "1.2.3", "1.2.3.4.5", "1..2.3", "00.0.0.0", "::1", "fe80::1%eth0", "::ffff:192.0.2.1", "abc", "a.b.c.d", "00::", "999::1", "1.2.3.4 "} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want, err := netip.ParseAddr(s)
		want = want.Unmap().WithZone("")
		if got, ok := parseAddr(s); ok != (err == nil) || ok && got != want {
			t.Errorf("%q: %v %v, want %v %v", s, got, ok, want, err)
		}
		if got, ok := parseAddr([]byte(s)); ok != (err == nil) || ok && got != want {
			t.Errorf("bytes of %q: %v %v, want %v %v", s, got, ok, want, err)
		}
	})
}
