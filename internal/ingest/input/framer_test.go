// SPDX-License-Identifier: Apache-2.0

package input

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// feed gives a framer the stream in pieces of at most step bytes, as a
// connection does.
func feed(f *framer, stream []byte, step int) (frames []string, err error) {
	var buf []byte
	for at := 0; ; at += step {
		end := at+step >= len(stream)
		buf = append(buf, stream[at:min(at+step, len(stream))]...)
		got, used, err := f.split(buf, end, nil)
		for _, g := range got {
			frames = append(frames, string(g))
		}
		buf = append([]byte(nil), buf[used:]...)
		if err != nil || end {
			return frames, err
		}
		if len(buf) > f.max+maxCountDigits+2 {
			return frames, fmt.Errorf("%d bytes are held back", len(buf))
		}
	}
}

func TestFramer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, stream string
		want         []string
		cut          uint64
		err          error
	}{
		{"lines", "<34>one\n<34>two\r\n\n\r\n<34>three\n", []string{"<34>one", "<34>two", "<34>three"}, 0, nil},
		{"last line without an end", "<34>one\n<34>two", []string{"<34>one", "<34>two"}, 0, nil},
		{"lines with NUL", "<34>one\x00\n", []string{"<34>one"}, 0, nil},
		{"lines that begin with a number", "12 monkeys\n3 4\n", []string{"12 monkeys", "3 4"}, 0, nil},
		{"numbers alone", "12", []string{"12"}, 0, nil},
		{"a number that is too long", "12345678901 <1>x\n", []string{"12345678901 <1>x"}, 0, nil},
		{"a leading zero", "07 <1>x\n", []string{"07 <1>x"}, 0, nil},
		{"counted", "7 <34>one7 <34>two", []string{"<34>one", "<34>two"}, 0, nil},
		{"counted with newlines inside and between", "8 <34>o\nne\n7 <34>two", []string{"<34>o\nne", "<34>two"}, 0, nil},
		{"counted, the newline is counted", "8 <34>one\n8 <34>two\n", []string{"<34>one", "<34>two"}, 0, nil},
		{"counted that ends early", "7 <34>one7 <34>t", []string{"<34>one", "<34>t"}, 0, nil},
		{"counted, then something else", "7 <34>one<34>two\n", []string{"<34>one"}, 0, errFraming},
		{"counted, then a zero", "7 <34>one0 ", []string{"<34>one"}, 0, errFraming},
		{"counted, then a huge number", "7 <34>one12345678901 ", []string{"<34>one"}, 0, errFraming},
		{"counted, a length without an end", "7 <34>one77", []string{"<34>one"}, 0, errFraming},
		{"a line that is too long", "<34>" + strings.Repeat("x", 50) + "\n<34>two\n", []string{"<34>" + strings.Repeat("x", 28), "<34>two"}, 1, nil},
		{"the last line is too long", "<34>" + strings.Repeat("x", 50), []string{"<34>" + strings.Repeat("x", 28)}, 1, nil},
		{"a line of the greatest length", "<34>" + strings.Repeat("x", 28) + "\n<34>two\n", []string{"<34>" + strings.Repeat("x", 28), "<34>two"}, 0, nil},
		{"counted that is too long", "54 <34>" + strings.Repeat("x", 50) + "7 <34>two", []string{"<34>" + strings.Repeat("x", 28), "<34>two"}, 1, nil},
		{"nothing", "", nil, 0, nil},
	} {
		for _, step := range []int{1, 3, 7, 1000} {
			f := framer{max: 32}
			got, err := feed(&f, []byte(c.stream), step)
			if diff := cmp.Diff(c.want, got); diff != "" || !errors.Is(err, c.err) || (err == nil) != (c.err == nil) || f.cut != c.cut {
				t.Errorf("%s, %d bytes at a time: %v, %d cut\n%s", c.name, step, err, f.cut, diff)
			}
		}
	}
}

// Whatever the stream and the pieces in which it comes: no panic, nothing held
// back beyond the greatest message, nothing made up; and what the pieces are does
// not matter.
func FuzzFramer(f *testing.F) {
	f.Add([]byte("7 <34>one7 <34>two"), uint8(3))
	f.Add([]byte("<34>one\n<34>two\r\n"), uint8(1))
	f.Add([]byte("99 <x"), uint8(2))
	f.Add([]byte(strings.Repeat("x", 200)+"\nabc"), uint8(9))
	f.Add([]byte("100 <"+strings.Repeat("y", 99)+"5 <1>ab"), uint8(40))
	f.Fuzz(func(t *testing.T, stream []byte, step uint8) {
		a, b := framer{max: 64}, framer{max: 64}
		one, errOne := feed(&a, stream, int(step)+1)
		all, errAll := feed(&b, stream, len(stream)+1)
		if diff := cmp.Diff(all, one); diff != "" || (errOne == nil) != (errAll == nil) || a.cut != b.cut {
			t.Fatalf("in pieces of %d: %v %v %d %d\n%s", int(step)+1, errOne, errAll, a.cut, b.cut, diff)
		}
		at := 0
		for _, frame := range all {
			i := bytes.Index(stream[at:], []byte(frame))
			if i < 0 || len(frame) > 64 || frame == "" {
				t.Fatalf("frame %q of %q", frame, stream)
			}
			at += i + len(frame)
		}
	})
}

func BenchmarkFramer(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	var stream []byte
	for range 300 {
		stream = fmt.Appendf(stream, "<38>Nov 22 09:30:39 web-3 sshd[%d]: Failed password for root from 198.51.100.%d port %d ssh2\n",
			r.IntN(30000), r.IntN(250), r.IntN(60000))
	}
	var frames [][]byte
	b.SetBytes(int64(len(stream)))
	b.ReportAllocs()
	for b.Loop() {
		f := framer{max: maxMessage}
		frames, _, _ = f.split(stream, true, frames[:0])
		if len(keep(frames)) != 300 {
			b.Fatal(len(frames))
		}
	}
}
