// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/tools/txtar"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// FuzzWindowsXML: a text that is no event is kept whole; of one that is, every word
// of its texts is somewhere in the event; and the scanner reads what encoding/xml does.
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
		mustReadAsDecoder(t, lineText(&event.Event{}, raw))
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

// mustReadAsDecoder fails unless the texts and attributes of a document are what
// encoding/xml finds in it, and it is refused where encoding/xml refuses it.
func mustReadAsDecoder(t *testing.T, text string) {
	t.Helper()
	text = strings.TrimLeft(text, xmlBlanks)
	var got, want []string
	odd := false
	x := xmlScanner{s: text}
	x.prolog()
	text = text[x.i:]
	for token := xmlText; token != xmlEnd; {
		var s string
		switch token, s = x.next(); token {
		case xmlText:
			got = append(got, s)
		case xmlOpen:
			odd = odd || oddName(s)
			got = append(got, "<"+local(s))
			for {
				name, value, ok, closed := x.attr()
				if closed {
					got = append(got, ">")
				}
				if !ok {
					break
				}
				odd = odd || oddName(name)
				got = append(got, local(name)+"="+value)
			}
		case xmlClose:
			got = append(got, ">")
		}
	}
	dec := xml.NewDecoder(strings.NewReader(text))
	dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	err, more := error(nil), false
	for err == nil {
		var token xml.Token
		switch token, err = dec.Token(); v := token.(type) {
		case xml.StartElement:
			want = append(want, "<"+v.Name.Local)
			for _, a := range v.Attr {
				want = append(want, a.Name.Local+"="+a.Value)
			}
		case xml.EndElement:
			want = append(want, ">")
		case xml.CharData:
			want = append(want, string(v))
		case xml.ProcInst, xml.Directive:
			more = true // only a declaration is read here
		}
	}
	ascii := strings.IndexFunc(text, func(r rune) bool { return r >= utf8.RuneSelf || r < ' ' || r == 0x7f || r == '#' }) < 0
	if !ascii || more || odd { // line ends, and signs outside of XML's set, are its own matter
		return
	}
	refused := !errors.Is(err, io.EOF)
	if x.bad != refused && (refused || len(x.open) > 0) { // outside of the root it is the stricter one
		t.Fatalf("broken is %v, for encoding/xml %v (%v): %q", x.bad, refused, err, text)
	}
	if a, b := strings.Join(got, ""), strings.Join(want, ""); !x.bad && a != b {
		t.Fatalf("%q\nis %q,\nfor encoding/xml %q", text, a, b)
	}
}

// oddName tells names whose colon does not stand behind one prefix.
func oddName(name string) bool {
	prefix, rest, ok := strings.Cut(name, ":")
	return ok && (prefix == "" || rest == "" || strings.Contains(rest, ":"))
}

// benchEvent is the first golden, an event of 1,433 bytes.
func benchEvent(b *testing.B) []byte {
	archive, err := txtar.ParseFile("testdata/windows_xml/events.txtar")
	if err != nil {
		b.Fatal(err)
	}
	record, _, _ := bytes.Cut(archive.Files[0].Data, []byte("\n"))
	b.SetBytes(int64(len(record)))
	return record
}

func BenchmarkWindowsXML(b *testing.B) {
	record, read := benchEvent(b), ofLine("windows_xml", parseWindowsXML)
	for b.Loop() {
		if _, err := read(record, &Hint{Received: benchReceived}, nil); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkXMLTokens reads the tokens alone, here and by encoding/xml.
func BenchmarkXMLTokens(b *testing.B) {
	b.Run("scanner", func(b *testing.B) {
		text := string(benchEvent(b))
		for b.Loop() {
			x := xmlScanner{s: text}
			for token := xmlText; token != xmlEnd; {
				if token, _ = x.next(); token == xmlOpen {
					for ok := true; ok; {
						_, _, ok, _ = x.attr()
					}
				}
			}
			if x.bad {
				b.Fatal("broken")
			}
		}
	})
	b.Run("decoder", func(b *testing.B) {
		text := string(benchEvent(b))
		for b.Loop() {
			dec := xml.NewDecoder(strings.NewReader(text))
			for err := error(nil); err == nil; {
				_, err = dec.Token()
			}
		}
	})
}
