// SPDX-License-Identifier: Apache-2.0

package query_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/query"
)

func TestParseWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]query.Filter{
		"":                               {},
		"  \t ":                          {},
		"failed login":                   {Text: "failed login"},
		`"failed login" root*`:           {Text: `"failed login" root*`},
		"source:authentication":          {Sources: []string{"authentication"}},
		"source:a,b source:c":            {Sources: []string{"a", "b", "c"}},
		"level:high,critical":            {Levels: []event.Severity{event.High, event.Critical}},
		"severity:low eventType:logout":  {Levels: []event.Severity{event.Low}, Categories: []string{"logout"}},
		`user:"Ana Pop" ip:10.0.0.0/8 x`: {Users: []string{"Ana Pop"}, IPs: []string{"10.0.0.0/8"}, Text: "x"},
		`userId:an* "a \"b\" c"`:         {Users: []string{"an*"}, Text: `"a \"b\" c"`},
		`ip:"2001:db8::1"`:               {IPs: []string{"2001:db8::1"}},
		"ip:2001:db8::1":                 {IPs: []string{"2001:db8::1"}},
		`"NOT" "a=b" "2001:db8::1"`:      {Text: `"NOT" "a=b" "2001:db8::1"`},
	} {
		got, err := query.ParseWords(text)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%q: %v (-want +got):\n%s", text, err, diff)
		}
	}
}

func TestParseWordsRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	for text, says := range map[string]string{
		"source:a OR source:b":      "column 10: OR is not known here",
		"NOT x":                     "column 1: NOT",
		"a -b":                      `column 3: "-b"`,
		"severity>=high":            `column 9: ">"`,
		"user=ana":                  `column 5: "="`,
		"(a b)":                     `column 1: "("`,
		"a | stats count":           `column 3: "|"`,
		"http://example.com":        `column 1: "http" is none of source`,
		"attrs.x:1":                 `"attrs.x" is none of`,
		"ț ț colour:red":            "column 5",
		"source:":                   "source has no value",
		"source:,":                  "source has no value",
		`user:""`:                   "user has no value",
		"user:a user:b":             "column 8: user is there twice",
		"level:fatal":               `"fatal" is none of info`,
		`"open`:                     "column 1: the quote is not closed",
		`user:"open`:                "column 1: the quote is not closed",
		`a"b"`:                      "column 1: a quote within a word",
		`user:a"b"`:                 "column 1: a quote within a word",
		`"a"b`:                      "want a blank after the closing quote",
		":x":                        `":x"`,
		"ip:example.com":            "",
		strings.Repeat("word ", 20): "more than 16 words",
		"q:" + "x":                  `"q" is none of`,
		"from:2026-01-01T00:00:00Z": `"from" is none of`,
	} {
		got, err := query.ParseWords(text)
		var field *query.FieldError
		if !errors.As(err, &field) || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %+v, %v, want %q", text, got, err, says)
		}
	}
}

// FuzzWords: what is read is written so that it reads back, as words and as parameters.
func FuzzWords(f *testing.F) {
	for _, seed := range []string{"", `source:a,b user:"x y" "p \" q" level:high z*`, "ip:10.0.0.0/8,::1 -", `user:"a\\" b`, "user:\"a,b\" category:\"c d\",e"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		want, err := query.ParseWords(text)
		if err != nil {
			if _, ok := errors.AsType[*query.FieldError](err); !ok {
				t.Fatalf("%q: %v is no FieldError", text, err)
			}
			return
		}
		got, err := query.ParseWords(want.Words())
		if err != nil || got.Words() != want.Words() {
			t.Errorf("%q is written as %q, which reads as %+v, %v", text, want.Words(), got, err)
		}
		back, err := query.ParseFilter(want.Values())
		if err != nil || back.Words() != want.Words() {
			t.Errorf("%q has the parameters %v, which read as %+v, %v", text, want.Values(), back, err)
		}
	})
}
