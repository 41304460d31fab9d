// SPDX-License-Identifier: Apache-2.0

package query

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func testKnown() Known {
	return Known{
		Fields: []string{"category", "ip", "severity", "user", "user_agent", "http.status", "user-agent"},
		Values: func(canonical string) []string {
			return map[string][]string{
				"user":     {"ana", "bob", "an a"},
				"category": {"login_failed", "login_success", "http_request"},
			}[canonical]
		},
	}
}

// TestComplete: a caret stands for the cursor; what comes out are the texts, and the
// hunt after the first was taken.
func TestComplete(t *testing.T) {
	t.Parallel()
	f := func(text, want, taken string) {
		t.Helper()
		before, after, _ := strings.Cut(text, "^")
		got := Complete(before+after, utf8.RuneCountInString(before), testKnown())
		var words []string
		for _, s := range got {
			words = append(words, s.Text)
		}
		if diff := cmp.Diff(want, strings.Join(words, " ")); diff != "" {
			t.Errorf("%s: -want +got\n%s", text, diff)
			return
		}
		if len(got) == 0 {
			return
		}
		runes := []rune(before + after)
		if is := string(runes[:got[0].From]) + got[0].Text + string(runes[got[0].To:]); is != taken {
			t.Errorf("%s: taken %s, want %s", text, is, taken)
		}
	}
	f("us^", "user= user_agent= 'user-agent'= http.status=", "user=")
	f("țară AND -cat^ x", "category=", "țară AND -category= x")
	f("(STAT^", "http.status=", "(http.status=")
	f("user=an^", `ana "an a"`, "user=ana")
	f("userId:a^ | head", `ana "an a"`, "userId:ana | head")
	f("userId:ana,b^", `bob`, "userId:ana,bob")
	f(`user="a^`, `"ana" "an a"`, `user="ana"`)
	f("user IN (ana, b^", "bob", "user IN (ana, bob")
	f(`user IN ("b^`, `"bob"`, `user IN ("bob"`)
	f("eventType!=login_s^", "login_success", "eventType!=login_success")
	f("severity>=h^", "high", "severity>=high")
	f("outcome=f^", "failure", "outcome=failure")
	f("earliest=-2^", "-24h", "earliest=-24h")
	f("a NO^", "NOT", "a NOT")
	f("exists:ht^", "http.status", "exists:http.status")
	f(`"free te^`, "", "")
	f("nothing=x^", "", "")
	f("* | st^", "stats ", "* | stats ")
	f("*|^", "dedup  eval  fields  head  rare  rename  sort  stats  table  tail  timechart  top  where ", "*|dedup ")
	f("* | stats co^", "count", "* | stats count")
	f("* | stats pe^", "perc50( perc95( perc99(", "* | stats perc50(")
	f("* | stats dc(us^", "user user_agent 'user-agent' http.status", "* | stats dc(user")
	f("* | stats count by ca^", "category", "* | stats count by category")
	f("* | stats count b^", "by", "* | stats count by")
	f("* | stats count by user | sort -^", "user count", "* | stats count by user | sort -user")
	f("* | stats count by user | where co^", "count coalesce(", "* | stats count by user | where count")
	f("* | stats count as n by user | fields - ^", "user n", "* | stats count as n by user | fields - user")
	f("* | eval xyz=1 | table xy^", "xyz", "* | eval xyz=1 | table xyz")
	f("* | eval x=low^", "lower(", "* | eval x=lower(")
	f(`* | where user="b^`, `"bob"`, `* | where user="bob"`)
	f("* | timechart sp^", "span=", "* | timechart span=")
	f("* | timechart span=1h c^", "count dc( perc50( perc95( perc99(", "* | timechart span=1h count")
	f("* | top ca^", "category", "* | top category")
	f("* | top li^", "limit=", "* | top limit=")
	f(`user="a|b" us^`, "user= user_agent= 'user-agent'= http.status=", `user="a|b" user=`)
	f("(broken | table use^", "user user_agent 'user-agent'", "(broken | table user")
}

func TestCompleteBounds(t *testing.T) {
	t.Parallel()
	if got := Complete(strings.Repeat("a", MaxHuntBytes+1), -1, testKnown()); got != nil {
		t.Errorf("%d suggestions for a text that is too long", len(got))
	}
	var known Known
	known.Fields = strings.FieldsFunc(names(60), func(r rune) bool { return r == ',' })
	if got := Complete("a", 1, known); len(got) != maxSuggestions {
		t.Errorf("%d suggestions, want %d", len(got), maxSuggestions)
	}
	for cursor := range 30 {
		Complete(`x="ș" | stats "a(`, cursor, testKnown())
	}
}
