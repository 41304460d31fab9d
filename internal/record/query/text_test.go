// SPDX-License-Identifier: Apache-2.0

package query

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

func TestText(t *testing.T) {
	t.Parallel()
	f := func(message, text string, want bool) {
		t.Helper()
		p, err := (&Filter{Text: text}).Plan()
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if got := p.Match(&event.Event{Message: message}); got != want {
			t.Errorf("%q in %q: %v, want %v", text, message, got, want)
		}
	}
	const line = "Failed password for root from 198.51.100.7 port 22 ssh2"
	f(line, "", true)
	f(line, "   ", true)
	f(line, "failed password root", true)
	f(line, "ROOT failed", true)
	f(line, "failed passwords", false)
	f(line, "fail", false)
	f(line, "fail*", true)
	f(line, "*word", true)
	f(line, "*sswo*", true)
	f(line, "sswo", false)
	f(line, "*", true)
	f(line, "198.51.100.7", true)
	f(line, "98.51.100.7", false)
	f(line, "198.51.100", true) // a dot ends a word
	f(line, `"password for root"`, true)
	f(line, `"Password  for"`, false)
	f(line, `"for password"`, false)
	f(line, `"fail" password`, false)
	f(line, `"fail*"`, false)
	f(line, `22 "root from"`, true)
	f(`say "hi" \ there`, `"say \"hi\""`, true)
	f(`say "hi" \ there`, `"\\ there"`, true)
	f("login_failed", "login", false) // an underscore is part of a word
	f("login_failed", "login*", true)
	f("a->b", "->", true)
	f("Străzile orașului", "ORAȘULUI", true)
	f("Străzile ORAȘULUI", "orașului", true)
	f("Străzile orașului", "oraș", false)
	f("Străzile orașului", "șului", false)
	f("Străzile orașului", "*Șului", true)
	f("ȘTEFAN", "ștefan", true)
	f("300 \u212a", "300 k", false) // the sign of kelvin is no k
	f("\u0130stanbul", "istanbul", false)
	f("\u212bngström", "ångström", true)
	f("xx root", "x root", false)
	f("rootroot root", "root", true)
	f("aaaaab", "aab", false)
	f("aab aaab", "aab", true)
	f("\xff\xferoot\xff", "root", true)
	f("", "x", false)
}

func TestTextEverywhere(t *testing.T) {
	t.Parallel()
	e := &event.Event{
		Source: "nosource", Message: "m1", Category: "c1", Action: "a1", User: "u1", IP: "192.0.2.1", Session: "s1", UserAgent: "ua1",
		Host: "h1", Service: "sv1", OriginID: "o1", Input: "noinput", Sender: "nosender", Tags: []string{"t1"}, Raw: "\xff r1",
		Attrs: []event.Attr{
			{Key: "nokey", Value: event.Text("v1")},
			{Key: "n", Value: event.List(event.Int(4711), event.List(event.Text("deep1")), event.Bool(true))},
		},
	}
	for word := range strings.FieldsSeq("m1 c1 a1 u1 192.0.2.1 s1 ua1 h1 sv1 o1 t1 r1 v1 4711 deep1") {
		p, err := (&Filter{Text: word}).Plan()
		if err != nil || !p.Match(e) {
			t.Errorf("%s is not found, %v", word, err)
		}
	}
	for word := range strings.FieldsSeq("nosource noinput nosender nokey true") {
		p, err := (&Filter{Text: word}).Plan()
		if err != nil || p.Match(e) {
			t.Errorf("%s is found, %v", word, err)
		}
	}
	for text, want := range map[string]bool{"m1 deep1 s1": true, "m1 deep1 missing": false, `"m1 c1"`: false} {
		if p, _ := (&Filter{Text: text}).Plan(); p.Match(e) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}

func TestBadText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`șs "open`:                `q: the quote at character 4 is not closed`,
		strings.Repeat("x", 1025): `q: 1025 bytes, at most 1024 are possible`,
		strings.Repeat("a ", 17):  `q: more than 16 words`,
		"\xff":                    `q: invalid UTF-8`,
	} {
		err := (&Filter{Text: text}).Validate()
		var fe *FieldError
		if !errors.As(err, &fe) || fe.Field != "q" || err.Error() != want {
			t.Errorf("%.20q: %v, want %s", text, err, want)
		}
	}
}

