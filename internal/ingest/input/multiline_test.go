// SPDX-License-Identifier: Apache-2.0

package input

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

func TestCutter(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", event.MaxEventBytes+10)
	indent, dated := Multiline{Continuation: "indent"}, Multiline{Start: `^\d\d `}
	for _, c := range []struct {
		name  string
		multi Multiline
		text  string
		end   bool
		want  []string
		left  string
	}{
		{"lines", Multiline{}, "a\nb\r\n\n\nc", false, []string{"a", "b"}, "c"},
		{"the end of a file", Multiline{}, "a\nb", true, []string{"a", "b"}, ""},
		{"blank lines alone", Multiline{}, "\n\r\n\n", false, nil, ""},
		{"half of an end", Multiline{}, "a\n\r", false, []string{"a"}, "\r"},
		{"zeros in front", Multiline{}, "\x00\x00\x00a\n\x00\x00b", false, []string{"a"}, "b"},
		{"zeros alone", Multiline{}, "\x00\x00\x00", false, nil, ""},
		{"too long", Multiline{}, "a\n" + long + "\nb\n", false, []string{"a", long[:event.MaxEventBytes], "b"}, ""},
		{"indent", indent, "a\n b\n\tc\n\nd\n e\n", false, []string{"a\n b\n\tc"}, "d\n e\n"},
		{"indent at the end", indent, "a\n b\nc\n d", true, []string{"a\n b", "c\n d"}, ""},
		{"a record that begins in the middle", indent, "  b\na\n", true, []string{"  b", "a"}, ""},
		{"an empty line within", indent, "a\n\n b\nc\n", false, []string{"a\n\n b"}, "c\n"},
		{"start", dated, "01 a\nb\n02 c\nd\n", false, []string{"01 a\nb"}, "02 c\nd\n"},
		{"a long line within", dated, "01 a\n" + long + "\n02 b\n", true, []string{"01 a", long[:event.MaxEventBytes], "02 b"}, ""},
		{
			"too many lines", dated, "01\n" + strings.Repeat("b\n", maxRecordLines+1), true,
			[]string{"01" + strings.Repeat("\nb", maxRecordLines-1), "b\nb"},
			"",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			begins, err := c.multi.compile()
			if err != nil {
				t.Fatal(err)
			}
			k := cutter{begins: begins}
			spans, used := k.split([]byte(c.text), c.end, nil)
			var got []string
			for _, s := range spans {
				got = append(got, string(s.text))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			if left := c.text[used:]; left != c.left {
				t.Errorf("%.40q is left, want %.40q", left, c.left)
			}
		})
	}
}

func TestMultilineIsChecked(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		multi Multiline
		field string
	}{
		{Multiline{Start: "("}, "multiline.start"},
		{Multiline{Start: "a", Continuation: "indent"}, "multiline.start"},
		{Multiline{Continuation: "backslash"}, "multiline.continuation"},
	} {
		if err := c.multi.validate(); err == nil || !strings.HasPrefix(err.Error(), c.field+":") {
			t.Errorf("%+v: %v, want an error of %s", c.multi, err, c.field)
		}
	}
}

// However a text comes, in whatever pieces, its records are the same, and nothing but
// ends of lines and zeros is in none of them.
func FuzzCutter(f *testing.F) {
	f.Add("a\nb\n c\n", uint8(3), uint8(0))
	f.Add("01 a\n\nb\r\n\x00\x0002 c", uint8(1), uint8(2))
	f.Fuzz(func(t *testing.T, text string, step, kind uint8) {
		multi := []Multiline{{}, {Continuation: "indent"}, {Start: `^\d\d `}}[kind%3]
		begins, err := multi.compile()
		if err != nil {
			t.Fatal(err)
		}
		cut := func(step int) (got []string) {
			k := cutter{begins: begins}
			from := 0
			for to := min(step, len(text)); ; to = min(to+step, len(text)) {
				end := to == len(text)
				spans, used := k.split([]byte(text[from:to]), end, nil)
				for _, s := range spans {
					if !bytes.Equal(s.text, []byte(text[from+s.from:from+s.from+len(s.text)])) {
						t.Fatalf("a record at %d is %q", s.from, s.text)
					}
					got = append(got, string(s.text))
				}
				if from += used; end {
					return got
				}
			}
		}
		whole := cut(max(len(text), 1))
		if pieces := cut(int(step) + 1); !slices.Equal(whole, pieces) {
			t.Errorf("whole %q, in pieces of %d %q", whole, step+1, pieces)
		}
		if letters(strings.Join(whole, "")) != letters(text) {
			t.Errorf("of %q comes %q", text, whole)
		}
	})
}

func letters(s string) string { return strings.NewReplacer("\n", "", "\r", "", "\x00", "").Replace(s) }
