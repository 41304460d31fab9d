// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// wordsOneByOne is what eachWord finds, byte by byte.
func wordsOneByOne(text []byte) (words [][2]int) {
	for i := 0; i < len(text); i++ {
		from := i
		for i < len(text) && inWord(text[i]) {
			i++
		}
		if i > from {
			words = append(words, [2]int{from, i})
		}
	}
	return words
}

func checkWords(t *testing.T, text []byte) {
	t.Helper()
	var got [][2]int
	eachWord(text, func(from, to int) { got = append(got, [2]int{from, to}) })
	if want := wordsOneByOne(text); !slices.Equal(got, want) {
		t.Errorf("%q: %v, want %v", text, got, want)
	}
}

func TestEachWord(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "a", " ", "word", " word ", "seven77", "eight888", "eight888 ", "eight888a", "a b c d e f g h", "       x", "_", "\xff\x80a\xc3\xa9b"} {
		checkWords(t, []byte(text))
	}
	for c := range 256 { // each byte at each place, among words and among gaps
		for at := range 17 {
			for _, around := range []byte{'x', ' '} {
				text := []byte(string(slices.Repeat([]byte{around}, 17)))
				text[at] = byte(c)
				checkWords(t, text)
			}
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	const mixed = "ab_Z09 .-@[`{/:\x00\x7f\x80\xff"
	for range 5000 {
		text := make([]byte, r.IntN(40))
		for i := range text {
			text[i] = mixed[r.IntN(len(mixed))]
		}
		checkWords(t, text)
	}
}

func FuzzEachWord(f *testing.F) {
	f.Add([]byte("Failed password for user_1 from 192.0.2.1"))
	f.Fuzz(checkWords)
}

func BenchmarkEachWord(b *testing.B) {
	text := []byte("User user0042@example.com failed to authenticate via password after 3 attempts; policy=default trace=18c0ffee00aa55")
	for name, each := range map[string]func() int{
		"eight": func() (n int) {
			eachWord(text, func(from, to int) { n += to - from })
			return n
		},
		"one": func() int { return len(wordsOneByOne(text)) },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				each()
			}
		})
	}
}
