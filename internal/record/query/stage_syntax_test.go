// SPDX-License-Identifier: Apache-2.0

package query

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestParseStages: what is written, and the canonical form.
func TestParseStages(t *testing.T) {
	t.Parallel()
	f := func(text, want string) {
		t.Helper()
		h, err := Parse("*|" + text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			return
		}
		if got := h.String(); got != "* | "+want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
		again, err := Parse(h.String())
		if err != nil {
			t.Errorf("%s: %v", h, err)
		} else if diff := cmp.Diff(h, again, sameHunt()); diff != "" {
			t.Errorf("%s: canonical text means something else:\n%s", text, diff)
		}
	}
	f("stats count", "stats count")
	f("STATS count() c BY user", "stats count, count as c by user")
	f("stats count as n,dc(user) AS u by a,b c", "stats count as n, dc(user) as u by a, b, c")
	f("stats p95(x) median(x) mean(x) as m", "stats perc95(x) as 'p95(x)', perc50(x) as 'median(x)', avg(x) as m")
	f("stats count as count", "stats count")
	f("stats count('a b') by 'x y' 'by'", "stats count('a b') by 'x y', 'by'")
	f("timechart count", "timechart count")
	f("timechart limit=3 span=90m count by user", "timechart span=90m limit=3 count by user")
	f("timechart span=2days avg(x)", "timechart span=2d avg(x)")
	f("top user", "top limit=10 user")
	f("rare limit=3 user, ip by source", "rare limit=3 user, ip by source")
	f("top 3 user", "top limit=3 user")
	f("sort count", "sort count")
	f("sort 5 -count + user, - ip", "sort 5 -count, user, -ip")
	f("head", "head 10")
	f("head limit=3 | tail 2", "head 3 | tail 2")
	f("table a b,c user-agent", "table a, b, c, 'user-agent'")
	f("fields - a", "fields - a")
	f("fields + a, b", "fields a, b")
	f("dedup a b", "dedup a, b")
	f("dedup 3 a", "dedup 3 a")
	f(`rename a as b, c as "d e"`, "rename a as b, c as 'd e'")
	f("stats dc(user) by ip | sort -dc(user)", "stats dc(user) by ip | sort -'dc(user)'")
	f("where a=1 AND b==2 and not c", "where (a = 1) AND (b = 2) AND (NOT c)")
	f("where (a OR b) AND c", "where (a OR b) AND c")
	f("eval x=1+2*3-4", "eval x=1 + (2 * 3) - 4")
	f("eval x=1-(2-3)", "eval x=1 - (2 - 3)")
	f("eval x=a/b/c*d", "eval x=a / b / c * d")
	f("eval x=--5, y=-a.b", "eval x=-(-5), y=-a.b")
	f(`eval x="a"."b".user . "c"`, `eval x="a" . "b" . user . "c"`)
	f(`where user IN ("a", "b") OR in(ip, "c") OR a LIKE "x%"`, `where in(user, "a", "b") OR in(ip, "c") OR like(a, "x%")`)
	f(`eval x=IF(a>1e3,Lower(user),ceiling(2.50))`, `eval x=if(a > 1e3, lower(user), ceil(2.50))`)
	f(`eval x=case(true(),"it's \"so\" \\")`, `eval x=case(true(), "it's \"so\" \\")`)
	f("eval 'a b'='c d' + 1", "eval 'a b'='c d' + 1")
	f("head 1\n-- a comment\n| head 2", "head 1 | head 2")
}

