// SPDX-License-Identifier: Apache-2.0

package query

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// sameHunt compares hunts as data, without what is compiled of it.
func sameHunt() cmp.Options {
	return cmp.Options{
		cmpopts.IgnoreUnexported(Word{}, Compare{}, In{}, Matches{}),
		cmpopts.IgnoreFields(Hunt{}, "Text"),
		cmpopts.EquateEmpty(),
	}
}

// TestParseWhere: what is written, and what it means in canonical form.
func TestParseWhere(t *testing.T) {
	t.Parallel()
	f := func(text, want string) {
		t.Helper()
		h, err := Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			return
		}
		if got := h.String(); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
		again, err := Parse(h.String())
		if err != nil {
			t.Errorf("%s: %v", h, err)
		} else if diff := cmp.Diff(h, again, sameHunt()); diff != "" {
			t.Errorf("%s: canonical text means something else:\n%s", text, diff)
		}
	}
	f("", "*")
	f(" \n\t", "*")
	f("*", "*")
	f("** \"\"", "* *")
	f("failed root", "failed root")
	f("failed AND root", "failed root")
	f("a OR b c", "(a OR b) c")
	f("c a OR b", "c (a OR b)")
	f("a (b c) d", "a b c d")
	f("a OR (b c)", "a OR (b c)")
	f("a OR (b OR c)", "a OR b OR c")
	f("NOT a OR b", "NOT a OR b")
	f("NOT (a OR b)", "NOT (a OR b)")
	f("NOT NOT a", "NOT NOT a")
	f("-a -user:x -(b c)", "NOT a NOT user=x NOT (b c)")
	f("and or not in", "and or not in")
	f(`"AND"`, `"AND"`)
	f("ANDROID ORACLE NOTHING", "ANDROID ORACLE NOTHING")
	f("AND* *x x* *x*", "AND* *x x* *x*")
	f(`"say \"hi\" * \\ x"`, `"say \"hi\" * \\ x"`)
	f("10.0.0.0/8 a,b café! x-y", `10.0.0.0/8 "a,b" "café!" x-y`)
	f("user:ana", "user=ana")
	f("user=ana userId = bob", "user=ana userId=bob")
	f("a==b", "a=b")
	f("severity >= HIGH", "severity>=HIGH")
	f("bytes>10 bytes<=1e6 bytes!=5 bytes<9", "bytes>10 bytes<=1e6 bytes!=5 bytes<9")
	f("user:a* user:*b user:a**c", "user=a* user=*b user=a*c")
	f(`user:"a*b c" user:"\*\"\\"`, `user="a*b c" user="\*\"\\"`)
	f("user:a,b,c", "user IN (a, b, c)")
	f("user:a, b", "user=a b")
	f(`user:"a,b"`, `user="a,b"`)
	f(`user IN (a, "b c",d*)`, `user IN (a, "b c", d*)`)
	f("user IN(a)", "user=a")
	f("ip:10.0.0.0/8 ip:2001:db8::1", "ip=10.0.0.0/8 ip=2001:db8::1")
	f("url:http://x/?a=b", `url=http://x/?a=b`)
	f(`path:C:\Windows\*`, `path="C:\\Windows\*"`)
	f("message:/fail(ed|ure)/ /a b/", "message=/fail(ed|ure)/ /a b/")
	f(`path=/\/etc\/\d+\\/`, `path=/\/etc\/\d+\\/`)
	f("exists:user exists:attrs.x exists:'a b'", "exists:user exists:attrs.x exists:'a b'")
	f("user=* user=\"\"", `user=* user=""`)
	f("'user agent':x 'it\\'s'=1 'index'=x", `'user agent'=x 'it\'s'=1 'index'=x`)
	f("user-agent:x @timestamp>2026-11-23", "'user-agent'=x @timestamp>2026-11-23")
	f("index=security_events", "index=security_events")
	f("index:a,b -index=c", "(index=a OR index=b) index!=c")
	f("NOT index!=a", "index=a")
	f("earliest=-24h latest=now", "time>=-24h time<now")
	f("earliest=2026-11-23 latest=2026-11-24T00:00:00Z", "time>=2026-11-23 time<2026-11-24T00:00:00Z")
	f("-- a comment\n  -- and one\nindex=x\n-- more", "index=x")
	f("severity:h* x:=y x:\"/a\" x:it's", "severity=h* x=\"=y\" x=\"/a\" x=\"it's\"")
}

