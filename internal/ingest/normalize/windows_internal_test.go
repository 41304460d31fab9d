// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/tools/txtar"
)

// FuzzWindowsXML: a text that is no event is kept whole; of one that is, every word
// of its texts and attributes is somewhere in the event.
func FuzzWindowsXML(f *testing.F) {
	files, err := filepath.Glob("testdata/windows_xml/*.txtar")
	if err != nil || len(files) == 0 {
		f.Fatalf("no goldens: %v", err)
	}
	for _, name := range files {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for record := range bytes.Lines(archive.Files[0].Data) {
			f.Add(bytes.TrimSuffix(record, []byte("\n")))
		}
	}
	read := ofLine("windows_xml", parseWindowsXML)
	f.Fuzz(func(t *testing.T, raw []byte) {
		before := bytes.Clone(raw)
		events, err := read(raw, &Hint{Received: benchReceived, Host: "192.0.2.200"}, nil)
		if err != nil || len(events) != 1 {
			t.Fatalf("%d events, %v", len(events), err)
		}
		if !bytes.Equal(before, raw) {
			t.Fatal("the record was written to")
		}
		mustValidate(t, events)
		e := events[0]
		if _, ok := e.Attr("EventID"); !ok {
			mustKeepLine(t, e, raw)
			return
		}
		text := string(raw)
		if !utf8.ValidString(text) || strings.ContainsAny(text, "&!?/\\'=") { // words are told apart by blanks and brackets alone
			return
		}
		held := string(e.AppendJSON(nil))
		for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r <= ' ' || r == '<' || r == '>' || r == '"' }) {
			if strings.Contains(text, ">"+word+"<") && !strings.Contains(held, word) {
				t.Fatalf("lost %q of %q\n%s", word, raw, held)
			}
		}
	})
}

func BenchmarkWindowsXML(b *testing.B) {
	archive, err := txtar.ParseFile("testdata/windows_xml/events.txtar")
	if err != nil {
		b.Fatal(err)
	}
	record, _, _ := bytes.Cut(archive.Files[0].Data, []byte("\n"))
	read := ofLine("windows_xml", parseWindowsXML)
	b.SetBytes(int64(len(record)))
	for b.Loop() {
		if _, err := read(record, &Hint{Received: benchReceived}, nil); err != nil {
			b.Fatal(err)
		}
	}
}
