// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"strings"
	"testing"
)

func TestWhatIsPrintedDoesNothingToATerminal(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"plain text, ș and 語 and 👩\n\ttoo\n", "plain text, ș and 語 and 👩\n\ttoo\n"},
		{"\x1b[31mred\x1b[0m", `\u001b[31mred\u001b[0m`},
		{"over\rwritten", `over\u000dwritten`},
		{"\u009b31m \x7f", `\u009b31m \u007f`},
		{"a\u202eb\u2066c\u200f", `a\u202eb\u2066c\u200f`},
		{"nul\x00", `nul\u0000`},
		{"not \xff UTF-8 \xc0\xaf", `not \xff UTF-8 \xc0\xaf`},
		{"\ufffd is a character", "\ufffd is a character"},
	} {
		var out strings.Builder
		if n, err := (inertWriter{&out}).Write([]byte(c.in)); n != len(c.in) || err != nil {
			t.Errorf("%q: %d, %v", c.in, n, err)
		}
		if out.String() != c.want {
			t.Errorf("%q is printed as %q, want %q", c.in, out.String(), c.want)
		}
	}
}

type brokenPipe struct{}

var errPipe = errors.New("broken pipe")

func (brokenPipe) Write([]byte) (int, error) { return 0, errPipe }

func TestInertWriterTellsErrors(t *testing.T) {
	if _, err := (inertWriter{brokenPipe{}}).Write([]byte("x")); !errors.Is(err, errPipe) {
		t.Errorf("%v, want the writer's error", err)
	}
}
