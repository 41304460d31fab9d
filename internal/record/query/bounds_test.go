// SPDX-License-Identifier: Apache-2.0

package query

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// TestFilterBounds: the last that is allowed, and one beyond it.
func TestFilterBounds(t *testing.T) {
	t.Parallel()
	f := func(name string, ok bool, f Filter) {
		t.Helper()
		err := f.Validate()
		var fe *FieldError
		if ok != (err == nil) || err != nil && !errors.As(err, &fe) {
			t.Errorf("%s: %v, want accepted %v", name, err, ok)
		}
	}
	x := strings.Repeat
	f("limit 1", true, Filter{Limit: 1})
	f("largest limit", true, Filter{Limit: MaxLimit})
	f("farthest offset", true, Filter{Offset: MaxOffset})
	f("farther", false, Filter{Offset: MaxOffset + 1})
	f("cursor", true, Filter{Cursor: Key{}.Cursor()})
	f("from and to are one", true, Filter{From: 5, To: 5})
	f("open end", true, Filter{From: 5})
	f("to before 1970", false, Filter{To: -1})
	f("critical", true, Filter{Levels: []event.Severity{event.Critical}, MinLevel: event.Critical})
	f("values", true, Filter{Users: slices.Repeat([]string{"u"}, MaxValues)})
	f("one value more", false, Filter{Users: slices.Repeat([]string{"u"}, MaxValues+1)})
	f("addresses", false, Filter{IPs: slices.Repeat([]string{"192.0.2.1"}, MaxValues+1)})
	f("longest value", true, Filter{Users: []string{x("u", 1024)}})
	f("longest text", true, Filter{Text: x("t", MaxText)})
	f("most words", true, Filter{Text: x("w ", MaxTerms)})
	f("one word more", false, Filter{Text: x("w ", MaxTerms) + "w"})
	f("stars are no words", true, Filter{Text: x("* ", 100) + "w"})
	f("empty phrases are no words", true, Filter{Text: x(`"" `, 100) + `"  "`})
	f("phrase that ends in a backslash", false, Filter{Text: `"a\"`})
	f("network of no length", false, Filter{IPs: []string{"192.0.2.0/33"}})
	f("empty address", false, Filter{IPs: []string{""}})
}

func TestParseFilterTimes(t *testing.T) {
	t.Parallel()
	f := func(text string, want int64) {
		t.Helper()
		got, err := ParseFilter(url.Values{"to": {text}})
		if want < 0 && err == nil || want >= 0 && (err != nil || got.To != want) {
			t.Errorf("%s: %d %v, want %d", text, got.To, err, want)
		}
	}
	f("1970-01-01T00:00:00Z", 0)
	f("1970-01-01T00:00:00.000000001Z", 1)
	f("1969-12-31T23:59:59.999999999Z", -1)
	f("2262-04-11T23:47:15Z", 9223372035e9)
	f("2262-04-11T23:47:16Z", -1)
	f(" 1970-01-01T00:00:01Z ", 1e9)
	f("1970-01-01 00:00:01Z", -1)
	f("1", -1)
}