// TestVariants: every rune is among the variants of what it folds to, so that
// looking for these misses nothing.
func TestVariants(t *testing.T) {
	t.Parallel()
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		found := false
		if n := len(variants(foldRune(r))); n > maxVariants {
			t.Fatalf("%U has %d variants", r, n)
		}
		for _, v := range variants(foldRune(r)) {
			found = found || v == string(r)
		}
		if !found {
			t.Errorf("%U folds to %U, whose variants do not have it", r, foldRune(r))
		}
		if f := foldRune(r); foldRune(f) != f {
			t.Errorf("%U folds to %U and that to %U", r, f, foldRune(f))
		}
	}
}

// naive says by the definition whether a term occurs.
func naive(s, term string, left, right bool) bool {
	runes := []rune(s)
	want := []rune(Fold(term))
	for i := 0; i+len(want) <= len(runes); i++ {
		same := true
		for k, w := range want {
			same = same && foldRune(runes[i+k]) == w
		}
		end := i + len(want)
		if same && (!left || !isWord(want[0]) || i == 0 || !isWord(runes[i-1])) &&
			(!right || !isWord(want[len(want)-1]) || end == len(runes) || !isWord(runes[end])) {
			return true
		}
	}
	return false
}

func FuzzTerm(f *testing.F) {
	f.Add("Failed password for root", "PASSWORD", false, false)
	f.Add("ȘȘțș aȘb", "șb", true, false)
	f.Add("\u212akk K", "k", false, true)
	f.Fuzz(func(t *testing.T, s, term string, openLeft, openRight bool) {
		if term == "" || !utf8.ValidString(term) || !utf8.ValidString(s) {
			return
		}
		tm := NewTerm(term, openLeft, openRight)
		want := naive(s, term, !openLeft, !openRight)
		if got := tm.In(s); got != want {
			t.Errorf("%q in %q: %v, want %v", term, s, got, want)
		}
		if got := tm.InBytes([]byte(s)); got != want {
			t.Errorf("%q in the bytes of %q: %v, want %v", term, s, got, want)
		}
		if scan := tm.Scan([]byte(s)); want && scan.Next(0) < 0 {
			t.Errorf("%q occurs in %q, but Scan does not find it", term, s)
		}
	})
}

func FuzzText(f *testing.F) {
	f.Add(`a* "b c" *d`)
	f.Add(`"\"" * ** "`)
	f.Fuzz(func(t *testing.T, text string) {
		terms, err := parseText(text)
		if err != nil && !strings.HasPrefix(err.Error(), "q: ") {
			t.Error(err)
		}
		for i := range terms {
			if terms[i].folded == "" || len(terms[i].needles) == 0 {
				t.Errorf("%q: term %d is empty", text, i)
			}
		}
	})
}

func BenchmarkTerm(b *testing.B) {
	page := []byte(strings.Repeat("Failed password for invalid user admin from 198.51.100.7 port 51022 ssh2 session=9f8a7c", 2048))
	for _, word := range []string{"mimikatz", "session0", "nothere", "9f8a7d", "șarpe"} {
		b.Run(word, func(b *testing.B) {
			t := NewTerm(word, false, false)
			b.SetBytes(int64(len(page)))
			b.ReportAllocs()
			for b.Loop() {
				if scan := t.Scan(page); scan.Next(0) >= 0 {
					b.Fatal("found")
				}
			}
		})
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	f := func(text string, openLeft, openRight bool, want ...string) {
		t.Helper()
		term := NewTerm(text, openLeft, openRight)
		if got := term.Words(); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	f("Failed", false, false, "failed")
	f("Failed", true, false)
	f("Failed", false, true)
	f("password for ROOT", false, false, "password", "for", "root")
	f("password for root", true, true, "for")
	f("198.51.100", false, true, "198", "51")
	f(".php", true, false, "php")
	f("-v", true, false, "v")
	f("șarpe_1", false, false, "arpe_1")
	f("aș", false, false, "a")
	f("ș", false, false)
	f("->", false, false)
}
