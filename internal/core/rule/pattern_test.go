// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzGlob compares patterns with the regular expression that means the same.
func FuzzGlob(f *testing.F) {
	f.Add("a*b?c", "aXXbYc", false)
	f.Add(`\*\\?`, `*\x`, true)
	f.Add("**?*", "é", false)
	f.Add("*ab*ab", "abab", false)
	f.Fuzz(func(t *testing.T, text, s string, cased bool) {
		if !utf8.ValidString(text) || !utf8.ValidString(s) || len(text) > 50 || len(s) > 200 {
			return
		}
		var re strings.Builder
		re.WriteString("(?s")
		if !cased {
			re.WriteString("i")
		}
		re.WriteString(")^")
		for i := 0; i < len(text); {
			switch {
			case text[i] == '\\' && i+1 < len(text) && strings.IndexByte(`*?\`, text[i+1]) >= 0:
				re.WriteString(regexp.QuoteMeta(text[i+1 : i+2]))
				i += 2
				continue
			case text[i] == '*':
				re.WriteString(".*")
			case text[i] == '?':
				re.WriteString(".")
			default:
				_, size := utf8.DecodeRuneInString(text[i:])
				re.WriteString(regexp.QuoteMeta(text[i : i+size]))
				i += size
				continue
			}
			i++
		}
		re.WriteString("$")
		want := regexp.MustCompile(re.String()).MatchString(s)
		if got := newPattern(text, whole, cased).match(s); got != want {
			t.Errorf("%q cased=%v on %q: %v, want %v", text, cased, s, got, want)
		}
	})
}
