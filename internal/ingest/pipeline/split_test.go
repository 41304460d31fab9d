// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSplitJSON(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, body, want string // want: the records with | between
		numbered         bool
		broken           string
		err              error
	}{
		{name: "object", body: ` {"a":1} `, want: `{"a":1}`},
		{name: "object over lines", body: "{\n \"a\": [1,\n2]\n}\n", want: "{\n \"a\": [1,\n2]\n}"},
		{name: "byte order mark", body: "\xef\xbb\xbf{}", want: `{}`},
		{name: "array", body: `[{"a":"]}"},{"b":"\"}"} , {"c":"\\"}]`, want: `{"a":"]}"}|{"b":"\"}"}|{"c":"\\"}`},
		{name: "array of other things", body: `[1,"x,y",null,[{}],true ]`, want: `1|"x,y"|null|[{}]|true`},
		{name: "empty array", body: `[ ]`, want: ``},
		{name: "lines", body: "{\"a\":1}\r\n\n  \n{\"b\":2}", want: `{"a":1}|||{"b":2}`, numbered: true},
		{name: "lines with a broken first", body: "{\"a\":1\n{\"b\":2}\n", want: `{"a":1|{"b":2}`, numbered: true},
		{name: "lines with an open string", body: "{\"a\":\"1}\n{\"b\":\"2\"}\n", want: `{"a":"1}|{"b":"2"}`, numbered: true},
		{name: "broken object", body: `{"a":1`, want: `{"a":1`},
		{name: "bad member", body: `[{"a":1},{"b":},{"c":3}]`, want: `{"a":1}|{"b":}|{"c":3}`},
		{name: "bracket of the wrong kind", body: `[{"a":1},{"b":2],{"c":3}]`, want: `{"a":1}|{"b":2]|{"c":3}`},
		{name: "array without end", body: `[{"a":1},{"b":2}`, want: `{"a":1}|{"b":2}`, broken: "offset 16: the array has no end"},
		{name: "member without end", body: `[{"a":1},{"b":`, want: `{"a":1}`, broken: "offset 9: the JSON breaks off"},
		{name: "no comma", body: `[{"a":1} {"b":2}]`, want: `{"a":1}`, broken: `offset 9: '{' where a comma`},
		{name: "two commas", body: `[1,,2]`, want: `1`, broken: "offset 3: the JSON breaks off"},
		{name: "comma at the end", body: `[1,]`, want: `1`, broken: "offset 3"},
		{name: "something behind", body: `[1] x`, want: `1`, broken: "offset 4: something follows"},
		{name: "only a bracket", body: `[`, want: ``, broken: "offset 1"},
		{name: "empty", body: " \n\t", err: ErrEmpty},
		{name: "text", body: `hello`, err: ErrNotJSON},
		{name: "too many", body: "[" + strings.Repeat("1,", MaxItems) + "1]", err: ErrTooMany},
		{name: "too many lines", body: strings.Repeat("{}\n", MaxItems+1), err: ErrTooMany},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := SplitJSON([]byte(c.body))
			if !errors.Is(err, c.err) || (err == nil) != (c.err == nil) {
				t.Fatalf("error %v, want %v", err, c.err)
			}
			if diff := cmp.Diff(c.want, string(bytes.Join(got.Items, []byte{'|'}))); diff != "" {
				t.Error(diff)
			}
			if got.Numbered != c.numbered || !strings.Contains(got.Broken, c.broken) || (got.Broken == "") != (c.broken == "") {
				t.Errorf("numbered %v, broken %q", got.Numbered, got.Broken)
			}
		})
	}
	if s, err := SplitLines([]byte(strings.Repeat("x\n", MaxItems))); err != nil || len(s.Items) != MaxItems {
		t.Errorf("as many lines as are allowed: %d, %v", len(s.Items), err)
	}
}

// Whatever is split is a part of the body, in order; and what encoding/json
// takes for an array of values comes out as these values.
func FuzzSplitJSON(f *testing.F) {
	for _, s := range []string{
		`[{"a":"]}"},{"b":"\"}"} , {"c":"\\"}]`, "{\"a\":1}\n{\"b\":2}", `[1,,2]`, `{"a":"\u0022"}`, "[\"\\\\\\\"\", 1 ]",
		"\xef\xbb\xbf[ ]", `[[[[[[`, `{"a":1}}`, "[1\n]", `["\`, `[}]`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := SplitJSON(body)
		if err != nil {
			return
		}
		at := 0
		for _, it := range got.Items {
			i := bytes.Index(body[at:], it)
			if i < 0 {
				t.Fatalf("%q is not in %q behind %d", it, body, at)
			}
			at += i + len(it)
		}
		var want []json.RawMessage
		if json.Unmarshal(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")), &want) != nil || want == nil {
			return
		}
		if got.Broken != "" || len(got.Items) != len(want) {
			t.Fatalf("%q: %d members, %q; want %d", body, len(got.Items), got.Broken, len(want))
		}
		for i, w := range want {
			if !bytes.Equal(w, got.Items[i]) {
				t.Fatalf("member %d of %q: %q, want %q", i, body, got.Items[i], w)
			}
		}
	})
}

func BenchmarkSplitArray(b *testing.B) {
	body := []byte("[" + strings.Repeat(sample+",", 99) + sample + "]")
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if s, err := SplitJSON(body); err != nil || len(s.Items) != 100 {
			b.Fatal(err)
		}
	}
}