// TestParseFilterNames: aliases join, order does not matter, and what a page of
// its own knows is left to it.
func TestParseFilterNames(t *testing.T) {
	t.Parallel()
	cursor := Key{Time: 7}.Cursor()
	got, err := ParseFilter(url.Values{"cursor": {cursor}, "ip": {"a, ,b"}, "src_ip": {" c "}, "severity": {"low"}, "level": {"HIGH,"}, "mine": {"x", "y"}}, "mine")
	if err != nil {
		t.Fatal(err)
	}
	want := Filter{Cursor: cursor, IPs: []string{"a", "b", "c"}, Levels: []event.Severity{event.High, event.Low}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for range 20 { // maps have no order, errors do
		if _, err := ParseFilter(url.Values{"b": {"x"}, "a": {"x"}, "c": {"x"}}); err.Error() != "a: no such filter" {
			t.Fatal(err)
		}
	}
}

func TestPatterns(t *testing.T) {
	t.Parallel()
	f := func(pattern, s string, want bool) {
		t.Helper()
		p := NewPattern(pattern)
		if p.Match(s) != want || MatchAny([]Pattern{NewPattern("no"), p}, []byte(s)) != want {
			t.Errorf("%q on %q: want %v", pattern, s, want)
		}
	}
	f("ana", "ANA", true)
	f("ana", "anas", false)
	f("a*a", "a", false)
	f("a*a", "aa", true)
	f("a*b*c", "a-b-b-c", true)
	f("a*b*c", "a-c-b", false)
	f("*b*", "abc", true)
	f("**", "x", true)
	f("*", "", false)
	f("Ș*", "șt", true)
	if !MatchAny(nil, "anything") {
		t.Error("no patterns leave nothing out")
	}
	literal := func(pattern, want string, wantOK bool) {
		t.Helper()
		if got, ok := NewPattern(pattern).Literal(); got != want || ok != wantOK {
			t.Errorf("%q: %q %v, want %q %v", pattern, got, ok, want, wantOK)
		}
	}
	literal("Ana_1~", "ana_1~", true)
	literal("a*", "", false)
	literal("ș", "", false)
	literal("\x7f", "\x7f", true)
	literal("\u0080", "", false)
}

func TestSingleAddress(t *testing.T) {
	t.Parallel()
	f := func(text, want string) {
		t.Helper()
		p, err := (&Filter{IPs: []string{text}}).Plan()
		if err != nil {
			t.Fatal(err)
		}
		addr, ok := p.IPs[0].Single()
		if ok != (want != "") || ok && addr != netip.MustParseAddr(want) {
			t.Errorf("%s: %v %v, want %q", text, addr, ok, want)
		}
	}
	f("192.0.2.7", "192.0.2.7")
	f("192.0.2.7/32", "192.0.2.7")
	f("::ffff:192.0.2.7/128", "192.0.2.7")
	f("fe80::1%eth0", "fe80::1")
	f("192.0.2.0/31", "")
	f("2001:db8::/127", "")
	f("192.0.2.*", "")
}

// TestStatisticsBounds: what is left out of a list is counted, to the last one.
func TestStatisticsBounds(t *testing.T) {
	t.Parallel()
	tally := NewTally()
	for i := range maxKept + 5 {
		tally.Source(fmt.Sprint("s", i), 2)
	}
	tally.Source("s0", 3)    // known already
	tally.Source("never", 0) // nothing
	tally.Level(event.Critical, 4)
	tally.Level(event.Critical+1, 9)
	tally.Total(7)
	s := tally.Statistics()
	if len(s.Sources) != MaxGroups || s.Sources[0] != (Count{"s0", 5}) || s.OtherSources != 2*(maxKept+5-MaxGroups) {
		t.Errorf("%d sources, %+v first, %d beyond", len(s.Sources), s.Sources[0], s.OtherSources)
	}
	if s.Levels != [event.Critical + 1]int64{event.Critical: 4} || s.Total != 7 || s.OtherCategories != 0 {
		t.Errorf("%+v", s.Levels)
	}
	few := NewTally()
	for i := range MaxGroups {
		few.Category(fmt.Sprintf("c%04d", i), 1)
	}
	if s := few.Statistics(); len(s.Categories) != MaxGroups || s.OtherCategories != 0 || s.Categories[0].Value != "c0000" || s.Categories[MaxGroups-1].Value != "c0999" {
		t.Errorf("%d categories, %d beyond", len(s.Categories), s.OtherCategories)
	}
}

func TestMissing(t *testing.T) {
	t.Parallel()
	plain, damaged := &MissingError{ID: event.ID{1}}, &MissingError{ID: event.ID{1}, Incomplete: 7}
	if !errors.Is(plain, ErrNotFound) || strings.Contains(plain.Error(), "cannot") {
		t.Errorf("%v", plain)
	}
	if !errors.Is(damaged, ErrNotFound) || !strings.Contains(damaged.Error(), "7 cannot") || !strings.Contains(damaged.Error(), damaged.ID.String()) {
		t.Errorf("%v", damaged)
	}
}

// TestFoldIsStable: folding again changes nothing, and a letter stays what it is
// to the eye: ASCII comes only from ASCII.
func TestFoldIsStable(t *testing.T) {
	t.Parallel()
	for r := rune(0); r <= unicode.MaxRune; r++ {
		s := string(r)
		folded := Fold(s)
		if Fold(folded) != folded {
			t.Fatalf("%q folds to %q and that to %q", s, folded, Fold(folded))
		}
		if r >= utf8.RuneSelf && folded[0] < utf8.RuneSelf {
			t.Fatalf("%q folds to the ASCII %q", s, folded)
		}
		if r < utf8.RuneSelf && folded != strings.ToLower(s) {
			t.Fatalf("%q folds to %q", s, folded)
		}
		if foldPrefix(s, folded) != len(s) || foldPrefix([]byte(s+"x"), folded) != len(s) {
			t.Fatalf("%q is not found to begin with %q", s, folded)
		}
	}
	if foldPrefix("ab", "abc") != -1 || foldPrefix("", "a") != -1 || foldPrefix("\x7f", "\x7f") != 1 {
		t.Error("prefixes of short texts")
	}
}

// TestWordBorders at every kind of neighbour.
func TestWordBorders(t *testing.T) {
	t.Parallel()
	for near, word := range map[string]bool{
		"a": true, "z": true, "A": true, "Z": true, "0": true, "9": true, "_": true, "ș": true, "\u0301": true, "²": true,
		"@": false, "[": false, "`": false, "{": false, "/": false, ":": false, "-": false, ".": false, "—": false, "\xff": false, "\ufffd": false,
	} {
		term := NewTerm("root", false, false)
		for _, s := range []string{near + "root", "root" + near, near + "root" + near} {
			if term.In(s) == word || term.InBytes([]byte(s)) == word {
				t.Errorf("%q: want a word of its own %v", s, !word)
			}
		}
		open := NewTerm("root", true, true)
		if !open.In(near + "root" + near) {
			t.Errorf("%q: open at both ends", near)
		}
	}
}