// TestSyntaxErrors: where, why, and what could be meant.
func TestSyntaxErrors(t *testing.T) {
	t.Parallel()
	f := func(text string, column int, want string) {
		t.Helper()
		_, err := Parse(text)
		var se *SyntaxError
		if !errors.As(err, &se) {
			t.Errorf("%s: %v, want a SyntaxError", text, err)
			return
		}
		if se.Column != column || !strings.Contains(err.Error(), want) || se.Code == "" {
			t.Errorf("%s: %q of %q, want column %d and %q", text, err, se.Code, column, want)
		}
	}
	f("(a", 1, "not closed")
	f("a b)", 4, "closing parenthesis without")
	f("()", 2, `')' where a word`)
	f("a OR", 5, "the end, where a word")
	f("a OR OR b", 6, "OR, where a word")
	f("AND a", 1, "AND, where a word")
	f("NOT", 4, "the end")
	f(`țară "abc`, 6, "quote is not closed")
	f(`a"b"`, 1, "quote within a word")
	f(`user:a"b"`, 6, "quote within a value")
	f(`user:"b"c`, 9, "a blank after the closing quote")
	f("user:", 6, "the end, where a value for user")
	f("user: ana", 6, "where a value for user")
	f(":x", 1, "where a word")
	f("!x", 1, `did you mean "NOT"?`)
	f("a --b", 3, "written in quotes")
	f("a*b", 1, "message:a*b")
	f("12:30", 1, "is no field")
	f("severity:hihg", 10, `did you mean "high"?`)
	f("severity>=hgh", 11, `did you mean "high"?`)
	f("ip:10.0.0.0/33", 4, "neither an address nor a network")
	f("ip:host", 4, "neither an address nor a network")
	f("outcome=succes", 9, `did you mean "success"?`)
	f("seq=x", 5, "is a number")
	f("compliance.pci_scope=ye", 22, "is true or false")
	f("time>yesterday", 6, "is a time")
	f("earliest>1", 10, "earliest is followed by")
	f("user>m", 6, "no order")
	f("bytes>many", 7, "wants a number")
	f("bytes>1*", 7, "a wildcard has no order")
	f("user=a,b", 6, "user IN (a, b)")
	f("user IN (a", 11, "a comma or a closing parenthesis")
	f("user IN ()", 10, "a value")
	f("user IN (a b)", 12, "a comma")
	f("severity IN (high, lo)", 20, `did you mean "low"?`)
	f("x:/a(/", 3, "missing closing )")
	f("path:/etc/passwd", 6, "a path is written in quotes")
	f("path:/tmp", 6, "not closed")
	f("x!=/a/", 1, "NOT x=/")
	f("exists:*", 8, "the name of a field")
	f("index>1", 7, "no order")
	f("a\xffb", 2, "UTF-8")
}

// TestHuntBounds: everything large is refused, and in time for a test.
func TestHuntBounds(t *testing.T) {
	t.Parallel()
	x := strings.Repeat
	f := func(name, text, want string) {
		t.Helper()
		_, err := Parse(text)
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %.200v, want %q", name, err, want)
		}
	}
	f("longest", x("a", MaxHuntBytes), "")
	f("one byte more", x("a", MaxHuntBytes+1), "bytes of text")
	f("most words", x("a ", MaxHuntTerms), "")
	f("a word more", x("a ", MaxHuntTerms+1), "more than 1000 words")
	f("ten thousand words", x("a", 10)+x(" b", 8000), "more than 1000 words")
	f("most values", "u IN (a"+x(",a", MaxHuntTerms-2)+")", "")
	f("a value more", "u IN (a"+x(",a", MaxHuntTerms-1)+")", "more than 1000 words")
	f("values after a colon", "u:a"+x(",a", MaxHuntTerms), "more than 1000 words")
	f("deepest", x("(", MaxHuntDepth)+"a"+x(")", MaxHuntDepth), "")
	f("deeper", x("(", MaxHuntDepth+1)+"a"+x(")", MaxHuntDepth+1), "more than 32 levels")
	f("open parentheses", x("(", 16000), "more than 32 levels")
	f("many NOT", x("NOT ", 4000)+"a", "more than 32 levels")
	f("many minus", x("-", 1)+x("(-", 4000)+"a", "more than 32 levels")
	f("side by side", x("(a) NOT b ", MaxHuntTerms/4), "")
	f("regex", "x:/"+x("a", MaxRegexBytes)+"/", "")
	f("longer regex", "x:/"+x("a", MaxRegexBytes+1)+"/", "regular expression of 1025 bytes")
	f("alternation", "x:/a"+x("|b", 5000)+"/", "regular expression of 10001 bytes")
	f("repetition", `x:/(\pL{30}){30}/`, "regular expression with repetitions")
	f("repetitions", "x:/"+x("[a-z]{999}", 100)+"/", "regular expression with repetitions")
	f("many regexes", x("/a/ ", MaxRegexes+1), "more than 16 regular")
}

func TestAt(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 26, 21, 15, 7, 5, time.FixedZone("", 2*3600))
	f := func(text, want string) {
		t.Helper()
		h, err := Parse("time>=" + text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			return
		}
		if got := h.At(now).String(); got != `time>=`+want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	f("now", "2026-11-26T19:15:07.000000005Z")
	f("NOW()", "2026-11-26T19:15:07.000000005Z")
	f("-24h", "2026-11-25T19:15:07.000000005Z")
	f("-90m", "2026-11-26T17:45:07.000000005Z")
	f("-h", "2026-11-26T18:15:07.000000005Z")
	f("+5sec", "2026-11-26T19:15:12.000000005Z")
	f("-7d@d", "2026-11-19T00:00:00Z")
	f("@h", "2026-11-26T19:00:00Z")
	f("-1mon@mon", "2026-10-01T00:00:00Z")
	f("-2w", "2026-11-12T19:15:07.000000005Z")
	f("-1y@y", "2025-01-01T00:00:00Z")
	f("-1000y", "1970-01-01T00:00:00Z")
	f("+1000000d", "2262-04-11T23:47:15Z")
	for _, text := range []string{"-", "-5", "-5x", "24h", "-1d@", "-1d@w", "-9999999d", "--1d", "-1.5h"} {
		if isOffset(text) {
			t.Errorf("%s is taken for an offset", text)
		}
	}
}
