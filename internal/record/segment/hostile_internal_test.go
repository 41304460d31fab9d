// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestHostileBodies: bodies whose checksum is right and whose content is not.
func TestHostileBodies(t *testing.T) {
	t.Parallel()
	texts := func(name string, ok bool, form byte, body string, rows, codes int) {
		t.Helper()
		if _, got := decodeTexts(form, []byte(body), rows, codes); got != ok {
			t.Errorf("%s: believed %v, want %v", name, got, ok)
		}
	}
	texts("last code", true, formCodes8, "\x00\x04", 2, 5)
	texts("code behind the dictionary", false, formCodes8, "\x00\x05", 2, 5)
	texts("a row too few", false, formCodes8, "\x00", 2, 5)
	texts("a row too many", false, formCodes8, "\x00\x00\x00", 2, 5)
	texts("wide", true, formCodes16, "\x00\x04\x01\x00", 2, 0x101)
	texts("wide code behind", false, formCodes16, "\x00\x01\x01\x01", 2, 0x101)
	texts("wide and odd", false, formCodes16, "\x00\x01\x01", 2, 0x101)
	texts("raw", true, formRaw, "\x08\x01ab", 2, 3)
	texts("raw, text of a null", false, formRaw, "\x0b\x01ab", 2, 3)
	texts("raw, byte too few", false, formRaw, "\x0c\x01ab", 2, 3)
	texts("raw, byte too many", false, formRaw, "\x04\x01ab", 2, 3)
	texts("raw, lengths only", false, formRaw, "\x08", 2, 3)
	texts("raw, huge length", false, formRaw, "\xfc\xff\xff\xff\xff\xff\xff\xff\xff\x01\x01ab", 2, 3)
	texts("raw, lengths that wrap", false, formRaw, "\xfc\xff\xff\xff\xff\xff\xff\xff\xff\x01\xfc\xff\xff\xff\xff\xff\xff\xff\xff\x01", 2, 3)
	texts("form of another column", false, formInts, "\x00\x00", 2, 3)

	dict := func(name string, ok bool, body string, codes int) {
		t.Helper()
		if d, got := decodeDict([]byte(body), codes); got != ok || ok && d.Len() != codes {
			t.Errorf("dictionary %s: believed %v, want %v", name, got, ok)
		}
	}
	dict("empty", true, "", 3)
	dict("two", true, "\x01a\x00", 5)
	dict("fewer codes than states", false, "", 2)
	dict("text too few", false, "\x01a", 5)
	dict("byte too many", false, "\x01a\x00\x00", 5)
	dict("long length", false, "\x09a\x00", 5)
	dict("more codes than bytes", false, "\x00", 60_000)

	for body, ok := range map[string]bool{"\x02\x01": true, "\x02": false, "\x02\x01\x00": false, "\x02\x80": false} {
		if got, believed := decodeInts([]byte(body), 2); believed != ok || ok && !slices.Equal(got, []int64{1, 0}) {
			t.Errorf("ints %x: %v %v", body, got, believed)
		}
	}
}

