// SPDX-License-Identifier: Apache-2.0

package app

import (
	"math"
	"testing"
	"time"
)

func TestCosignaturesOfTheSameCheckpoint(t *testing.T) {
	t.Parallel()
	const signed = "log\n7\nroot\n\n— log AAAA\n"
	for _, c := range []struct {
		name  string
		notes []string
		want  string
	}{
		{"none", nil, signed},
		{"two witnesses", []string{signed + "— w BBBB\n", signed + "— x CCCC\n"}, signed + "— w BBBB\n— x CCCC\n"},
		{"twice the same", []string{signed + "— w BBBB\n", signed + "— w BBBB\n"}, signed + "— w BBBB\n"},
		{"an older one", []string{"log\n6\nroot\n\n— log AAAA\n— w BBBB\n"}, signed},
		{"another root", []string{"log\n7\nother\n\n— log AAAA\n— w BBBB\n"}, signed},
		{"no note", []string{"", "\n\n", "log\n7\nroot"}, signed},
	} {
		var notes [][]byte
		for _, n := range c.notes {
			notes = append(notes, []byte(n))
		}
		if got := string(withCosignatures([]byte(signed), notes)); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestNanos(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		at   time.Time
		want int64
	}{
		{time.Time{}, 0},
		{time.Unix(0, 0), 1},
		{time.Unix(-5, 0), 1},
		{time.Unix(7, 9), 7_000_000_009},
		{time.Date(2999, 1, 1, 0, 0, 0, 0, time.UTC), math.MaxInt64},
		{time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), math.MaxInt64},
	} {
		if got := nanos(c.at); got != c.want {
			t.Errorf("%v: %d, want %d", c.at, got, c.want)
		}
	}
}
