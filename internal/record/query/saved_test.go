// SPDX-License-Identifier: Apache-2.0

package query_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/record/query"
)

func TestWhatCanBeSaved(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		saved query.Saved
		field string // that is wrong; q for the hunt
	}{
		"a hunt":            {query.Saved{Name: " Failed ", Text: "outcome:failure | stats count by user", Span: "24h", Columns: []string{"time", "attrs.port"}}, ""},
		"all time, no name": {query.Saved{Name: " ", Text: "*"}, "name"},
		"a long name":       {query.Saved{Name: strings.Repeat("x", 101), Text: "*"}, "name"},
		"a name of lines":   {query.Saved{Name: "a\nb", Text: "*"}, "name"},
		"a name that turns": {query.Saved{Name: "a\u202eb", Text: "*"}, "name"},
		"a broken name":     {query.Saved{Name: "a\xff", Text: "*"}, "name"},
		"a broken hunt":     {query.Saved{Name: "x", Text: "user:"}, "q"},
		"no unit":           {query.Saved{Name: "x", Text: "*", Span: "24"}, "span"},
		"two units":         {query.Saved{Name: "x", Text: "*", Span: "24hh"}, "span"},
		"no number":         {query.Saved{Name: "x", Text: "*", Span: "h"}, "span"},
		"nothing":           {query.Saved{Name: "x", Text: "*", Span: "0h"}, "span"},
		"before zero":       {query.Saved{Name: "x", Text: "*", Span: "-1h"}, "span"},
		"a plus":            {query.Saved{Name: "x", Text: "*", Span: "+1h"}, "span"},
		"too many units":    {query.Saved{Name: "x", Text: "*", Span: "10000w"}, "span"},
		"no column":         {query.Saved{Name: "x", Text: "*", Columns: []string{""}}, "columns"},
		"many columns":      {query.Saved{Name: "x", Text: "*", Columns: make([]string, 65)}, "columns"},
	} {
		err := c.saved.Check()
		var field *query.FieldError
		var syntax *query.SyntaxError
		got := ""
		switch {
		case errors.As(err, &field):
			got = field.Field
		case errors.As(err, &syntax):
			got = "q"
		case err != nil:
			got = err.Error()
		}
		if got != c.field {
			t.Errorf("%s: %q is wrong, want %q: %v", name, got, c.field, err)
		}
		if c.field == "" && c.saved.Name != "Failed" {
			t.Errorf("%s: name %q", name, c.saved.Name)
		}
	}
}
