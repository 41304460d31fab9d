// SPDX-License-Identifier: Apache-2.0

package query

import (
	"regexp"
	"testing"
)

// TestRequired: the text stands wherever the expression is found.
func TestRequired(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]string{
		`mimikatz`: "mimikatz", `(?i)kerber[o0]ast`: "erber", `(?i)Kiosk`: "", `^GET /(admin|login)\.php`: "get /", `(fail)+ed`: "fail", `(abc){2,3}x`: "abc", `(abc){0,3}xy`: "",
		`abc|xbd`: "", `a.*b`: "", `x*abcd?`: "abc", `(?i:șerban)`: "erban", `\d+ failed \w`: " failed ", `[a]bcd`: "abcd", `ș`: "", `(?s)a\nbc`: "a\nbc", ``: "",
	} {
		x := &Matches{Pattern: pattern}
		term, ok := Required(x)
		got := ""
		if ok {
			got = term.folded
		}
		if got != want {
			t.Errorf("%s: %q, want %q", pattern, got, want)
		}
		re := regexp.MustCompile(pattern)
		for _, text := range []string{"mimikatz", "\u212aERBEROA\u017fT kerber0ast", "GET /login.php", "failfailed", "abcabcx", "abcd", "ȘERBAN", "5 failed x", "a\nbc", "\u212aio\u017fk"} {
			if ok && re.MatchString(text) && !term.In(text) {
				t.Errorf("%s is found in %q, and %q is not in it", pattern, text, got)
			}
		}
	}
	if _, ok := Required(&All{}); ok {
		t.Error("a text for every event")
	}
}
