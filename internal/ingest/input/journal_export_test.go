// SPDX-License-Identifier: Apache-2.0

package input

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// binaryField is a field with its length.
func binaryField(name, value string) string {
	return name + "\n" + string(binary.LittleEndian.AppendUint64(nil, uint64(len(value)))) + value + "\n"
}

func TestExportReader(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", maxExportValue+1)
	for _, c := range []struct {
		name, text string
		want       []string
		err        error
	}{
		{
			"text", "__CURSOR=c1\nMESSAGE=a=b \"c\" \\\n_PID=1\n\n",
			[]string{`c1 {"MESSAGE":"a=b \"c\" \\","_PID":"1","__CURSOR":"c1"}`},
			nil,
		},
		{"a value with lines", binaryField("MESSAGE", "a\nb=c\n\nd") + "\n", []string{` {"MESSAGE":"a\u000ab=c\u000a\u000ad"}`}, nil},
		{"no text", binaryField("MESSAGE", "\xff\x00a") + "\n", []string{` {"MESSAGE":[255,0,97]}`}, nil},
		{"empty values", "A=\n" + binaryField("B", "") + "\n", []string{` {"A":"","B":""}`}, nil},
		{"a name twice", "A=1\nB=2\nA=3\n\n", []string{` {"A":["1","3"],"B":"2"}`}, nil},
		{"several entries, and empty ones", "\n\nA=1\n\n\nA=2\n\n", []string{` {"A":"1"}`, ` {"A":"2"}`}, nil},
		{"a long text", "A=" + long + "\nB=1\n\n", []string{` {"A":null,"B":"1"}`}, nil},
		{"a long value", binaryField("A", long+"\n") + "B=1\n\n", []string{` {"A":null,"B":"1"}`}, nil},
		{"a cursor in a message", binaryField("MESSAGE", "x\n__CURSOR=forged\n\n") + "\n", []string{` {"MESSAGE":"x\u000a__CURSOR=forged\u000a\u000a"}`}, nil},
		{"it breaks off", "A=1\n\nB=", []string{` {"A":"1"}`}, errExportEnd},
		{"it breaks off between fields", "A=1\n", nil, errExportEnd},
		{"it breaks off in a value", binaryField("A", "abc")[:9], nil, errExportEnd},
		{"it breaks off in a long value", binaryField("A", long)[:100], nil, errExportEnd},
		{"a value longer than it says", "A\n\x01\x00\x00\x00\x00\x00\x00\x00ab\n\n", nil, errExport},
		{"a length out of this world", "A\n\xff\xff\xff\xff\xff\xff\xff\xffab\n\n", nil, errExport},
		{"a name in small letters", "message=x\n\n", nil, errExport},
		{"no name", "=x\n\n", nil, errExport},
		{"a long name", strings.Repeat("A", 65) + "=x\n\n", nil, errExport},
		{"a long name without an end", strings.Repeat("A", 65), nil, errExport},
		{"many fields", strings.Repeat("A=\n", maxExportFields+1), nil, errExport},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, step := range []int{1, 7, len(c.text)} {
				got, err := readExport(c.text, step)
				if diff := cmp.Diff(c.want, got); diff != "" || !errors.Is(err, c.err) {
					t.Errorf("by %d: %v, want %v\n%s", step, err, c.err, diff)
				}
			}
		})
	}
}

// readExport reads a stream that comes in pieces.
func readExport(text string, step int) (entries []string, err error) {
	var x exportReader
	from := 0
	for to := 0; to < len(text); {
		to = min(to+step, len(text))
		used, err := x.split([]byte(text[from:to]), func(entry []byte, cursor string) {
			entries = append(entries, cursor+" "+string(entry))
		})
		if err != nil {
			return entries, err
		}
		from += used
	}
	return entries, x.finish([]byte(text[from:]))
}

// However much an entry holds, what is made of it is not too long for an event.
func TestExportedEntryIsBounded(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	for range 7 {
		text.WriteString(binaryField("A", strings.Repeat("\xff", 60_000)))
		text.WriteString(binaryField("B", strings.Repeat("\x01", 30_000)))
	}
	text.WriteString(strings.Repeat("C=\n", 1000) + "\n")
	got, err := readExport(text.String(), 4096)
	if err != nil || len(got) != 1 || len(got[0]) > maxMessage+1 || !json.Valid([]byte(got[0])) {
		t.Errorf("%d entries, %v, the first of %d bytes", len(got), err, len(got[0]))
	}
}

func FuzzExportReader(f *testing.F) {
	f.Add("__CURSOR=c\nMESSAGE=x\n\n", uint8(1))
	f.Add(binaryField("MESSAGE", "a\n\xffb")+"A=1\nA=2\n\n", uint8(3))
	f.Add("A\n\x00\x00\x01\x00\x00\x00\x00\x00", uint8(9))
	f.Fuzz(func(t *testing.T, text string, step uint8) {
		whole, err := readExport(text, max(len(text), 1))
		pieces, errPieces := readExport(text, int(step)+1)
		if !slices.Equal(whole, pieces) || (err == nil) != (errPieces == nil) {
			t.Errorf("whole %q, %v; in pieces %q, %v", whole, err, pieces, errPieces)
		}
		for _, entry := range whole {
			if object := entry[strings.Index(entry, " {")+1:]; !json.Valid([]byte(object)) {
				t.Errorf("%q", object)
			}
		}
	})
}