// TestStageErrors: where, why, and what could be meant. Columns count from the begin
// of the text, with a filter of one star before it.
func TestStageErrors(t *testing.T) {
	t.Parallel()
	f := func(text string, column, length int, code, want string) {
		t.Helper()
		_, err := Parse(text)
		var se *SyntaxError
		if !errors.As(err, &se) {
			t.Errorf("%s: %v, want a SyntaxError", text, err)
			return
		}
		if se.Column != column || se.Length != length || se.Code != code || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v (length %d, code %s), want column %d, length %d, code %s and %q", text, err, se.Length, se.Code, column, length, code, want)
		}
	}
	f("index=x   | statz count", 13, 5, CodeUnknownCommand, `unknown command "statz"; did you mean "stats"?`)
	f("* | search x", 5, 6, CodeUnknownCommand, `did you mean "where"?`)
	f("* | qqq x", 5, 3, CodeUnknownCommand, `unknown command "qqq"`)
	f("* |", 4, 0, CodeMissing, "a command such as")
	f("* | | head", 5, 1, CodeUnexpected, "a command such as")
	f("* | head 5 x", 12, 1, CodeUnexpected, "a pipe or the end")
	f("* | head x", 10, 1, CodeUnexpected, "a pipe or the end")
	f("* | head 99999999", 10, 8, CodeBadValue, "no whole number up to")
	f("* | stats", 10, 0, CodeMissing, "a function such as count")
	f("* | stats cuont", 11, 5, CodeUnknownFunction, `did you mean "count"?`)
	f("* | stats sum", 11, 3, CodeMissing, "sum wants a column")
	f("* | stats sum(user)", 11, 9, CodeBadType, "sum wants numbers; user is text")
	f("* | stats count(user", 21, 0, CodeMissing, "a closing parenthesis")
	f("* | stats count by", 19, 0, CodeMissing, "the name of a column")
	f("* | stats count, by user", 18, 1, CodeUnexpected, "a function such as")
	f("* | stats count count", 5, 5, CodeBadValue, "two columns with the name count")
	f("* | stats count as user by user", 5, 5, CodeBadValue, "two columns with the name user")
	f("* | stats count by user | sort -cuont", 33, 5, CodeUnknownColumn, `did you mean "count"?`)
	f("* | stats count by user | where ip=1", 33, 2, CodeUnknownColumn, "no column ip here; there are user, count")
	f("* | stats count by user | stats latest(count)", 33, 13, CodeBadType, "the events' time")
	f("* | stats count | timechart count", 19, 9, CodeBadType, "the events' time")
	f("* | timechart span=1x count", 20, 2, CodeBadValue, "is no span")
	f("* | timechart span=0h count", 20, 2, CodeBadValue, "is no span")
	f("* | timechart spam=1h count", 15, 4, CodeUnknownOption, `did you mean "span"?`)
	f("* | top limt=5 user", 9, 4, CodeUnknownOption, `did you mean "limit"?`)
	f("* | top 5", 10, 0, CodeMissing, "the name of a column")
	f("* | sort", 9, 0, CodeMissing, "the name of a column")
	f("* | table a,", 13, 0, CodeMissing, "the name of a column")
	f("* | table a*", 12, 1, CodeUnexpected, "the name of a column")
	f("* | dedup 0 a", 11, 2, CodeBadValue, "at least 1")
	f("* | rename a b", 14, 1, CodeUnexpected, "as and the new name")
	f("* | fields - 5x", 14, 2, CodeUnexpected, "is no field")
	f("* | table user | fields - usr", 27, 3, CodeUnknownColumn, `did you mean "user"?`)
	f("* | where", 10, 0, CodeMissing, "a column, number")
	f("* | where 5", 11, 1, CodeBadType, "number, where a condition should be")
	f("* | where a=1 OR b=2 AND c=3", 22, 3, CodeUnexpected, "AND and OR side by side")
	f("* | where (a", 11, 1, CodeUnclosed, "not closed")
	f("* | where a=1)", 14, 1, CodeUnexpected, "a pipe or the end")
	f(`* | where severity>="hgih"`, 21, 6, CodeBadValue, `did you mean "high"?`)
	f(`* | where severity=high`, 20, 4, CodeBadType, `did you mean "\"high\""?`)
	f(`* | where severity>3`, 20, 1, CodeBadType, "severity_number")
	f(`* | where time>"soon"`, 16, 6, CodeBadValue, "is a time")
	f(`* | stats count | where count="x"`, 31, 3, CodeBadValue, "is none")
	f(`* | where user`, 11, 4, CodeBadType, "where a condition")
	f(`* | where NOT 5`, 15, 1, CodeBadType, "beside NOT")
	f(`* | eval x=lowr(user)`, 12, 4, CodeUnknownFunction, `did you mean "lower"?`)
	f(`* | eval x=lower()`, 12, 5, CodeBadType, "wants 1")
	f(`* | eval x=if(user,1,2)`, 12, 2, CodeBadType, "argument 1 of if is text")
	f(`* | eval x=case(a>1)`, 12, 4, CodeBadType, "wants 2 to")
	f(`* | eval x=case(a>1,2,3)`, 12, 4, CodeBadType, "true()")
	f(`* | eval x=match(user,"a(")`, 12, 5, CodeBadRegex, "missing closing )")
	f(`* | eval x=match(user,ip)`, 12, 5, CodeBadType, "in quotes")
	f(`* | eval x=cidrmatch("10.0.0.0/99",ip)`, 12, 9, CodeBadValue, "neither an address")
	f(`* | eval x=strftime(time,"%Q")`, 12, 8, CodeBadValue, `"%Q"`)
	f(`* | eval x="a"+1`, 15, 1, CodeBadType, `did you mean "."?`)
	f(`* | eval x=user*2`, 16, 1, CodeBadType, "wants numbers")
	f(`* | eval x=true`, 12, 4, CodeUnexpected, `did you mean "true()"?`)
	f(`* | eval x 5`, 12, 1, CodeUnexpected, "an equals sign")
	f(`* | eval x=`, 12, 0, CodeMissing, "a column, number")
	f(`* | eval x=1 2`, 14, 1, CodeUnexpected, "a pipe or the end")
	f(`* | eval x=12ab`, 12, 4, CodeBadValue, "no number")
	f(`* | eval ț="ș" | statz`, 18, 5, CodeUnknownCommand, `"stats"`)
}