// TestHostileRollup: counts that do not add up to the rows, or are about codes
// that the dictionaries do not have.
func TestHostileRollup(t *testing.T) {
	t.Parallel()
	good := func() *Rollup {
		return &Rollup{
			Hours: []KeyCount{{-5, 1}, {7, 2}}, Sources: []KeyCount{{3, 3}}, Categories: []KeyCount{{0, 1}, {4, 2}}, Severities: []KeyCount{{0, 2}, {4, 1}},
			Buckets: []Bucket{{-5, 3, 0, 0, 1}, {7, 3, 4, 0, 1}, {7, 3, 4, 4, 1}},
		}
	}
	f := func(name string, ok bool, change func(*Rollup)) {
		t.Helper()
		want := good()
		change(want)
		body := appendRollup(nil, want)
		got, believed := decodeRollup(body, 3, 4, 5)
		if believed != ok {
			t.Errorf("%s: believed %v, want %v", name, believed, ok)
		}
		if diff := cmp.Diff(want, got); ok && diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if !ok {
			return
		}
		if _, believed := decodeRollup(append(body, 0), 3, 4, 5); believed {
			t.Errorf("%s: a byte more was believed", name)
		}
		for n := range body {
			if _, believed := decodeRollup(body[:n], 3, 4, 5); believed {
				t.Errorf("%s: cut to %d of %d bytes was believed", name, n, len(body))
			}
		}
	}
	f("good", true, func(*Rollup) {})
	f("no buckets", true, func(u *Rollup) { u.Buckets = nil })
	f("hours of two rows", false, func(u *Rollup) { u.Hours[0].Rows = 0 })
	f("sources of four", false, func(u *Rollup) { u.Sources[0].Rows = 4 })
	f("source behind", false, func(u *Rollup) { u.Sources[0].Key = 4 })
	f("category below", false, func(u *Rollup) { u.Categories[0].Key = -1 })
	f("severity of no byte", false, func(u *Rollup) { u.Severities[1].Key = 256 })
	f("bucket of another source", false, func(u *Rollup) { u.Buckets[0].Source = 4 })
	f("bucket of another category", false, func(u *Rollup) { u.Buckets[0].Category = 5 })
	f("bucket of two rows", false, func(u *Rollup) { u.Buckets[0].Rows = 2 })
	f("bucket of a file", false, func(u *Rollup) { u.Buckets[0].Rows = 1<<32 - 1 })
	f("list of a file", false, func(u *Rollup) { u.Sources = []KeyCount{{0, 1<<32 - 1}, {1, 4}} })
}

// TestHostileExtents: lengths that would leave the file or burst the memory.
func TestHostileExtents(t *testing.T) {
	t.Parallel()
	const limit = 1000
	f := func(name string, ok bool, x extent) {
		t.Helper()
		b := x.append(nil)
		r := extentReader{scanner: scanner[[]byte]{s: b}, offset: x.offset, limit: limit}
		if got := r.extent(); r.bad == ok || ok && (got != x || len(r.s) != 0) {
			t.Errorf("%s: %+v, refused %v", name, got, r.bad)
		}
		if want := x.offset + int64(x.stored); ok && r.offset != want {
			t.Errorf("%s: the next body lies at %d, want %d", name, r.offset, want)
		}
		for n := range b {
			r := extentReader{scanner: scanner[[]byte]{s: b[:n]}, offset: x.offset, limit: limit}
			if r.extent(); !r.bad {
				t.Errorf("%s: cut to %d of %d bytes was believed", name, n, len(b))
			}
		}
	}
	f("none", true, extent{form: formNone})
	f("constant", true, extent{form: formConst, code: maxCodes})
	f("at the end", true, extent{form: formInts, offset: 990, stored: 10, raw: 10, crc: 7})
	f("empty at the end", true, extent{form: formInts, offset: limit})
	f("a byte over", false, extent{form: formInts, offset: 991, stored: 10, raw: 10})
	f("the longest", false, extent{form: formInts, offset: 8, stored: 1<<32 - 1, raw: 1<<32 - 1})
	f("packed", true, extent{form: formInts | formZstd, offset: 8, stored: 10, raw: expandBase + 5120})
	f("a bomb", false, extent{form: formInts | formZstd, offset: 8, stored: 10, raw: expandBase + 5121})
	f("larger than a page", false, extent{form: formInts | formZstd, offset: 8, stored: 900, raw: maxBody + 1})
	for name, b := range map[string][]byte{
		"a constant behind all codes": binary.AppendUvarint([]byte{formConst}, maxCodes+1),
		"a length that wraps":         append(binary.AppendUvarint([]byte{formInts}, 1<<64-1), 0, 0, 0, 0),
		"a bomb whose size wraps":     append(binary.AppendUvarint(binary.AppendUvarint([]byte{formInts | formZstd}, 1<<55), 1<<60), 0, 0, 0, 0),
	} {
		r := extentReader{scanner: scanner[[]byte]{s: b}, offset: 8, limit: limit}
		if r.extent(); !r.bad {
			t.Errorf("%s was believed", name)
		}
	}
}

