// SPDX-License-Identifier: Apache-2.0

package query

import (
	"testing"
	"unicode/utf8"
)

// FuzzComplete: no text and cursor make it panic, and what it would replace is there.
func FuzzComplete(f *testing.F) {
	for _, text := range []string{
		"", "us", `user="a`, "user IN (a, b", "a:b,c", "* | st", "* | stats dc(", "*|where x=", `*|eval a="`, "ș|sort -", "|||", "exists:", "a |top limit=",
	} {
		f.Add(text, len(text))
		f.Add(text, len(text)/2)
	}
	f.Fuzz(func(t *testing.T, text string, cursor int) {
		most := utf8.RuneCountInString(text)
		if cursor >= 0 && cursor < most {
			most = cursor
		}
		for _, s := range Complete(text, cursor, testKnown()) {
			if s.From < 0 || s.From > s.To || s.To != most || s.Text == "" {
				t.Fatalf("%q at %d: %+v", text, cursor, s)
			}
		}
	})
}