// TestStageBounds: everything large is refused.
func TestStageBounds(t *testing.T) {
	t.Parallel()
	x := strings.Repeat
	f := func(name, text, want string) {
		t.Helper()
		_, err := Parse(text)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %.200v, want %q", name, err, want)
		}
	}
	f("most stages", "*"+x("|head", MaxStages), "")
	f("a stage more", "*"+x("|head", MaxStages+1), "more than 32 stages")
	f("most columns", "*|table a"+names(MaxHuntFields-1), "")
	f("a column more", "*|table a"+names(MaxHuntFields), "more than 64 columns")
	f("values of groups", "*|stats count"+x(",count", MaxHuntFields), "more than 64 values")
	f("longest chain", "*|eval x=1"+x("+1", maxChain), "")
	f("a longer chain", "*|eval x=1"+x("+1", maxChain+1), "more than 100 operations")
	f("operations", "*|where a"+x(" OR a", MaxHuntTerms), "more than 1000 words")
	f("parentheses", "*|where "+x("(", 5000), "more than 32 levels")
	f("calls", "*|eval x="+x("abs(", 3000), "more than 32 levels")
	f("signs", "*|eval x="+x("-", 5000)+"1", "more than 32 levels")
	f("NOT", "*|where "+x("NOT ", 3000)+"a", "more than 32 levels")
	f("regexes", "*|where "+x(`match(a,"b") OR `, MaxRegexes+1)+"a", "more than 16 regular")
	f("assignments", "*|eval x=1"+x(",x=1", MaxHuntFields), "more than 64 columns")
	f("wide and deep", "*|where "+x("(", 30)+"a"+x(" AND (b OR c)", 300)+x(")", 30), "")
}

func names(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(",a" + strings.Repeat("b", i+1))
	}
	return b.String()
}