// TestHostilePages: runs of pages that are alike.
func TestHostilePages(t *testing.T) {
	t.Parallel()
	absent, blank := extent{form: formConst}, extent{form: formConst, code: CodeBlank}
	body := func(offset int64) extent { return extent{form: formInts, offset: offset, stored: 2, raw: 2} }
	for name, want := range map[string][]extent{
		"none":      {},
		"one":       {absent},
		"alike":     {absent, absent, absent, absent},
		"two kinds": {absent, absent, blank, absent},
		"bodies":    {body(8), body(10), body(12)},
		"mixed":     {absent, body(8), absent, absent, body(10), blank},
	} {
		var list pageList
		for _, x := range want {
			list.add(x)
		}
		b := list.append(nil)
		read := func(b []byte, n int) (pageList, extentReader) {
			r := extentReader{scanner: scanner[[]byte]{s: b}, offset: 8, limit: 100, partRows: PartRows}
			return r.pages(n * PageRows), r
		}
		got, r := read(b, len(want))
		if r.bad || len(r.s) > 0 || got.n != len(want) {
			t.Errorf("%s: %d pages, refused %v", name, got.n, r.bad)
			continue
		}
		for i := range want {
			if *got.page(i) != want[i] {
				t.Errorf("%s: page %d is %+v, want %+v", name, i, *got.page(i), want[i])
			}
		}
		if n := len(got.list); name == "alike" && (n != 1 || !got.absent()) || name == "two kinds" && (n != 3 || got.absent()) {
			t.Errorf("%s: %d extents are kept, absent %v", name, n, got.absent())
		}
		for n := range b {
			if _, r := read(b[:n], len(want)); !r.bad {
				t.Errorf("%s: cut to %d of %d bytes was believed", name, n, len(b))
			}
		}
		if _, r := read(b, len(want)-1); !r.bad && len(r.s) == 0 && len(want) > 0 {
			t.Errorf("%s: a page more than there are was believed", name)
		}
	}
}

// TestHostileFooter: each refusal says what it is about.
func TestHostileFooter(t *testing.T) {
	t.Parallel()
	empty := (&footer{origin: "o", stream: "s", meta: []byte("m")}).append(nil)
	if f, err := parseFooter(empty, 8, formatVersion); err != nil || f.origin != "o" || f.stream != "s" || string(f.meta) != "m" {
		t.Fatalf("%+v %v", f, err)
	}
	f := func(name string, b []byte, want string) {
		t.Helper()
		if _, err := parseFooter(b, 8, formatVersion); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
	begin := func(rows, pageRows uint64) []byte {
		return appendText(appendText(appendText(binary.AppendUvarint(binary.AppendUvarint(nil, rows), pageRows), ""), ""), "")
	}
	f("too many rows", begin(MaxRows+1, PageRows), "65537 rows")
	f("other pages", begin(1, PageRows*2), "pages of 4096")
	f("too many columns", binary.AppendUvarint(begin(0, PageRows), maxColumns+1), "1025 columns")
	f("no columns", binary.AppendUvarint(begin(0, PageRows), 0), "no column time")
	attrs := binary.AppendUvarint(begin(0, PageRows), 2)
	for _, key := range []string{"b", "a"} {
		attrs = append(appendText(attrs, attrPrefix+key), formNone, 0)
	}
	f("keys that fall", attrs, `column "attrs.a" is not in its place`)
	f("codes without a dictionary", append(appendText(binary.AppendUvarint(begin(0, PageRows), 1), "time"), formNone, 5), `column "time"`)
	f("byte too many", append(slices.Clone(empty), 0), "rollup and filters")
	f("nothing", nil, "0 rows")
	if _, err := parseFooter(empty, 9, formatVersion); err == nil || !strings.Contains(err.Error(), "bodies end at 8, not at 9") {
		t.Errorf("a gap behind the bodies: %v", err)
	}
	for n := range empty {
		if _, err := parseFooter(empty[:n], 8, formatVersion); err == nil {
			t.Fatalf("cut to %d of %d bytes was believed", n, len(empty))
		}
	}
	// A column that this version does not know is skipped.
	more := binary.AppendUvarint(begin(0, PageRows), uint64(numColumns)+1)
	more = append(appendText(more, "of the future"), formNone, 0)
	rest := empty[len((&footer{origin: "o", stream: "s", meta: []byte("m")}).append(nil)):]
	known := (&footer{}).append(nil)
	more = append(more, known[len(begin(0, PageRows))+1:]...)
	if _, err := parseFooter(append(more, rest...), 8, formatVersion); err != nil {
		t.Errorf("a column of the future: %v", err)
	}
}
